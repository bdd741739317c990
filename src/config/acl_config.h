// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* `[acl]`: an array of tables as the rules that travel and are applied. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config/schema.h"
#include "protocol/acl_rule.h"

/* The keys of one rule. */
extern const struct schema acl_config_schema;

/* Reads the array `rules` (tables only) in file order into the arena; "self", or no realm, becomes
 * own_realm. `outer`: source, arena and report. ACTR_ENOMEM; what is wrong with a rule is in the
 * report, and the rule left out. */
int acl_config_read(const struct schema_reader *outer, const struct toml_node *rules,
                    uint32_t own_realm, const struct acl_rule **ret_rules,
                    size_t *ret_count) ACTR_MUST_CHECK;
