// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A whole server on virtual time: the network is two tables that the test fills and reads, the
 * ledger does what the test says. One server a test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forge.h"
#include "net/net_ops.h"
#include "rendezvous/rendezvous.h"

#define RIG_MESSAGES_MAX 64
#define RIG_CLIENTS_MAX 16
#define RIG_REALM 101

struct rig;

struct rig_client {
    struct net_ws ws;
    struct rig *rig;
    const struct net_ws_events *events;
    void *user;
    unsigned status; /* of the upgrade */
    struct actr_bytes messages[RIG_MESSAGES_MAX];
    size_t message_count, read_count;
    uint16_t close_code; /* 0: open */
    char close_reason[64];
    bool is_full; /* takes nothing more */
    bool is_gone;
    struct loop_task task;
    struct actr_id id;
    struct forged proof;
};

struct rig_ledger {
    struct ledger ledger;
    int fail_with;  /* what every write is answered; 0: kept */
    bool want_hold; /* answer nothing until rig_release() */
    struct list held;
    size_t row_count, removal_count;
};

struct rig {
    struct net net;
    struct net_server server;
    struct net_request request;
    struct loop *loop;
    struct rig_ledger ledger;
    struct rendezvous *rendezvous;
    const struct net_server_events *events;
    void *user;
    struct net_server_options listened;
    struct rig_client clients[RIG_CLIENTS_MAX];
    size_t client_count;
    struct arena arena;
    const char *address; /* that the next request or upgrade comes from */
    /* The request at hand: */
    const char *header_name, *header_value;
    unsigned status; /* 0: not answered yet */
    char content_type[64], allow[32], allow_origin[8], retry_after[8];
    struct actr_bytes body;
    int started; /* 1: not yet */
    bool is_closed;
    struct loop_task task;
};

/* Strict, with the realm RIG_REALM (no secret) and the key of forge.h, unless the options say
 * otherwise; NULL: defaults. */
void rig_open(struct rig *rig, const struct rendezvous_options *options);
void rig_close(struct rig *rig);
/* Runs what is due now; or lets time pass. */
void rig_run(struct rig *rig);
void rig_pass(struct rig *rig, uint64_t seconds);
uint64_t rig_now_s(const struct rig *rig);
/* Answers the writes that were held, with result. */
void rig_release(struct rig *rig, int result);

/* One HTTP request; the answer is in the rig afterwards unless the ledger holds it. Consumes body.
 */
void rig_http(struct rig *rig, const char *method, const char *path, struct actr_bytes body);
void rig_json(struct rig *rig, const char *path, const char *body);
/* The body of the last answer, decoded. */
struct ais_response rig_response(struct rig *rig);
/* Registers; the code of an error, or 0. */
unsigned rig_register(struct rig *rig, const struct ais_register_request *request,
                      struct ais_registration *ret_registration);
struct ais_response rig_renew(struct rig *rig, const struct actr_id *id, struct actr_view token);

/* Asks for an upgrade; the client's status says how it went. */
struct rig_client *rig_upgrade(struct rig *rig, const char *path, const char *query);
/* Registers an actor of a type and connects it. */
struct rig_client *rig_join(struct rig *rig, const char *type);
struct rig_client *rig_join_as(struct rig *rig, const struct ais_register_request *request,
                               const char *query_tail);
/* The socket closes at the client's end. */
void rig_leave(struct rig *rig, struct rig_client *client);

void rig_send(struct rig_client *client, const struct signaling_envelope *envelope);
void rig_send_bytes(struct rig_client *client, struct actr_bytes message, bool is_binary);
/* The next message, decoded until the next call; fails the test when there is none. */
struct signaling_envelope rig_next(struct rig_client *client);
bool rig_has_next(const struct rig_client *client);
/* Envelopes of the client's own, good in every respect. */
struct signaling_envelope rig_request(const struct rig_client *client,
                                      enum signaling_request_kind kind);
struct signaling_envelope rig_relay(const struct rig_client *client, const struct actr_id *target,
                                    enum relay_kind kind);
/* Sends a request of the client's own and gives the answer. */
struct signaling_envelope rig_ask(struct rig_client *client, enum signaling_request_kind kind);
/* The code of the error that answers an envelope; 0: the answer is none. */
unsigned rig_error(struct rig_client *client, const struct signaling_envelope *envelope);
