// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Negotiator: how a session with one peer comes to be. Who offers is the server's word and never
 * computed here; one attempt is a question for the roles, an offer or the wait for one, an answer,
 * and the session being up. Pure: time is an argument, what is to be done is returned.
 *
 * Rules of the existing system that shape it: it answers every offer and drops whatever session it
 * had; it matches answers by their exchange id; and nobody tells that he has lost his state. So an
 * assignment to offer, for a peer with a session, means that the peer begins anew: the session is
 * replaced, and the old one is held until the new one is up. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/sm.h"

#define NEGOTIATOR_ROLES_US 5000000u    /* for the server's assignment */
#define NEGOTIATOR_OFFER_US 10000000u   /* answerer: for the peer's offer */
#define NEGOTIATOR_SESSION_US 10000000u /* from the offer until the session is up */
#define NEGOTIATOR_GLARE_US 3000000u   /* so long a fresh offer of ours stands against the peer's */
#define NEGOTIATOR_TOTAL_US 30000000u  /* for all attempts */
#define NEGOTIATOR_ATTEMPTS 4          /* with 1, 2, 4 s between them */
#define NEGOTIATOR_EXCHANGE_ID_SIZE 37 /* of ours: a UUID, with the NUL */
#define NEGOTIATOR_DETAIL_SIZE 192

enum negotiator_state {
    NEGOTIATOR_IDLE,
    NEGOTIATOR_ASKING,     /* the roles were asked for */
    NEGOTIATOR_AWAITING,   /* the peer is to offer */
    NEGOTIATOR_OFFERING,   /* our offer is out */
    NEGOTIATOR_CONNECTING, /* offer and answer were exchanged */
    NEGOTIATOR_PAUSING     /* between attempts */
};

/* What the caller must do now. */
enum negotiator_act {
    NEGOTIATOR_NOTHING,
    NEGOTIATOR_ASK,    /* relay a RoleNegotiation */
    NEGOTIATOR_OFFER,  /* drop the session in the making, make one and relay its offer; then
                          negotiator_offered() or negotiator_failed() */
    NEGOTIATOR_ANSWER, /* drop the session in the making, make one of the offer that came and relay
                          its answer; negotiator_failed() if that fails */
    NEGOTIATOR_APPLY,  /* the answer that came is for the session in the making */
    NEGOTIATOR_DROP,   /* drop the session in the making */
    NEGOTIATOR_GIVE_UP /* likewise, and who wanted a session gets none: negotiator_cause() */
};

struct negotiator {
    struct sm state;
    bool has_session; /* one is up, whatever is being negotiated beside it */
    bool is_wanted;   /* somebody of this node waits */
    bool is_offerer;  /* in the present attempt; for reading */
    bool _was_assigned_offerer;
    uint8_t _attempts, _asks_open;
    uint64_t _deadline_us, _total_us, _offered_us, _asked_us;
    int _code;
    char _detail[NEGOTIATOR_DETAIL_SIZE];
    char _exchange_id[NEGOTIATOR_EXCHANGE_ID_SIZE]; /* of our offer; "": none pending */
};

void negotiator_init(struct negotiator *negotiator);

/* Somebody needs a session. Joins what is under way. */
enum negotiator_act negotiator_want(struct negotiator *negotiator, uint64_t now_us);
/* Nobody does any more: what this node began ends. */
enum negotiator_act negotiator_cancel(struct negotiator *negotiator);
/* The session that is up cannot be repaired: offer another, in the role that is known. */
enum negotiator_act negotiator_replace(struct negotiator *negotiator, uint64_t now_us);

/* The server's word, asked for or not. */
enum negotiator_act negotiator_on_assignment(struct negotiator *negotiator, bool is_offerer,
                                             uint64_t now_us);
/* An OFFER (with an exchange id; others are to be ignored). NEGOTIATOR_NOTHING: it is ignored. */
enum negotiator_act negotiator_on_offer(struct negotiator *negotiator, uint64_t now_us);
/* An ANSWER; one for something else is ignored. */
enum negotiator_act negotiator_on_answer(struct negotiator *negotiator,
                                         struct actr_view exchange_id);
/* The offer has been relayed. */
void negotiator_offered(struct negotiator *negotiator,
                        const char exchange_id[NEGOTIATOR_EXCHANGE_ID_SIZE], uint64_t now_us);
/* The attempt has failed: a description that is of no use, a session that did not come up. */
enum negotiator_act negotiator_failed(struct negotiator *negotiator, int code, const char *detail,
                                      uint64_t now_us);
/* The server refuses to relay to this peer (it is not there, or not ours to talk to). */
enum negotiator_act negotiator_refused(struct negotiator *negotiator, int code, const char *detail);
/* The socket to the server is up again. */
enum negotiator_act negotiator_on_linked(struct negotiator *negotiator, uint64_t now_us);

/* The session in the making is up; it replaces the one there was. */
void negotiator_on_ready(struct negotiator *negotiator);
/* The session that was up has gone. */
void negotiator_on_lost(struct negotiator *negotiator);

/* Does what is due. */
enum negotiator_act negotiator_tick(struct negotiator *negotiator, uint64_t now_us);
/* UINT64_MAX: nothing will be. */
uint64_t negotiator_deadline(const struct negotiator *negotiator);

/* After NEGOTIATOR_GIVE_UP: why, ACTR_E…; lent until the next call. */
int negotiator_cause(const struct negotiator *negotiator, const char **ret_detail);
