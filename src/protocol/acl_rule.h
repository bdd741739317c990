// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* actr.AclRule as data: whom a type lets in. What a list of rules means is for those who apply it.
 *
 * Pure; any thread. */
#pragma once

#include <stdint.h>

#include <actr/id.h>

enum acl_rule_permission { ACL_RULE_DENY = 0, ACL_RULE_ALLOW = 1 };

/* Where the caller must come from (oneof source_realm). */
enum acl_rule_realm {
    ACL_RULE_REALM_ABSENT, /* not said */
    ACL_RULE_REALM_ANY,    /* any_realm = true */
    /* any_realm = false. The existing system takes it for "any", its author surely did not:
     * whoever applies rules refuses it. */
    ACL_RULE_REALM_NOT_ANY,
    ACL_RULE_REALM_ID
};

struct acl_rule {
    int32_t permission; /* numbers other than ACL_RULE_ALLOW count as ACL_RULE_DENY */
    enum acl_rule_realm realm_kind;
    uint32_t realm; /* ACL_RULE_REALM_ID */
    struct actr_type from_type;
};
