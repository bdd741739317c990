// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Requests on the signaling socket that wait for their answer, each with its own deadline. Loop
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/hash.h"
#include "base/list.h"
#include "sys/loop.h"

struct client_request;
struct client_requests;
struct signaling_reply;

/* Longest envelope id of ours, with the NUL. */
#define CLIENT_REQUEST_ID_SIZE 25

/* code 0: reply is the answer (lent), of whatever kind. Else reply is NULL and the request has
 * failed; detail is lent. Last word: the request may be used again or freed. */
typedef void client_request_fn(struct client_request *request, int code, const char *detail,
                               const struct signaling_reply *reply);

/* Embedded in its owner, who zeroes it first and keeps it until fn ran or it was closed. */
struct client_request {
    struct hash_node _node;
    struct list _link;              /* in a list of the table */
    struct list _turn;              /* in the sender's queue, while it has not been sent */
    struct client_requests *_table; /* NULL: not running */
    client_request_fn *_fn;
    struct loop_timer _deadline;
    struct loop_task _task;
    struct actr_bytes _message; /* until it has been sent */
    uint64_t _number;
    uint64_t _epoch; /* of the credential in it */
    bool _ends_sent; /* no answer is waited for */
    const char *_detail;
    int _code; /* finished: for fn */
};

struct client_requests {
    struct loop *_loop;
    struct hash_table _by_number;
    struct list _open, _finished;
    size_t _count_max;
    uint64_t _number_last;
};

void client_requests_init(struct client_requests *table, struct loop *loop, size_t count_max);
/* Closes all. Zeroed is fine. */
void client_requests_deinit(struct client_requests *table);

/* Gives the request a number (never used before) and a deadline (0: none), after which fn runs with
 * ACTR_ETIMEDOUT. ACTR_EUNAVAILABLE: count_max are running; ACTR_ENOMEM: then it is not running. */
int client_request_open(struct client_requests *table, struct client_request *request,
                        uint32_t timeout_ms, client_request_fn *fn) ACTR_MUST_CHECK;

/* As it stands in the envelope: "env-<number>". Returns buf. */
const char *client_request_id(const struct client_request *request,
                              char buf[CLIENT_REQUEST_ID_SIZE]);

/* The request that this is the answer for; borrowed, NULL when there is none (any more). */
struct client_request *client_requests_find(const struct client_requests *table,
                                            struct actr_view reply_for);

/* Ends it; fn will not run. Harmless when not running. */
void client_request_close(struct client_request *request);

/* Ends it; fn runs soon, never inside. detail: static storage. Also for one that is not running in
 * any table (client_request_open() failed): `table` delivers. */
void client_request_finish(struct client_requests *table, struct client_request *request, int code,
                           const char *detail);
/* The same for all that are open. */
void client_requests_finish(struct client_requests *table, int code, const char *detail);
