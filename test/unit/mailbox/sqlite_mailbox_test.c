// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The durable mailbox: the contract, and what survives. */
#include "mailbox/sqlite_mailbox.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "contract.h"
#include "mailbox/mailbox_file.h"
#include "rig.h"

#define CONTRACT_TEST(name)                                                                        \
    TEST(name)                                                                                     \
    {                                                                                              \
        contract_##name(true);                                                                     \
    }
CONTRACT_CASES(CONTRACT_TEST)

static const struct mailbox_limits no_limits;

static void ack_with(struct rig *rig, struct mailbox_message *message, const char *id, int code,
                     const char *body)
{
    AUTO_BYTES struct actr_bytes bytes = actr_bytes_str(body);
    const struct mailbox_answer answer = {
        .request_id = view_text(id),
        .code = code,
        .retry_after_ms = code == 0 ? -1 : 250,
        .payload = code == 0 ? bytes : (struct actr_bytes){0},
        .text = code == 0 ? (struct actr_bytes){0} : bytes,
    };
    mailbox_ack(rig->mailbox, message, &answer);
}

TEST(what_was_not_acked_is_there_after_a_stop_in_order)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 2, MAILBOX_HIGH, "H"), 0);
    assert_int_equal(rig_push(&rig, 3, MAILBOX_NORMAL, "b"), 0);
    rig_expect(&rig, "H");
    rig_stop(&rig);
    rig_reopen(&rig, &no_limits);
    assert_int_equal(rig.open_code, 0);
    assert_int_equal(rig.mailbox->count, 2);
    assert_int_equal(rig.mailbox->bytes, 2);
    struct mailbox_message *message = rig_take(&rig, "a");
    struct mailbox_origin origin = rig_origin(1);
    assert_true(actr_id_equal(&message->origin.peer, &origin.peer));
    assert_int_equal(message->origin.session, 0);
    mailbox_ack(rig.mailbox, message, NULL);
    rig_expect(&rig, "b");
    assert_null(rig_next(&rig));
    rig_close(&rig);
}

TEST(what_was_in_flight_when_the_process_ended_comes_back)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), 0);
    struct mailbox_message *message = rig_take(&rig, "a");
    struct mailbox_message *other = rig_take(&rig, "b");
    mailbox_ack(rig.mailbox, other, NULL);
    rig_run(&rig);
    rig_crash(&rig, message, &no_limits);
    rig_expect(&rig, "a");
    assert_null(rig_next(&rig));
    rig_close(&rig);
}

TEST(numbers_go_on_after_a_restart)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), 0);
    rig_stop(&rig);
    rig_reopen(&rig, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "c"), 0);
    rig_expect(&rig, "a");
    rig_expect(&rig, "b");
    struct mailbox_message *message = rig_take(&rig, "c");
    assert_int_equal(message->id, 3);
    assert_int_equal(message->origin.session, 101);
    mailbox_ack(rig.mailbox, message, NULL);
    rig_close(&rig);
}

TEST(received_times_outlive_a_restart)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    int64_t pushed_us = (int64_t)loop_now_us(rig.loop);
    rig_run(&rig);
    loop_virtual_run_until(rig.loop, 60000000);
    rig_stop(&rig);
    rig_reopen(&rig, &no_limits);
    struct mailbox_message *message = rig_take(&rig, "a");
    assert_in_range(message->received_us, pushed_us - 1000, pushed_us + 1000);
    mailbox_ack(rig.mailbox, message, NULL);
    rig_close(&rig);
}

TEST(an_answer_is_kept_for_those_who_ask_again)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 9, MAILBOX_NORMAL, "a"), 0);
    ack_with(&rig, rig_take(&rig, "a"), "id-1", 0, "result");
    rig_run(&rig);
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 10000000);
    rig_crash(&rig, NULL, &no_limits);
    assert_int_equal(rig.answers, 1);
    assert_int_equal(rig.answer.caller, 9);
    assert_string_equal(rig.answer.id, "id-1");
    assert_string_equal(rig.answer.payload, "result");
    assert_int_equal(rig.answer.code, 0);
    assert_int_equal(rig.answer.retry_after_ms, -1);
    assert_in_range(rig.answer.age_us, 10000000, 10300000);
    assert_int_equal(rig_push(&rig, 9, MAILBOX_NORMAL, "b"), 0);
    ack_with(&rig, rig_take(&rig, "b"), "id-2", ACTR_EUNAVAILABLE, "busy");
    rig_stop(&rig);
    rig_reopen(&rig, &no_limits);
    assert_int_equal(rig.answers, 2);
    assert_string_equal(rig.answer.id, "id-2");
    assert_string_equal(rig.answer.text, "busy");
    assert_int_equal(rig.answer.code, ACTR_EUNAVAILABLE);
    assert_int_equal(rig.answer.retry_after_ms, 250);
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 31000000);
    rig_stop(&rig);
    rig_reopen(&rig, &no_limits);
    assert_int_equal(rig.answers, 0);
    rig_close(&rig);
}

static bool is_text(const struct mailbox_message *message, const char *text)
{
    return view_equal(actr_bytes_view(message->envelope), view_text(text));
}

/* Acks what comes until it is `killer`; NULL: it does not come. */
static struct mailbox_message *run_until(struct rig *rig, const char *killer,
                                         unsigned *ret_innocent)
{
    struct mailbox_message *message;
    while ((message = rig_next(rig)) != NULL && !is_text(message, killer)) {
        (*ret_innocent)++;
        mailbox_ack(rig->mailbox, message, NULL);
    }
    rig_run(rig);
    return message;
}

TEST(a_message_that_kills_becomes_a_dead_letter_and_spares_the_others)
{
    struct rig rig;
    struct mailbox_message *killer;
    unsigned innocent = 0, crashes = 0;
    rig_open(&rig, true, &no_limits);
    for (int i = 0; i < 200; i++) {
        char text[16];
        snprintf(text, sizeof(text), "m%d", i);
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, i == 100 ? "kill" : text), 0);
    }
    while ((killer = run_until(&rig, "kill", &innocent)) != NULL) {
        crashes++;
        assert_in_range(crashes, 1, 5);
        rig_crash(&rig, killer, &no_limits);
    }
    assert_int_equal(innocent, 199);
    assert_int_equal(crashes, 5);
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(rig.mailbox->bytes, 0);
    assert_int_equal(rig_letters(&rig, NULL), 1);
    assert_int_equal(rig_letters(&rig, MAILBOX_POISON), 1);
    rig_close(&rig);
}

TEST(a_message_kills_as_often_as_is_allowed_and_not_once_more)
{
    for (uint32_t most = 1; most <= 4; most++) {
        struct rig rig;
        struct mailbox_message *killer;
        unsigned innocent = 0;
        uint32_t crashes = 0;
        rig_open(&rig, true, &no_limits);
        rig.deliveries_max = most; /* of the next runs: this one finds nothing */
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "kill"), 0);
        while ((killer = run_until(&rig, "kill", &innocent)) != NULL) {
            assert_in_range(++crashes, 1, most);
            rig_crash(&rig, killer, &no_limits);
        }
        assert_int_equal(crashes, most);
        assert_int_equal(rig_letters(&rig, MAILBOX_POISON), 1);
        rig_close(&rig);
    }
}

/* Of those in the file: how many have so many counted deliveries. */
struct census {
    unsigned rows, counted;
};

static void on_census(void *arg, const struct row *row)
{
    struct census *census = arg;
    census->rows++;
    census->counted += row->deliveries > 0;
}

static struct census census_of(const struct rig *rig)
{
    struct mailbox_file *file = NULL;
    struct census census = {0};
    assert_int_equal(mailbox_file_open(rig->path, false, &file), 0);
    assert_int_equal(mailbox_file_list(file, 0, 10000, on_census, &census), 0);
    mailbox_file_close(file);
    return census;
}

TEST(of_a_backlog_only_the_head_is_counted_and_a_stop_counts_it_back)
{
    struct rig rig;
    struct mailbox_message *taken[100];
    rig_open(&rig, true, &no_limits);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "x"), 0);
    rig_run(&rig);
    assert_int_equal(census_of(&rig).counted, 64);
    for (int i = 0; i < 100; i++) {
        taken[i] = rig_next(&rig);
        assert_non_null(taken[i]);
    }
    rig_run(&rig);
    assert_in_range(census_of(&rig).counted, 100 + 1, 100 + 2 * 64);
    for (int i = 0; i < 100; i++)
        mailbox_leave(rig.mailbox, taken[i]);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "on its way when the stop comes"), 0);
    rig_stop(&rig);
    struct census census = census_of(&rig);
    assert_int_equal(census.rows, 1001);
    assert_int_equal(census.counted, 0);
    rig_reopen(&rig, &no_limits);
    rig_close(&rig);
}

/* At the end of a grace all that is in memory is looked at once more. */
TEST(winding_down_hands_out_what_was_not_counted)
{
    struct rig rig;
    struct mailbox_message *message;
    unsigned count = 0;
    rig_open(&rig, true, &no_limits);
    for (int i = 0; i < 500; i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "x"), 0);
    rig_run(&rig);
    for (int i = 0; i < 41; i++) { /* so that more are being counted */
        message = mailbox_take(rig.mailbox);
        assert_non_null(message);
        mailbox_ack(rig.mailbox, message, NULL);
    }
    mailbox_wind_down(rig.mailbox);
    for (; (message = mailbox_take(rig.mailbox)) != NULL; count++)
        mailbox_leave(rig.mailbox, message);
    assert_int_equal(count, 500 - 41);
    rig_stop(&rig);
    struct census census = census_of(&rig);
    assert_int_equal(census.rows, 500 - 41);
    assert_int_equal(census.counted, 0);
    rig_reopen(&rig, &no_limits);
    rig_close(&rig);
}

/* With several in flight the one that kills is not known, until it is alone. */
TEST(neighbours_of_a_killer_are_not_taken_for_one)
{
    struct rig rig;
    unsigned crashes = 0, most = 0, turns = 0;
    rig_open(&rig, true, &no_limits);
    for (int i = 0; i < 8; i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, i == 3 ? "kill" : "x"), 0);
    while (rig.mailbox->count > 0) {
        struct mailbox_message *taken[8];
        unsigned count = 0;
        bool kills = false;
        assert_in_range(++turns, 1, 100);
        while (count < 8 && (taken[count] = rig_next(&rig)) != NULL)
            kills = is_text(taken[count++], "kill") || kills;
        most = count > most ? count : most;
        for (unsigned i = 0; i < count && !kills; i++)
            mailbox_ack(rig.mailbox, taken[i], NULL);
        if (kills)
            rig_crash_all(&rig, taken, count, &no_limits);
        crashes += kills;
        rig_run(&rig);
    }
    assert_int_equal(most, 8);
    assert_int_equal(crashes, 5);
    assert_int_equal(rig_letters(&rig, NULL), 1);
    rig_close(&rig);
}

/* What handles it ends with it, and the process goes on. */
TEST(a_message_that_is_given_back_for_killing_comes_first_and_alone_and_then_is_dead)
{
    struct rig rig;
    unsigned deliveries = 0;
    rig_open(&rig, true, &no_limits);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, i == 1 ? "kill" : "x"), 0);
    struct mailbox_message *before = rig_take(&rig, "x");
    struct mailbox_message *killer = rig_take(&rig, "kill");
    while (killer) {
        deliveries++;
        mailbox_retry(rig.mailbox, killer, "it was killed");
        if (deliveries == 1) {
            assert_null(rig_next(&rig)); /* not beside another */
            mailbox_ack(rig.mailbox, before, NULL);
        }
        killer = rig_next(&rig);
        if (killer && !is_text(killer, "kill"))
            break;
        if (killer)
            assert_null(mailbox_take(rig.mailbox));
    }
    assert_int_equal(deliveries, 5);
    assert_true(killer && is_text(killer, "x"));
    mailbox_ack(rig.mailbox, killer, NULL);
    rig_run(&rig);
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(rig.mailbox->bytes, 0);
    assert_int_equal(rig_letters(&rig, MAILBOX_POISON), 1);
    rig_close(&rig);
}
