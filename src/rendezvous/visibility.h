// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Who may see whom: the rules that an actor registered with, applied to one who looks for it or
 * wants to be connected.
 *
 * Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/id.h>

#include "protocol/acl_rule.h"

/* What holds for an actor that registered no rules. */
enum visibility_policy {
    VISIBILITY_SAME_REALM, /* its realm sees it */
    VISIBILITY_NOBODY,
    VISIBILITY_EVERYBODY, /* no rule is looked at, those that were registered neither */
};

struct visibility_rules {
    const struct acl_rule *rules;
    size_t count;
    bool is_present; /* false: none were registered; true with count 0: nobody is let in */
};

/* May `source` see an actor of `realm` that has these rules? A rule speaks of exactly one type, and
 * of any realm, one realm, or the actor's own when it names none. A rule that denies (or whose
 * permission is not known) beats all that allow, whatever their order; when rules were registered
 * and none speaks of the source, it is denied. */
bool visibility_allows(const struct visibility_rules *rules, uint32_t realm,
                       const struct actr_id *source, enum visibility_policy policy);
