// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Key rules: what a declaration resolves to, what is wrong with others, who shares a domain. */
#include "hyper/workload/key_rule.h"

#include <string.h>

#include "base/mem.h"
#include "harness.h"

static struct actr_route_options keyed(enum actr_key_source source, uint32_t field,
                                       const char *domain)
{
    return (struct actr_route_options){.size = sizeof(struct actr_route_options),
                                       .key_source = source,
                                       .key_field = field,
                                       .key_type = ACTR_KEY_UINT64,
                                       .key_domain = domain};
}

TEST(every_declaration_resolves_to_its_rule)
{
    struct key_domains domains;
    struct conflict_rule rule;
    struct actr_route_options options;
    key_domains_init(&domains);
    assert_int_equal(key_rule_make(&domains, "a.B.C", NULL, &rule), 0);
    assert_int_equal(rule.source, ACTR_KEY_NONE);
    options = keyed(ACTR_KEY_FREE, 0, NULL);
    assert_int_equal(key_rule_make(&domains, "a.B.C", &options, &rule), 0);
    assert_int_equal(rule.source, ACTR_KEY_FREE);
    assert_int_equal(domains.count, 0); /* neither needs one */
    options = keyed(ACTR_KEY_CALLER, 0, NULL);
    assert_int_equal(key_rule_make(&domains, "a.B.C", &options, &rule), 0);
    assert_int_equal(rule.source, ACTR_KEY_CALLER);
    options = keyed(ACTR_KEY_FIELD, 536870911, NULL);
    options.key_type = ACTR_KEY_BYTES;
    assert_int_equal(key_rule_make(&domains, "a.B.C", &options, &rule), 0);
    assert_int_equal(rule.source, ACTR_KEY_FIELD);
    assert_int_equal(rule.field, 536870911);
    assert_int_equal(rule.type, ACTR_KEY_BYTES);
    key_domains_deinit(&domains);
}

TEST(a_domain_is_private_to_its_route_unless_it_is_named)
{
    struct key_domains domains;
    struct conflict_rule one, two, shared, also, of_route;
    struct actr_route_options own = keyed(ACTR_KEY_CALLER, 0, NULL);
    struct actr_route_options named = keyed(ACTR_KEY_FIELD, 1, "accounts");
    struct actr_route_options after_route = keyed(ACTR_KEY_FIELD, 1, "a.B.One");
    key_domains_init(&domains);
    assert_int_equal(key_rule_make(&domains, "a.B.One", &own, &one), 0);
    assert_int_equal(key_rule_make(&domains, "a.B.Two", &own, &two), 0);
    assert_int_equal(key_rule_make(&domains, "a.B.Three", &named, &shared), 0);
    assert_int_equal(key_rule_make(&domains, "a.B.Four", &named, &also), 0);
    assert_int_equal(key_rule_make(&domains, "a.B.Five", &after_route, &of_route), 0);
    assert_int_not_equal(one.domain, two.domain);
    assert_int_equal(shared.domain, also.domain);
    assert_int_not_equal(shared.domain, one.domain);
    assert_int_not_equal(shared.domain, two.domain);
    assert_int_equal(of_route.domain, one.domain); /* named after a route: that route's */
    key_domains_deinit(&domains);
}

TEST(what_is_wrong_with_a_declaration_is_said_precisely)
{
    static char long_name[600];
    memset(long_name, 'd', sizeof(long_name) - 1);
    struct {
        struct actr_route_options options;
        const char *text;
    } cases[] = {
        {keyed((enum actr_key_source)4, 0, NULL), "workload: R: 4 is no source of a conflict key"},
        {keyed(ACTR_KEY_CALLER, 3, NULL),
         "workload: R: field 3 is given, but the key is not taken from a field"},
        {keyed(ACTR_KEY_NONE, 3, NULL),
         "workload: R: field 3 is given, but the key is not taken from a field"},
        {keyed(ACTR_KEY_FIELD, 0, NULL),
         "workload: R: a field has a number of 1 to 536870911, the key's has 0"},
        {keyed(ACTR_KEY_FIELD, 536870912, NULL),
         "workload: R: a field has a number of 1 to 536870911, the key's has 536870912"},
        {keyed(ACTR_KEY_FIELD, 1, NULL),
         "workload: R: 14 is no type that the field of a key can have"},
        {keyed(ACTR_KEY_NONE, 0, "d"), "workload: R: a key domain is given, but no key"},
        {keyed(ACTR_KEY_FREE, 0, "d"), "workload: R: a key domain is given, but no key"},
        {keyed(ACTR_KEY_CALLER, 0, ""),
         "workload: R: the name of a key domain has 1 to 512 bytes, not 0"},
        {keyed(ACTR_KEY_CALLER, 0, long_name),
         "workload: R: the name of a key domain has 1 to 512 bytes, not 513"},
    };
    cases[5].options.key_type = (enum actr_key_type)14;
    struct key_domains domains;
    key_domains_init(&domains);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conflict_rule rule = {.domain = 77};
        assert_int_equal(key_rule_make(&domains, "R", &cases[i].options, &rule), ACTR_EINVALID);
        assert_string_equal(actr_errmsg(), cases[i].text);
        assert_int_equal(rule.domain, 77);
    }
    key_domains_deinit(&domains);
}

TEST(options_of_an_older_program_have_no_key)
{
    struct actr_route_options options = keyed(ACTR_KEY_CALLER, 9, "never read");
    struct key_domains domains;
    struct conflict_rule rule;
    options.size = offsetof(struct actr_route_options, key_source);
    key_domains_init(&domains);
    assert_int_equal(key_rule_make(&domains, "R", &options, &rule), 0);
    assert_int_equal(rule.source, ACTR_KEY_NONE);
    key_domains_deinit(&domains);
}

TEST(no_memory_is_an_error_and_nothing_is_left)
{
    struct actr_route_options options = keyed(ACTR_KEY_CALLER, 0, NULL);
    for (size_t n = 1; n <= 2; n++) {
        struct key_domains domains;
        struct conflict_rule rule;
        key_domains_init(&domains);
        mem_fail_at(n);
        assert_int_equal(key_rule_make(&domains, "R", &options, &rule), ACTR_ENOMEM);
        mem_fail_at(0);
        assert_int_equal(domains.count, 0);
        key_domains_deinit(&domains);
    }
}
