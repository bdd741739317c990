// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Finds running actors by type, and remembers where they listen. The functions are those of
 * signaling.h. Loop thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "hyper/signaling/address_book.h"
#include "hyper/signaling/signaling.h"

struct client;
struct session_state;

#define DISCOVERY_COUNT_MAX 64   /* candidates for one lookup; more are cut off */
#define DISCOVERY_GROUPS_MAX 64  /* requests under way; over it: ACTR_EUNAVAILABLE */
#define DISCOVERY_ADDRESSES 4096 /* remembered */

struct discovery {
    struct loop *_loop;
    struct client *_client;
    const struct session_state *_session;
    struct address_book _addresses;
    struct list _groups, _finished; /* requests under way; lookups whose fn is about to run */
    size_t _group_count;
};

void discovery_init(struct discovery *discovery, struct loop *loop, struct client *client,
                    const struct session_state *session);
/* No fn runs. Zeroed is fine. */
void discovery_deinit(struct discovery *discovery);

/* See signaling_discover(); neither count_max nor timeout_ms is 0. lookup->_fn is set. */
void discovery_find(struct discovery *discovery, struct signaling_lookup *lookup,
                    const struct actr_type *type, uint32_t count_max, uint32_t timeout_ms);
void discovery_cancel(struct signaling_lookup *lookup);
/* Every lookup ends with ACTR_ECANCELED; never inside. */
void discovery_cancel_all(struct discovery *discovery);

const char *discovery_address_of(struct discovery *discovery, const struct actr_id *id);
