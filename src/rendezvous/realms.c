// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of realms.
 *
 * A realm is replaced as a whole once its row is safe, so that memory and ledger cannot differ.
 * Secrets are kept and compared as SHA-256, in constant time, and must never be logged.
 *
 * Loop thread. */
#include "realms.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"

static struct realm *realm_of(const struct hash_node *node)
{
    return container_of((uintptr_t)node, struct realm, _node);
}

static bool realm_equal(const struct hash_node *node, const void *wanted)
{
    return realm_of(node)->id == *(const uint32_t *)wanted;
}

void realms_init(struct realms *realms, const struct hash_key *key)
{
    hash_table_init(&realms->_table, realm_equal);
    realms->_key = *key;
}

void realms_deinit(struct realms *realms)
{
    struct hash_node *node = hash_table_next(&realms->_table, NULL);
    while (node) {
        struct realm *realm = realm_of(node);
        node = hash_table_next(&realms->_table, node);
        hash_table_remove(&realms->_table, &realm->_node);
        mem_free(realm);
    }
    hash_table_deinit(&realms->_table);
}

size_t realms_count(const struct realms *realms)
{
    return realms->_table.count;
}

static struct realm *find(const struct realms *realms, uint32_t id)
{
    uint64_t hash = hash_bytes(&realms->_key, &id, sizeof(id));
    struct hash_node *node = hash_table_find(&realms->_table, hash, &id);
    return node ? realm_of(node) : NULL;
}

const struct realm *realms_find(const struct realms *realms, uint32_t id)
{
    return find(realms, id);
}

bool realms_is_usable(const struct realms *realms, uint32_t id)
{
    const struct realm *realm = find(realms, id);
    return realm && realm->is_enabled;
}

int realms_put(struct realms *realms, const struct realm *realm)
{
    struct realm *known = find(realms, realm->id);
    if (known) {
        struct hash_node node = known->_node;
        *known = *realm;
        known->_node = node;
        return 0;
    }
    if (realms->_table.count >= REALMS_MAX)
        return err_origin(ACTR_ESTATE, "there are %d realms already", REALMS_MAX);
    struct realm *fresh = mem_alloc(sizeof(*fresh));
    if (!fresh)
        return err_origin(ACTR_ENOMEM, "realm: out of memory");
    *fresh = *realm;
    uint64_t hash = hash_bytes(&realms->_key, &realm->id, sizeof(realm->id));
    int r = hash_table_insert(&realms->_table, &fresh->_node, hash);
    if (r < 0)
        mem_free(fresh);
    return r;
}

bool realms_remove(struct realms *realms, uint32_t id)
{
    struct realm *realm = find(realms, id);
    if (!realm)
        return false;
    hash_table_remove(&realms->_table, &realm->_node);
    mem_free(realm);
    return true;
}

static int compare_id(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

void realms_list(const struct realms *realms, uint32_t *ret_ids)
{
    size_t count = 0;
    struct hash_node *node = NULL;
    while ((node = hash_table_next(&realms->_table, node)))
        ret_ids[count++] = realm_of(node)->id;
    qsort(ret_ids, count, sizeof(*ret_ids), compare_id);
}

void realm_init(struct realm *realm, uint32_t id)
{
    *realm = (struct realm){.id = id, .is_enabled = true};
}

int realm_set_secret(struct realm *realm, struct actr_view secret, uint64_t now_s)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    if (secret.len == 0 || secret.len > REALM_SECRET_MAX)
        return err_origin(ACTR_EINVALID, "a realm secret has 1 to %d bytes", REALM_SECRET_MAX);
    int r = crypto_sha256(secret, digest);
    if (r < 0)
        return r;
    if (realm->has_secret && !crypto_equal(realm->secret, digest, sizeof(digest))) {
        memcpy(realm->previous_secret, realm->secret, sizeof(digest));
        realm->previous_until_s = now_s + REALM_PREVIOUS_SECRET_S;
    }
    memcpy(realm->secret, digest, sizeof(digest));
    realm->has_secret = true;
    return 0;
}

int realm_write(const struct realm *realm, bool is_removal, struct ledger_write *write)
{
    struct ledger_row *row = ledger_add(write, LEDGER_REALM);
    if (!row)
        return err_origin(ACTR_ENOMEM, "realm: out of memory");
    row->is_removal = is_removal;
    row->cells[LEDGER_REALM_ID] = ledger_number(realm->id);
    row->cells[LEDGER_REALM_NAME] = ledger_bytes(realm->name, strlen(realm->name));
    row->cells[LEDGER_REALM_ENABLED] = ledger_number(realm->is_enabled);
    if (realm->has_secret)
        row->cells[LEDGER_REALM_SECRET] = ledger_bytes(realm->secret, CRYPTO_SHA256_LEN);
    if (realm->previous_until_s != 0)
        row->cells[LEDGER_REALM_PREVIOUS_SECRET] =
            ledger_bytes(realm->previous_secret, CRYPTO_SHA256_LEN);
    row->cells[LEDGER_REALM_PREVIOUS_UNTIL] = ledger_number((int64_t)realm->previous_until_s);
    return 0;
}

/* A digest cell: empty or whole. */
static bool load_digest(const struct ledger_cell *cell, uint8_t ret_digest[CRYPTO_SHA256_LEN])
{
    if (cell->bytes.len == CRYPTO_SHA256_LEN)
        memcpy(ret_digest, cell->bytes.ptr, CRYPTO_SHA256_LEN);
    return cell->bytes.len == CRYPTO_SHA256_LEN || cell->bytes.len == 0;
}

int realms_load(struct realms *realms, const struct ledger_row *row)
{
    const struct ledger_cell *cells = row->cells;
    struct realm realm;
    int64_t id = cells[LEDGER_REALM_ID].number;
    struct actr_bytes name = cells[LEDGER_REALM_NAME].bytes;

    if (id < 1 || id > UINT32_MAX || name.len > REALM_NAME_MAX)
        return err_origin(ACTR_EIO, "the stored realm %lld makes no sense", (long long)id);
    realm_init(&realm, (uint32_t)id);
    if (!load_digest(&cells[LEDGER_REALM_SECRET], realm.secret) ||
        !load_digest(&cells[LEDGER_REALM_PREVIOUS_SECRET], realm.previous_secret))
        return err_origin(ACTR_EIO, "the stored realm %lld has a broken secret", (long long)id);
    if (name.len > 0)
        memcpy(realm.name, name.ptr, name.len);
    realm.is_enabled = cells[LEDGER_REALM_ENABLED].number != 0;
    realm.has_secret = cells[LEDGER_REALM_SECRET].bytes.len != 0;
    if (cells[LEDGER_REALM_PREVIOUS_SECRET].bytes.len != 0)
        realm.previous_until_s = (uint64_t)cells[LEDGER_REALM_PREVIOUS_UNTIL].number;
    return realms_put(realms, &realm);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct actr_view trim(const char *text)
{
    struct actr_view view = view_text(text ? text : "");
    while (view.len > 0 && is_blank((char)view.ptr[0])) {
        view.ptr++;
        view.len--;
    }
    while (view.len > 0 && is_blank((char)view.ptr[view.len - 1]))
        view.len--;
    return view;
}

int realm_check_secret(const struct realm *realm, const char *text, uint64_t now_s,
                       enum realm_verdict *ret_verdict)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    struct actr_view secret = trim(text);
    if (!realm->has_secret || secret.len == 0) {
        *ret_verdict = realm->has_secret ? REALM_SECRET_MISSING : REALM_SECRET_NOT_ASKED;
        return 0;
    }
    int r = crypto_sha256(secret, digest);
    if (r < 0)
        return r;
    bool is_current = crypto_equal(digest, realm->secret, sizeof(digest));
    bool is_previous = crypto_equal(digest, realm->previous_secret, sizeof(digest)) &&
                       now_s < realm->previous_until_s;
    *ret_verdict = is_current || is_previous ? REALM_SECRET_GOOD : REALM_SECRET_WRONG;
    return 0;
}
