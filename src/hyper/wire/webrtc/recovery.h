// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Recovery: how a session that is up gets a new path (ICE restart). Only the offerer of the session
 * offers restarts, the answerer asks for them; either is set going by the loss of the path or by a
 * change of this machine's addresses, the offerer also by the peer's request. Pure: time is an
 * argument, what is to be done is returned.
 *
 * A restart begins at once; triggers that come meanwhile are one with it, but for a change of
 * addresses, which makes what was offered useless. Restarts are RECOVERY_SPACING_US apart, without
 * a path the first ones RECOVERY_QUICK_US, twice that and four times that. A try has
 * RECOVERY_TRY_US, and after RECOVERY_TRIES tries in vain the session is negotiated anew (the
 * existing system may be stuck in a state that only an OFFER ends). One deadline covers it all.
 * While the server cannot be reached nothing is counted.
 *
 * An offer may be lost on its way to a peer that changes networks too: until it is answered it is
 * repeated, after RECOVERY_QUICK_US, twice that, four times that…, and when the peer asks: whoever
 * does that has not seen it, or asks for what it was about to get. A repeated offer is the same
 * restart, so that its answer is good whichever of them it was for. Requests are not repeated so:
 * each would begin a restart of the existing system anew.
 *
 * A peer that was killed says nothing; but the server knows that it has gone, and says so when
 * something is sent there. One that only changes networks is back within seconds. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/sm.h"

#define RECOVERY_SPACING_US 2000000u
#define RECOVERY_QUICK_US 250000u
#define RECOVERY_QUICK_TIMES 3
#define RECOVERY_TRY_US 6000000u
#define RECOVERY_TRIES 2
#define RECOVERY_TOTAL_US 60000000u
#define RECOVERY_ABSENT_US 12000000u
#define RECOVERY_REFUSED_US 250000u /* a try, and between tries, when nobody is left to answer */
#define RECOVERY_EXCHANGE_ID_SIZE 37

enum recovery_state {
    RECOVERY_STEADY,
    RECOVERY_DUE,       /* something is to be sent, now or when it may */
    RECOVERY_OFFERED,   /* offerer: a restart offer is out */
    RECOVERY_REQUESTED, /* answerer: a request is out */
    RECOVERY_CHECKING,  /* offer and answer were exchanged; a new path is being looked for */
    RECOVERY_REPLACING, /* the session is negotiated anew */
    RECOVERY_OVER
};

/* What the caller must do now. */
enum recovery_act {
    RECOVERY_NOTHING,
    RECOVERY_OFFER,   /* restart ICE and relay an ICE_RESTART_OFFER; then recovery_offered() or
                         recovery_unsent() */
    RECOVERY_REPEAT,  /* relay the offer that is out once more; recovery_unsent() if that fails */
    RECOVERY_REQUEST, /* relay an IceRestartRequest; recovery_unsent() if that fails */
    RECOVERY_ANSWER,  /* take the restart offer and relay the answer */
    RECOVERY_APPLY,   /* the answer is for the restart that is out */
    RECOVERY_ABANDON, /* give up the restart; the old path works */
    RECOVERY_REPLACE, /* negotiate a new session */
    RECOVERY_GIVE_UP  /* close the session */
};

struct recovery {
    struct sm state;
    bool _is_offerer, _is_linked, _has_path, _is_stale, _is_refused;
    uint8_t _tries, _quick; /* _quick: restarts that came soon after another */
    uint64_t _deadline_us;  /* of the state */
    uint64_t _repeat_us;    /* OFFERED: when the offer is repeated */
    uint64_t _repeat_gap_us, _repeated_us;
    uint64_t _total_us;  /* of it all */
    uint64_t _sent_us;   /* 0: never */
    uint64_t _absent_us; /* since when the server has not known the peer; 0: it does */
    char _exchange_id[RECOVERY_EXCHANGE_ID_SIZE];
};

/* is_linked: the server can be reached. The session is up and has a path. */
void recovery_init(struct recovery *recovery, bool is_offerer, bool is_linked);

/* The path is lost, or back. */
void recovery_on_path(struct recovery *recovery, bool has_path, uint64_t now_us);
/* The path is lost because the peer's port is closed: what is sent may get no answer at all, so the
 * server is asked again soon. */
void recovery_on_refused(struct recovery *recovery);
/* The addresses of this machine have changed. */
void recovery_on_change(struct recovery *recovery, uint64_t now_us);
/* The peer asks for a restart. */
void recovery_on_request(struct recovery *recovery, uint64_t now_us);
/* A pair of the new generation carries. */
void recovery_on_restarted(struct recovery *recovery);
/* An ICE_RESTART_OFFER. RECOVERY_ANSWER, or RECOVERY_NOTHING: we are the offerer. */
enum recovery_act recovery_on_restart_offer(struct recovery *recovery, uint64_t now_us);
/* An ANSWER. RECOVERY_APPLY, or RECOVERY_NOTHING: it is for something else. */
enum recovery_act recovery_on_answer(struct recovery *recovery, struct actr_view exchange_id);
void recovery_on_linked(struct recovery *recovery, bool is_linked, uint64_t now_us);
/* The server says that the peer is not connected to it. is_refused: the peer's port is closed too;
 * then, or after RECOVERY_ABSENT_US of it, a session without a path is over (recovery_tick()). */
void recovery_on_absent(struct recovery *recovery, bool is_refused, uint64_t now_us);
/* The negotiation for RECOVERY_REPLACE has failed. */
void recovery_on_unreplaced(struct recovery *recovery, uint64_t now_us);

void recovery_offered(struct recovery *recovery, const char exchange_id[RECOVERY_EXCHANGE_ID_SIZE]);
/* Of the offer that is out; lent until the next call. */
const char *recovery_exchange_id(const struct recovery *recovery);
/* What was to be sent could not be. */
void recovery_unsent(struct recovery *recovery, uint64_t now_us);

/* Does what is due: call it after each of the above until it returns RECOVERY_NOTHING. */
enum recovery_act recovery_tick(struct recovery *recovery, uint64_t now_us);
/* UINT64_MAX: nothing will be due. */
uint64_t recovery_deadline(const struct recovery *recovery);

/* Offer and answer were exchanged, a new path is being looked for. */
bool recovery_is_checking(const struct recovery *recovery);
/* How long this may still take; 0: nothing is being recovered. */
uint64_t recovery_left_us(const struct recovery *recovery, uint64_t now_us);
