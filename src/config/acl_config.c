// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* `[acl]`: rules of access control as a file writes them.
 *
 * A rule from a file always says a realm: its own when the file says none or "self". A rule that
 * cannot be read is an error of the whole file: a deny that is left out would let somebody in.
 *
 * Any thread. */
#include "config/acl_config.h"

#include <string.h>
#include <strings.h>

#include <actr/id.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/check.h"

struct acl_raw {
    const char *permission, *type;
    const struct toml_node *realm;
};

static const struct schema_row acl_rows[] = {
    {"", "permission", SCHEMA_TEXT, SCHEMA_REQUIRED, SCHEMA_FIELD(struct acl_raw, permission),
     .check = check_permission, .example = "\"allow\""},
    {"", "type", SCHEMA_TEXT, SCHEMA_REQUIRED, SCHEMA_FIELD(struct acl_raw, type),
     .check = check_type, .example = "\"acme:EchoClient:1.0.0\""},
    {"", "realm", SCHEMA_TEXT_OR_INTEGER, SCHEMA_OPTIONAL, SCHEMA_FIELD(struct acl_raw, realm),
     .example = "\"self\""},
};

const struct schema acl_config_schema = {.rows = acl_rows,
                                         .row_count = sizeof(acl_rows) / sizeof(acl_rows[0])};

static int acl_read_realm(const struct schema_reader *reader, const struct toml_node *realm,
                          uint32_t own_realm, struct acl_rule *rule)
{
    rule->realm_kind = ACL_RULE_REALM_ID;
    if (!realm || (realm->kind == TOML_TEXT && strcmp(realm->text, "self") == 0)) {
        rule->realm = own_realm;
        return 0;
    }
    if (realm->kind == TOML_TEXT && strcmp(realm->text, "*") == 0) {
        rule->realm_kind = ACL_RULE_REALM_ANY;
        return 0;
    }
    if (realm->kind == TOML_INTEGER && realm->integer >= 0 && realm->integer <= UINT32_MAX) {
        rule->realm = (uint32_t)realm->integer;
        return 0;
    }
    return report_error(reader->report, reader->source->name, realm->at,
                        "acl.rules.realm cannot be used; it is neither \"self\", nor \"*\", nor a "
                        "number from 0 to %u; write realm = \"self\"",
                        UINT32_MAX);
}

static int acl_read_rule(const struct schema_reader *reader, const struct toml_node *table,
                         uint32_t own_realm, struct acl_rule *rule)
{
    struct acl_raw raw = {0};
    size_t errors = reader->report->error_count;
    int r = schema_read(reader, table, &raw);
    if (r == 0)
        r = acl_read_realm(reader, raw.realm, own_realm, rule);
    if (r < 0 || reader->report->error_count != errors)
        return r;
    rule->permission = strcasecmp(raw.permission, "allow") == 0 ? ACL_RULE_ALLOW : ACL_RULE_DENY;
    return actr_type_parse(raw.type, &rule->from_type);
}

int acl_config_read(const struct schema_reader *outer, const struct toml_node *rules,
                    uint32_t own_realm, const struct acl_rule **ret_rules, size_t *ret_count)
{
    struct schema_reader reader = *outer;
    size_t count = 0, errors;
    reader.schema = &acl_config_schema;
    reader.prefix = "acl.rules.";
    for (const struct toml_node *table = rules->children; table; table = table->next)
        count++;
    struct acl_rule *list = arena_alloc(outer->arena, count * sizeof(list[0]));
    if (!list)
        return err_origin(ACTR_ENOMEM, "config: no memory for %zu rules", count);
    count = 0;
    for (const struct toml_node *table = rules->children; table; table = table->next) {
        list[count] = (struct acl_rule){0};
        errors = reader.report->error_count;
        int r = acl_read_rule(&reader, table, own_realm, &list[count]);
        if (r < 0)
            return r;
        count += reader.report->error_count == errors;
    }
    *ret_rules = list;
    *ret_count = count;
    return 0;
}
