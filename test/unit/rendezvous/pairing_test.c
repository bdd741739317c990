// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/pairing.h"

#include "base/mem.h"
#include "harness.h"

static const struct hash_key key = {{1}};

static void init_actor(struct registry_actor *actor)
{
    *actor = (struct registry_actor){0};
    list_init(&actor->pairs_opened);
    list_init(&actor->pairs_accepted);
}

TEST(pairing_remembers_who_turned_to_whom)
{
    struct pairing pairing;
    struct registry_actor a, b, c;
    init_actor(&a);
    init_actor(&b);
    init_actor(&c);
    pairing_init(&pairing, &key);
    assert_int_equal(pairing_add(&pairing, &a, &b), 0);
    assert_int_equal(pairing_add(&pairing, &a, &b), 0);
    assert_int_equal(pairing_add(&pairing, &c, &a), 0);
    assert_true(pairing_has(&pairing, &a, &b));
    assert_false(pairing_has(&pairing, &b, &a));
    assert_true(pairing_has(&pairing, &c, &a));
    pairing_forget(&pairing, &a);
    assert_false(pairing_has(&pairing, &a, &b));
    assert_false(pairing_has(&pairing, &c, &a));
    assert_int_equal(c.pairs_opened_count, 0);
    pairing_forget(&pairing, &b);
    pairing_forget(&pairing, &c);
    pairing_deinit(&pairing);
}

TEST(pairing_forgets_the_oldest_of_too_many)
{
    static struct registry_actor others[PAIRING_OPENED_MAX + 1];
    struct pairing pairing;
    struct registry_actor a;
    init_actor(&a);
    pairing_init(&pairing, &key);
    for (size_t i = 0; i <= PAIRING_OPENED_MAX; i++) {
        init_actor(&others[i]);
        assert_int_equal(pairing_add(&pairing, &a, &others[i]), 0);
    }
    assert_int_equal(a.pairs_opened_count, PAIRING_OPENED_MAX);
    assert_false(pairing_has(&pairing, &a, &others[0]));
    assert_true(pairing_has(&pairing, &a, &others[1]));
    pairing_forget(&pairing, &a);
    pairing_deinit(&pairing);
}

TEST(pairing_reports_want_of_memory)
{
    struct pairing pairing;
    struct registry_actor a, b;
    init_actor(&a);
    init_actor(&b);
    pairing_init(&pairing, &key);
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_int_equal(pairing_add(&pairing, &a, &b), ACTR_ENOMEM);
    }
    mem_fail_at(0);
    assert_false(pairing_has(&pairing, &a, &b));
    pairing_deinit(&pairing);
}
