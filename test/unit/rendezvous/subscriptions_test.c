// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/subscriptions.h"

#include <stdio.h>

#include "base/mem.h"
#include "forge.h"
#include "harness.h"

static const struct hash_key key = {{1}};
static struct visitor *const socket_a = (struct visitor *)(uintptr_t)&key;

static void count_call(void *arg, struct visitor *visitor)
{
    assert_ptr_equal(visitor, socket_a);
    ++*(size_t *)arg;
}

static size_t told(const struct subscriptions *subscriptions, const char *type)
{
    size_t count = 0;
    struct actr_type wanted = forge_type(type);
    subscriptions_each(subscriptions, &wanted, count_call, &count);
    return count;
}

TEST(subscriptions_match_exactly_one_type)
{
    struct subscriptions subscriptions;
    struct subscriber a, b;
    struct actr_type type = forge_type("acme:echo:1.0.0");
    subscriptions_init(&subscriptions, &key);
    subscriber_init(&a, socket_a);
    subscriber_init(&b, socket_a);
    assert_int_equal(subscriptions_add(&subscriptions, &a, &type), 0);
    assert_int_equal(subscriptions_add(&subscriptions, &a, &type), 0);
    assert_int_equal(subscriptions_add(&subscriptions, &b, &type), 0);
    assert_int_equal(told(&subscriptions, "acme:echo:1.0.0"), 2);
    assert_int_equal(told(&subscriptions, "acme:echo:1.0.1"), 0);
    subscriptions_remove(&subscriptions, &a, &type);
    subscriptions_remove(&subscriptions, &a, &type);
    assert_int_equal(told(&subscriptions, "acme:echo:1.0.0"), 1);
    subscriptions_drop(&subscriptions, &b);
    assert_int_equal(subscriptions.count, 0);
    subscriptions_deinit(&subscriptions);
}

TEST(subscriptions_of_one_connection_are_bounded)
{
    struct subscriptions subscriptions;
    struct subscriber a;
    char text[32];
    subscriptions_init(&subscriptions, &key);
    subscriber_init(&a, socket_a);
    for (int i = 0; i <= SUBSCRIPTIONS_OF_VISITOR_MAX; i++) {
        snprintf(text, sizeof(text), "acme:t%d:1", i);
        struct actr_type type = forge_type(text);
        assert_int_equal(subscriptions_add(&subscriptions, &a, &type),
                         i < SUBSCRIPTIONS_OF_VISITOR_MAX ? 0 : ACTR_ESTATE);
    }
    struct actr_type known = forge_type("acme:t0:1");
    assert_int_equal(subscriptions_add(&subscriptions, &a, &known), 0);
    subscriptions_drop(&subscriptions, &a);
    subscriptions_deinit(&subscriptions);
}

TEST(subscriptions_report_want_of_memory)
{
    struct subscriptions subscriptions;
    struct subscriber a;
    struct actr_type type = forge_type("acme:echo:1.0.0");
    subscriptions_init(&subscriptions, &key);
    subscriber_init(&a, socket_a);
    for (size_t n = 1; n <= 3; n++) {
        mem_fail_at(n);
        assert_int_equal(subscriptions_add(&subscriptions, &a, &type), ACTR_ENOMEM);
    }
    mem_fail_at(0);
    assert_int_equal(subscriptions.count, 0);
    subscriptions_deinit(&subscriptions);
}
