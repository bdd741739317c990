// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/visibility.h"

#include "harness.h"

static struct actr_id actor(uint32_t realm, const char *type)
{
    struct actr_id id = {.serial = 1, .realm = realm};
    assert_int_equal(actr_type_parse(type, &id.type), 0);
    return id;
}

static struct acl_rule rule(int permission, const char *type, enum acl_rule_realm kind,
                            uint32_t realm)
{
    struct acl_rule made = {.permission = permission, .realm_kind = kind, .realm = realm};
    assert_int_equal(actr_type_parse(type, &made.from_type), 0);
    return made;
}

static bool allows(const struct acl_rule *rules, size_t count, uint32_t source_realm)
{
    const struct visibility_rules all = {rules, count, true};
    const struct actr_id source = actor(source_realm, "acme:Client:1.0.0");
    return visibility_allows(&all, 7, &source, VISIBILITY_SAME_REALM);
}

TEST(visibility_without_rules_follows_the_policy)
{
    const struct visibility_rules none = {0};
    const struct actr_id near = actor(7, "acme:Client:1.0.0"), far = actor(8, "acme:Client:1.0.0");
    assert_true(visibility_allows(&none, 7, &near, VISIBILITY_SAME_REALM));
    assert_false(visibility_allows(&none, 7, &far, VISIBILITY_SAME_REALM));
    assert_false(visibility_allows(&none, 7, &near, VISIBILITY_NOBODY));
    assert_true(visibility_allows(&none, 7, &far, VISIBILITY_EVERYBODY));
}

TEST(visibility_with_an_empty_list_lets_nobody_in)
{
    assert_false(allows(NULL, 0, 7));
    const struct visibility_rules empty = {NULL, 0, true};
    const struct actr_id near = actor(7, "acme:Client:1.0.0");
    assert_true(visibility_allows(&empty, 7, &near, VISIBILITY_EVERYBODY));
}

TEST(visibility_of_a_rule_that_names_no_realm_is_the_own_realm)
{
    const struct acl_rule own = rule(ACL_RULE_ALLOW, "acme:Client:1.0.0", ACL_RULE_REALM_ABSENT, 0);
    assert_true(allows(&own, 1, 7));
    assert_false(allows(&own, 1, 8));
}

TEST(visibility_of_a_rule_for_any_realm_matches_any)
{
    const struct acl_rule any = rule(ACL_RULE_ALLOW, "acme:Client:1.0.0", ACL_RULE_REALM_ANY, 0);
    assert_true(allows(&any, 1, 7));
    assert_true(allows(&any, 1, 8));
}

TEST(visibility_of_a_rule_for_one_realm_matches_that_realm)
{
    const struct acl_rule one = rule(ACL_RULE_ALLOW, "acme:Client:1.0.0", ACL_RULE_REALM_ID, 8);
    assert_false(allows(&one, 1, 7));
    assert_true(allows(&one, 1, 8));
}

TEST(visibility_denial_wins_in_any_order)
{
    const struct acl_rule allow = rule(ACL_RULE_ALLOW, "acme:Client:1.0.0", ACL_RULE_REALM_ANY, 0);
    const struct acl_rule deny = rule(ACL_RULE_DENY, "acme:Client:1.0.0", ACL_RULE_REALM_ID, 7);
    assert_false(allows((struct acl_rule[]){allow, deny}, 2, 7));
    assert_false(allows((struct acl_rule[]){deny, allow}, 2, 7));
    assert_true(allows((struct acl_rule[]){deny, allow}, 2, 9));
}

TEST(visibility_of_an_unknown_permission_is_denial)
{
    const struct acl_rule newer = rule(2, "acme:Client:1.0.0", ACL_RULE_REALM_ANY, 0);
    const struct acl_rule allow = rule(ACL_RULE_ALLOW, "acme:Client:1.0.0", ACL_RULE_REALM_ANY, 0);
    assert_false(allows((struct acl_rule[]){allow, newer}, 2, 7));
}

TEST(visibility_rules_match_the_whole_type)
{
    static const char *const others[] = {"acme:Client:1.0.1", "acme:Clien:1.0.0",
                                         "acm:Client:1.0.0"};
    for (int i = 0; i < 3; i++) {
        const struct acl_rule other = rule(ACL_RULE_ALLOW, others[i], ACL_RULE_REALM_ANY, 0);
        assert_false(allows(&other, 1, 7));
    }
}
