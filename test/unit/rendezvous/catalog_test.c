// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/catalog.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

static const struct hash_key key = {{1}};

static struct catalog_item item(const char *name, const char *value)
{
    return (struct catalog_item){.name = view_text(name), .value = view_text(value)};
}

TEST(catalog_finds_the_latest_value_of_a_name)
{
    struct catalog catalog;
    struct actr_view names[2];
    catalog_init(&catalog, LEDGER_MANUFACTURER, &key);
    struct catalog_item b = item("b", "1"), a = item("a", "2"), again = item("b", "33");
    assert_int_equal(catalog_put(&catalog, &b), 0);
    assert_int_equal(catalog_put(&catalog, &a), 0);
    assert_int_equal(catalog_put(&catalog, &again), 0);
    assert_int_equal(catalog_count(&catalog), 2);
    assert_true(view_equal(catalog_find(&catalog, view_text("b")), view_text("33")));
    assert_null(catalog_find(&catalog, view_text("c")).ptr);
    catalog_list(&catalog, names);
    assert_true(view_equal(names[0], view_text("a")) && view_equal(names[1], view_text("b")));
    catalog_deinit(&catalog);
}

TEST(catalog_is_bounded)
{
    static char longer[CATALOG_NAME_MAX + 2];
    struct catalog catalog;
    char name[16];
    catalog_init(&catalog, LEDGER_PACKAGE, &key);
    memset(longer, 'x', CATALOG_NAME_MAX + 1);
    struct catalog_item nameless = item("", "1"), named = item(longer, "1");
    assert_int_equal(catalog_put(&catalog, &nameless), ACTR_EINVALID);
    assert_int_equal(catalog_put(&catalog, &named), ACTR_EINVALID);
    for (int i = 0; i < CATALOG_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        struct catalog_item one = item(name, "");
        assert_int_equal(catalog_put(&catalog, &one), 0);
    }
    struct catalog_item known = item("n7", "x"), fresh = item("fresh", "x");
    assert_int_equal(catalog_put(&catalog, &known), 0);
    assert_int_equal(catalog_put(&catalog, &fresh), ACTR_ESTATE);
    catalog_deinit(&catalog);
}

TEST(catalog_rows_bring_the_same_entry_back)
{
    struct catalog catalog;
    catalog_init(&catalog, LEDGER_MANUFACTURER, &key);
    struct catalog_item one = item("acme", "key");
    one.note = view_text("who@example.org");
    struct ledger_write *write = ledger_write_new(NULL, NULL);
    assert_int_equal(catalog_write(&catalog, &one, write), 0);
    struct ledger_row *row = container_of(write->rows.next, struct ledger_row, link);
    assert_int_equal(catalog_load(&catalog, row), 0);
    assert_true(view_equal(catalog_find(&catalog, view_text("acme")), view_text("key")));
    row->cells[0].bytes.len = 0;
    assert_int_equal(catalog_load(&catalog, row), ACTR_EIO);
    ledger_write_free(write);
    catalog_deinit(&catalog);
}

TEST(catalog_keeps_the_old_value_when_memory_has_run_out)
{
    struct catalog catalog;
    catalog_init(&catalog, LEDGER_PACKAGE, &key);
    struct catalog_item one = item("a", "1"), two = item("a", "2");
    assert_int_equal(catalog_put(&catalog, &one), 0);
    mem_fail_at(1);
    assert_int_equal(catalog_put(&catalog, &two), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_true(view_equal(catalog_find(&catalog, view_text("a")), view_text("1")));
    catalog_deinit(&catalog);
}
