// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/realms.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"

#define NOW_S 1700000000u

static const struct hash_key key = {{1}};

static enum realm_verdict verdict(const struct realm *realm, const char *text, uint64_t now_s)
{
    enum realm_verdict found;
    assert_int_equal(realm_check_secret(realm, text, now_s, &found), 0);
    return found;
}

TEST(realms_are_usable_when_they_exist_and_are_enabled)
{
    struct realms realms;
    struct realm realm;
    realms_init(&realms, &key);
    assert_false(realms_is_usable(&realms, 7));
    realm_init(&realm, 7);
    assert_int_equal(realms_put(&realms, &realm), 0);
    assert_true(realms_is_usable(&realms, 7));
    realm.is_enabled = false;
    assert_int_equal(realms_put(&realms, &realm), 0);
    assert_false(realms_is_usable(&realms, 7));
    assert_int_equal(realms_count(&realms), 1);
    assert_true(realms_remove(&realms, 7));
    assert_false(realms_remove(&realms, 7));
    realms_deinit(&realms);
}

TEST(realms_list_is_sorted)
{
    struct realms realms;
    struct realm realm;
    uint32_t ids[4];
    static const uint32_t given[] = {33554433, 7, 4294967295, 9};
    realms_init(&realms, &key);
    for (int i = 0; i < 4; i++) {
        realm_init(&realm, given[i]);
        assert_int_equal(realms_put(&realms, &realm), 0);
    }
    realms_list(&realms, ids);
    assert_true(ids[0] == 7 && ids[1] == 9 && ids[2] == 33554433 && ids[3] == 4294967295);
    realms_deinit(&realms);
}

TEST(realm_secret_is_checked_and_trimmed)
{
    struct realm realm;
    realm_init(&realm, 7);
    assert_int_equal(verdict(&realm, NULL, NOW_S), REALM_SECRET_NOT_ASKED);
    assert_int_equal(verdict(&realm, "anything", NOW_S), REALM_SECRET_NOT_ASKED);
    assert_int_equal(realm_set_secret(&realm, view_text("rs_one"), NOW_S), 0);
    assert_int_equal(verdict(&realm, "rs_one", NOW_S), REALM_SECRET_GOOD);
    assert_int_equal(verdict(&realm, " \trs_one \r\n", NOW_S), REALM_SECRET_GOOD);
    assert_int_equal(verdict(&realm, "rs_on", NOW_S), REALM_SECRET_WRONG);
    assert_int_equal(verdict(&realm, "", NOW_S), REALM_SECRET_MISSING);
    assert_int_equal(verdict(&realm, "  ", NOW_S), REALM_SECRET_MISSING);
    assert_int_equal(verdict(&realm, NULL, NOW_S), REALM_SECRET_MISSING);
}

TEST(realm_secret_that_was_replaced_is_good_for_four_hours)
{
    struct realm realm;
    realm_init(&realm, 7);
    assert_int_equal(realm_set_secret(&realm, view_text("rs_one"), NOW_S), 0);
    assert_int_equal(realm_set_secret(&realm, view_text("rs_two"), NOW_S), 0);
    assert_int_equal(verdict(&realm, "rs_one", NOW_S + 14399), REALM_SECRET_GOOD);
    assert_int_equal(verdict(&realm, "rs_one", NOW_S + 14400), REALM_SECRET_WRONG);
    assert_int_equal(verdict(&realm, "rs_two", NOW_S + 99999), REALM_SECRET_GOOD);
    /* Saying the same secret again replaces nothing. */
    assert_int_equal(realm_set_secret(&realm, view_text("rs_two"), NOW_S + 10), 0);
    assert_int_equal(verdict(&realm, "rs_one", NOW_S + 14399), REALM_SECRET_GOOD);
}

TEST(realm_secret_has_bounds)
{
    static char longer[REALM_SECRET_MAX + 2];
    struct realm realm;
    realm_init(&realm, 7);
    memset(longer, 'x', REALM_SECRET_MAX + 1);
    assert_int_equal(realm_set_secret(&realm, view_text(""), NOW_S), ACTR_EINVALID);
    assert_int_equal(realm_set_secret(&realm, view_text(longer), NOW_S), ACTR_EINVALID);
    assert_false(realm.has_secret);
}

TEST(realm_rows_bring_the_same_realm_back)
{
    struct realms realms;
    struct realm realm;
    realms_init(&realms, &key);
    realm_init(&realm, 4242);
    memcpy(realm.name, "test", 5);
    assert_int_equal(realm_set_secret(&realm, view_text("rs_one"), NOW_S), 0);
    assert_int_equal(realm_set_secret(&realm, view_text("rs_two"), NOW_S), 0);
    struct ledger_write *write = ledger_write_new(NULL, NULL);
    assert_int_equal(realm_write(&realm, false, write), 0);
    struct ledger_row *row = container_of(write->rows.next, struct ledger_row, link);
    assert_int_equal(realms_load(&realms, row), 0);
    const struct realm *back = realms_find(&realms, 4242);
    assert_string_equal(back->name, "test");
    assert_int_equal(verdict(back, "rs_one", NOW_S), REALM_SECRET_GOOD);
    assert_int_equal(verdict(back, "rs_two", NOW_S), REALM_SECRET_GOOD);
    row->cells[LEDGER_REALM_SECRET].bytes.len--;
    assert_int_equal(realms_load(&realms, row), ACTR_EIO);
    row->cells[LEDGER_REALM_ID].number = 0;
    assert_int_equal(realms_load(&realms, row), ACTR_EIO);
    ledger_write_free(write);
    realms_deinit(&realms);
}
