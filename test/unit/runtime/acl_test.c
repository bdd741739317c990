// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* acl: the decision table, and the sorted rules against a walk in file order. */
#include "runtime/acl.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

#include "base/mem.h"

#define ROW_RULES_MAX 4

#define FROM(m, n, v) .from_type = {m, n, v}
#define CLIENT FROM("acme", "client", "1.0.0")
#define ALLOW .permission = ACL_RULE_ALLOW
#define DENY .permission = ACL_RULE_DENY
#define ANYWHERE .realm_kind = ACL_RULE_REALM_ANY
#define IN_REALM(id) .realm_kind = ACL_RULE_REALM_ID, .realm = (id)

static struct acl *acl_of(const struct acl_rule *rules, size_t count)
{
    struct acl *acl = NULL;
    assert_int_equal(acl_new(rules, count, &acl), 0);
    return acl;
}

/* The caller of every row is 7@101/acme:client:1.0.0. */
static const struct actr_id client = {7, 101, {"acme", "client", "1.0.0"}};

static const struct {
    const char *what;
    size_t count;
    struct acl_rule rules[ROW_RULES_MAX];
    bool is_allowed;
} table[] = {
    {"no rules deny", 0, {{0}}, false},
    {"an allow allows", 1, {{ALLOW, CLIENT, ANYWHERE}}, true},
    {"a deny denies", 1, {{DENY, CLIENT, ANYWHERE}}, false},
    {"deny beats an earlier allow",
     2,
     {{ALLOW, CLIENT, ANYWHERE}, {DENY, CLIENT, ANYWHERE}},
     false},
    {"deny beats a later allow", 2, {{DENY, CLIENT, ANYWHERE}, {ALLOW, CLIENT, ANYWHERE}}, false},
    {"deny between allows",
     3,
     {{ALLOW, CLIENT, ANYWHERE}, {DENY, CLIENT, IN_REALM(101)}, {ALLOW, CLIENT, IN_REALM(101)}},
     false},
    {"an unknown permission denies", 1, {{.permission = 2, CLIENT, ANYWHERE}}, false},
    {"a negative permission denies", 1, {{.permission = -1, CLIENT, ANYWHERE}}, false},
    {"an unknown permission beats an allow",
     2,
     {{ALLOW, CLIENT, ANYWHERE}, {.permission = 9, CLIENT, ANYWHERE}},
     false},
    {"no realm matches any", 1, {{ALLOW, CLIENT}}, true},
    {"a deny without realm matches any", 2, {{ALLOW, CLIENT, ANYWHERE}, {DENY, CLIENT}}, false},
    {"its realm", 1, {{ALLOW, CLIENT, IN_REALM(101)}}, true},
    {"another realm is skipped", 1, {{ALLOW, CLIENT, IN_REALM(102)}}, false},
    {"a deny of another realm is skipped",
     2,
     {{DENY, CLIENT, IN_REALM(102)}, {ALLOW, CLIENT, IN_REALM(101)}},
     true},
    {"realm 0 is a realm", 1, {{ALLOW, CLIENT, IN_REALM(0)}}, false},
    {"another manufacturer", 1, {{ALLOW, FROM("acmf", "client", "1.0.0"), ANYWHERE}}, false},
    {"another name", 1, {{ALLOW, FROM("acme", "clienu", "1.0.0"), ANYWHERE}}, false},
    {"another version", 1, {{ALLOW, FROM("acme", "client", "1.0.1"), ANYWHERE}}, false},
    {"a deny of another version is skipped",
     2,
     {{DENY, FROM("acme", "client", "1.0.1"), ANYWHERE}, {ALLOW, CLIENT, ANYWHERE}},
     true},
    {"case counts", 1, {{ALLOW, FROM("Acme", "client", "1.0.0"), ANYWHERE}}, false},
    {"no wildcard in the manufacturer",
     1,
     {{ALLOW, FROM("*", "client", "1.0.0"), ANYWHERE}},
     false},
    {"no wildcard in the version", 1, {{ALLOW, FROM("acme", "client", "*"), ANYWHERE}}, false},
    {"no prefix", 1, {{ALLOW, FROM("acme", "clien", "1.0.0"), ANYWHERE}}, false},
    {"no longer name", 1, {{ALLOW, FROM("acme", "client2", "1.0.0"), ANYWHERE}}, false},
    {"parts do not run into each other",
     1,
     {{ALLOW, FROM("acmec", "lient", "1.0.0"), ANYWHERE}},
     false},
    {"rules about others around it",
     4,
     {{DENY, FROM("acme", "server", "1.0.0"), ANYWHERE},
      {ALLOW, CLIENT, IN_REALM(101)},
      {DENY, FROM("acme", "client", "2.0.0"), ANYWHERE},
      {DENY, CLIENT, IN_REALM(7)}},
     true},
};

TEST(decision_table)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct acl *acl = acl_of(table[i].rules, table[i].count);
        if (acl_allows(acl, &client) != table[i].is_allowed)
            fail_msg("%s: got the opposite", table[i].what);
        acl_free(acl);
    }
}

TEST(without_an_acl_everybody_may)
{
    assert_true(acl_allows(NULL, &client));
}

TEST(the_serial_number_never_counts)
{
    struct acl *acl = acl_of(&(struct acl_rule){ALLOW, CLIENT, IN_REALM(101)}, 1);
    struct actr_id caller = client;
    caller.serial = 0;
    assert_true(acl_allows(acl, &caller));
    caller.serial = UINT64_MAX;
    assert_true(acl_allows(acl, &caller));
    assert_null(acl_free(acl));
    assert_null(acl_free(NULL));
}

/* The bytes behind the NUL of a part are nobody's business. */
TEST(bytes_behind_the_text_do_not_count)
{
    struct acl_rule rule = {ALLOW, ANYWHERE};
    struct actr_id caller = client;
    memset(&rule.from_type, 'x', sizeof(rule.from_type));
    strcpy(rule.from_type.manufacturer, "acme");
    strcpy(rule.from_type.name, "client");
    strcpy(rule.from_type.version, "1.0.0");
    memset(caller.type.version + 6, 'y', 8);
    struct acl *acl = acl_of(&rule, 1);
    assert_true(acl_allows(acl, &caller));
    acl_free(acl);
}

TEST(the_longest_parts)
{
    struct acl_rule rule = {ALLOW, ANYWHERE};
    struct actr_id caller = {0};
    memset(caller.type.manufacturer, 'm', ACTR_NAME_MAX);
    memset(caller.type.name, 'n', ACTR_NAME_MAX);
    memset(caller.type.version, 'v', ACTR_VERSION_MAX);
    rule.from_type = caller.type;
    struct acl *acl = acl_of(&rule, 1);
    assert_true(acl_allows(acl, &caller));
    caller.type.version[ACTR_VERSION_MAX - 1] = 'w';
    assert_false(acl_allows(acl, &caller));
    acl_free(acl);
}

/* The existing system takes it for "every realm". */
TEST(any_realm_false_is_refused)
{
    struct acl_rule rules[] = {{ALLOW, CLIENT, ANYWHERE},
                               {ALLOW, CLIENT, .realm_kind = ACL_RULE_REALM_NOT_ANY}};
    struct acl *acl = NULL;
    assert_int_equal(acl_new(rules, 2, &acl), ACTR_EINVALID);
    assert_null(acl);
    assert_non_null(strstr(actr_errmsg(), "rule 2 has any_realm = false"));
}

TEST(too_many_rules_are_refused)
{
    static struct acl_rule rules[ACL_RULES_MAX + 1];
    struct acl *acl = NULL;
    assert_int_equal(acl_new(rules, ACL_RULES_MAX + 1, &acl), ACTR_EINVALID);
    assert_null(acl);
    assert_int_equal(acl_new(rules, ACL_RULES_MAX, &acl), 0);
    acl_free(acl);
}

TEST(out_of_memory)
{
    struct acl *acl = NULL;
    mem_fail_at(1);
    assert_int_equal(acl_new(NULL, 0, &acl), ACTR_ENOMEM);
    assert_null(acl);
}

/* What the decision is, in the order of the rules. */
static bool walk(const struct acl_rule *rules, size_t count, const struct actr_id *caller)
{
    bool is_allowed = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rules[i].from_type.manufacturer, caller->type.manufacturer) != 0 ||
            strcmp(rules[i].from_type.name, caller->type.name) != 0 ||
            strcmp(rules[i].from_type.version, caller->type.version) != 0)
            continue;
        if (rules[i].realm_kind == ACL_RULE_REALM_ID && rules[i].realm != caller->realm)
            continue;
        if (rules[i].permission != ACL_RULE_ALLOW)
            return false;
        is_allowed = true;
    }
    return is_allowed;
}

static void random_part(uint64_t *state, char *part)
{
    static const char parts[][3] = {"a", "b", "aa", "ab"};
    memcpy(part, parts[harness_random(state) % 4], sizeof(parts[0]));
}

static struct actr_type random_type(uint64_t *state)
{
    struct actr_type type = {0};
    random_part(state, type.manufacturer);
    random_part(state, type.name);
    random_part(state, type.version);
    return type;
}

TEST(decides_like_a_walk_in_file_order)
{
    static const enum acl_rule_realm kinds[] = {ACL_RULE_REALM_ABSENT, ACL_RULE_REALM_ANY,
                                                ACL_RULE_REALM_ID};
    uint64_t state = harness_seed();
    size_t allowed = 0;
    for (int round = 0; round < 300; round++) {
        struct acl_rule rules[60];
        size_t count = harness_random(&state) % 60;
        for (size_t i = 0; i < count; i++)
            rules[i] = (struct acl_rule){
                .permission = harness_random(&state) % 4 != 0,
                .realm_kind = kinds[harness_random(&state) % 3],
                .realm = (uint32_t)(harness_random(&state) % 3),
                .from_type = random_type(&state),
            };
        struct acl *acl = acl_of(rules, count);
        for (int i = 0; i < 200; i++) {
            struct actr_id caller = {.realm = (uint32_t)(harness_random(&state) % 3),
                                     .type = random_type(&state)};
            bool want = walk(rules, count, &caller);
            assert_int_equal(acl_allows(acl, &caller), want);
            allowed += want;
        }
        acl_free(acl);
    }
    assert_in_range(allowed, 1000, 59000);
}
