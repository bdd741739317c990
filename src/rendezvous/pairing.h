// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Pairs of actors that have negotiated who offers. The rules of the one may let the other in and
 * not the reverse; a pair remembers that they may talk, so that answers and candidates find their
 * way back.
 *
 * Kept as long as both are registered: a socket that comes back finds its pairs. Loop thread. */
#pragma once

#include <stdbool.h>

#include "base/hash.h"
#include "registry.h"

/* Pairs that one actor opened; the oldest makes room. */
#define PAIRING_OPENED_MAX 1024

struct pairing {
    struct hash_table _table;
    struct hash_key _key;
};

void pairing_init(struct pairing *pairing, const struct hash_key *key);
/* Forgets every pair; the actors must still be there. */
void pairing_deinit(struct pairing *pairing);

/* `from` has opened a pair with `to`; harmless when it had. ACTR_ENOMEM. */
int pairing_add(struct pairing *pairing, struct registry_actor *from,
                struct registry_actor *to) ACTR_MUST_CHECK;

bool pairing_has(const struct pairing *pairing, struct registry_actor *from,
                 struct registry_actor *to);

/* Forgets every pair of an actor that will be removed. */
void pairing_forget(struct pairing *pairing, struct registry_actor *actor);
