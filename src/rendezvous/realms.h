// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Realms: the tenants of the server, and the secret each may ask of those who register.
 *
 * Loop thread; time is an argument. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/hash.h"
#include "ledger.h"
#include "sys/crypto.h"

#define REALMS_MAX 65536
#define REALM_NAME_MAX 128   /* bytes */
#define REALM_SECRET_MAX 512 /* bytes */

/* A secret that was replaced is accepted for so long, so that nodes can be told the new one. */
#define REALM_PREVIOUS_SECRET_S 14400

struct realm {
    struct hash_node _node;
    uint32_t id;
    bool is_enabled;
    bool has_secret;
    uint8_t secret[CRYPTO_SHA256_LEN];
    uint8_t previous_secret[CRYPTO_SHA256_LEN];
    uint64_t previous_until_s; /* unix time; 0: there is no previous secret */
    char name[REALM_NAME_MAX + 1];
};

struct realms {
    struct hash_table _table;
    struct hash_key _key;
};

void realms_init(struct realms *realms, const struct hash_key *key);
void realms_deinit(struct realms *realms);
size_t realms_count(const struct realms *realms);

/* A stored realm. ACTR_EIO: the row makes no sense; ACTR_ENOMEM. */
int realms_load(struct realms *realms, const struct ledger_row *row) ACTR_MUST_CHECK;

/* Borrowed until the realm changes; NULL: there is none. */
const struct realm *realms_find(const struct realms *realms, uint32_t id);

/* Exists and is enabled. */
bool realms_is_usable(const struct realms *realms, uint32_t id);

/* Adds a realm or replaces the one with its id. ACTR_ENOMEM; ACTR_ESTATE: there are REALMS_MAX. */
int realms_put(struct realms *realms, const struct realm *realm) ACTR_MUST_CHECK;

/* False: there was none. */
bool realms_remove(struct realms *realms, uint32_t id);

/* The ids, ascending, into an array of realms_count() elements. */
void realms_list(const struct realms *realms, uint32_t *ret_ids);

/* A realm as it begins: enabled, without a secret. */
void realm_init(struct realm *realm, uint32_t id);

/* Gives the realm another secret; the one it had stays good for a while. ACTR_EINVALID: empty or
 * longer than REALM_SECRET_MAX; ACTR_EINTERNAL, ACTR_ENOMEM. */
int realm_set_secret(struct realm *realm, struct actr_view secret, uint64_t now_s) ACTR_MUST_CHECK;

/* The row that keeps the realm, or removes it. ACTR_ENOMEM. */
int realm_write(const struct realm *realm, bool is_removal,
                struct ledger_write *write) ACTR_MUST_CHECK;

/* What a registration's secret is worth; text NULL or blank: there was none. */
enum realm_verdict {
    REALM_SECRET_GOOD,
    REALM_SECRET_NOT_ASKED, /* the realm has none */
    REALM_SECRET_MISSING,
    REALM_SECRET_WRONG,
};
/* 0, or ACTR_EINTERNAL, ACTR_ENOMEM when it could not be told. */
int realm_check_secret(const struct realm *realm, const char *text, uint64_t now_s,
                       enum realm_verdict *ret_verdict) ACTR_MUST_CHECK;
