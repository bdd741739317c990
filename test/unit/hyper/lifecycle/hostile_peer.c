// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The attacker: ICE and descriptions of our own connection, with an association that is DTLS and
 * SCTP and no more. */
#include "hostile_peer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/wire/webrtc/dcep.h"
#include "hyper/wire/webrtc/dtls.h"
#include "hyper/wire/webrtc/sdp.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "net/socket_net.h"
#include "sys/loop_uv.h"

#define HOSTILE_S 60 /* longest wait */
#define HOSTILE_TURN_MS 2

static const char *const lanes[CONNECTION_LANES] = {"RPC_RELIABLE", "RPC_SIGNAL", "STREAM_RELIABLE",
                                                    "STREAM_LATENCY_FIRST"};

/* ---- the association ---- */

struct hostile_association {
    struct association base;
    struct hostile *hostile;
    const struct association_events *events;
    void *owner;
    struct fingerprint fingerprint;
    struct dtls *dtls;
    struct sctp *sctp;
};

static struct hostile_association *of(struct association *association)
{
    return (struct hostile_association *)association;
}

static void on_sctp_send(void *owner, struct actr_view packet)
{
    struct hostile_association *one = owner;
    if (dtls_is_open(one->dtls))
        assert_int_equal(dtls_send(one->dtls, packet), 0);
}

static void on_sctp_open(void *owner, uint16_t streams_out, uint16_t streams_in)
{
    struct hostile_association *one = owner;
    (void)streams_in;
    assert_true(streams_out >= CONNECTION_LANES);
    one->hostile->association = one;
    for (uint16_t i = 0; i < CONNECTION_LANES && !one->hostile->is_greedy; i++)
        assert_int_equal(hostile_open_channel(one->hostile, i, lanes[i]), 0);
    one->hostile->is_open = true;
    one->events->on_ready(one->owner);
}

static void on_sctp_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    struct hostile_association *one = owner;
    (void)head;
    one->hostile->messages++;
    one->hostile->bytes += bytes.len;
    actr_bytes_unref(bytes);
}

static void on_sctp_writable(void *owner)
{
    (void)owner;
}

static void on_sctp_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
    struct hostile_association *one = owner;
    (void)streams;
    one->hostile->resets += is_incoming ? count : 0;
}

static void on_sctp_closed(void *owner, int code, const char *detail)
{
    struct hostile_association *one = owner;
    one->events->on_closed(one->owner, code, detail);
}

static const struct sctp_events sctp_events = {
    .send = on_sctp_send,
    .on_open = on_sctp_open,
    .on_message = on_sctp_message,
    .on_writable = on_sctp_writable,
    .on_reset = on_sctp_reset,
    .on_closed = on_sctp_closed,
};

static void on_dtls_send(void *owner, struct actr_view datagram)
{
    struct hostile_association *one = owner;
    one->events->send(one->owner, datagram);
}

static void on_dtls_open(void *owner)
{
    struct hostile_association *one = owner;
    assert_int_equal(sctp_start(one->sctp), 0);
}

static void on_dtls_data(void *owner, struct actr_view bytes)
{
    struct hostile_association *one = owner;
    sctp_receive(one->sctp, bytes);
}

static void on_dtls_closed(void *owner)
{
    struct hostile_association *one = owner;
    one->events->on_closed(one->owner, ACTR_EUNAVAILABLE, "close_notify");
}

static void on_dtls_failed(void *owner, int code, const char *detail)
{
    struct hostile_association *one = owner;
    one->events->on_closed(one->owner, code, detail);
}

static const struct dtls_events dtls_events = {
    .send = on_dtls_send,
    .on_open = on_dtls_open,
    .on_data = on_dtls_data,
    .on_closed = on_dtls_closed,
    .on_failed = on_dtls_failed,
};

static const struct fingerprint *fingerprint_of(const struct association *association)
{
    return &((const struct hostile_association *)association)->fingerprint;
}

static uint32_t message_len_max(const struct association *association)
{
    (void)association;
    return 256u << 10;
}

static int begin(struct association *association, const struct association_peer *peer)
{
    struct hostile_association *one = of(association);
    const struct dtls_options dtls = {
        .role = peer->is_dtls_client ? DTLS_CLIENT : DTLS_SERVER,
        .fingerprints = peer->fingerprints,
        .fingerprint_count = peer->fingerprint_count,
    };
    const struct sctp_options sctp = {
        .loop = one->hostile->loop,
        .mtu = DTLS_MTU - DTLS_OVERHEAD,
        .message_len_max = 256u << 10,
        .remote_port = peer->sctp_port,
    };
    int r = dtls_new(one->hostile->context, &dtls, &dtls_events, one, &one->dtls);
    return r < 0 ? r : sctp_new(&sctp, &sctp_events, one, &one->sctp);
}

static void start(struct association *association, uint64_t now_us)
{
    dtls_start(of(association)->dtls, now_us);
}

static bool receive(struct association *association, struct actr_view datagram, uint64_t now_us)
{
    struct hostile_association *one = of(association);
    return one->dtls && dtls_is(datagram) && dtls_receive(one->dtls, datagram, now_us);
}

static void receive_end(struct association *association)
{
    if (of(association)->sctp)
        sctp_receive_end(of(association)->sctp);
}

static int send_lane(struct association *association, uint8_t lane, struct actr_bytes message)
{
    (void)association;
    (void)lane;
    actr_bytes_unref(message);
    return 0;
}

static void read_lanes(struct association *association, bool enable)
{
    (void)association;
    (void)enable;
}

static void do_nothing(struct association *association)
{
    (void)association;
}

static uint64_t tick(struct association *association, uint64_t now_us)
{
    return of(association)->dtls ? dtls_tick(of(association)->dtls, now_us) : UINT64_MAX;
}

static uint64_t deadline(const struct association *association)
{
    const struct dtls *dtls = ((const struct hostile_association *)association)->dtls;
    return dtls ? dtls_deadline(dtls) : UINT64_MAX;
}

static void stats(struct association *association, struct association_stats *ret_stats)
{
    (void)association;
    *ret_stats = (struct association_stats){0};
}

static void destroy(struct association *association)
{
    struct hostile_association *one = of(association);
    if (one->hostile->association == one)
        one->hostile->association = NULL;
    if (one->dtls && dtls_is_open(one->dtls))
        dtls_close(one->dtls);
    sctp_free(one->sctp);
    dtls_free(one->dtls);
    mem_free(one);
}

static const struct association_ops ops = {
    .fingerprint = fingerprint_of,
    .message_len_max = message_len_max,
    .begin = begin,
    .start = start,
    .receive = receive,
    .receive_end = receive_end,
    .send = send_lane,
    .read = read_lanes,
    .path_doubted = do_nothing,
    .path_changed = do_nothing,
    .close = do_nothing,
    .tick = tick,
    .deadline = deadline,
    .stats = stats,
    .free = destroy,
};

static int make(struct association_factory *factory, const struct association_events *events,
                void *owner, struct association **ret_association)
{
    struct hostile *hostile = container_of(factory, struct hostile, factory);
    struct hostile_association *one = mem_alloc(sizeof(*one));
    assert_non_null(one);
    one->base.ops = &ops;
    one->hostile = hostile;
    one->events = events;
    one->owner = owner;
    one->fingerprint = *certificate_fingerprint(hostile->certificate);
    one->fingerprint.bytes[0] ^= hostile->lies;
    *ret_association = &one->base;
    return 0;
}

/* ---- the session ---- */

static void on_candidate(void *owner, struct connection *connection, const char *ufrag,
                         const char *text)
{
    struct hostile *hostile = owner;
    struct signaling_envelope envelope = hostile_relay(hostile, RELAY_ICE_CANDIDATE);
    (void)connection;
    envelope.relay.ice_candidate = (struct relay_ice_candidate){
        .candidate = view_text(text), .username_fragment = view_text(ufrag)};
    live_send(hostile->actor.fd, &envelope);
}

static void on_nothing(void *owner, struct connection *connection)
{
    (void)owner;
    (void)connection;
}

static void on_message(void *owner, struct connection *connection, uint8_t lane,
                       struct actr_bytes message)
{
    (void)owner;
    (void)connection;
    (void)lane;
    actr_bytes_unref(message);
}

static void on_writable(void *owner, struct connection *connection, uint8_t lane)
{
    (void)owner;
    (void)connection;
    (void)lane;
}

static void on_path(void *owner, struct connection *connection, const struct connection_path *path)
{
    (void)owner;
    (void)connection;
    (void)path;
}

static void on_closed(void *owner, struct connection *connection, int code, const char *detail)
{
    struct hostile *hostile = owner;
    hostile->is_closed = true;
    hostile->code = code;
    snprintf(hostile->detail, sizeof(hostile->detail), "%s", detail);
    hostile->connection = connection_free(connection);
}

static const struct connection_events connection_events = {
    .on_candidate = on_candidate,
    .on_ready = on_nothing,
    .on_message = on_message,
    .on_writable = on_writable,
    .on_path = on_path,
    .on_closed = on_closed,
};

struct signaling_envelope hostile_relay(struct hostile *hostile, enum relay_kind kind)
{
    return live_relay(&hostile->actor, &hostile->rig->victim_id, kind);
}

void hostile_describe(struct hostile *hostile, enum relay_sdp_type type, struct actr_view sdp,
                      const char *exchange_id)
{
    struct signaling_envelope envelope = hostile_relay(hostile, RELAY_SESSION_DESCRIPTION);
    envelope.relay.session_description = (struct relay_session_description){
        .sdp = sdp, .exchange_id = view_text(exchange_id), .type = (int32_t)type};
    live_send(hostile->actor.fd, &envelope);
}

static struct ice_credentials credentials_of(struct actr_view description)
{
    struct sdp *sdp = mem_alloc(sizeof(*sdp));
    assert_non_null(sdp);
    assert_int_equal(sdp_parse(description, sdp), 0);
    struct ice_credentials credentials = sdp->credentials;
    mem_free(sdp);
    return credentials;
}

void hostile_offer(struct hostile *hostile)
{
    actr_bytes_unref(hostile->description);
    hostile->description = (struct actr_bytes){0};
    hostile->is_open = hostile->is_closed = false;
    hostile->answers = 0;
    assert_null(hostile->connection);
    assert_int_equal(
        connection_new(&hostile->settings, true, &connection_events, hostile, &hostile->connection),
        0);
    assert_int_equal(connection_offer(hostile->connection, false, &hostile->description), 0);
    hostile->own = credentials_of(actr_bytes_view(hostile->description));
    hostile_describe(hostile, RELAY_SDP_OFFER, actr_bytes_view(hostile->description), "exchange");
}

static void take_answer(struct hostile *hostile, struct actr_view text)
{
    hostile->victim = credentials_of(text);
    if (hostile->answers++ == 0 && hostile->connection)
        assert_int_equal(connection_apply(hostile->connection, text), 0);
}

/* What the server says, if it says anything. */
static void take_envelope(struct hostile *hostile)
{
    struct signaling_envelope envelope = live_receive(&hostile->rig->live, hostile->actor.fd);
    const struct relay *relay = &envelope.relay;
    if (envelope.flow != SIGNALING_FLOW_RELAY) {
        hostile->pongs += envelope.reply.kind == SIGNALING_PONG;
        return;
    }
    if (relay->kind == RELAY_SESSION_DESCRIPTION &&
        relay->session_description.type == RELAY_SDP_ANSWER)
        take_answer(hostile, relay->session_description.sdp);
    else if (relay->kind == RELAY_ICE_CANDIDATE && hostile->connection && hostile->answers > 0)
        connection_add_candidate(hostile->connection, relay->ice_candidate.candidate);
}

static void turn(struct hostile *hostile)
{
    int timeout_ms = loop_uv_timeout_ms(hostile->loop);
    struct pollfd fds[] = {{.fd = hostile->actor.fd, .events = POLLIN},
                           {.fd = loop_uv_fd(hostile->loop), .events = POLLIN}};
    /* What is waited for may come about elsewhere. */
    poll(fds, 2, timeout_ms < 0 || timeout_ms > HOSTILE_TURN_MS ? HOSTILE_TURN_MS : timeout_ms);
    if (fds[0].revents)
        take_envelope(hostile);
    loop_uv_dispatch(hostile->loop);
}

void hostile_until(struct hostile *hostile, bool (*is_done)(struct hostile *hostile))
{
    uint64_t end_us = loop_clock_us(hostile->loop) + HOSTILE_S * UINT64_C(1000000);
    while (!is_done(hostile)) {
        if (loop_clock_us(hostile->loop) > end_us)
            fail_msg("the attack does not come about: %s", hostile->detail);
        turn(hostile);
    }
}

static bool has_pongs(struct hostile *hostile)
{
    return hostile->pongs == hostile->pings;
}

void hostile_settle(struct hostile *hostile)
{
    struct signaling_envelope ping = live_request(&hostile->actor, SIGNALING_PING);
    live_send(hostile->actor.fd, &ping);
    hostile->pings++;
    hostile_until(hostile, has_pongs);
}

static bool has_served(struct hostile *hostile)
{
    struct rig *rig = hostile->rig;
    lock_take(&rig->lock);
    bool has = rig->calls >= rig->wanted;
    lock_give(&rig->lock);
    return has;
}

void hostile_while_served(struct hostile *hostile, unsigned calls)
{
    struct rig *rig = hostile->rig;
    lock_take(&rig->lock);
    rig->wanted = rig->calls + calls;
    lock_give(&rig->lock);
    hostile_until(hostile, has_served);
}

bool hostile_is_open(struct hostile *hostile)
{
    return hostile->is_open;
}

bool hostile_is_closed(struct hostile *hostile)
{
    return hostile->is_closed;
}

/* ---- what it says ---- */

struct sctp *hostile_sctp(struct hostile *hostile)
{
    assert_non_null(hostile->association);
    return hostile->association->sctp;
}

int hostile_send(struct hostile *hostile, uint16_t stream, uint32_t ppid, const void *data,
                 size_t len)
{
    const struct sctp_message head = {.stream = stream, .ppid = ppid};
    return sctp_send(hostile_sctp(hostile), &head, actr_bytes_copy(actr_view_of(data, len)));
}

int hostile_open_channel(struct hostile *hostile, uint16_t stream, const char *label)
{
    const struct dcep_open open = {.priority = 256, .label = view_text(label)};
    uint8_t buf[DCEP_MESSAGE_MAX];
    return hostile_send(hostile, stream, SCTP_PPID_DCEP, buf, dcep_format_open(&open, buf));
}

void hostile_send_packet(struct hostile *hostile, const void *data, size_t len)
{
    assert_non_null(hostile->association);
    assert_int_equal(dtls_send(hostile->association->dtls, actr_view_of(data, len)), 0);
}

void hostile_send_datagram(struct hostile *hostile, const void *data, size_t len)
{
    struct connection_stats stats;
    connection_get_stats(hostile->connection, &stats);
    assert_true(stats.has_pair);
    udp_mux_send(hostile->mux, &stats.pair.local.base, &stats.pair.remote.address,
                 actr_view_of(data, len));
}

/* ---- life ---- */

static void on_locals(void *owner)
{
    (void)owner;
}

static void on_failed(void *owner, int code, const char *detail)
{
    (void)owner;
    fail_msg("udp: %d %s", code, detail);
}

static const struct udp_mux_events mux_events = {on_locals, on_failed};

void hostile_open(struct hostile *hostile, struct rig *rig, const char *type)
{
    memset(hostile, 0, sizeof(*hostile));
    hostile->rig = rig;
    assert_int_equal(live_register(&rig->live, type, &hostile->actor), 0);
    assert_int_equal(live_connect(&rig->live, &hostile->actor), 101);
    assert_int_equal(loop_uv_new(&hostile->loop), 0);
    assert_int_equal(socket_net_new(hostile->loop, &hostile->net), 0);
    const struct udp_mux_options mux = {.loop = hostile->loop, .net = hostile->net};
    assert_int_equal(udp_mux_open(&mux, &mux_events, NULL, &hostile->mux), 0);
    assert_int_equal(certificate_new(loop_wall_ms(hostile->loop) / 1000, &hostile->certificate), 0);
    assert_int_equal(dtls_context_new(hostile->certificate, &hostile->context), 0);
    hostile->factory.make = make;
    hostile->settings = (struct connection_settings){
        .loop = hostile->loop,
        .net = hostile->net,
        .mux = hostile->mux,
        .associations = &hostile->factory,
    };
}

void hostile_close(struct hostile *hostile)
{
    connection_free(hostile->connection);
    actr_bytes_unref(hostile->description);
    dtls_context_unref(hostile->context);
    certificate_unref(hostile->certificate);
    udp_mux_close(hostile->mux);
    socket_net_free(hostile->net);
    loop_uv_close(hostile->loop);
    live_actor_deinit(&hostile->actor);
}
