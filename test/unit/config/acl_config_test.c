// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* acl_config: rules as a file writes them. */
#include "config/acl_config.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

#include "base/bytes.h"
#include "config/runtime_config.h"

#define REQUIRED                                                                                   \
    "signaling.url = 'ws://h'\nais_endpoint.url = 'http://h'\ndeployment.realm_id = 101\n"

static struct report report;

static struct runtime_config *config_of(const char *text)
{
    struct source source = {.text = view_text(text), .name = "f", .dir = "/d"};
    struct runtime_config *config = NULL;
    report = (struct report){0};
    int r = runtime_config_parse(&source, &report, &config);
    assert_int_equal(r, report.error_count > 0 ? ACTR_ECONFIG : 0);
    return config;
}

TEST(rules_keep_the_order_of_the_file)
{
    struct runtime_config *config = config_of(REQUIRED //
                                              "[[acl.rules]]\npermission = 'ALLOW'\n"
                                              "type = 'acme:EchoClient:1.0.0'\n"
                                              "[[acl.rules]]\npermission = 'deny'\n"
                                              "type = 'acme:Other:2.0'\nrealm = '*'\n"
                                              "[[acl.rules]]\npermission = 'Allow'\n"
                                              "type = 'a:b:c'\nrealm = 'self'\n"
                                              "[[acl.rules]]\npermission = 'dEnY'\n"
                                              "type = 'a:b:c'\nrealm = 4294967295\n"
                                              "[[acl.rules]]\npermission = 'deny'\n"
                                              "type = 'a:b:c'\nrealm = 0\n");
    static const struct acl_rule want[] = {
        {ACL_RULE_ALLOW, ACL_RULE_REALM_ID, 101, {"acme", "EchoClient", "1.0.0"}},
        {ACL_RULE_DENY, ACL_RULE_REALM_ANY, 0, {"acme", "Other", "2.0"}},
        {ACL_RULE_ALLOW, ACL_RULE_REALM_ID, 101, {"a", "b", "c"}},
        {ACL_RULE_DENY, ACL_RULE_REALM_ID, UINT32_MAX, {"a", "b", "c"}},
        {ACL_RULE_DENY, ACL_RULE_REALM_ID, 0, {"a", "b", "c"}},
    };
    assert_non_null(config);
    assert_true(config->acl.is_present);
    assert_int_equal(config->acl.rule_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct acl_rule *rule = &config->acl.rules[i];
        assert_int_equal(rule->permission, want[i].permission);
        assert_int_equal(rule->realm_kind, want[i].realm_kind);
        assert_int_equal(rule->realm, want[i].realm);
        assert_true(actr_type_equal(&rule->from_type, &want[i].from_type));
    }
    runtime_config_free(config);
}

/* Nobody may call; not the same as no [acl]. */
TEST(an_empty_list_is_a_list)
{
    struct runtime_config *config = config_of(REQUIRED "acl.rules = []\n");
    assert_true(config->acl.is_present);
    assert_int_equal(config->acl.rule_count, 0);
    runtime_config_free(config);
}

TEST(a_wrong_rule_is_an_error_of_the_file)
{
    static const struct {
        const char *rule, *error;
    } rows[] = {
        {"{type = 'a:b:c'}", "f:1:14: acl.rules.permission is missing; it has no default; "},
        {"{permission = 'allow'}", "f:1:14: acl.rules.type is missing; it has no default; "},
        {"{permission = 'alow', type = 'a:b:c'}",
         "f:1:28: acl.rules.permission cannot be used; it is neither allow nor deny; "},
        {"{permission = 'deny', type = 'a:b'}", "f:1:43: acl.rules.type cannot be used; "},
        {"{permission = 'deny', type = 'a:b:c:d'}", "f:1:43: acl.rules.type cannot be used; "},
        {"{permission = 'deny', type = 'a:b:'}", "f:1:43: acl.rules.type cannot be used; "},
        {"{permission = 'deny', type = '*:b:1'}", "f:1:43: acl.rules.type cannot be used; "},
        {"{realm = 'Self', permission = 'deny', type = 'a:b:c'}",
         "f:1:23: acl.rules.realm cannot be used; it is neither \"self\", nor \"*\", nor a "
         "number "},
        {"{realm = '', permission = 'deny', type = 'a:b:c'}",
         "f:1:23: acl.rules.realm cannot be used; "},
        {"{realm = '101', permission = 'deny', type = 'a:b:c'}",
         "f:1:23: acl.rules.realm cannot be used; "},
        {"{realm = -1, permission = 'deny', type = 'a:b:c'}",
         "f:1:23: acl.rules.realm cannot be used; "},
        {"{realm = 4294967296, permission = 'deny', type = 'a:b:c'}",
         "f:1:23: acl.rules.realm cannot be used; "},
        {"5", "f:1:14: acl.rules has something in it that is no table; "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), "acl.rules = [%s]\n%s", rows[i].rule, REQUIRED);
        assert_null(config_of(text));
        assert_int_equal(report.count, 1);
        if (strncmp(report.entries[0].text, rows[i].error, strlen(rows[i].error)) != 0)
            fail_msg("%s", report.entries[0].text);
        report_deinit(&report);
    }
}
