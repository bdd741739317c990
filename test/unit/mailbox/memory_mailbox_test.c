// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The memory mailbox: order, weights, quotas, and who is told what, when. */
#include "mailbox/memory_mailbox.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "sys/loop.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    struct mailbox *mailbox;
    unsigned ready;
    char rooms[64]; /* serials of the peers that were told, '*' for everyone */
    bool closes;    /* on the next event */
};

static void rig_close_mailbox(struct rig *rig)
{
    rig->mailbox->ops->close(rig->mailbox);
    rig->mailbox = NULL;
}

static void rig_on_ready(void *owner)
{
    struct rig *rig = owner;
    rig->ready++;
    if (rig->closes)
        rig_close_mailbox(rig);
}

static void rig_on_room(void *owner, const struct actr_id *peer)
{
    struct rig *rig = owner;
    size_t len = strlen(rig->rooms);
    assert_true(len + 1 < sizeof(rig->rooms));
    rig->rooms[len] = peer ? (char)('0' + peer->serial) : '*';
    if (rig->closes)
        rig_close_mailbox(rig);
}

static const struct mailbox_events rig_events = {rig_on_ready, rig_on_room};

static void rig_open(struct rig *rig, const struct mailbox_limits *limits)
{
    *rig = (struct rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->mailbox = memory_mailbox_new(rig->loop, limits, &rig_events, rig);
    assert_non_null(rig->mailbox);
}

static void rig_run(struct rig *rig)
{
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
}

static void rig_close(struct rig *rig)
{
    if (rig->mailbox)
        rig_close_mailbox(rig);
    loop_virtual_close(rig->loop);
}

static struct mailbox_origin origin_of(uint64_t serial)
{
    struct mailbox_origin origin = {.session = 100 + serial};
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &origin.peer), 0);
    origin.peer.serial = serial;
    return origin;
}

static int push(struct rig *rig, uint64_t serial, enum mailbox_priority priority, const char *text)
{
    struct mailbox_origin origin = origin_of(serial);
    return mailbox_push(rig->mailbox, &origin, priority, actr_bytes_str(text));
}

/* Takes, checks and acks one. */
static void expect(struct rig *rig, const char *text)
{
    struct mailbox_message *message = mailbox_take(rig->mailbox);
    assert_non_null(message);
    assert_int_equal(message->envelope.len, strlen(text));
    assert_memory_equal(message->envelope.ptr, text, strlen(text));
    mailbox_ack(rig->mailbox, message);
}

TEST(order_of_arrival_within_a_priority)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(push(&rig, 2, MAILBOX_NORMAL, "b"), 0);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "c"), 0);
    assert_int_equal(push(&rig, 1, MAILBOX_HIGH, "H"), 0);
    assert_int_equal(rig.mailbox->count, 4);
    expect(&rig, "H");
    expect(&rig, "a");
    expect(&rig, "b");
    expect(&rig, "c");
    assert_null(mailbox_take(rig.mailbox));
    rig_close(&rig);
}

TEST(message_carries_origin_number_and_time)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, &limits);
    loop_virtual_run_until(rig.loop, 5000000);
    assert_int_equal(push(&rig, 3, MAILBOX_HIGH, "x"), 0);
    assert_int_equal(push(&rig, 4, MAILBOX_HIGH, ""), 0);
    struct mailbox_message *first = mailbox_take(rig.mailbox);
    struct mailbox_message *second = mailbox_take(rig.mailbox);
    struct mailbox_origin origin = origin_of(3);
    assert_true(actr_id_equal(&first->origin.peer, &origin.peer));
    assert_int_equal(first->origin.session, 103);
    assert_int_equal(first->priority, MAILBOX_HIGH);
    assert_int_equal(first->received_us, 5000000);
    assert_true(second->id > first->id);
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(rig.mailbox->taken, 2);
    assert_int_equal(rig.mailbox->bytes, 1);
    mailbox_ack(rig.mailbox, second);
    mailbox_ack(rig.mailbox, first);
    assert_int_equal(rig.mailbox->taken, 0);
    assert_int_equal(rig.mailbox->bytes, 0);
    rig_close(&rig);
}

TEST(of_eight_taken_while_both_wait_seven_are_high)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    char seen[25] = "";
    rig_open(&rig, &limits);
    for (int i = 0; i < 21; i++)
        assert_int_equal(push(&rig, 1, MAILBOX_HIGH, "H"), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "n"), 0);
    for (int i = 0; i < 24; i++) {
        struct mailbox_message *message = mailbox_take(rig.mailbox);
        seen[i] = (char)message->envelope.ptr[0];
        mailbox_ack(rig.mailbox, message);
    }
    assert_string_equal(seen, "HHHHHHHnHHHHHHHnHHHHHHHn");
    rig_close(&rig);
}

TEST(a_run_of_high_messages_counts_only_while_normal_ones_wait)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, &limits);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(push(&rig, 1, MAILBOX_HIGH, "H"), 0);
        expect(&rig, "H");
    }
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "n"), 0);
    assert_int_equal(push(&rig, 1, MAILBOX_HIGH, "H"), 0);
    expect(&rig, "H");
    expect(&rig, "n");
    rig_close(&rig);
}

TEST(ready_is_told_later_and_once_for_each_filling)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "b"), 0);
    assert_int_equal(rig.ready, 0);
    rig_run(&rig);
    assert_int_equal(rig.ready, 1);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "c"), 0);
    rig_run(&rig);
    assert_int_equal(rig.ready, 1);
    expect(&rig, "a");
    expect(&rig, "b");
    expect(&rig, "c");
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "d"), 0);
    rig_run(&rig);
    assert_int_equal(rig.ready, 2);
    rig_close(&rig);
}

TEST(ready_is_not_told_for_what_was_taken_meanwhile)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    expect(&rig, "a");
    rig_run(&rig);
    assert_int_equal(rig.ready, 0);
    rig_close(&rig);
}

TEST(a_peer_over_its_quota_is_stopped_and_told_when_half_is_free)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 4};
    rig_open(&rig, &limits);
    for (int i = 0; i < 3; i++)
        assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(push(&rig, 2, MAILBOX_NORMAL, "b"), 0);
    assert_int_equal(rig.mailbox->count, 6);
    expect(&rig, "a");
    expect(&rig, "a");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "");
    expect(&rig, "a");
    assert_string_equal(rig.rooms, "");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    expect(&rig, "a");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

TEST(a_message_counts_until_it_is_acked)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 2};
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "b"), MAILBOX_FULL);
    struct mailbox_message *message = mailbox_take(rig.mailbox);
    rig_run(&rig);
    assert_string_equal(rig.rooms, "");
    mailbox_ack(rig.mailbox, message);
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

TEST(twice_over_quota_is_refused_without_taking)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 2};
    rig_open(&rig, &limits);
    int wanted[] = {0, MAILBOX_FULL, MAILBOX_FULL, MAILBOX_FULL, ACTR_EUNAVAILABLE};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_int_equal(push(&rig, 1, MAILBOX_HIGH, "a"), wanted[i]);
    assert_int_equal(rig.mailbox->count, 4);
    assert_int_equal(push(&rig, 2, MAILBOX_HIGH, "b"), 0);
    rig_close(&rig);
}

TEST(bytes_have_quotas_too)
{
    struct rig rig;
    const struct mailbox_limits limits = {.bytes_max = 100, .peer_bytes_max = 8};
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "1234567"), 0);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "12345678"), MAILBOX_FULL);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "1"), MAILBOX_FULL);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "1"), ACTR_EUNAVAILABLE);
    assert_int_equal(rig.mailbox->bytes, 16);
    expect(&rig, "1234567");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "");
    expect(&rig, "12345678");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

TEST(a_message_larger_than_the_quota_passes_when_there_is_nothing_else)
{
    struct rig rig;
    const struct mailbox_limits limits = {.bytes_max = 100, .peer_bytes_max = 2};
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "1234567"), MAILBOX_FULL);
    expect(&rig, "1234567");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

TEST(the_whole_mailbox_has_a_quota_and_tells_everyone)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 4, .peer_count_max = 3};
    rig_open(&rig, &limits);
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(push(&rig, i, MAILBOX_NORMAL, "a"), 0);
    for (uint64_t i = 4; i <= 8; i++)
        assert_int_equal(push(&rig, i, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(push(&rig, 9, MAILBOX_NORMAL, "a"), ACTR_EUNAVAILABLE);
    for (int i = 0; i < 6; i++)
        expect(&rig, "a");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "*");
    rig_close(&rig);
}

TEST(a_peer_that_fills_up_again_before_it_was_told_is_not_told)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 2};
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "b"), MAILBOX_FULL);
    expect(&rig, "a");
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "c"), MAILBOX_FULL);
    rig_run(&rig);
    assert_string_equal(rig.rooms, "");
    expect(&rig, "b");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

TEST(several_peers_are_told_each)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 1};
    rig_open(&rig, &limits);
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(push(&rig, i, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    for (int i = 0; i < 3; i++)
        expect(&rig, "a");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "123");
    rig_close(&rig);
}

TEST(closing_inside_an_event_is_legal)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 1};
    rig_open(&rig, &limits);
    rig.closes = true;
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(push(&rig, 2, MAILBOX_NORMAL, "b"), MAILBOX_FULL);
    expect(&rig, "a");
    rig_run(&rig);
    assert_int_equal(rig.ready + strlen(rig.rooms), 1);
    rig_close(&rig);
}

TEST(closing_gives_back_what_is_queued_and_tells_nobody)
{
    struct rig rig;
    const struct mailbox_limits limits = {.peer_count_max = 1};
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(push(&rig, 1, MAILBOX_HIGH, "b"), MAILBOX_FULL);
    rig_close_mailbox(&rig);
    rig_run(&rig);
    assert_int_equal(rig.ready, 0);
    assert_string_equal(rig.rooms, "");
    rig_close(&rig);
}

TEST(the_steady_state_allocates_nothing)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    struct mailbox_origin origin = origin_of(1);
    AUTO_BYTES struct actr_bytes envelope = actr_bytes_str("envelope");
    rig_open(&rig, &limits);
    assert_int_equal(push(&rig, 1, MAILBOX_NORMAL, "with a handler"), 0);
    struct mailbox_message *taken = mailbox_take(rig.mailbox);
    assert_int_equal(push(&rig, 1, MAILBOX_HIGH, "warms up"), 0);
    expect(&rig, "warms up");
    mem_fail_at(1);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(mailbox_push(rig.mailbox, &origin, MAILBOX_HIGH, actr_bytes_ref(envelope)),
                         0);
        expect(&rig, "envelope");
    }
    mem_fail_at(0);
    mailbox_ack(rig.mailbox, taken);
    rig_close(&rig);
}

TEST(running_out_of_memory_takes_nothing_and_leaks_nothing)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    struct mailbox_origin origin = origin_of(1);
    struct actr_bytes failed = {.ptr = NULL, .len = 1};
    int r = ACTR_ENOMEM;
    rig_open(&rig, &limits);
    assert_int_equal(mailbox_push(rig.mailbox, &origin, MAILBOX_NORMAL, failed), ACTR_ENOMEM);
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        struct actr_bytes envelope = actr_bytes_str("a");
        mem_fail_at(n);
        r = mailbox_push(rig.mailbox, &origin, MAILBOX_NORMAL, envelope);
        mem_fail_at(0);
        assert_int_equal(rig.mailbox->count, r == 0);
    }
    assert_int_equal(r, 0);
    rig_close(&rig);
    mem_fail_at(1);
    assert_null(memory_mailbox_new(NULL, &limits, &rig_events, NULL));
}

/* Against a plain model: any order of operations keeps counts and the order of each peer. */
TEST(random_use_keeps_order_and_counts)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 64, .peer_count_max = 16};
    uint64_t state = harness_seed();
    uint32_t next_in[4][2] = {{0}}, next_out[4][2] = {{0}}, queued = 0;
    rig_open(&rig, &limits);
    for (int i = 0; i < 20000; i++) {
        uint64_t random = harness_random(&state);
        unsigned peer = random & 3, high = random >> 2 & 1;
        if (random >> 8 & 1) {
            uint32_t number = next_in[peer][high];
            struct mailbox_origin origin = origin_of(peer);
            int r = mailbox_push(rig.mailbox, &origin, high ? MAILBOX_HIGH : MAILBOX_NORMAL,
                                 actr_bytes_copy(actr_view_of(&number, sizeof(number))));
            assert_true(r == 0 || r == MAILBOX_FULL || r == ACTR_EUNAVAILABLE);
            next_in[peer][high] += r >= 0;
            queued += r >= 0;
        } else {
            struct mailbox_message *message = mailbox_take(rig.mailbox);
            assert_int_equal(message != NULL, queued > 0);
            if (message) {
                uint32_t number;
                memcpy(&number, message->envelope.ptr, sizeof(number));
                assert_int_equal(number,
                                 next_out[message->origin.peer.serial][message->priority]++);
                mailbox_ack(rig.mailbox, message);
                queued--;
            }
        }
        assert_int_equal(rig.mailbox->count, queued);
        assert_int_equal(rig.mailbox->bytes, queued * sizeof(uint32_t));
        if ((random >> 16 & 15) == 0) {
            rig_run(&rig);
            rig.rooms[0] = '\0';
            memset(rig.rooms, 0, sizeof(rig.rooms));
        }
    }
    rig_close(&rig);
}
