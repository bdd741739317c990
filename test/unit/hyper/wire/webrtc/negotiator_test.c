// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Every way to a session, move by move: who asks, who offers, what is late, what crosses. */
#include "hyper/wire/webrtc/negotiator.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"

#define S 1000000u
#define ID "11111111-1111-4111-8111-111111111111"
#define OTHER "22222222-2222-4222-8222-222222222222"

static struct negotiator n;
static uint64_t now;

static void begin(void)
{
    negotiator_init(&n);
    now = 100 * S;
}

static void assert_state(enum negotiator_state state)
{
    assert_int_equal(n.state.state, state);
}

/* Goes to the next deadline; it must be `after_us` away. */
static enum negotiator_act at_deadline(uint64_t after_us)
{
    assert_int_equal(negotiator_deadline(&n), now + after_us);
    assert_int_equal(negotiator_tick(&n, now + after_us - 1), NEGOTIATOR_NOTHING);
    now += after_us;
    return negotiator_tick(&n, now);
}

static void ask(void)
{
    begin();
    assert_int_equal(negotiator_want(&n, now), NEGOTIATOR_ASK);
    assert_state(NEGOTIATOR_ASKING);
}

static void offer(void)
{
    ask();
    assert_int_equal(negotiator_on_assignment(&n, true, now), NEGOTIATOR_OFFER);
    assert_true(n.is_offerer);
    negotiator_offered(&n, ID, now);
    assert_state(NEGOTIATOR_OFFERING);
}

static void up(void)
{
    offer();
    assert_int_equal(negotiator_on_answer(&n, view_text(ID)), NEGOTIATOR_APPLY);
    negotiator_on_ready(&n);
    assert_state(NEGOTIATOR_IDLE);
    assert_true(n.has_session);
    assert_int_equal(negotiator_deadline(&n), UINT64_MAX);
}

TEST(who_is_told_to_offer_offers)
{
    up();
    assert_false(n.is_wanted);
}

TEST(who_is_told_to_answer_waits_for_the_offer)
{
    ask();
    assert_int_equal(negotiator_on_assignment(&n, false, now), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_AWAITING);
    assert_int_equal(negotiator_on_offer(&n, now), NEGOTIATOR_ANSWER);
    assert_false(n.is_offerer);
    assert_state(NEGOTIATOR_CONNECTING);
    negotiator_on_ready(&n);
    assert_true(n.has_session);
}

TEST(an_offer_out_of_the_blue_is_answered)
{
    begin();
    assert_int_equal(negotiator_on_offer(&n, now), NEGOTIATOR_ANSWER);
    negotiator_on_ready(&n);
    assert_true(n.has_session);
}

TEST(an_assignment_out_of_the_blue)
{
    begin();
    assert_int_equal(negotiator_on_assignment(&n, false, now), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_IDLE);
    assert_int_equal(negotiator_on_assignment(&n, true, now), NEGOTIATOR_OFFER);
    negotiator_offered(&n, ID, now);
    /* Nobody of this node waits: it is not tried again. */
    assert_int_equal(at_deadline(NEGOTIATOR_SESSION_US), NEGOTIATOR_DROP);
    assert_state(NEGOTIATOR_IDLE);
}

TEST(a_second_want_joins)
{
    ask();
    assert_int_equal(negotiator_want(&n, now), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_ASKING);
}

TEST(a_want_joins_what_the_peer_began)
{
    begin();
    (void)negotiator_on_offer(&n, now);
    assert_int_equal(negotiator_want(&n, now), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_CONNECTING);
    /* And goes on by itself when that fails. */
    assert_int_equal(at_deadline(NEGOTIATOR_SESSION_US), NEGOTIATOR_DROP);
    assert_state(NEGOTIATOR_PAUSING);
    assert_int_equal(at_deadline(1 * S), NEGOTIATOR_ASK);
}

TEST(answers_to_something_else_are_ignored)
{
    offer();
    assert_int_equal(negotiator_on_answer(&n, view_text(OTHER)), NEGOTIATOR_NOTHING);
    assert_int_equal(negotiator_on_answer(&n, view_text("")), NEGOTIATOR_NOTHING);
    assert_int_equal(negotiator_on_answer(&n, view_text(ID)), NEGOTIATOR_APPLY);
    /* Once. */
    assert_int_equal(negotiator_on_answer(&n, view_text(ID)), NEGOTIATOR_NOTHING);
}

TEST(an_answer_that_comes_too_late_is_ignored)
{
    offer();
    assert_int_equal(at_deadline(NEGOTIATOR_SESSION_US), NEGOTIATOR_DROP);
    assert_int_equal(negotiator_on_answer(&n, view_text(ID)), NEGOTIATOR_NOTHING);
}

TEST(an_answer_before_the_offer_has_left)
{
    ask();
    (void)negotiator_on_assignment(&n, true, now);
    assert_int_equal(negotiator_on_answer(&n, view_text("")), NEGOTIATOR_NOTHING);
    assert_int_equal(negotiator_on_answer(&n, view_text(ID)), NEGOTIATOR_NOTHING);
}

TEST(four_attempts_then_no_more)
{
    ask();
    const char *detail;
    for (unsigned pause = 1; pause <= 4; pause *= 2) {
        assert_int_equal(at_deadline(NEGOTIATOR_ROLES_US), NEGOTIATOR_NOTHING);
        assert_state(NEGOTIATOR_PAUSING);
        assert_int_equal(at_deadline(pause * S), NEGOTIATOR_ASK);
    }
    assert_int_equal(at_deadline(NEGOTIATOR_ROLES_US), NEGOTIATOR_GIVE_UP);
    assert_state(NEGOTIATOR_IDLE);
    assert_false(n.is_wanted);
    assert_int_equal(negotiator_cause(&n, &detail), ACTR_ETIMEDOUT);
    assert_non_null(strstr(detail, "roles"));
    /* 27 seconds in all, and another begins from the start. */
    assert_int_equal(now, 127 * S);
    assert_int_equal(negotiator_want(&n, now), NEGOTIATOR_ASK);
    assert_int_equal(at_deadline(NEGOTIATOR_ROLES_US), NEGOTIATOR_NOTHING);
}

TEST(thirty_seconds_in_all)
{
    ask();
    for (unsigned attempt = 1;; attempt++) {
        (void)negotiator_on_assignment(&n, true, now);
        negotiator_offered(&n, ID, now);
        enum negotiator_act act = at_deadline(NEGOTIATOR_SESSION_US);
        if (act == NEGOTIATOR_GIVE_UP)
            break;
        assert_int_equal(act, NEGOTIATOR_DROP);
        assert_true(attempt < 3);
        assert_int_equal(at_deadline(attempt * S), NEGOTIATOR_ASK);
    }
    assert_true(now <= 100 * S + NEGOTIATOR_TOTAL_US + NEGOTIATOR_SESSION_US);
}

TEST(a_fresh_offer_stands_against_the_peers)
{
    offer();
    assert_int_equal(negotiator_on_offer(&n, now + NEGOTIATOR_GLARE_US - 1), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_OFFERING);
    assert_int_equal(negotiator_on_offer(&n, now + NEGOTIATOR_GLARE_US), NEGOTIATOR_ANSWER);
    assert_int_equal(negotiator_on_answer(&n, view_text(ID)), NEGOTIATOR_NOTHING);
}

TEST(an_offer_that_nobody_assigned_gives_way)
{
    offer();
    /* By now the server wants it the other way round. */
    assert_int_equal(negotiator_on_assignment(&n, false, now), NEGOTIATOR_NOTHING);
    assert_int_equal(negotiator_on_offer(&n, now + 1), NEGOTIATOR_ANSWER);
}

TEST(both_ask_at_once)
{
    /* Two assignments with one content: the second is nothing new, whenever it comes. */
    offer();
    assert_int_equal(negotiator_on_assignment(&n, true, now), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_OFFERING);

    /* The answerer's own question is answered after the offer has come. */
    ask();
    assert_int_equal(negotiator_on_offer(&n, now), NEGOTIATOR_ANSWER);
    assert_int_equal(negotiator_on_assignment(&n, false, now), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_CONNECTING);
}

TEST(the_second_assignment_of_two_questions)
{
    ask();
    assert_int_equal(at_deadline(NEGOTIATOR_ROLES_US), NEGOTIATOR_NOTHING);
    assert_int_equal(at_deadline(1 * S), NEGOTIATOR_ASK);
    assert_int_equal(negotiator_on_assignment(&n, true, now), NEGOTIATOR_OFFER);
    negotiator_offered(&n, ID, now);
    assert_int_equal(negotiator_on_answer(&n, view_text(ID)), NEGOTIATOR_APPLY);
    /* The answer to the first question, overtaken by everything. */
    assert_int_equal(negotiator_on_assignment(&n, true, now), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_CONNECTING);
}

TEST(a_peer_that_begins_anew_replaces_its_session)
{
    up();
    now += 60 * S;
    assert_int_equal(negotiator_on_assignment(&n, true, now), NEGOTIATOR_OFFER);
    assert_true(n.has_session); /* the old one is held */
    negotiator_offered(&n, ID, now);
    assert_int_equal(negotiator_on_answer(&n, view_text(ID)), NEGOTIATOR_APPLY);
    negotiator_on_ready(&n);
    assert_true(n.has_session);
}

TEST(a_peer_that_begins_anew_while_connecting)
{
    offer();
    (void)negotiator_on_answer(&n, view_text(ID));
    now += 1 * S;
    assert_int_equal(negotiator_on_assignment(&n, true, now), NEGOTIATOR_OFFER);
    assert_int_equal(negotiator_on_assignment(&n, false, now), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_OFFERING);
}

TEST(an_offer_replaces_what_is_being_made)
{
    offer();
    (void)negotiator_on_answer(&n, view_text(ID));
    assert_int_equal(negotiator_on_offer(&n, now), NEGOTIATOR_ANSWER);
    assert_int_equal(negotiator_on_offer(&n, now), NEGOTIATOR_ANSWER);
    assert_state(NEGOTIATOR_CONNECTING);
}

TEST(a_session_that_does_not_come_up_is_tried_again)
{
    offer();
    assert_int_equal(negotiator_failed(&n, ACTR_EPERMISSION, "somebody else", now),
                     NEGOTIATOR_DROP);
    assert_int_equal(at_deadline(1 * S), NEGOTIATOR_ASK);
}

TEST(a_refusal_of_the_server_is_final)
{
    const char *detail;
    ask();
    assert_int_equal(negotiator_refused(&n, ACTR_ENOTFOUND, "gone"), NEGOTIATOR_GIVE_UP);
    assert_int_equal(negotiator_cause(&n, &detail), ACTR_ENOTFOUND);
    assert_string_equal(detail, "gone");
    assert_int_equal(negotiator_refused(&n, ACTR_ENOTFOUND, "gone"), NEGOTIATOR_NOTHING);
}

TEST(a_cancelled_attempt_leaves_nothing)
{
    ask();
    assert_int_equal(negotiator_cancel(&n), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_IDLE);
    offer();
    assert_int_equal(negotiator_cancel(&n), NEGOTIATOR_DROP);
    assert_int_equal(negotiator_cancel(&n), NEGOTIATOR_NOTHING);
    /* What the peer began goes on without us. */
    begin();
    (void)negotiator_on_offer(&n, now);
    assert_int_equal(negotiator_cancel(&n), NEGOTIATOR_NOTHING);
    assert_state(NEGOTIATOR_CONNECTING);
}

TEST(the_server_is_back)
{
    ask();
    (void)negotiator_failed(&n, ACTR_EUNAVAILABLE, "no server", now);
    assert_int_equal(negotiator_on_linked(&n, now), NEGOTIATOR_ASK);
    assert_int_equal(negotiator_on_linked(&n, now), NEGOTIATOR_NOTHING);
}

TEST(a_lost_session_may_be_wanted_again)
{
    up();
    negotiator_on_lost(&n);
    assert_false(n.has_session);
    assert_int_equal(negotiator_want(&n, now), NEGOTIATOR_ASK);
}

TEST(a_session_that_cannot_be_repaired_is_replaced)
{
    up();
    assert_int_equal(negotiator_replace(&n, now), NEGOTIATOR_OFFER);
    negotiator_offered(&n, ID, now);
    assert_int_equal(negotiator_replace(&n, now), NEGOTIATOR_NOTHING);
    assert_int_equal(at_deadline(NEGOTIATOR_SESSION_US), NEGOTIATOR_DROP);
    assert_true(n.has_session);
}

/* Whatever comes in whatever order, no move is made that the table forbids, and no state but idle
 * is without a deadline. */
TEST(any_order)
{
    uint64_t random = 7;
    begin();
    for (int i = 0; i < 200000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        now += (random >> 33) % (3 * S);
        enum negotiator_act act = NEGOTIATOR_NOTHING;
        switch ((random >> 59) % 12) {
        case 0:
            act = negotiator_want(&n, now);
            break;
        case 1:
            act = negotiator_on_assignment(&n, true, now);
            break;
        case 2:
            act = negotiator_on_assignment(&n, false, now);
            break;
        case 3:
            act = negotiator_on_offer(&n, now);
            break;
        case 4:
            act = negotiator_on_answer(&n, view_text(ID));
            break;
        case 5:
            act = negotiator_failed(&n, ACTR_EINTERNAL, "x", now);
            break;
        case 6:
            act = negotiator_refused(&n, ACTR_ENOTFOUND, "x");
            break;
        case 7:
            act = negotiator_cancel(&n);
            break;
        case 8:
            act = negotiator_replace(&n, now);
            break;
        case 9:
            if (n.state.state == NEGOTIATOR_CONNECTING)
                negotiator_on_ready(&n);
            break;
        case 10:
            act = negotiator_on_linked(&n, now);
            break;
        default:
            act = negotiator_tick(&n, now);
            break;
        }
        if (act == NEGOTIATOR_OFFER)
            negotiator_offered(&n, ID, now);
        assert_int_equal(n.state.state == NEGOTIATOR_IDLE, negotiator_deadline(&n) == UINT64_MAX);
        if (n.state.state == NEGOTIATOR_IDLE)
            assert_false(n.is_wanted);
    }
}
