// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Requests that wait for their answer, by request id. One owner, the peer_gate; the nodes are
 * embedded in the callers' gate_call, so nothing is allocated for one.
 *
 * Loop thread. */
#pragma once

#include <stdint.h>

#include <actr/bytes.h>

#include "base/hash.h"
#include "hyper/outbound/gate.h"

struct pending_requests {
    struct hash_table by_id;
    struct hash_key key; /* ids come back from peers: the hash is keyed */
    uint32_t max;
};

void pending_requests_init(struct pending_requests *pending, const struct hash_key *key,
                           uint32_t max);
/* Asserts that it is empty. */
void pending_requests_deinit(struct pending_requests *pending);

/* call->request_id is set. ACTR_ESTATE: another one has it; ACTR_EUNAVAILABLE: the bound is
 * reached; ACTR_ENOMEM. */
int pending_requests_add(struct pending_requests *pending, struct gate_call *call) ACTR_MUST_CHECK;

/* Borrow; NULL: none. */
struct gate_call *pending_requests_find(const struct pending_requests *pending,
                                        struct actr_view request_id);

void pending_requests_remove(struct pending_requests *pending, struct gate_call *call);
