// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A signaling socket: who is behind it, what he may cost, and what is sent to him.
 *
 * Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "net/http.h"
#include "protocol/signaling.h"
#include "rendezvous.h"

#define VISITOR_ADDRESS_MAX 64

/* After it has unregistered a socket is closed by us when its owner does not. */
#define VISITOR_LINGER_US 5000000u

struct visitor {
    struct rendezvous *rendezvous;
    struct net_ws *ws;
    struct registry_actor *actor; /* NULL: without identity (open mode), displaced, unregistered */
    struct actr_id id;            /* whom it was opened for; serial 0 without identity */
    struct credential credential; /* the one verified last; points into _proof */
    uint64_t credential_expires_at_s;
    bool want_answer; /* prefers to be offered to */
    struct subscriber subscriber;
    struct limiter_bucket _bucket;
    struct actr_bytes _proof;
    struct list _link;
    struct loop_timer _linger;
    bool _is_over; /* unregistered or displaced: hears no more requests */
    char _address[VISITOR_ADDRESS_MAX];
};

/* A socket asks to be upgraded; as net_server_events.on_upgrade. 101 or the status to refuse
 * with. */
unsigned visitor_accept(struct rendezvous *rendezvous, const struct net_request_info *info,
                        struct net_ws *ws, const struct net_ws_events **ret_events,
                        void **ret_user);

/* Is this credential his? 0: the one that was verified before, or another good one, which is kept;
 * ADMISSION_REFUSED: no, the thread's error detail says why. ACTR_ENOMEM, ACTR_EINTERNAL. */
int visitor_authenticate(struct visitor *visitor,
                         const struct credential *credential) ACTR_MUST_CHECK;

/* Gives the socket an actor that was just added (open mode). ACTR_ENOMEM. */
int visitor_adopt(struct visitor *visitor, struct registry_actor *actor) ACTR_MUST_CHECK;

/* Takes its actor from it, so that it hears no more requests, and closes it. */
void visitor_close(struct visitor *visitor, uint16_t code, const char *reason);
/* As visitor_close(), but its owner has a moment to close it first. */
void visitor_linger(struct visitor *visitor);

/* Sends an envelope, whose version and id are filled in here. A socket that does not read is
 * closed. */
void visitor_send(struct visitor *visitor, struct signaling_envelope *envelope);

/* Answers an envelope. */
void visitor_reply(struct visitor *visitor, const struct signaling_envelope *asked,
                   struct signaling_reply *reply);
void visitor_reply_error(struct visitor *visitor, const struct signaling_envelope *asked,
                         uint32_t code, const char *message);
