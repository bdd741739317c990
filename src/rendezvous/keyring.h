// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The keys that credentials are signed with: one that signs, and those it replaced, which still
 * verify until the last credential they signed has expired.
 *
 * Numbers begin at 1 and only grow. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "ledger.h"
#include "protocol/credential.h"
#include "sys/crypto.h"

/* Keys at a time. Rotating when so many are still needed is refused. */
#define KEYRING_MAX 32

struct keyring_key {
    struct crypto_verifier *verifier;
    struct crypto_signer *signer; /* NULL: retired */
    uint64_t retired_at_s;        /* unix time; 0: in use */
    uint32_t id;
    uint8_t public_key[CRYPTO_PUBLIC_LEN];
};

struct keyring {
    struct keyring_key keys[KEYRING_MAX]; /* ascending; the last one signs */
    size_t count;
    uint64_t keep_s; /* how long a retired key is kept: the life of a credential, or more */
};

void keyring_deinit(struct keyring *keyring);

/* A stored key. ACTR_ENOMEM; ACTR_EIO: the row makes no sense. */
int keyring_load(struct keyring *keyring, const struct ledger_row *row) ACTR_MUST_CHECK;

/* Makes the next key, from `seed`; NULL: a random one. Nothing changes yet but that keys nobody
 * needs are dropped: the rows go into `write`, and once they are safe keyring_adopt() makes the key
 * the one that signs. ACTR_ENOMEM, ACTR_EINTERNAL; ACTR_ESTATE: there are KEYRING_MAX. */
int keyring_prepare(struct keyring *keyring, const uint8_t *seed, uint64_t now_s,
                    struct ledger_write *write, struct keyring_key *ret_key) ACTR_MUST_CHECK;

/* Consumes a prepared key; the one before it retires. One at a time: no second key may be prepared
 * in between. */
void keyring_adopt(struct keyring *keyring, struct keyring_key *key, uint64_t now_s);

/* A prepared key that is not wanted after all. */
void keyring_key_deinit(struct keyring_key *key);

/* The key that signs; NULL before there is one. */
const struct keyring_key *keyring_current(const struct keyring *keyring);

/* NULL: never was, or no longer needed. */
const struct keyring_key *keyring_find(const struct keyring *keyring, uint32_t id, uint64_t now_s);

/* keyring_verify(): not by this server, or not over these claims. */
#define KEYRING_FORGED 1

/* Checks the signature over the raw claims. 0, KEYRING_FORGED, ACTR_ENOMEM, ACTR_EINTERNAL. */
int keyring_verify(const struct keyring *keyring, const struct credential *credential,
                   uint64_t now_s) ACTR_MUST_CHECK;
