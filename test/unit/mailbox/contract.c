// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What both stores promise: order, weights, quotas, and who is told what, when. */
#include "contract.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "rig.h"

void contract_order_of_arrival_within_a_priority(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, is_durable, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 2, MAILBOX_NORMAL, "b"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "c"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "H"), 0);
    assert_int_equal(rig.mailbox->count, 4);
    rig_expect(&rig, "H");
    rig_expect(&rig, "a");
    rig_expect(&rig, "b");
    rig_expect(&rig, "c");
    assert_null(rig_next(&rig));
    rig_close(&rig);
}

void contract_message_carries_origin_number_and_time(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, is_durable, &limits);
    loop_virtual_run_until(rig.loop, 5000000);
    assert_int_equal(rig_push(&rig, 3, MAILBOX_HIGH, "x"), 0);
    assert_int_equal(rig_push(&rig, 4, MAILBOX_HIGH, ""), 0);
    struct mailbox_message *first = rig_next(&rig);
    struct mailbox_message *second = rig_next(&rig);
    struct mailbox_origin origin = rig_origin(3);
    assert_true(first && second);
    assert_true(actr_id_equal(&first->origin.peer, &origin.peer));
    assert_int_equal(first->origin.session, 103);
    assert_int_equal(first->priority, MAILBOX_HIGH);
    assert_int_equal(first->received_us, 5000000);
    assert_true(second->id > first->id);
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(rig.mailbox->taken, 2);
    assert_int_equal(rig.mailbox->bytes, 1);
    mailbox_ack(rig.mailbox, second, NULL);
    mailbox_ack(rig.mailbox, first, NULL);
    rig_run(&rig);
    assert_int_equal(rig.mailbox->taken, 0);
    assert_int_equal(rig.mailbox->bytes, 0);
    rig_close(&rig);
}

void contract_of_eight_taken_while_both_wait_seven_are_high(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    char seen[25] = "";
    rig_open(&rig, is_durable, &limits);
    for (int i = 0; i < 21; i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "H"), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "n"), 0);
    for (int i = 0; i < 24; i++) {
        struct mailbox_message *message = rig_next(&rig);
        assert_non_null(message);
        seen[i] = (char)message->envelope.ptr[0];
        mailbox_ack(rig.mailbox, message, NULL);
    }
    assert_string_equal(seen, "HHHHHHHnHHHHHHHnHHHHHHHn");
    rig_close(&rig);
}

void contract_a_run_of_high_messages_counts_only_while_normal_ones_wait(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, is_durable, &limits);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "H"), 0);
        rig_expect(&rig, "H");
    }
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "n"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "H"), 0);
    rig_expect(&rig, "H");
    rig_expect(&rig, "n");
    rig_close(&rig);
}

void contract_ready_is_told_later_and_once_for_each_filling(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, is_durable, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), 0);
    assert_int_equal(rig.ready, 0);
    rig_run(&rig);
    assert_int_equal(rig.ready, 1);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "c"), 0);
    rig_run(&rig);
    assert_int_equal(rig.ready, 1);
    rig_expect(&rig, "a");
    rig_expect(&rig, "b");
    rig_expect(&rig, "c");
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "d"), 0);
    rig_run(&rig);
    assert_int_equal(rig.ready, 2);
    rig_close(&rig);
}

void contract_a_peer_over_its_quota_is_stopped_and_told_when_half_is_free(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 4};
    rig_open(&rig, is_durable, &limits);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(rig_push(&rig, 2, MAILBOX_NORMAL, "b"), 0);
    assert_int_equal(rig.mailbox->count, 6);
    rig_expect(&rig, "a");
    rig_expect(&rig, "a");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "");
    rig_expect(&rig, "a");
    assert_string_equal(rig.rooms, "");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_expect(&rig, "a");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

void contract_a_message_counts_until_it_is_acked(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 2};
    rig_open(&rig, is_durable, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), MAILBOX_FULL);
    struct mailbox_message *message = rig_next(&rig);
    rig_run(&rig);
    assert_string_equal(rig.rooms, "");
    mailbox_ack(rig.mailbox, message, NULL);
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

void contract_twice_over_quota_is_refused_without_taking(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 2};
    rig_open(&rig, is_durable, &limits);
    int wanted[] = {0, MAILBOX_FULL, MAILBOX_FULL, MAILBOX_FULL, ACTR_EUNAVAILABLE};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "a"), wanted[i]);
    assert_int_equal(rig.mailbox->count, 4);
    assert_int_equal(rig_push(&rig, 2, MAILBOX_HIGH, "b"), 0);
    rig_close(&rig);
}

void contract_bytes_have_quotas_too(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {.bytes_max = 100, .peer_bytes_max = 8};
    rig_open(&rig, is_durable, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "1234567"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "12345678"), MAILBOX_FULL);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "1"), MAILBOX_FULL);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "1"), ACTR_EUNAVAILABLE);
    assert_int_equal(rig.mailbox->bytes, 16);
    rig_expect(&rig, "1234567");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "");
    rig_expect(&rig, "12345678");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

void contract_a_message_larger_than_the_quota_passes_when_there_is_nothing_else(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {.bytes_max = 100, .peer_bytes_max = 2};
    rig_open(&rig, is_durable, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "1234567"), MAILBOX_FULL);
    rig_expect(&rig, "1234567");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

void contract_the_whole_mailbox_has_a_quota_and_tells_everyone(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 4, .peer_count_max = 3};
    rig_open(&rig, is_durable, &limits);
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(rig_push(&rig, i, MAILBOX_NORMAL, "a"), 0);
    for (uint64_t i = 4; i <= 8; i++)
        assert_int_equal(rig_push(&rig, i, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(rig_push(&rig, 9, MAILBOX_NORMAL, "a"), ACTR_EUNAVAILABLE);
    for (int i = 0; i < 6; i++)
        rig_expect(&rig, "a");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "*");
    rig_close(&rig);
}

void contract_several_peers_are_told_each(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 1};
    rig_open(&rig, is_durable, &limits);
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(rig_push(&rig, i, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    for (int i = 0; i < 3; i++)
        rig_expect(&rig, "a");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "123");
    rig_close(&rig);
}

void contract_random_use_keeps_order_and_counts(bool is_durable)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 64, .peer_count_max = 16};
    uint64_t state = harness_seed();
    uint32_t next_in[4][2] = {{0}}, next_out[4][2] = {{0}}, queued = 0;
    rig_open(&rig, is_durable, &limits);
    for (int i = 0; i < (is_durable ? 600 : 20000); i++) {
        uint64_t random = harness_random(&state);
        unsigned peer = random & 3, high = random >> 2 & 1;
        if (random >> 8 & 1) {
            uint32_t number = next_in[peer][high];
            struct mailbox_origin origin = rig_origin(peer);
            int r = mailbox_push(rig.mailbox, &origin, high ? MAILBOX_HIGH : MAILBOX_NORMAL,
                                 actr_bytes_copy(actr_view_of(&number, sizeof(number))));
            assert_true(r == 0 || r == MAILBOX_FULL || r == ACTR_EUNAVAILABLE);
            next_in[peer][high] += r >= 0;
            queued += r >= 0;
        } else {
            struct mailbox_message *message = rig_next(&rig);
            assert_int_equal(message != NULL, queued > 0);
            if (message) {
                uint32_t number;
                memcpy(&number, message->envelope.ptr, sizeof(number));
                assert_int_equal(number,
                                 next_out[message->origin.peer.serial][message->priority]++);
                mailbox_ack(rig.mailbox, message, NULL);
                queued--;
            }
        }
        if (is_durable)
            rig_run(&rig);
        assert_int_equal(rig.mailbox->count, queued);
        assert_int_equal(rig.mailbox->bytes, queued * sizeof(uint32_t));
        if ((random >> 16 & 15) == 0) {
            rig_run(&rig);
            memset(rig.rooms, 0, sizeof(rig.rooms));
        }
    }
    rig_close(&rig);
}
