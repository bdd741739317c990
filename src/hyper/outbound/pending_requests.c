// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A registry of intrusive nodes, with a quota.
 *
 * A request is in here exactly from its start to its end, whatever ends it: answer, deadline,
 * cancel, unreachable peer, closed gate. Being found proves nothing about who sent the response;
 * the caller compares the peer.
 *
 * Loop thread. It never runs a caller's function and never frees a call. */
#include "hyper/outbound/pending_requests.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"

#define PENDING_ID_LEN (GATE_REQUEST_ID_SIZE - 1)

static bool pending_requests_equal(const struct hash_node *node, const void *wanted)
{
    const struct gate_call *call = container_of(node, const struct gate_call, _by_id);
    return memcmp(call->request_id, wanted, PENDING_ID_LEN) == 0;
}

void pending_requests_init(struct pending_requests *pending, const struct hash_key *key,
                           uint32_t max)
{
    hash_table_init(&pending->by_id, pending_requests_equal);
    pending->key = *key;
    pending->max = max;
}

void pending_requests_deinit(struct pending_requests *pending)
{
    assert(pending->by_id.count == 0);
    hash_table_deinit(&pending->by_id);
}

int pending_requests_add(struct pending_requests *pending, struct gate_call *call)
{
    if (pending->by_id.count >= pending->max)
        return err_origin(ACTR_EUNAVAILABLE, "%u requests are waiting for answers", pending->max);
    uint64_t hash = hash_bytes(&pending->key, call->request_id, PENDING_ID_LEN);
    if (hash_table_find(&pending->by_id, hash, call->request_id))
        return err_origin(ACTR_ESTATE, "request %s waits for its answer already", call->request_id);
    return hash_table_insert(&pending->by_id, &call->_by_id, hash);
}

struct gate_call *pending_requests_find(const struct pending_requests *pending,
                                        struct actr_view request_id)
{
    if (request_id.len != PENDING_ID_LEN)
        return NULL;
    struct hash_node *node = hash_table_find(
        &pending->by_id, hash_bytes(&pending->key, request_id.ptr, PENDING_ID_LEN), request_id.ptr);
    return node ? container_of(node, struct gate_call, _by_id) : NULL;
}

void pending_requests_remove(struct pending_requests *pending, struct gate_call *call)
{
    hash_table_remove(&pending->by_id, &call->_by_id);
}
