// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A node under attack: a server, a node that is the victim, and an honest node that calls it all
 * along, on threads of their own; all of it on real sockets. The tests are the attackers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/actr.h>

#include "live.h"
#include "sys/lock.h"
#include "sys/thread.h"
#include "sys/waiter.h"

/* Runs that take many times as long get by with less of what is done very often. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RIG_SCALE 20u
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RIG_SCALE 20u
#endif
#endif
#ifndef RIG_SCALE
#define RIG_SCALE 1u
#endif

#define RIG_BATCH 100

struct rig {
    struct live live;
    struct actr_node *victim, *honest;
    struct actr_id victim_id, honest_id;
    struct thread caller;
    struct lock lock; /* of what follows */
    bool is_stopping;
    uint64_t calls, failures;
    int code;
    char detail[160];
    uint64_t wanted; /* calls; signals `served` */
    struct waiter *served;
    size_t watched; /* bytes, and calls, at rig_watch() */
    uint64_t watched_calls;
    unsigned lost; /* sessions of the honest node with the victim that ended */
};

/* is_open: the server believes whatever is said to it. */
void rig_open(struct rig *rig, bool is_open);
/* Fails the test when one call of the honest node has failed, or a session of it was ended. */
void rig_close(struct rig *rig);
/* The same, where its sessions may be replaced. */
void rig_close_replaced(struct rig *rig);

/* Waits until the honest node has got `count` more answers. */
void rig_serve(struct rig *rig, unsigned count);

/* Of the victim, about the actor `peer`; false: it has no session with it. */
bool rig_peer_stats(struct rig *rig, const struct actr_id *peer, struct actr_peer_stats *ret_stats);
struct actr_node_stats rig_stats(struct rig *rig);

/* Where the victim takes datagrams, as the honest node knows it. */
struct net_address rig_address(struct rig *rig);

/* Begins to watch the memory of the whole process. */
void rig_watch(struct rig *rig);
/* Fails the test when it has grown by more than so many bytes since, not counting the answers that
 * the victim keeps for calls of the honest node that might be repeated. */
void rig_expect(struct rig *rig, size_t bytes_max);

/* ---- bare datagrams ---- */

/* A socket from which the victim can be reached, not blocking. */
int rig_socket(const struct net_address *to);
void rig_send(int fd, const struct net_address *to, const void *data, size_t len);
/* `count` times the same, with another number at `at`: as fast as it goes. */
void rig_send_numbered(int fd, const struct net_address *to, struct actr_view packet, size_t at,
                       unsigned count);
/* Bytes that have come; and nothing more comes, for the victim has done something else since. */
size_t rig_answers(int fd);
