// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The registry: found by id until removed, bounded. */
#include "hyper/outbound/pending_requests.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

#define ID_A "00000000-0000-4000-8000-00000000000a"
#define ID_B "00000000-0000-4000-8000-00000000000b"

static void set_id(struct gate_call *call, const char *id)
{
    memcpy(call->request_id, id, GATE_REQUEST_ID_SIZE);
}

TEST(found_by_id_until_removed)
{
    const struct hash_key key = {{1}};
    struct pending_requests pending;
    struct gate_call a = {0}, b = {0};
    set_id(&a, ID_A);
    set_id(&b, ID_B);
    pending_requests_init(&pending, &key, 10);
    assert_null(pending_requests_find(&pending, view_text(ID_A)));
    assert_int_equal(pending_requests_add(&pending, &a), 0);
    assert_int_equal(pending_requests_add(&pending, &b), 0);
    assert_ptr_equal(pending_requests_find(&pending, view_text(ID_A)), &a);
    assert_ptr_equal(pending_requests_find(&pending, view_text(ID_B)), &b);
    pending_requests_remove(&pending, &a);
    assert_null(pending_requests_find(&pending, view_text(ID_A)));
    pending_requests_remove(&pending, &b);
    pending_requests_deinit(&pending);
}

TEST(an_id_of_another_length_is_nobodys)
{
    const struct hash_key key = {{1}};
    struct pending_requests pending;
    struct gate_call a = {0};
    set_id(&a, ID_A);
    pending_requests_init(&pending, &key, 10);
    assert_int_equal(pending_requests_add(&pending, &a), 0);
    assert_null(pending_requests_find(&pending, view_text("")));
    assert_null(pending_requests_find(&pending, view_text(ID_A "0")));
    assert_null(pending_requests_find(&pending, actr_view_of(ID_A, 35)));
    pending_requests_remove(&pending, &a);
    pending_requests_deinit(&pending);
}

TEST(the_bound_and_memory_are_respected)
{
    const struct hash_key key = {{1}};
    struct pending_requests pending;
    struct gate_call a = {0}, b = {0};
    set_id(&a, ID_A);
    set_id(&b, ID_B);
    pending_requests_init(&pending, &key, 1);
    mem_fail_at(1);
    assert_int_equal(pending_requests_add(&pending, &a), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_int_equal(pending_requests_add(&pending, &a), 0);
    assert_int_equal(pending_requests_add(&pending, &b), ACTR_EUNAVAILABLE);
    pending_requests_remove(&pending, &a);
    assert_int_equal(pending_requests_add(&pending, &b), 0);
    pending_requests_remove(&pending, &b);
    pending_requests_deinit(&pending);
}
