// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Everything between a socket and a mailbox, joined as a node joins it, on real sockets of
 * 127.0.0.1. Two of them on one loop talk to each other. Who may come in is decided by the
 * credential's text; what is in the mailbox is echoed, unless the test says otherwise. */
#pragma once

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/inbound/inbound_gate.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/wire/websocket/dialer.h"
#include "hyper/wire/websocket/server.h"
#include "mailbox/memory_mailbox.h"
#include "net/socket_net.h"
#include "protocol/envelope.h"
#include "sys/loop.h"
#include "sys/loop_uv.h"

struct side {
    struct loop *loop;
    struct net *net;
    struct actr_id id;
    const char *credential; /* "good" gets in */
    char url[64];           /* where the other listens */
    struct ws_server *server;
    struct ws_dialer *dialer;
    struct peer_transport *transport;
    struct peer_gate *gate;
    struct inbound_gate *inbound;
    struct mailbox *mailbox;
    bool is_idle; /* takes nothing from the mailbox */
    bool is_server_closed, is_transport_closed;
    size_t reply_size; /* 0: echo */
    uint64_t handled, up, down;
    uint32_t last_number; /* the payload of the last tell, checked to ascend */
};

static inline void side_on_message(void *owner, struct dest_transport *from, uint64_t session,
                                   bool verified, enum wire_kind kind, enum actr_payload_type type,
                                   struct actr_bytes message)
{
    inbound_gate_on_message(((struct side *)owner)->inbound, from, session, verified, kind, type,
                            message);
}

static inline void side_on_ready(void *owner, struct dest_transport *dest, uint64_t session)
{
    peer_gate_on_ready(((struct side *)owner)->gate, dest, session);
}

static inline void side_on_proven(void *owner, struct dest_transport *dest, uint64_t session)
{
    peer_gate_on_proven(((struct side *)owner)->gate, dest, session);
}

static inline void side_on_writable(void *owner, struct dest_transport *dest)
{
    peer_gate_on_writable(((struct side *)owner)->gate, dest);
}

static inline void side_on_unreachable(void *owner, struct dest_transport *dest, int code,
                                       const char *detail)
{
    peer_gate_on_unreachable(((struct side *)owner)->gate, dest, code, detail);
}

static inline void side_on_wire(void *owner, struct dest_transport *dest, uint64_t session,
                                int code, const char *detail)
{
    struct side *side = owner;
    side->up += code == 0;
    side->down += code < 0;
    peer_gate_on_wire(side->gate, dest, session, code, detail);
}

static inline void side_on_transport_closed(void *owner)
{
    struct side *side = owner;
    side->is_transport_closed = true;
    inbound_gate_free(side->inbound);
    peer_gate_free(side->gate);
}

static const struct lane_events side_lane_events = {
    .on_message = side_on_message,
    .on_ready = side_on_ready,
    .on_proven = side_on_proven,
    .on_writable = side_on_writable,
    .on_unreachable = side_on_unreachable,
    .on_wire = side_on_wire,
    .on_closed = side_on_transport_closed,
};

/* Handles one message: a tell is counted, a request answered. */
static inline void side_handle(struct side *side, const struct mailbox_message *message)
{
    struct envelope envelope;
    assert_int_equal(envelope_decode(actr_bytes_view(message->envelope), &envelope), 0);
    side->handled++;
    if (envelope.direction == ENVELOPE_TELL) {
        uint32_t number;
        memcpy(&number, envelope.payload.ptr, sizeof(number));
        assert_int_equal(number, side->last_number + 1);
        side->last_number = number;
        return;
    }
    AUTO_BYTES struct actr_bytes large = {0};
    struct actr_view payload = envelope.payload;
    if (side->reply_size > 0) {
        uint8_t *data;
        large = bytes_new(side->reply_size, &data);
        memset(data, 'r', side->reply_size);
        payload = actr_bytes_view(large);
    }
    const struct envelope reply = {
        .route = envelope.route,
        .request_id = envelope.request_id,
        .payload = payload,
        .has_payload = true,
        .direction = ENVELOPE_RESPONSE,
    };
    int r = peer_gate_reply(side->gate, &message->origin.peer, message->origin.session, &reply);
    assert_true(r == 0 || r == ACTR_EUNAVAILABLE);
}

static inline void side_pump(void *owner)
{
    struct side *side = owner;
    struct mailbox_message *message;
    while (!side->is_idle && (message = mailbox_take(side->mailbox)) != NULL) {
        side_handle(side, message);
        mailbox_ack(side->mailbox, message, NULL);
    }
}

static inline void side_on_room(void *owner, const struct actr_id *peer)
{
    struct side *side = owner;
    if (!side->is_transport_closed)
        inbound_gate_on_room(side->inbound, peer);
}

static const struct mailbox_events side_mailbox_events = {.on_ready = side_pump,
                                                          .on_room = side_on_room};

static inline void side_verify(void *owner, struct ws_verification *verification)
{
    (void)owner;
    if (view_equal(verification->credential, view_text("good")))
        ws_verification_done(verification, 0, NULL);
    else
        ws_verification_done(verification, ACTR_EPERMISSION, "the credential is not genuine");
}

static inline void side_verify_cancel(void *owner, struct ws_verification *verification)
{
    (void)owner, (void)verification;
}

static inline void side_on_accepted(void *owner, struct wire *wire)
{
    peer_transport_accept(((struct side *)owner)->transport, wire);
}

static inline void side_on_server_closed(void *owner)
{
    ((struct side *)owner)->is_server_closed = true;
}

static const struct ws_server_events side_server_events = {
    .verify = side_verify,
    .verify_cancel = side_verify_cancel,
    .on_accepted = side_on_accepted,
    .on_closed = side_on_server_closed,
};

static inline const char *side_resolve(void *owner, struct ws_address *address)
{
    const struct side *side = owner;
    (void)address;
    return side->url[0] ? side->url : NULL;
}

static inline void side_resolve_cancel(void *owner, struct ws_address *address)
{
    (void)owner, (void)address;
}

static inline int side_identity(void *owner, struct ws_identity *ret_identity)
{
    const struct side *side = owner;
    ret_identity->id = side->id;
    ret_identity->credential = view_text(side->credential);
    return 0;
}

/* Builds it; it does not listen yet. limits may be NULL. */
static inline void side_open(struct side *side, struct loop *loop, struct net *net, uint64_t serial,
                             const struct mailbox_limits *limits)
{
    const struct mailbox_limits none = {0};
    *side = (struct side){.loop = loop, .net = net, .credential = "good"};
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &side->id), 0);
    side->id.serial = serial;
    const struct ws_dialer_options dialer = {
        .loop = loop,
        .net = net,
        .owner = side,
        .resolve = side_resolve,
        .resolve_cancel = side_resolve_cancel,
        .identity = side_identity,
    };
    side->dialer = ws_dialer_new(&dialer);
    struct wire_dialer *dialers[] = {ws_dialer_base(side->dialer)};
    const struct peer_transport_options transport = {
        .loop = loop,
        .dialers = dialers,
        .dialer_count = 1,
        .events = &side_lane_events,
        .owner = side,
    };
    side->transport = peer_transport_new(&transport);
    const struct peer_gate_options gate = {.loop = loop, .transport = side->transport};
    side->gate = peer_gate_new(&gate);
    side->mailbox = memory_mailbox_new(loop, limits ? limits : &none, &side_mailbox_events, side);
    const struct inbound_gate_options inbound = {
        .loop = loop,
        .mailbox = side->mailbox,
        .peer_gate = side->gate,
        .transport = side->transport,
    };
    side->inbound = inbound_gate_new(&inbound);
    assert_non_null(side->inbound);
}

static inline void side_listen(struct side *side)
{
    const struct ws_server_options options = {
        .loop = side->loop, .net = side->net, .host = "127.0.0.1"};
    assert_int_equal(ws_server_open(&options, &side_server_events, side, &side->server), 0);
    assert_true(ws_server_port(side->server) != 0);
}

static inline void side_knows(struct side *side, const struct side *other)
{
    snprintf(side->url, sizeof(side->url), "ws://127.0.0.1:%u", ws_server_port(other->server));
}

/* One turn of the loop; waits for something to happen. */
static inline void side_turn(struct loop *loop)
{
    struct pollfd fd = {.fd = loop_uv_fd(loop), .events = POLLIN};
    poll(&fd, 1, loop_uv_timeout_ms(loop));
    loop_uv_dispatch(loop);
}

#define SIDE_UNTIL(side, condition)                                                                \
    do {                                                                                           \
        while (!(condition))                                                                       \
            side_turn((side)->loop);                                                               \
    } while (0)

static inline void side_close(struct side *side)
{
    peer_gate_close(side->gate, "end");
    loop_uv_dispatch(side->loop);
    peer_transport_close(side->transport);
    SIDE_UNTIL(side, side->is_transport_closed);
    if (side->server) {
        ws_server_close(side->server);
        SIDE_UNTIL(side, side->is_server_closed);
    }
    ws_dialer_free(side->dialer);
    side->mailbox->ops->close(side->mailbox);
}

/* A request of one side. */
struct side_ask {
    struct gate_call call;
    bool is_ended;
    int code;
    char message[256];
    struct actr_bytes reply;
};

static inline void side_ask_fn(struct gate_call *call, const struct actr_result *result)
{
    struct side_ask *ask = container_of(call, struct side_ask, call);
    assert_false(ask->is_ended);
    ask->is_ended = true;
    ask->code = result->code;
    snprintf(ask->message, sizeof(ask->message), "%s", result->message ? result->message : "");
    ask->reply = actr_bytes_ref(result->reply);
}

static inline int side_ask(struct side *side, const struct side *other, struct side_ask *ask,
                           struct actr_bytes payload)
{
    const struct gate_message message = {
        .route = view_text("acme.Test.Echo"),
        .payload = payload,
        .type = ACTR_RPC_RELIABLE,
        .timeout_ms = 60000,
    };
    *ask = (struct side_ask){.is_ended = false};
    return peer_gate_call(side->gate, &other->id, &ask->call, &message, side_ask_fn);
}

/* Asks, waits, and expects the echo. */
static inline void side_echo(struct side *side, const struct side *other, const char *text)
{
    struct side_ask ask;
    assert_int_equal(side_ask(side, other, &ask, actr_bytes_str(text)), 0);
    SIDE_UNTIL(side, ask.is_ended);
    assert_string_equal(ask.message, "");
    assert_int_equal(ask.code, 0);
    assert_true(view_equal(actr_bytes_view(ask.reply), view_text(text)));
    actr_bytes_unref(ask.reply);
}
