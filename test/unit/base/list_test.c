// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/list.h"

#include "harness.h"

struct item {
    int number;
    struct list link;
};

static void assert_order(struct list *head, const char *digits)
{
    list_each(link, head)
    {
        assert_int_equal(container_of(link, struct item, link)->number, *digits - '0');
        digits++;
    }
    assert_int_equal(*digits, '\0');
}

TEST(nodes_go_in_and_out_at_both_ends)
{
    struct list head;
    struct item items[4];
    list_init(&head);
    assert_true(list_is_empty(&head));
    assert_null(list_pop(&head));
    for (int i = 0; i < 4; i++) {
        items[i].number = i;
        list_init(&items[i].link);
    }
    list_push(&head, &items[1].link);
    list_push(&head, &items[2].link);
    list_push_front(&head, &items[0].link);
    list_push(&head, &items[3].link);
    assert_order(&head, "0123");
    list_remove(&items[2].link);
    list_remove(&items[2].link);
    assert_true(list_is_empty(&items[2].link));
    assert_order(&head, "013");
    assert_ptr_equal(list_pop(&head), &items[0].link);
    assert_true(list_is_empty(&items[0].link));
    assert_order(&head, "13");
}

TEST(one_list_is_appended_to_another)
{
    struct list a, b;
    struct item items[4];
    list_init(&a);
    list_init(&b);
    list_append(&a, &b);
    assert_true(list_is_empty(&a));
    for (int i = 0; i < 4; i++) {
        items[i].number = i;
        list_push(i < 2 ? &a : &b, &items[i].link);
    }
    list_append(&a, &b);
    assert_order(&a, "0123");
    assert_true(list_is_empty(&b));
    list_append(&b, &a);
    assert_order(&b, "0123");
    assert_true(list_is_empty(&a));
}
