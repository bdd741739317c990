// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Key rules: what the options of a route say about its conflict key, checked and resolved, and the
 * domains of one actor.
 *
 * One thread, while the actor is being built. */
#pragma once

#include <actr/workload.h>

#include "base/hash.h"
#include "runtime/conflict_key.h"

#define KEY_DOMAIN_NAME_MAX 512

/* Names of domains to their numbers. A route that names none has a domain of its own name. */
struct key_domains {
    struct hash_table _table;
    struct key_domain *_first;
    uint32_t count;
};

void key_domains_init(struct key_domains *domains);
void key_domains_deinit(struct key_domains *domains);

/* The rule of `route` (options NULL: it runs alone). ACTR_EINVALID: the text names the route and
 * what is wrong; ACTR_ENOMEM. */
int key_rule_make(struct key_domains *domains, const char *route,
                  const struct actr_route_options *options,
                  struct conflict_rule *ret_rule) ACTR_MUST_CHECK;
