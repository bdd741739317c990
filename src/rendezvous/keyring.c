// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signing keys.
 *
 * A retired key loses its secret half at once, in memory and in the ledger, and keeps its public
 * half for as long as credentials signed with it may live: nodes ask for it to check each other,
 * and a credential must not die before its own time because its key was replaced.
 *
 * Loop thread. Must never log a seed. */
#include "keyring.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

void keyring_key_deinit(struct keyring_key *key)
{
    crypto_signer_free(key->signer);
    crypto_verifier_free(key->verifier);
    *key = (struct keyring_key){0};
}

void keyring_deinit(struct keyring *keyring)
{
    for (size_t i = 0; i < keyring->count; i++)
        keyring_key_deinit(&keyring->keys[i]);
    keyring->count = 0;
}

static bool is_needed(const struct keyring *keyring, const struct keyring_key *key, uint64_t now_s)
{
    return key->retired_at_s == 0 || now_s < key->retired_at_s + keyring->keep_s;
}

static int check_row(const struct keyring *keyring, const struct ledger_row *row)
{
    int64_t id = row->cells[LEDGER_KEY_ID].number;
    size_t seed_len = row->cells[LEDGER_KEY_SEED].bytes.len;
    bool is_retired = row->cells[LEDGER_KEY_RETIRED_AT].number != 0;
    if (id < 1 || id > UINT32_MAX || row->cells[LEDGER_KEY_RETIRED_AT].number < 0 ||
        row->cells[LEDGER_KEY_PUBLIC].bytes.len != CRYPTO_PUBLIC_LEN ||
        seed_len != (is_retired ? 0 : CRYPTO_SEED_LEN))
        return err_origin(ACTR_EIO, "the stored signing key %lld makes no sense", (long long)id);
    if (keyring->count == KEYRING_MAX)
        return err_origin(ACTR_EIO, "more than %d stored signing keys", KEYRING_MAX);
    if (keyring->count > 0 && keyring->keys[keyring->count - 1].id >= id)
        return err_origin(ACTR_EIO, "the stored signing keys are out of order");
    return 0;
}

int keyring_load(struct keyring *keyring, const struct ledger_row *row)
{
    struct keyring_key key = {0};
    int r = check_row(keyring, row);
    if (r < 0)
        return r;
    key.id = (uint32_t)row->cells[LEDGER_KEY_ID].number;
    key.retired_at_s = (uint64_t)row->cells[LEDGER_KEY_RETIRED_AT].number;
    memcpy(key.public_key, row->cells[LEDGER_KEY_PUBLIC].bytes.ptr, CRYPTO_PUBLIC_LEN);
    r = crypto_verifier_new(key.public_key, &key.verifier);
    if (r == 0 && key.retired_at_s == 0)
        r = crypto_signer_new(row->cells[LEDGER_KEY_SEED].bytes.ptr, &key.signer);
    if (r < 0) {
        keyring_key_deinit(&key);
        return r;
    }
    keyring->keys[keyring->count++] = key;
    return 0;
}

static int key_make(struct keyring_key *key, const uint8_t *seed)
{
    int r = seed ? crypto_signer_new(seed, &key->signer) : crypto_signer_generate(&key->signer);
    if (r < 0)
        return r;
    crypto_signer_public(key->signer, key->public_key);
    return crypto_verifier_new(key->public_key, &key->verifier);
}

/* A signer gives its seed to the ledger, and none when it retires. */
static int write_key(struct ledger_write *write, const struct keyring_key *key,
                     uint64_t retired_at_s)
{
    uint8_t seed[CRYPTO_SEED_LEN];
    struct ledger_row *row = ledger_add(write, LEDGER_SIGNING_KEY);
    if (!row)
        return err_origin(ACTR_ENOMEM, "signing key: out of memory");
    row->cells[LEDGER_KEY_ID] = ledger_number(key->id);
    row->cells[LEDGER_KEY_PUBLIC] = ledger_bytes(key->public_key, CRYPTO_PUBLIC_LEN);
    row->cells[LEDGER_KEY_RETIRED_AT] = ledger_number((int64_t)retired_at_s);
    if (retired_at_s != 0)
        return 0;
    int r = crypto_signer_seed(key->signer, seed);
    if (r == 0)
        row->cells[LEDGER_KEY_SEED] = ledger_bytes(seed, sizeof(seed));
    explicit_bzero(seed, sizeof(seed));
    return r;
}

/* Drops the keys that nobody needs any more. */
static int drop_old(struct keyring *keyring, uint64_t now_s, struct ledger_write *write)
{
    while (keyring->count > 0 && !is_needed(keyring, &keyring->keys[0], now_s)) {
        struct ledger_row *row = ledger_add(write, LEDGER_SIGNING_KEY);
        if (!row)
            return err_origin(ACTR_ENOMEM, "signing key: out of memory");
        row->is_removal = true;
        row->cells[LEDGER_KEY_ID] = ledger_number(keyring->keys[0].id);
        keyring_key_deinit(&keyring->keys[0]);
        keyring->count--;
        memmove(&keyring->keys[0], &keyring->keys[1], keyring->count * sizeof(keyring->keys[0]));
    }
    return 0;
}

int keyring_prepare(struct keyring *keyring, const uint8_t *seed, uint64_t now_s,
                    struct ledger_write *write, struct keyring_key *ret_key)
{
    struct keyring_key key = {.id = 1};
    int r = drop_old(keyring, now_s, write);
    if (r < 0)
        return r;
    if (keyring->count == KEYRING_MAX)
        return err_origin(ACTR_ESTATE, "%d signing keys are still needed", KEYRING_MAX);
    if (keyring->count > 0) {
        const struct keyring_key *last = &keyring->keys[keyring->count - 1];
        key.id = last->id + 1;
        r = write_key(write, last, last->retired_at_s ? last->retired_at_s : now_s);
    }
    if (r == 0)
        r = key_make(&key, seed);
    if (r == 0)
        r = write_key(write, &key, 0);
    if (r < 0) {
        keyring_key_deinit(&key);
        return r;
    }
    *ret_key = key;
    return 0;
}

void keyring_adopt(struct keyring *keyring, struct keyring_key *key, uint64_t now_s)
{
    if (keyring->count > 0) {
        struct keyring_key *last = &keyring->keys[keyring->count - 1];
        assert(key->id == last->id + 1 && keyring->count < KEYRING_MAX);
        last->signer = crypto_signer_free(last->signer);
        if (last->retired_at_s == 0)
            last->retired_at_s = now_s;
    }
    keyring->keys[keyring->count++] = *key;
    *key = (struct keyring_key){0};
}

const struct keyring_key *keyring_current(const struct keyring *keyring)
{
    if (keyring->count == 0 || !keyring->keys[keyring->count - 1].signer)
        return NULL;
    return &keyring->keys[keyring->count - 1];
}

const struct keyring_key *keyring_find(const struct keyring *keyring, uint32_t id, uint64_t now_s)
{
    for (size_t i = keyring->count; i > 0; i--)
        if (keyring->keys[i - 1].id == id)
            return is_needed(keyring, &keyring->keys[i - 1], now_s) ? &keyring->keys[i - 1] : NULL;
    return NULL;
}

int keyring_verify(const struct keyring *keyring, const struct credential *credential,
                   uint64_t now_s)
{
    const struct keyring_key *key = keyring_find(keyring, credential->key_id, now_s);
    if (!key)
        return KEYRING_FORGED;
    int r = crypto_verify(key->verifier, credential->claims, credential->signature);
    return r == CRYPTO_FORGED ? KEYRING_FORGED : r;
}
