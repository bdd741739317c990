// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Restarts from either side's trigger, move by move. */
#include "hyper/wire/webrtc/recovery.h"

#include "base/bytes.h"
#include "harness.h"

#define S 1000000u
#define ID "11111111-1111-4111-8111-111111111111"

static struct recovery r;
static uint64_t now;

static void begin(bool is_offerer)
{
    recovery_init(&r, is_offerer, true);
    now = 100 * S;
}

static enum recovery_act tick(void)
{
    return recovery_tick(&r, now);
}

static enum recovery_act at_deadline(uint64_t after_us)
{
    assert_int_equal(recovery_deadline(&r), now + after_us);
    assert_int_equal(recovery_tick(&r, now + after_us - 1), RECOVERY_NOTHING);
    now += after_us;
    return tick();
}

static void assert_steady(void)
{
    assert_int_equal(r.state.state, RECOVERY_STEADY);
    assert_int_equal(recovery_deadline(&r), UINT64_MAX);
    assert_int_equal(recovery_left_us(&r, now), 0);
}

static void lose_path(void)
{
    recovery_on_path(&r, false, now);
}

static void offer(void)
{
    begin(true);
    lose_path();
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    assert_int_equal(tick(), RECOVERY_NOTHING);
}

/* An offer that nobody answers is repeated until its try is over; the last tick is the deadline's.
 */
static enum recovery_act unanswered(void)
{
    uint64_t began_us = now;
    for (unsigned gap_us = RECOVERY_QUICK_US; gap_us <= 8 * RECOVERY_QUICK_US; gap_us *= 2) {
        assert_int_equal(at_deadline(gap_us), RECOVERY_REPEAT);
        assert_string_equal(recovery_exchange_id(&r), ID);
        assert_int_equal(tick(), RECOVERY_NOTHING);
    }
    return at_deadline(began_us + RECOVERY_TRY_US - now);
}

/* A closed port, and the server's word: nobody is left to wait for. */
TEST(a_peer_that_is_absent_and_refuses_has_gone)
{
    begin(true);
    lose_path();
    recovery_on_refused(&r);
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    recovery_on_absent(&r, true, now);
    assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_NOTHING);
    assert_int_equal(tick(), RECOVERY_GIVE_UP);
    recovery_on_absent(&r, true, now);
    assert_int_equal(tick(), RECOVERY_NOTHING);
}

/* The server learns of it a little later than we. */
TEST(a_peer_that_refuses_is_asked_for_again_soon)
{
    begin(false);
    lose_path();
    recovery_on_refused(&r);
    assert_int_equal(tick(), RECOVERY_REQUEST);
    assert_int_equal(at_deadline(RECOVERY_REFUSED_US), RECOVERY_REQUEST);
    recovery_on_absent(&r, true, now);
    assert_int_equal(tick(), RECOVERY_GIVE_UP);
}

/* It may be changing networks: only the path is asked for again, soon at first, then at the usual
 * pace, and no try is counted. */
TEST(a_peer_that_is_absent_but_silent_has_some_time)
{
    begin(true);
    lose_path();
    uint64_t began_us = now;
    assert_int_equal(tick(), RECOVERY_OFFER);
    for (unsigned i = 0; now - began_us < RECOVERY_ABSENT_US; i++) {
        recovery_offered(&r, ID);
        recovery_on_absent(&r, false, now);
        assert_int_equal(tick(), RECOVERY_NOTHING);
        assert_int_equal(
            at_deadline(i < RECOVERY_QUICK_TIMES ? RECOVERY_QUICK_US << i : RECOVERY_SPACING_US),
            RECOVERY_OFFER);
    }
    recovery_on_absent(&r, false, now);
    assert_int_equal(tick(), RECOVERY_GIVE_UP);
}

TEST(a_peer_that_comes_back_was_not_absent)
{
    begin(true);
    lose_path();
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    recovery_on_absent(&r, false, now);
    now += RECOVERY_ABSENT_US - 1;
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_APPLY);
    now += RECOVERY_TRY_US;
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_on_absent(&r, false, now);
    assert_int_equal(tick(), RECOVERY_NOTHING);
    recovery_on_path(&r, true, now);
    assert_steady();
    recovery_on_absent(&r, true, now);
    assert_steady();
}

/* What still works is not given up for a word. */
TEST(a_path_outlives_what_the_server_says)
{
    begin(true);
    recovery_on_change(&r, now);
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    recovery_on_absent(&r, true, now);
    assert_int_equal(tick(), RECOVERY_NOTHING);
    assert_int_equal(at_deadline(RECOVERY_SPACING_US), RECOVERY_OFFER);
}

TEST(the_offerer_offers_at_once)
{
    offer();
    assert_int_equal(recovery_left_us(&r, now), RECOVERY_TOTAL_US);
    assert_int_equal(recovery_on_answer(&r, view_text("other")), RECOVERY_NOTHING);
    assert_int_equal(recovery_on_answer(&r, view_text("")), RECOVERY_NOTHING);
    assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_APPLY);
    assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_NOTHING);
    assert_int_equal(r.state.state, RECOVERY_CHECKING);
    recovery_on_restarted(&r);
    assert_steady();
}

TEST(the_answer_alone_is_no_path)
{
    offer();
    (void)recovery_on_answer(&r, view_text(ID));
    assert_int_equal(at_deadline(RECOVERY_TRY_US), RECOVERY_OFFER);
}

TEST(the_answerer_asks_at_once_and_once)
{
    begin(false);
    lose_path();
    assert_int_equal(tick(), RECOVERY_REQUEST);
    lose_path();
    recovery_on_path(&r, false, now);
    assert_int_equal(tick(), RECOVERY_NOTHING);
    assert_int_equal(recovery_on_restart_offer(&r, now), RECOVERY_ANSWER);
    recovery_on_restarted(&r);
    assert_steady();
}

TEST(the_answerer_never_takes_an_answer_nor_the_offerer_an_offer)
{
    begin(false);
    assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_NOTHING);
    begin(true);
    assert_int_equal(recovery_on_restart_offer(&r, now), RECOVERY_NOTHING);
}

TEST(a_restart_that_the_peer_wants)
{
    begin(false);
    assert_int_equal(recovery_on_restart_offer(&r, now), RECOVERY_ANSWER);
    assert_int_equal(recovery_on_restart_offer(&r, now + S), RECOVERY_ANSWER); /* and another */
    now += S;
    /* The old path works all the time. */
    assert_int_equal(at_deadline(RECOVERY_TRY_US), RECOVERY_ABANDON);
    assert_steady();
}

TEST(a_request_of_the_peer_starts_one)
{
    begin(true);
    recovery_on_request(&r, now);
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    recovery_on_request(&r, now + S); /* one that is out will do */
    assert_int_equal(tick(), RECOVERY_NOTHING);
    begin(false);
    recovery_on_request(&r, now);
    assert_steady();
}

TEST(two_tries_then_a_session_anew)
{
    offer();
    assert_int_equal(unanswered(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    assert_int_equal(unanswered(), RECOVERY_REPLACE);
    assert_int_equal(tick(), RECOVERY_NOTHING);
    assert_int_equal(r.state.state, RECOVERY_REPLACING);
    now += 10 * S;
    recovery_on_unreplaced(&r, now);
    assert_int_equal(tick(), RECOVERY_OFFER);
}

TEST(the_answerer_too)
{
    begin(false);
    lose_path();
    assert_int_equal(tick(), RECOVERY_REQUEST);
    assert_int_equal(at_deadline(RECOVERY_TRY_US), RECOVERY_REQUEST);
    assert_int_equal(at_deadline(RECOVERY_TRY_US), RECOVERY_REPLACE);
}

TEST(one_deadline_for_all)
{
    offer();
    uint64_t began_us = now;
    for (;;) {
        now = recovery_deadline(&r);
        assert_true(now <= began_us + RECOVERY_TOTAL_US);
        enum recovery_act act = tick();
        if (act == RECOVERY_GIVE_UP)
            break;
        if (act == RECOVERY_REPLACE)
            recovery_on_unreplaced(&r, now);
    }
    assert_int_equal(now, began_us + RECOVERY_TOTAL_US);
    assert_int_equal(r.state.state, RECOVERY_OVER);
    assert_int_equal(recovery_on_restart_offer(&r, now), RECOVERY_NOTHING);
    recovery_on_change(&r, now);
    assert_int_equal(tick(), RECOVERY_NOTHING);
}

/* Whatever they are for, while there is a path. */
TEST(restarts_are_two_seconds_apart)
{
    void (*const triggers[])(struct recovery *, uint64_t) = {recovery_on_request,
                                                             recovery_on_change};
    for (int i = 0; i < 2; i++) {
        offer();
        (void)recovery_on_answer(&r, view_text(ID));
        recovery_on_restarted(&r);
        now += S / 2;
        triggers[i](&r, now);
        assert_int_equal(tick(), RECOVERY_NOTHING);
        triggers[i](&r, now);
        assert_int_equal(at_deadline(RECOVERY_SPACING_US - S / 2), RECOVERY_OFFER);
    }
}

/* Nobody can wait for two seconds without a path; but a few times only. */
TEST(without_a_path_a_restart_may_follow_soon)
{
    offer();
    for (unsigned i = 0; i < RECOVERY_QUICK_TIMES; i++) {
        assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_APPLY);
        recovery_on_change(&r, now);
        assert_int_equal(tick(), RECOVERY_NOTHING);
        assert_int_equal(at_deadline(RECOVERY_QUICK_US << i), RECOVERY_OFFER);
        recovery_offered(&r, ID);
    }
    recovery_on_change(&r, now);
    assert_int_equal(at_deadline(RECOVERY_SPACING_US), RECOVERY_OFFER);
}

/* The old address goes a moment after the new one came, and the path with it. */
TEST(a_path_that_goes_hastens_what_waits)
{
    begin(true);
    recovery_on_change(&r, now);
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    now += S / 10;
    recovery_on_change(&r, now);
    assert_int_equal(tick(), RECOVERY_NOTHING);
    lose_path();
    assert_int_equal(at_deadline(RECOVERY_QUICK_US - S / 10), RECOVERY_OFFER);
}

/* It was not there when the offer came, and knows nothing of it; or it has seen it, then the answer
 * follows. */
TEST(who_asks_while_an_offer_is_out_gets_it_again)
{
    offer();
    now += S / 10;
    recovery_on_request(&r, now);
    assert_int_equal(at_deadline(RECOVERY_QUICK_US - S / 10), RECOVERY_REPEAT);
    now += RECOVERY_QUICK_US;
    recovery_on_request(&r, now);
    assert_int_equal(tick(), RECOVERY_REPEAT);
    for (int i = 0; i < 100; i++)
        recovery_on_request(&r, now);
    assert_int_equal(at_deadline(RECOVERY_QUICK_US), RECOVERY_REPEAT);
    assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_APPLY);
}

/* It has moved on since it answered. */
TEST(who_asks_after_the_answer_gets_another_restart)
{
    offer();
    assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_APPLY);
    recovery_on_request(&r, now);
    assert_int_equal(tick(), RECOVERY_NOTHING);
    recovery_on_path(&r, true, now); /* no reason to leave it */
    assert_int_equal(tick(), RECOVERY_NOTHING);
    assert_int_equal(at_deadline(RECOVERY_QUICK_US), RECOVERY_OFFER);
}

TEST(a_path_that_comes_back_before_anything_was_sent)
{
    offer();
    (void)recovery_on_answer(&r, view_text(ID));
    recovery_on_restarted(&r);
    lose_path();
    assert_int_equal(tick(), RECOVERY_NOTHING);
    recovery_on_path(&r, true, now);
    assert_steady();
}

TEST(a_path_that_comes_back_while_an_offer_is_out)
{
    offer();
    recovery_on_path(&r, true, now);
    assert_int_equal(r.state.state, RECOVERY_OFFERED); /* its answer may be on the way */
    assert_int_equal(unanswered(), RECOVERY_ABANDON);
    assert_steady();
}

TEST(addresses_that_change_while_the_path_works)
{
    begin(true);
    recovery_on_change(&r, now);
    recovery_on_path(&r, true, now);
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_offered(&r, ID);
    now += S;
    recovery_on_change(&r, now); /* once more: what was offered is of no use */
    assert_int_equal(tick(), RECOVERY_NOTHING);
    assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_NOTHING);
    assert_int_equal(at_deadline(RECOVERY_SPACING_US - S), RECOVERY_OFFER);
}

TEST(without_the_server_nothing_is_counted)
{
    begin(true);
    recovery_on_linked(&r, false, now);
    lose_path();
    assert_int_equal(tick(), RECOVERY_NOTHING);
    assert_int_equal(recovery_deadline(&r), now + RECOVERY_TOTAL_US);
    now += 20 * S;
    assert_int_equal(tick(), RECOVERY_NOTHING);
    recovery_on_linked(&r, true, now);
    assert_int_equal(tick(), RECOVERY_OFFER);
}

/* The offer went to a socket whose address had gone, and the server comes back by another. */
TEST(what_was_out_when_the_server_was_lost_is_sent_again_at_once)
{
    static const enum recovery_act acts[] = {RECOVERY_REQUEST, RECOVERY_OFFER};
    for (int is_offerer = 0; is_offerer < 2; is_offerer++) {
        begin(is_offerer);
        recovery_on_change(&r, now);
        assert_int_equal(tick(), acts[is_offerer]);
        if (is_offerer)
            recovery_offered(&r, ID);
        recovery_on_linked(&r, false, now);
        now += S / 20;
        assert_int_equal(tick(), RECOVERY_NOTHING);
        recovery_on_path(&r, true, now); /* the peer may have begun with the one that was lost */
        recovery_on_linked(&r, true, now);
        assert_int_equal(tick(), acts[is_offerer]);
        assert_int_equal(recovery_on_answer(&r, view_text(ID)), RECOVERY_NOTHING);
    }
}

TEST(what_could_not_be_sent_is_due_again)
{
    begin(true);
    lose_path();
    assert_int_equal(tick(), RECOVERY_OFFER);
    recovery_unsent(&r, now);
    assert_int_equal(at_deadline(S), RECOVERY_OFFER);
}

/* Whatever comes in whatever order, no move is made that the table forbids, and what is being
 * recovered ends. */
TEST(any_order)
{
    uint64_t random = 3;
    for (int run = 0; run < 2000; run++) {
        begin(run & 1);
        uint64_t began_us = UINT64_MAX;
        for (int i = 0; i < 100; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            now += (random >> 33) % (2 * S);
            switch ((random >> 59) % 10) {
            case 0:
                recovery_on_path(&r, false, now);
                break;
            case 1:
                recovery_on_path(&r, true, now);
                break;
            case 2:
                recovery_on_change(&r, now);
                break;
            case 3:
                recovery_on_request(&r, now);
                break;
            case 4:
                recovery_on_restarted(&r);
                break;
            case 5:
                (void)recovery_on_restart_offer(&r, now);
                break;
            case 6:
                (void)recovery_on_answer(&r, view_text(ID));
                break;
            case 7:
                recovery_on_linked(&r, random & 1024, now);
                break;
            case 8:
                recovery_on_unreplaced(&r, now);
                break;
            default:
                break;
            }
            for (enum recovery_act act; (act = tick()) != RECOVERY_NOTHING;) {
                if (act == RECOVERY_OFFER)
                    recovery_offered(&r, ID);
            }
            bool is_busy = r.state.state != RECOVERY_STEADY && r.state.state != RECOVERY_OVER;
            if (!is_busy)
                began_us = UINT64_MAX;
            else if (began_us == UINT64_MAX)
                began_us = now;
            assert_true(!is_busy || now - began_us < RECOVERY_TOTAL_US + 2 * S);
            assert_true(recovery_deadline(&r) > now);
        }
    }
}
