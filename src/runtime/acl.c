// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Access control: rules sorted by type, found by bisection.
 *
 * A matching DENY anywhere beats every ALLOW, so the order of rules has no meaning and they may be
 * sorted. Rules of one type lie side by side and know where their run ends; one bisection finds
 * the run, and only realms are compared inside it. The sort key begins with the three lengths in
 * one number: most comparisons end there, and the others know how many bytes to look at.
 *
 * This runs for every message before anything else does. It must never allocate, and never fail:
 * what could be wrong with a rule is refused by acl_new(). Any thread. */
#include "runtime/acl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

struct acl_key {
    const struct actr_type *type;
    uint32_t lens; /* of manufacturer, name and version, a byte each */
};

struct acl_entry {
    struct actr_type type;
    uint32_t lens;
    uint32_t realm;
    uint32_t run_end; /* index of the first entry behind this one with another type */
    bool is_any_realm;
    bool is_allow;
};

struct acl {
    size_t count;
    struct acl_entry entries[];
};

static uint32_t acl_lens(const struct actr_type *type)
{
    return (uint32_t)(strlen(type->manufacturer) << 16 | strlen(type->name) << 8 |
                      strlen(type->version));
}

static int acl_compare(const struct acl_entry *entry, struct acl_key key)
{
    if (entry->lens != key.lens)
        return entry->lens < key.lens ? -1 : 1;
    int order = memcmp(entry->type.name, key.type->name, key.lens >> 8 & 0xff);
    if (order == 0)
        order = memcmp(entry->type.manufacturer, key.type->manufacturer, key.lens >> 16);
    if (order == 0)
        order = memcmp(entry->type.version, key.type->version, key.lens & 0xff);
    return order;
}

static int acl_sort_order(const void *a, const void *b)
{
    const struct acl_entry *entry = b;
    return acl_compare(a, (struct acl_key){&entry->type, entry->lens});
}

static int acl_check(const struct acl_rule *rules, size_t count)
{
    if (count > ACL_RULES_MAX)
        return err_origin(ACTR_EINVALID, "acl: %zu rules; at most %d are possible", count,
                          ACL_RULES_MAX);
    for (size_t i = 0; i < count; i++)
        if (rules[i].realm_kind == ACL_RULE_REALM_NOT_ANY)
            return err_origin(ACTR_EINVALID,
                              "acl: rule %zu has any_realm = false, which names no realm; give a "
                              "realm id, or true for every realm",
                              i + 1);
    return 0;
}

int acl_new(const struct acl_rule *rules, size_t count, struct acl **ret_acl)
{
    int r = acl_check(rules, count);
    if (r < 0)
        return r;
    struct acl *acl = mem_alloc(sizeof(*acl) + count * sizeof(acl->entries[0]));
    if (!acl)
        return err_origin(ACTR_ENOMEM, "acl: no memory for %zu rules", count);
    acl->count = count;
    for (size_t i = 0; i < count; i++)
        acl->entries[i] = (struct acl_entry){
            .type = rules[i].from_type,
            .lens = acl_lens(&rules[i].from_type),
            .realm = rules[i].realm,
            .is_any_realm = rules[i].realm_kind != ACL_RULE_REALM_ID,
            .is_allow = rules[i].permission == ACL_RULE_ALLOW,
        };
    qsort(acl->entries, count, sizeof(acl->entries[0]), acl_sort_order);
    for (size_t i = count; i > 0; i--) {
        struct acl_entry *entry = &acl->entries[i - 1];
        bool is_last = i == count || acl_sort_order(entry, entry + 1) != 0;
        entry->run_end = is_last ? (uint32_t)i : entry[1].run_end;
    }
    *ret_acl = acl;
    return 0;
}

struct acl *acl_free(struct acl *acl)
{
    mem_free(acl);
    return NULL;
}

/* The first entry whose type is not below the key's. */
static size_t acl_bisect(const struct acl *acl, struct acl_key key)
{
    size_t low = 0, high = acl->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (acl_compare(&acl->entries[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool acl_allows(const struct acl *acl, const struct actr_id *caller)
{
    if (!acl)
        return true;
    struct acl_key key = {&caller->type, acl_lens(&caller->type)};
    size_t at = acl_bisect(acl, key);
    if (at == acl->count || acl_compare(&acl->entries[at], key) != 0)
        return false;
    bool is_allowed = false;
    for (size_t end = acl->entries[at].run_end; at < end; at++) {
        const struct acl_entry *entry = &acl->entries[at];
        if (!entry->is_any_realm && entry->realm != caller->realm)
            continue;
        if (!entry->is_allow)
            return false;
        is_allowed = true;
    }
    return is_allowed;
}
