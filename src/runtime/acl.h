// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Access control: which actor types may call this one.
 *
 * Pure and immutable once made: any number of threads may ask. Only the caller's type (all three
 * parts, case-sensitive, no wildcards) and realm count, not its serial number, nor anything about
 * the callee. A caller inside the process is not asked about here: whoever knows where a message
 * came from (dispatch.h) decides that, and always has an id to show for a peer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <actr/id.h>

#include "protocol/acl_rule.h"

#define ACL_RULES_MAX 4096

struct acl;

/* Copies the rules; their order has no meaning, no realm means every realm. No rules: nobody may
 * call. ACTR_EINVALID: more than ACL_RULES_MAX, or ACL_RULE_REALM_NOT_ANY. ACTR_ENOMEM. */
int acl_new(const struct acl_rule *rules, size_t count, struct acl **ret_acl) ACTR_MUST_CHECK;

/* Returns NULL; NULL is fine. */
struct acl *acl_free(struct acl *acl);

/* May `caller` call? Yes without an ACL (NULL); no when a rule that matches it denies, whatever
 * other rules say; yes when one that matches allows; no otherwise. */
bool acl_allows(const struct acl *acl, const struct actr_id *caller);
