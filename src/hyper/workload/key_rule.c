// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Key rules: see key_rule.h.
 *
 * Everything that could be wrong with a declaration is said here, with the name of the route, when
 * the program makes it; the scanner that runs for each message checks nothing of the rule again. A
 * declaration that contradicts itself (a field number without ACTR_KEY_FIELD, a domain without a
 * key) is refused: its author meant something that would not happen.
 *
 * While the actor is being built; one thread. */
#include "hyper/workload/key_rule.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"

/* Domains are the program's own names, never a peer's choice, so a fixed key does. */
static const struct hash_key key_domain_hash = {{2}};

struct key_domain {
    struct hash_node node;
    struct key_domain *next;
    uint32_t number;
    char name[];
};

static bool key_domain_equal(const struct hash_node *node, const void *wanted)
{
    const struct key_domain *domain =
        container_of((struct hash_node *)(uintptr_t)node, struct key_domain, node);
    return strcmp(domain->name, wanted) == 0;
}

void key_domains_init(struct key_domains *domains)
{
    *domains = (struct key_domains){0};
    hash_table_init(&domains->_table, key_domain_equal);
}

void key_domains_deinit(struct key_domains *domains)
{
    while (domains->_first) {
        struct key_domain *next = domains->_first->next;
        mem_free(domains->_first);
        domains->_first = next;
    }
    hash_table_deinit(&domains->_table);
}

/* The number of the domain `name`, a new one when nobody named it before. */
static int key_domains_number(struct key_domains *domains, const char *name, uint32_t *ret_number)
{
    size_t len = strlen(name);
    uint64_t hash = hash_bytes(&key_domain_hash, name, len);
    struct hash_node *node = hash_table_find(&domains->_table, hash, name);
    if (node) {
        *ret_number = container_of(node, struct key_domain, node)->number;
        return 0;
    }
    struct key_domain *domain = mem_alloc(sizeof(*domain) + len + 1);
    if (!domain)
        return err_origin(ACTR_ENOMEM, "workload: no memory for the key domain %s", name);
    memcpy(domain->name, name, len + 1);
    int r = hash_table_insert(&domains->_table, &domain->node, hash);
    if (r < 0) {
        mem_free(domain);
        return r;
    }
    domain->number = domains->count++;
    domain->next = domains->_first;
    domains->_first = domain;
    *ret_number = domain->number;
    return 0;
}

static int key_rule_check(const char *route, const struct actr_route_options *options)
{
    if ((unsigned)options->key_source > ACTR_KEY_FREE)
        return err_origin(ACTR_EINVALID, "workload: %s: %d is no source of a conflict key", route,
                          (int)options->key_source);
    bool is_field = options->key_source == ACTR_KEY_FIELD;
    if (!is_field && options->key_field != 0)
        return err_origin(ACTR_EINVALID,
                          "workload: %s: field %u is given, but the key is not taken from a field",
                          route, options->key_field);
    if (is_field && (options->key_field == 0 || options->key_field > CONFLICT_FIELD_MAX))
        return err_origin(ACTR_EINVALID,
                          "workload: %s: a field has a number of 1 to %u, the key's has %u", route,
                          CONFLICT_FIELD_MAX, options->key_field);
    if (is_field && (unsigned)options->key_type > ACTR_KEY_BYTES)
        return err_origin(ACTR_EINVALID,
                          "workload: %s: %d is no type that the field of a key can have", route,
                          (int)options->key_type);
    if (!options->key_domain)
        return 0;
    if (options->key_source != ACTR_KEY_CALLER && !is_field)
        return err_origin(ACTR_EINVALID, "workload: %s: a key domain is given, but no key", route);
    size_t len = strnlen(options->key_domain, KEY_DOMAIN_NAME_MAX + 1);
    if (len == 0 || len > KEY_DOMAIN_NAME_MAX)
        return err_origin(ACTR_EINVALID,
                          "workload: %s: the name of a key domain has 1 to %d bytes, not %zu",
                          route, KEY_DOMAIN_NAME_MAX, len);
    return 0;
}

int key_rule_make(struct key_domains *domains, const char *route,
                  const struct actr_route_options *options, struct conflict_rule *ret_rule)
{
    struct actr_route_options own = {0};
    struct conflict_rule rule = {0};
    if (options) /* an older caller's are shorter */
        memcpy(&own, options, options->size < sizeof(own) ? options->size : sizeof(own));
    int r = key_rule_check(route, &own);
    if (r < 0)
        return r;
    rule.source = own.key_source;
    rule.field = own.key_field;
    rule.type = own.key_type;
    if (rule.source == ACTR_KEY_CALLER || rule.source == ACTR_KEY_FIELD)
        r = key_domains_number(domains, own.key_domain ? own.key_domain : route, &rule.domain);
    if (r < 0)
        return r;
    *ret_rule = rule;
    return 0;
}
