// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The client of the identity service: registration and renewal over HTTP, one exchange at a time.
 * It says what came of an exchange; what follows from it is credential_manager's. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "protocol/ais.h"

struct net;
struct net_http;
struct net_http_response;

/* What the service meant, by HTTP status when that is not 2xx, else by the code inside the answer.
 */
enum ais_verdict {
    AIS_GRANTED,   /* consistent and signed by the key it names */
    AIS_MALFORMED, /* 400: it does not understand us; asking again will not help */
    AIS_REJECTED,  /* 401: renewal: the token is not good (any more) */
    AIS_FORBIDDEN, /* 403: the realm is not available, or its secret is wrong */
    AIS_MISMATCH,  /* TLS: not the server that is meant, or not what it speaks */
    AIS_LIMITED,   /* 429 */
    AIS_FAILED,    /* it, or the way to it, is out of order: later, perhaps */
    AIS_CONFUSED,  /* an answer that makes no sense */
    AIS_UNFIT      /* a grant that does not hold together */
};

struct ais_outcome {
    enum ais_verdict verdict;
    int code;                                    /* 0 for AIS_GRANTED, else ACTR_E… */
    const char *detail;                          /* lent */
    int64_t retry_after_s;                       /* -1: not said */
    const struct ais_registration *registration; /* AIS_GRANTED; lent */
    uint64_t expires_at_s;                       /* of the credential, from its claims */
};
typedef void ais_client_fn(void *user, const struct ais_outcome *outcome);

struct ais_client {
    struct net *_net;
    char *_register_url, *_renew_url;
    char *_realm_secret; /* NULL: none */
    uint32_t _realm;
    struct net_http *_http; /* NULL: no exchange */
    ais_client_fn *_fn;
    void *_user;
    struct actr_id _renewing; /* the id that a renewal must keep */
    bool _is_renewal;
};

/* url: …/ais, with or without slashes at the end. realm_secret may be NULL. ACTR_ECONFIG,
 * ACTR_ENOMEM. After a failure, and zeroed, deinit is fine. */
int ais_client_init(struct ais_client *client, struct net *net, const char *url,
                    const char *realm_secret, uint32_t realm) ACTR_MUST_CHECK;
/* Cuts the exchange under way. */
void ais_client_deinit(struct ais_client *client);

/* Both consume the request; fn runs once unless cancelled, never inside. No exchange may be under
 * way. ACTR_ENOMEM, ACTR_EINVALID: fn will not run. */
int ais_client_register(struct ais_client *client, struct actr_bytes request, ais_client_fn *fn,
                        void *user) ACTR_MUST_CHECK;
int ais_client_renew(struct ais_client *client, const struct actr_id *id, struct actr_view token,
                     ais_client_fn *fn, void *user) ACTR_MUST_CHECK;
/* fn will not run. Harmless when nothing is under way. */
void ais_client_cancel(struct ais_client *client);
