// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HTTP answers, and requests that are answered once the ledger has written.
 *
 * Loop thread. */
#pragma once

#include <stdbool.h>

#include <actr/bytes.h>

#include "base/list.h"
#include "net/http.h"

struct rendezvous;

/* A request that waits. Embedded in what knows the answer. */
struct answer_later {
    struct list _link;
    struct net_request *_request; /* NULL: the client went away */
};

void answer_defer(struct answer_later *later, struct rendezvous *rendezvous,
                  struct net_request *request);
/* The request that waited, to be answered; NULL: nobody is there any more. */
struct net_request *answer_resume(struct answer_later *later);
/* The client of a request went away. */
void answer_abandon(struct rendezvous *rendezvous, struct net_request *request);

#define ANSWER_PROTOBUF "application/x-protobuf"
#define ANSWER_JSON "application/json"
#define ANSWER_METRICS "text/plain; version=0.0.4; charset=utf-8"
#define ANSWER_TEXT "text/plain; charset=utf-8"

/* Answers; consumes body. Every answer may be read by scripts of any origin, but for `is_private`
 * ones. retry_after_s: 0: not said. allow: the methods that there are instead, with 405 (RFC 9110
 * §15.5.6); NULL: not said. A body that failed for want of memory becomes status 500. */
struct answer {
    unsigned status;
    const char *content_type;
    struct actr_bytes body;
    unsigned retry_after_s;
    const char *allow;
    bool is_private;
};
void answer_send(struct net_request *request, const struct answer *answer);

/* The answer to a preflight request (Fetch §3.2.2): everything is allowed. */
void answer_preflight(struct net_request *request);
