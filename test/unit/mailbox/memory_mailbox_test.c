// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The memory mailbox: the contract, and what only this store can promise. */
#include "mailbox/memory_mailbox.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "contract.h"
#include "rig.h"

#define CONTRACT_TEST(name)                                                                        \
    TEST(name)                                                                                     \
    {                                                                                              \
        contract_##name(false);                                                                    \
    }
CONTRACT_CASES(CONTRACT_TEST)

TEST(ready_is_not_told_for_what_was_taken_meanwhile)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    rig_open(&rig, false, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    rig_expect(&rig, "a");
    rig_run(&rig);
    assert_int_equal(rig.ready, 0);
    rig_close(&rig);
}

TEST(a_peer_that_fills_up_again_before_it_was_told_is_not_told)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 2};
    rig_open(&rig, false, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), MAILBOX_FULL);
    rig_expect(&rig, "a");
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "c"), MAILBOX_FULL);
    rig_run(&rig);
    assert_string_equal(rig.rooms, "");
    rig_expect(&rig, "b");
    rig_run(&rig);
    assert_string_equal(rig.rooms, "1");
    rig_close(&rig);
}

TEST(closing_inside_an_event_is_legal)
{
    struct rig rig;
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 1};
    rig_open(&rig, false, &limits);
    rig.closes = true;
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(rig_push(&rig, 2, MAILBOX_NORMAL, "b"), MAILBOX_FULL);
    rig_expect(&rig, "a");
    rig_run(&rig);
    assert_int_equal(rig.ready + strlen(rig.rooms), 1);
    rig_close(&rig);
}

TEST(closing_gives_back_what_is_queued_and_tells_nobody)
{
    struct rig rig;
    const struct mailbox_limits limits = {.peer_count_max = 1};
    rig_open(&rig, false, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), MAILBOX_FULL);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "b"), MAILBOX_FULL);
    mailbox_close(rig.mailbox);
    rig.mailbox = NULL;
    rig_run(&rig);
    assert_int_equal(rig.ready, 0);
    assert_string_equal(rig.rooms, "");
    rig_close(&rig);
}

TEST(the_steady_state_allocates_nothing)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    struct mailbox_origin origin = rig_origin(1);
    AUTO_BYTES struct actr_bytes envelope = actr_bytes_str("envelope");
    rig_open(&rig, false, &limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "with a handler"), 0);
    struct mailbox_message *taken = mailbox_take(rig.mailbox);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "warms up"), 0);
    rig_expect(&rig, "warms up");
    mem_fail_at(1);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(mailbox_push(rig.mailbox, &origin, MAILBOX_HIGH, actr_bytes_ref(envelope)),
                         0);
        rig_expect(&rig, "envelope");
    }
    mem_fail_at(0);
    mailbox_ack(rig.mailbox, taken, NULL);
    rig_close(&rig);
}

/* Whose account comes and goes, and what a burst needed. */
TEST(peers_that_send_in_turn_allocate_nothing_and_a_burst_goes_back)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    AUTO_BYTES struct actr_bytes envelope = actr_bytes_str("envelope");
    struct mailbox_message *burst[1000];
    size_t total = 0, live = 0;
    rig_open(&rig, false, &limits);
    for (int i = 0; i < 1000; i++) {
        struct mailbox_origin origin = rig_origin(1 + (uint64_t)i % 100);
        if (i == 200) {
            total = mem_total();
            live = mem_live();
        }
        assert_int_equal(
            mailbox_push(rig.mailbox, &origin, MAILBOX_NORMAL, actr_bytes_ref(envelope)), 0);
        rig_expect(&rig, "envelope");
    }
    assert_int_equal(mem_total(), total);
    for (int i = 0; i < 1000; i++) {
        struct mailbox_origin origin = rig_origin(1000 + (uint64_t)i);
        assert_int_equal(
            mailbox_push(rig.mailbox, &origin, MAILBOX_NORMAL, actr_bytes_ref(envelope)), 0);
        burst[i] = mailbox_take(rig.mailbox);
    }
    for (int i = 0; i < 1000; i++)
        mailbox_ack(rig.mailbox, burst[i], NULL);
    /* Blocks of messages, and the accounts that stay. */
    assert_in_range(mem_live() - live, 1, 3 + 256 - 100);
    rig_close(&rig);
}

TEST(running_out_of_memory_takes_nothing_and_leaks_nothing)
{
    struct rig rig;
    const struct mailbox_limits limits = {0};
    struct mailbox_origin origin = rig_origin(1);
    struct actr_bytes failed = {.ptr = NULL, .len = 1};
    int r = ACTR_ENOMEM;
    rig_open(&rig, false, &limits);
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
