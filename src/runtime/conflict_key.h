// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Conflict keys: which messages of one actor must not run at the same time.
 *
 * A route declares where its key comes from: the caller, or one top-level scalar field of the
 * request. Equal keys of one domain conflict. A route without a declaration gives a barrier: such a
 * message runs alone. So does a field that is missing, repeated, of another wire type, out of
 * range, not UTF-8 or longer than CONFLICT_KEY_LEN_MAX, and a payload that is malformed anywhere,
 * has a group, or more than CONFLICT_KEY_FIELDS_MAX fields at the top: what cannot be told apart
 * must not overlap.
 *
 * Calls from inside the process have no caller id; they share one key.
 *
 * Keys are local to the actor, never on the wire. Pure; any thread; nothing is allocated. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>
#include <actr/workload.h>

#include "base/hash.h"

#define CONFLICT_KEY_LEN_MAX 4096     /* bytes of a string or bytes field */
#define CONFLICT_KEY_FIELDS_MAX 65536 /* looked at; bounds the time one message can take */

#define CONFLICT_FIELD_MAX ((1u << 29) - 1) /* the largest field number of protobuf */

enum conflict_key_kind {
    CONFLICT_KEY_BARRIER, /* runs alone */
    CONFLICT_KEY_SCOPED,  /* one at a time with its like */
    CONFLICT_KEY_FREE     /* conflicts with barriers only */
};

struct conflict_key {
    enum conflict_key_kind kind;
    uint32_t domain;        /* index of the actor's domains */
    uint8_t len;            /* of scalar; 0 for string and bytes fields */
    uint8_t scalar[20];     /* canonical form of a number; of a caller: serial, realm, type hash */
    struct actr_view bytes; /* string and bytes fields: borrowed from the payload */
};

/* What a route declares, resolved. */
struct conflict_rule {
    enum actr_key_source source; /* <actr/workload.h> */
    uint32_t domain;
    uint32_t field;          /* 1 … CONFLICT_FIELD_MAX, for ACTR_KEY_FIELD */
    enum actr_key_type type; /* of the field */
};

/* The key of one message. payload must outlive the key. caller NULL: from inside the process. */
struct conflict_key conflict_key_of(const struct conflict_rule *rule, const struct actr_id *caller,
                                    struct actr_view payload);

/* True for two scoped keys of one domain with the same value. */
bool conflict_key_equal(const struct conflict_key *a, const struct conflict_key *b);

/* Of a scoped key; equal keys have equal hashes. */
uint64_t conflict_key_hash(const struct conflict_key *key, const struct hash_key *hash);
