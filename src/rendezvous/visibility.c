// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Access rules as the server applies them.
 *
 * They belong to the actor that registered them, not to its type: otherwise anybody who registers
 * the same type could replace the rules of all. Realms are closed to each other unless a rule opens
 * one.
 *
 * Pure; never allocates; any thread. */
#include "visibility.h"

static bool rule_matches(const struct acl_rule *rule, uint32_t realm, const struct actr_id *source)
{
    switch (rule->realm_kind) {
    case ACL_RULE_REALM_ABSENT:
    case ACL_RULE_REALM_NOT_ANY:
        if (source->realm != realm)
            return false;
        break;
    case ACL_RULE_REALM_ANY:
        break;
    case ACL_RULE_REALM_ID:
        if (source->realm != rule->realm)
            return false;
        break;
    }
    return actr_type_equal(&rule->from_type, &source->type);
}

bool visibility_allows(const struct visibility_rules *rules, uint32_t realm,
                       const struct actr_id *source, enum visibility_policy policy)
{
    bool is_allowed = false;
    if (policy == VISIBILITY_EVERYBODY)
        return true;
    if (!rules->is_present)
        return policy == VISIBILITY_SAME_REALM && source->realm == realm;
    for (size_t i = 0; i < rules->count; i++) {
        if (!rule_matches(&rules->rules[i], realm, source))
            continue;
        if (rules->rules[i].permission != ACL_RULE_ALLOW)
            return false;
        is_allowed = true;
    }
    return is_allowed;
}
