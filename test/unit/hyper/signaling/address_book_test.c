// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The address book. */
#include "hyper/signaling/address_book.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

static const struct hash_key key = {{1, 2, 3}};

static struct actr_id id_of(uint64_t serial)
{
    struct actr_id id = {.serial = serial, .realm = 7};
    assert_int_equal(actr_type_parse("acme:echo:1.0.0", &id.type), 0);
    return id;
}

static void put(struct address_book *book, uint64_t serial, const char *address)
{
    struct actr_id id = id_of(serial);
    assert_int_equal(address_book_put(book, &id, view_text(address)), 0);
}

static const char *find(struct address_book *book, uint64_t serial)
{
    struct actr_id id = id_of(serial);
    return address_book_find(book, &id);
}

TEST(keeps_replaces_and_forgets)
{
    struct address_book book;
    address_book_init(&book, &key, 8);
    assert_null(find(&book, 1));
    put(&book, 1, "ws://one");
    put(&book, 2, "ws://two");
    assert_string_equal(find(&book, 1), "ws://one");
    put(&book, 1, "ws://elsewhere");
    assert_string_equal(find(&book, 1), "ws://elsewhere");
    assert_string_equal(find(&book, 2), "ws://two");
    put(&book, 1, "");
    assert_null(find(&book, 1));
    address_book_deinit(&book);
}

TEST(the_longest_unused_gives_way)
{
    struct address_book book;
    address_book_init(&book, &key, 3);
    put(&book, 1, "ws://1");
    put(&book, 2, "ws://2");
    put(&book, 3, "ws://3");
    assert_non_null(find(&book, 1));
    put(&book, 4, "ws://4");
    assert_null(find(&book, 2));
    assert_non_null(find(&book, 1));
    assert_non_null(find(&book, 3));
    assert_string_equal(find(&book, 4), "ws://4");
    assert_int_equal(book._by_id.count, 3);
    address_book_deinit(&book);
}

TEST(refuses_long_ones_and_those_with_a_nul)
{
    struct address_book book;
    char address[ADDRESS_LEN_MAX + 2];
    struct actr_id id = id_of(1);
    memset(address, 'a', sizeof address);
    address_book_init(&book, &key, 3);
    assert_int_equal(address_book_put(&book, &id, actr_view_of(address, ADDRESS_LEN_MAX)), 0);
    assert_int_equal(strlen(address_book_find(&book, &id)), ADDRESS_LEN_MAX);
    assert_int_equal(address_book_put(&book, &id, actr_view_of(address, ADDRESS_LEN_MAX + 1)), 0);
    assert_null(address_book_find(&book, &id));
    assert_int_equal(address_book_put(&book, &id, actr_view_of("ws://\0x", 7)), 0);
    assert_null(address_book_find(&book, &id));
    address_book_deinit(&book);
}

TEST(without_memory_the_old_address_is_gone_too)
{
    struct address_book book;
    address_book_init(&book, &key, 3);
    put(&book, 1, "ws://1");
    struct actr_id id = id_of(1);
    mem_fail_at(1);
    assert_int_equal(address_book_put(&book, &id, view_text("ws://new")), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(address_book_find(&book, &id));
    put(&book, 1, "ws://new");
    address_book_deinit(&book);
}
