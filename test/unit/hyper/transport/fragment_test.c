// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/transport/fragment.h"

#include <string.h>

#include <actr/error.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

#define SECOND 1000000u

static const struct fragment_options options = {.message_len_max = 1 << 20,
                                                .bytes_max = 4 << 20,
                                                .message_count_max = 8,
                                                .expiry_us = 10 * SECOND};

static struct fragment_receiver receiver;

static struct actr_bytes frame_of(uint32_t id, unsigned index, unsigned count, const char *body)
{
    size_t len = strlen(body);
    uint8_t *data;
    struct actr_bytes frame = bytes_new(FRAGMENT_HEADER_LEN + len, &data);
    const uint8_t header[] = {(uint8_t)(id >> 24),   (uint8_t)(id >> 16),   (uint8_t)(id >> 8),
                              (uint8_t)id,           (uint8_t)(index >> 8), (uint8_t)index,
                              (uint8_t)(count >> 8), (uint8_t)count};
    memcpy(data, header, sizeof(header));
    memcpy(data + sizeof(header), body, len);
    return frame;
}

/* Nothing comes of it. */
static void receive_at(uint64_t now_us, uint32_t id, unsigned index, unsigned count,
                       const char *body)
{
    struct actr_bytes message;
    assert_int_equal(
        fragment_receive(&receiver, frame_of(id, index, count, body), now_us, &message), 0);
}

static void receive(uint32_t id, unsigned index, unsigned count, const char *body)
{
    receive_at(SECOND, id, index, count, body);
}

static void receive_whole(uint32_t id, unsigned index, unsigned count, const char *body,
                          const char *wanted)
{
    struct actr_bytes message;
    assert_int_equal(
        fragment_receive(&receiver, frame_of(id, index, count, body), SECOND, &message),
        FRAGMENT_WHOLE);
    assert_int_equal(message.len, strlen(wanted));
    assert_memory_equal(message.ptr, wanted, message.len);
    actr_bytes_unref(message);
}

/* ---- sending ---- */

TEST(a_message_of_one_frame_gets_its_header_in_place)
{
    static const uint8_t wanted[] = {0, 1, 2, 5, 0, 0, 0, 1, 'a', 'b', 'c'};
    struct fragment_cutter cutter;
    struct actr_bytes frame, message = actr_bytes_copy(actr_view_of("abc", 3));
    const uint8_t *body = message.ptr;
    assert_int_equal(fragment_begin(&cutter, 0x10205, 65535, message), 0);
    assert_int_equal(fragment_next(&cutter, &frame), 0);
    assert_ptr_equal(frame.ptr + FRAGMENT_HEADER_LEN, body);
    assert_int_equal(frame.len, sizeof(wanted));
    assert_memory_equal(frame.ptr, wanted, sizeof(wanted));
    actr_bytes_unref(frame);
    assert_int_equal(fragment_next(&cutter, &frame), FRAGMENT_DONE);
    fragment_end(&cutter);
    assert_int_equal(fragment_next(&cutter, &frame), FRAGMENT_DONE);
}

TEST(an_empty_message_is_a_bare_header)
{
    static const uint8_t wanted[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1};
    struct fragment_cutter cutter;
    struct actr_bytes frame;
    assert_int_equal(fragment_begin(&cutter, UINT32_MAX, 8, (struct actr_bytes){0}), 0);
    assert_int_equal(fragment_next(&cutter, &frame), 0);
    assert_int_equal(frame.len, sizeof(wanted));
    assert_memory_equal(frame.ptr, wanted, sizeof(wanted));
    actr_bytes_unref(frame);
    fragment_end(&cutter);
}

static void cut(size_t len, size_t frame_len_max, size_t body_len, uint32_t count)
{
    static uint8_t data[200000];
    struct fragment_cutter cutter;
    struct actr_bytes frame;
    size_t at = 0;
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(
        fragment_begin(&cutter, 9, frame_len_max, actr_bytes_copy(actr_view_of(data, len))), 0);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t header[] = {
            0, 0, 0, 9, (uint8_t)(i >> 8), (uint8_t)i, (uint8_t)(count >> 8), (uint8_t)count};
        assert_int_equal(fragment_next(&cutter, &frame), 0);
        assert_memory_equal(frame.ptr, header, sizeof(header));
        size_t body = frame.len - sizeof(header);
        assert_int_equal(body, i + 1 < count ? body_len : len - at);
        assert_memory_equal(frame.ptr + sizeof(header), data + at, body);
        at += body;
        actr_bytes_unref(frame);
    }
    assert_int_equal(at, len);
    assert_int_equal(fragment_next(&cutter, &frame), FRAGMENT_DONE);
    fragment_end(&cutter);
}

TEST(a_long_message_is_cut_into_full_frames_and_a_rest)
{
    cut(16384, 65535, 16384, 1);
    cut(16385, 65535, 16384, 2);
    cut(200000, 65535, 16384, 13);
    cut(1000, 108, 100, 10);
    cut(1001, 108, 100, 11);
    cut(70000, SIZE_MAX, 16384, 5);
    cut(65535, 9, 1, 65535);
}

static void begin_huge(size_t len, size_t frame_len_max, int wanted, size_t body_len)
{
    struct fragment_cutter cutter = {0};
    /* The bytes are not looked at before the first frame. */
    struct actr_bytes huge = {(const uint8_t *)"", len, NULL};
    assert_int_equal(fragment_begin(&cutter, 1, frame_len_max, huge), wanted);
    assert_int_equal(cutter.body_len, body_len);
    assert_true(cutter.count <= FRAGMENT_COUNT_MAX);
    fragment_end(&cutter);
}

TEST(larger_fragments_are_made_where_the_number_demands_it)
{
    size_t most = (size_t)FRAGMENT_COUNT_MAX * FRAGMENT_BODY_MAX;
    begin_huge((size_t)FRAGMENT_COUNT_MAX * 16384, 65535, 0, 16384);
    begin_huge((size_t)FRAGMENT_COUNT_MAX * 16384 + 1, 65535, 0, 16385);
    begin_huge(most, 65535, 0, FRAGMENT_BODY_MAX);
    begin_huge(most, 1 << 20, 0, FRAGMENT_BODY_MAX);
    begin_huge(most + 1, 1 << 20, ACTR_EINVALID, 0);
    begin_huge(65536, 9, ACTR_EINVALID, 0);
    begin_huge(1, 8, ACTR_EINVALID, 0);
    begin_huge(0, 7, ACTR_EINVALID, 0);
}

TEST(a_message_that_is_given_up_is_given_back)
{
    struct fragment_cutter cutter;
    struct actr_bytes frame;
    static const uint8_t data[40000];
    assert_int_equal(
        fragment_begin(&cutter, 1, 65535, actr_bytes_copy(actr_view_of(data, sizeof(data)))), 0);
    assert_int_equal(fragment_next(&cutter, &frame), 0);
    actr_bytes_unref(frame);
    mem_fail_at(1);
    assert_int_equal(fragment_next(&cutter, &frame), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_int_equal(fragment_next(&cutter, &frame), 0);
    actr_bytes_unref(frame);
    fragment_end(&cutter);
    fragment_end(&cutter);
    mem_fail_at(1);
    struct actr_bytes failed = actr_bytes_copy(actr_view_of(data, 10));
    mem_fail_at(0);
    assert_int_equal(fragment_begin(&cutter, 1, 65535, failed), ACTR_ENOMEM);
    struct actr_bytes message = actr_bytes_copy(actr_view_of(data, 10));
    assert_int_equal(fragment_begin(&cutter, 1, 65535, actr_bytes_ref(message)), 0);
    mem_fail_at(1);
    assert_int_equal(fragment_next(&cutter, &frame), ACTR_ENOMEM); /* shared: needs a copy */
    mem_fail_at(0);
    assert_int_equal(fragment_next(&cutter, &frame), FRAGMENT_DONE);
    actr_bytes_unref(message);
}

/* ---- receiving ---- */

TEST(a_message_of_one_frame_is_a_part_of_it)
{
    struct actr_bytes message, frame = frame_of(77, 0, 1, "hello");
    const uint8_t *body = frame.ptr + FRAGMENT_HEADER_LEN;
    fragment_receiver_init(&receiver, &options);
    assert_int_equal(fragment_receive(&receiver, frame, SECOND, &message), FRAGMENT_WHOLE);
    assert_ptr_equal(message.ptr, body);
    assert_int_equal(message.len, 5);
    actr_bytes_unref(message);
    receive_whole(77, 0, 1, "", "");
    assert_int_equal(receiver.stats.messages, 2);
    fragment_receiver_deinit(&receiver);
}

TEST(fragments_come_in_any_order_with_bodies_of_any_length)
{
    fragment_receiver_init(&receiver, &options);
    receive(1, 2, 4, "c");
    receive(2, 1, 2, "two");
    receive(1, 0, 4, "aaaa");
    receive(1, 3, 4, "");
    receive_whole(2, 0, 2, "", "two");
    receive_whole(1, 1, 4, "bb", "aaaabbc");
    assert_int_equal(receiver.stats.bytes_held, 0);
    assert_int_equal(receiver.stats.incomplete, 0);
    fragment_receiver_deinit(&receiver);
}

TEST(what_is_malformed_costs_the_frame_alone)
{
    struct actr_bytes message;
    fragment_receiver_init(&receiver, &options);
    for (size_t len = 0; len < FRAGMENT_HEADER_LEN; len++)
        assert_int_equal(fragment_receive(&receiver,
                                          actr_bytes_slice(frame_of(1, 0, 1, ""), 0, len), SECOND,
                                          &message),
                         0);
    receive(1, 0, 0, "x");
    receive(1, 1, 1, "x");
    receive(1, 3, 3, "x");
    receive(1, 65535, 65535, "x");
    assert_int_equal(receiver.stats.malformed, 12);
    assert_int_equal(receiver.stats.incomplete, 0);
    receive(1, 0, 3, "a");
    receive(1, 1, 4, "x"); /* another count */
    receive(1, 1, 2, "x");
    assert_int_equal(receiver.stats.malformed, 14);
    receive(1, 0, 3, "z"); /* does not overwrite */
    receive(1, 1, 3, "b");
    assert_int_equal(receiver.stats.repeated, 1);
    receive_whole(1, 2, 3, "c", "abc");
    fragment_receiver_deinit(&receiver);
}

TEST(the_message_that_waits_for_longest_gives_way)
{
    fragment_receiver_init(&receiver, &options);
    for (uint32_t id = 0; id < 8; id++)
        receive(id, 0, 2, "a");
    receive(8, 0, 2, "a"); /* 0 gives way */
    assert_int_equal(receiver.stats.incomplete, 8);
    assert_int_equal(receiver.stats.dropped, 1);
    receive_whole(1, 1, 2, "b", "ab");
    receive(0, 1, 2, "b"); /* too late: begins nothing */
    assert_int_equal(receiver.stats.late, 1);
    assert_int_equal(receiver.stats.incomplete, 7);
    receive(2, 0, 2, "x"); /* repeats do not keep it */
    receive(9, 0, 2, "a");
    receive(10, 0, 2, "a");
    receive(2, 1, 2, "b");
    assert_int_equal(receiver.stats.late, 2);
    fragment_receiver_deinit(&receiver);
}

TEST(memory_is_bounded_also_by_what_is_kept_beside_the_bodies)
{
    static const struct fragment_options tight = {
        .message_len_max = 1 << 20, .bytes_max = 100000, .expiry_us = SECOND};
    static char body[1001];
    uint64_t state = harness_seed();
    memset(body, 'x', sizeof(body) - 1);
    fragment_receiver_init(&receiver, &tight);
    for (int i = 0; i < 2000; i++) {
        uint64_t random = harness_random(&state);
        receive((uint32_t)(random % 10), (unsigned)(random >> 8) % 1000, 2000, body);
        assert_true(receiver.stats.bytes_held <= tight.bytes_max);
        assert_true(receiver.stats.incomplete <= 64);
    }
    assert_true(receiver.stats.dropped > 0);
    /* An array for 65,535 fragments is more than the bound. */
    receive(100, 65534, 65535, "");
    assert_int_equal(receiver.stats.bytes_held, 0);
    fragment_receiver_deinit(&receiver);
}

/* ---- too long ---- */

static const struct fragment_options small = {
    .message_len_max = 10, .bytes_max = 100000, .expiry_us = SECOND};

static void receive_ends(uint32_t id, unsigned index, unsigned count, const char *body,
                         const char *wanted, struct fragment_excess excess)
{
    struct actr_bytes ends;
    assert_int_equal(fragment_receive(&receiver, frame_of(id, index, count, body), SECOND, &ends),
                     FRAGMENT_TOO_LONG);
    assert_int_equal(ends.len, strlen(wanted));
    assert_memory_equal(ends.ptr, wanted, ends.len);
    assert_int_equal(receiver.excess.len, excess.len);
    assert_int_equal(receiver.excess.head_len, excess.head_len);
    actr_bytes_unref(ends);
}

TEST(of_messages_over_the_limit_the_ends_come_and_the_next_passes)
{
    fragment_receiver_init(&receiver, &small);
    receive_ends(1, 0, 1, "01234567890", "01234567890", (struct fragment_excess){11, 11});
    receive(2, 0, 3, "012345");
    receive(2, 1, 3, "01234");
    receive_ends(2, 2, 3, "", "01234501234", (struct fragment_excess){11, 6});
    receive(5, 0, 2, "0123456789");
    receive_ends(5, 1, 2, "x", "0123456789x", (struct fragment_excess){11, 10});
    assert_int_equal(receiver.stats.too_long, 3);
    assert_int_equal(receiver.stats.dropped, 0);
    assert_int_equal(receiver.stats.bytes_held, 0);
    receive_whole(3, 0, 1, "0123456789", "0123456789");
    receive(4, 0, 2, "01234");
    receive_whole(4, 1, 2, "56789", "0123456789");
    fragment_receiver_deinit(&receiver);
}

TEST(the_ends_come_whatever_the_order_of_the_fragments)
{
    static const char *const bodies[] = {"aaaa", "bbbb", "cccc", "dddd", "eeee", "f"};
    uint64_t state = harness_seed();
    fragment_receiver_init(&receiver, &small);
    for (uint32_t id = 0; id < 300; id++) {
        unsigned order[] = {0, 1, 2, 3, 4, 5};
        for (unsigned i = 5; i > 0; i--) {
            unsigned other = (unsigned)(harness_random(&state) % (i + 1)), index = order[i];
            order[i] = order[other];
            order[other] = index;
        }
        for (unsigned i = 0; i < 5; i++) {
            receive(id, order[i], 6, bodies[order[i]]);
            receive(id, order[i], 6, "again"); /* also of those that are not kept */
        }
        receive_ends(id, order[5], 6, bodies[order[5]], "aaaaeeeef",
                     (struct fragment_excess){21, 4});
        assert_int_equal(receiver.stats.repeated, 5 * (id + 1));
        assert_int_equal(receiver.stats.bytes_held, 0);
    }
    fragment_receiver_deinit(&receiver);
}

TEST(of_a_message_over_the_limit_the_middle_is_not_kept)
{
    static char body[1001];
    size_t most = 0;
    memset(body, 'x', sizeof(body) - 1);
    fragment_receiver_init(&receiver, &small);
    for (unsigned index = 0; index < 999; index++) {
        receive(1, index, 1000, body);
        if (receiver.stats.bytes_held > most)
            most = receiver.stats.bytes_held;
    }
    assert_int_equal(receiver.stats.incomplete,
                     1);       /* a million bytes came, 100,000 are the bound */
    assert_true(most < 50000); /* the array, and three bodies */
    receive_at(3 * SECOND, 2, 0, 2, "a");
    assert_int_equal(receiver.stats.dropped, 1); /* it expires as others do */
    receive_at(3 * SECOND, 1, 999, 1000, body);
    assert_int_equal(receiver.stats.late, 1);
    fragment_receiver_deinit(&receiver);
}

TEST(no_memory_for_the_ends_loses_the_message_alone)
{
    struct actr_bytes message;
    fragment_receiver_init(&receiver, &small);
    receive(1, 0, 2, "0123456789");
    struct actr_bytes last = frame_of(1, 1, 2, "x");
    mem_fail_at(1);
    assert_int_equal(fragment_receive(&receiver, last, SECOND, &message), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_int_equal(receiver.stats.bytes_held, 0);
    receive_whole(3, 0, 1, "0123456789", "0123456789");
    fragment_receiver_deinit(&receiver);
}

TEST(an_incomplete_message_expires_when_nothing_comes_for_it)
{
    fragment_receiver_init(&receiver, &options);
    assert_int_equal(fragment_expire(&receiver, SECOND), UINT64_MAX);
    receive_at(1 * SECOND, 1, 0, 3, "a");
    receive_at(2 * SECOND, 2, 0, 3, "a");
    receive_at(5 * SECOND, 1, 1, 3, "b");
    assert_int_equal(fragment_expire(&receiver, 6 * SECOND), 12 * SECOND);
    assert_int_equal(fragment_expire(&receiver, 12 * SECOND), 15 * SECOND);
    assert_int_equal(receiver.stats.incomplete, 1);
    receive_at(14 * SECOND, 2, 1, 3, "b");
    assert_int_equal(receiver.stats.late, 1);
    receive_at(15 * SECOND, 1, 2, 3, "c"); /* just too late */
    assert_int_equal(receiver.stats.late, 2);
    assert_int_equal(receiver.stats.dropped, 2);
    assert_int_equal(fragment_expire(&receiver, 15 * SECOND), UINT64_MAX);
    fragment_receiver_deinit(&receiver);
}

/* Two receivers that share a bound: what waits for longest goes, whosever it is. */
TEST(all_receivers_together_are_bounded_and_expire_by_one_call)
{
    static struct fragment_receiver other;
    struct fragment_total total;
    fragment_total_init(&total, 6000);
    struct fragment_options shared = options, slow = options;
    shared.total = slow.total = &total;
    slow.expiry_us = 40 * SECOND;
    fragment_receiver_init(&receiver, &shared);
    fragment_receiver_init(&other, &slow);
    struct fragment_receiver *receivers[] = {&other, &receiver};
    struct actr_bytes message;
    char body[1001];
    memset(body, 'x', 1000);
    body[1000] = '\0';
    assert_int_equal(fragment_total_expire(&total, SECOND), UINT64_MAX);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(
            fragment_receive(receivers[i % 2], frame_of(i, 0, 2, body), (1 + i) * SECOND, &message),
            0);
        assert_true(total.bytes_held <= total.bytes_max);
        assert_int_equal(total.bytes_held, receiver.stats.bytes_held + other.stats.bytes_held);
    }
    uint32_t left = receiver.stats.incomplete + other.stats.incomplete;
    assert_true(left >= 3 && left <= 6);
    assert_int_equal(receiver.stats.dropped + other.stats.dropped, 12 - left);
    /* Each in its own time; the last one of `receiver` came at 12 s, of the other at 11 s. */
    uint64_t next_us = fragment_total_expire(&total, 21 * SECOND);
    assert_int_equal(next_us, 22 * SECOND);
    assert_int_equal(receiver.stats.incomplete, 1);
    assert_true(fragment_total_expire(&total, 22 * SECOND) > 40 * SECOND);
    assert_int_equal(receiver.stats.incomplete, 0);
    fragment_receiver_deinit(&receiver);
    assert_int_equal(fragment_total_expire(&total, 50 * SECOND), 51 * SECOND);
    assert_int_equal(other.stats.incomplete, 1);
    assert_int_equal(fragment_total_expire(&total, 51 * SECOND), UINT64_MAX);
    assert_int_equal(total.bytes_held, 0);
    fragment_receiver_deinit(&other);
}

TEST(the_most_fragments_there_can_be_are_put_together)
{
    static const struct fragment_options wide = {
        .message_len_max = 1 << 20, .bytes_max = 64 << 20, .expiry_us = SECOND};
    struct actr_bytes message;
    fragment_receiver_init(&receiver, &wide);
    for (unsigned i = 65534; i > 0; i--)
        receive(1, i, 65535, i % 2 ? "x" : "");
    assert_int_equal(fragment_receive(&receiver, frame_of(1, 0, 65535, ""), SECOND, &message),
                     FRAGMENT_WHOLE);
    assert_int_equal(message.len, 32767);
    actr_bytes_unref(message);
    for (unsigned i = 0; i < 65534; i++)
        receive(2, i, 65535, "");
    receive_whole(2, 65534, 65535, "", "");
    fragment_receiver_deinit(&receiver);
}

/* Several messages, cut at random, their frames dealt at random. */
TEST(what_is_cut_is_put_together_again)
{
    enum { COUNT = 6 };
    static uint8_t data[60000];
    uint64_t state = harness_seed();
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)harness_random(&state);
    for (int round = 0; round < 20; round++) {
        static struct actr_bytes frames[20000];
        size_t lens[COUNT], count = 0, whole = 0;
        fragment_receiver_init(&receiver, &options);
        for (uint32_t id = 0; id < COUNT; id++) {
            struct fragment_cutter cutter;
            lens[id] = harness_random(&state) % sizeof(data);
            size_t frame_len = 30 + harness_random(&state) % 30000;
            assert_int_equal(fragment_begin(&cutter, id, frame_len,
                                            actr_bytes_copy(actr_view_of(data, lens[id]))),
                             0);
            while (fragment_next(&cutter, &frames[count]) == 0)
                assert_true(frames[count++].len <= frame_len);
        }
        for (size_t i = count; i > 1; i--) {
            size_t other = harness_random(&state) % i;
            struct actr_bytes swap = frames[i - 1];
            frames[i - 1] = frames[other];
            frames[other] = swap;
        }
        for (size_t i = 0; i < count; i++) {
            uint32_t id = frames[i].ptr[3];
            struct actr_bytes message;
            if (fragment_receive(&receiver, frames[i], SECOND, &message) == 0)
                continue;
            whole++;
            assert_int_equal(message.len, lens[id]);
            assert_memory_equal(message.ptr, data, message.len);
            actr_bytes_unref(message);
        }
        assert_int_equal(whole, COUNT);
        assert_int_equal(receiver.stats.bytes_held, 0);
        fragment_receiver_deinit(&receiver);
    }
}

TEST(without_memory_a_message_is_lost_and_the_lane_goes_on)
{
    struct actr_bytes message;
    fragment_receiver_init(&receiver, &options);
    for (size_t n = 1; n <= 2; n++) {
        struct actr_bytes frame = frame_of((uint32_t)n, 0, 2, "a");
        mem_fail_at(n);
        assert_int_equal(fragment_receive(&receiver, frame, SECOND, &message), ACTR_ENOMEM);
        mem_fail_at(0);
    }
    receive(5, 0, 2, "a");
    struct actr_bytes last = frame_of(5, 1, 2, "b");
    mem_fail_at(1);
    assert_int_equal(fragment_receive(&receiver, last, SECOND, &message), ACTR_ENOMEM);
    struct actr_bytes failed = actr_bytes_copy(actr_view_of("x", 1));
    mem_fail_at(0);
    assert_int_equal(fragment_receive(&receiver, failed, SECOND, &message), ACTR_ENOMEM);
    assert_int_equal(receiver.stats.bytes_held, 0);
    receive(6, 0, 2, "a");
    receive_whole(6, 1, 2, "b", "ab");
    fragment_receiver_deinit(&receiver);
}
