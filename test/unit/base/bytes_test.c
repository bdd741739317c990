// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "harness.h"

static struct {
    unsigned count;
    void *arg;
    const uint8_t *ptr;
} released;

static void note_release(void *arg, const uint8_t *ptr)
{
    released.count++;
    released.arg = arg;
    released.ptr = ptr;
}

static void assert_bytes(struct actr_bytes bytes, const char *text)
{
    assert_false(actr_bytes_failed(bytes));
    assert_true(view_equal(actr_bytes_view(bytes), view_text(text)));
}

TEST(a_copy_is_one_allocation_of_its_own)
{
    char text[] = "hello";
    size_t before = mem_live();
    AUTO_BYTES struct actr_bytes copy = actr_bytes_copy(actr_view_of(text, 5));
    AUTO_BYTES struct actr_bytes empty = actr_bytes_str("");
    assert_int_equal(mem_live(), before + 1);
    text[0] = 'x';
    assert_bytes(copy, "hello");
    assert_bytes(empty, "");
    assert_null(empty.owner);
    assert_int_equal((uintptr_t)copy.ptr % 16, 0);
}

TEST(the_last_reference_frees)
{
    size_t before = mem_live();
    struct actr_bytes a = actr_bytes_str("hello");
    struct actr_bytes b = actr_bytes_ref(a);
    assert_ptr_equal(a.ptr, b.ptr);
    assert_false(bytes_is_unique(a));
    actr_bytes_unref(a);
    assert_true(bytes_is_unique(b));
    assert_bytes(b, "hello");
    actr_bytes_unref(b);
    assert_int_equal(mem_live(), before);
    actr_bytes_unref((struct actr_bytes){0});
}

TEST(slices_share_and_are_clipped)
{
    struct actr_bytes all = actr_bytes_str("hello world");
    AUTO_BYTES struct actr_bytes world = actr_bytes_slice(actr_bytes_ref(all), 6, 100);
    AUTO_BYTES struct actr_bytes ell = actr_bytes_slice(actr_bytes_ref(all), 1, 3);
    AUTO_BYTES struct actr_bytes beyond = actr_bytes_slice(actr_bytes_ref(all), 11, 1);
    AUTO_BYTES struct actr_bytes far = actr_bytes_slice(actr_bytes_ref(all), SIZE_MAX, SIZE_MAX);
    AUTO_BYTES struct actr_bytes most = actr_bytes_slice(actr_bytes_ref(all), 1, SIZE_MAX);
    actr_bytes_unref(all);
    assert_ptr_equal(world.owner, ell.owner);
    assert_bytes(world, "world");
    assert_bytes(ell, "ell");
    assert_bytes(beyond, "");
    assert_bytes(far, "");
    assert_bytes(most, "ello world");
}

TEST(foreign_memory_is_released_once)
{
    static const uint8_t memory[] = "foreign";
    int arg;
    released.count = 0;
    struct actr_bytes a = actr_bytes_wrap(memory, 7, note_release, &arg);
    struct actr_bytes b = actr_bytes_slice(actr_bytes_ref(a), 3, 4);
    assert_bytes(b, "eign");
    assert_false(bytes_is_unique(a));
    actr_bytes_unref(a);
    assert_false(bytes_is_unique(b)); /* not ours to write to */
    assert_int_equal(bytes_headroom(b), 0);
    assert_int_equal(released.count, 0);
    actr_bytes_unref(b);
    assert_int_equal(released.count, 1);
    assert_ptr_equal(released.arg, &arg);
    assert_ptr_equal(released.ptr, memory); /* as it was given, not as it was sliced */

    struct actr_bytes still = actr_bytes_wrap(memory, 7, NULL, NULL);
    assert_null(still.owner);
    assert_false(bytes_is_unique(still));
    assert_bytes(still, "foreign");
    actr_bytes_unref(still);
}

TEST(headers_go_in_front_without_a_copy)
{
    uint8_t *data;
    AUTO_BYTES struct actr_bytes bytes = bytes_new(4, &data);
    assert_non_null(data);
    memcpy(data, "data", 4);
    assert_int_equal(bytes_headroom(bytes), BYTES_HEADROOM);
    size_t live = mem_live();
    assert_int_equal(bytes_prepend(&bytes, "lane:", 5), 0);
    assert_int_equal(bytes_prepend(&bytes, "", 0), 0);
    assert_int_equal(bytes_prepend(&bytes, "frame:", 6), 0);
    assert_ptr_equal(bytes.ptr + 11, data);
    assert_int_equal(mem_live(), live);
    assert_int_equal(bytes_headroom(bytes), BYTES_HEADROOM - 11);
    assert_bytes(bytes, "frame:lane:data");
}

TEST(what_a_slice_cut_off_is_headroom_of_a_sole_holder)
{
    AUTO_BYTES struct actr_bytes tail = actr_bytes_slice(actr_bytes_str("0123456789"), 8, 2);
    assert_int_equal(bytes_headroom(tail), BYTES_HEADROOM + 8);
    assert_int_equal(bytes_prepend(&tail, "abcdefgh", 8), 0);
    assert_bytes(tail, "abcdefgh89");
}

TEST(shared_static_foreign_or_full_bytes_are_copied)
{
    uint8_t header[BYTES_HEADROOM + 1];
    memset(header, 'h', sizeof(header));

    AUTO_BYTES struct actr_bytes shared = actr_bytes_str("data");
    AUTO_BYTES struct actr_bytes other = actr_bytes_ref(shared);
    assert_int_equal(bytes_prepend(&other, "x", 1), 0);
    assert_bytes(shared, "data");
    assert_bytes(other, "xdata");
    assert_true(shared.owner != other.owner);
    assert_true(bytes_is_unique(shared));

    AUTO_BYTES struct actr_bytes fixed = actr_bytes_wrap((const uint8_t *)"data", 4, NULL, NULL);
    assert_int_equal(bytes_prepend(&fixed, "x", 1), 0);
    assert_bytes(fixed, "xdata");

    released.count = 0;
    AUTO_BYTES struct actr_bytes foreign =
        actr_bytes_wrap((const uint8_t *)"data", 4, note_release, NULL);
    assert_int_equal(bytes_prepend(&foreign, "x", 1), 0);
    assert_bytes(foreign, "xdata");
    assert_int_equal(released.count, 1);

    AUTO_BYTES struct actr_bytes full = actr_bytes_str("data");
    const uint8_t *before = full.ptr;
    assert_int_equal(bytes_prepend(&full, header, sizeof(header)), 0);
    assert_int_equal(full.len, sizeof(header) + 4);
    assert_true(full.ptr + sizeof(header) != before);
    assert_memory_equal(full.ptr + sizeof(header), "data", 4);

    AUTO_BYTES struct actr_bytes empty = {0};
    assert_int_equal(bytes_prepend(&empty, "x", 1), 0);
    assert_bytes(empty, "x");
}

TEST(bytes_are_shortened_and_handed_on)
{
    struct actr_bytes bytes = actr_bytes_str("hello");
    bytes_truncate(&bytes, 10);
    assert_bytes(bytes, "hello");
    bytes_truncate(&bytes, 2);
    assert_bytes(bytes, "he");
    struct actr_bytes taken = bytes_take(&bytes);
    assert_bytes(taken, "he");
    assert_null(bytes.owner);
    assert_int_equal(bytes.len, 0);
    actr_bytes_unref(taken);
}

TEST(views_are_compared_by_content)
{
    assert_true(view_equal(view_text("a"), view_text("a")));
    assert_false(view_equal(view_text("a"), view_text("b")));
    assert_false(view_equal(view_text("a"), view_text("aa")));
    assert_true(view_equal(actr_view_of(NULL, 0), view_text("")));
}

TEST(a_failed_value_stays_failed_and_is_harmless)
{
    uint8_t *data;
    struct actr_bytes failed[4];
    size_t before = mem_live();
    released.count = 0;
    mem_fail_at(1);
    failed[0] = actr_bytes_copy(view_text("hello"));
    failed[1] = actr_bytes_str("hello");
    failed[2] = actr_bytes_wrap((const uint8_t *)"x", 1, note_release, NULL);
    failed[3] = bytes_new(4, &data);
    mem_fail_at(0);
    assert_null(data);
    assert_int_equal(released.count, 1); /* foreign memory went back at once */
    for (int i = 0; i < 4; i++) {
        assert_true(actr_bytes_failed(failed[i]));
        assert_true(actr_bytes_failed(actr_bytes_ref(failed[i])));
        assert_true(actr_bytes_failed(actr_bytes_slice(failed[i], 0, 0)));
        assert_true(actr_bytes_failed(actr_bytes_copy(actr_bytes_view(failed[i]))));
        assert_false(bytes_is_unique(failed[i]));
        bytes_truncate(&failed[i], 0);
        assert_true(actr_bytes_failed(failed[i]));
        assert_int_equal(bytes_prepend(&failed[i], "x", 1), ACTR_ENOMEM);
        assert_true(actr_bytes_failed(failed[i]));
        actr_bytes_unref(failed[i]);
    }
    assert_true(actr_bytes_failed(bytes_new(SIZE_MAX, &data)));
    assert_true(actr_bytes_failed(bytes_new(SIZE_MAX - BYTES_HEADROOM, &data)));
    assert_int_equal(mem_live(), before);
}

/* A long way through the interface; returns 0 or ACTR_ENOMEM and leaves nothing behind. */
static int walk(void)
{
    uint8_t header[BYTES_HEADROOM + 8] = {0};
    AUTO_BYTES struct actr_bytes bytes = actr_bytes_str("payload");
    AUTO_BYTES struct actr_bytes other = actr_bytes_ref(bytes);
    int r = bytes_prepend(&bytes, "shared", 6); /* copies */
    if (r == 0)
        r = bytes_prepend(&bytes, "in place", 8);
    if (r == 0)
        r = bytes_prepend(&bytes, header, sizeof(header)); /* copies */
    if (r < 0)
        return r;
    assert_bytes(other, "payload"); /* what was shared is as it was */
    AUTO_BYTES struct actr_bytes last = actr_bytes_copy(actr_bytes_view(bytes));
    return actr_bytes_failed(last) ? ACTR_ENOMEM : 0;
}

TEST(every_allocation_may_fail)
{
    size_t before = mem_live(), n = 1;
    for (;; n++) {
        mem_fail_at(n);
        int r = walk();
        mem_fail_at(0);
        assert_int_equal(mem_live(), before);
        if (r == 0)
            break;
        assert_int_equal(r, ACTR_ENOMEM);
    }
    assert_int_equal(n, 5); /* four allocations, each of which has failed once */
}

static void *ref_and_unref(void *arg)
{
    struct actr_bytes *shared = arg;
    for (int i = 0; i < 20000; i++) {
        struct actr_bytes part = actr_bytes_slice(actr_bytes_ref(*shared), (size_t)i % 5, 1);
        if (part.ptr[0] != "hello"[i % 5])
            return arg;
        actr_bytes_unref(part);
    }
    actr_bytes_unref(*shared);
    return NULL;
}

TEST(threads_share_a_count)
{
    pthread_t threads[4];
    struct actr_bytes bytes[4];
    struct actr_bytes first = actr_bytes_str("hello");
    assert_false(actr_bytes_failed(first));
    for (int i = 0; i < 4; i++)
        bytes[i] = actr_bytes_ref(first);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ref_and_unref, &bytes[i]), 0);
    actr_bytes_unref(first);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}
