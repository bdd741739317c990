// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One destination: which wire carries what, and who is read from. */
#include "hyper/transport/dest_transport.h"

#include <stdarg.h>
#include <stdio.h>

#include "hyper/transport/fake_wire.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    struct fake_wires all;
    struct fake_dialer rtc, ws;
    struct wire_dialer *dialers[2];
    struct peer_transport *transport;
    struct actr_id peer;
    struct dest_transport *dest;
    unsigned stalls;
    char log[2048];
};

static void note(struct rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct rig *rig, const char *format, ...)
{
    size_t len = strlen(rig->log);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(rig->log + len, sizeof(rig->log) - len, format, args);
    va_end(args);
    assert_true(more >= 0 && (size_t)more < sizeof(rig->log) - len);
}

static void expect(struct rig *rig, const char *log)
{
    assert_string_equal(rig->log, log);
    rig->log[0] = '\0';
}

static void on_message(void *owner, struct dest_transport *from, uint64_t session, bool verified,
                       enum wire_kind kind, enum actr_payload_type type, struct actr_bytes message)
{
    struct rig *rig = owner;
    assert_ptr_equal(from, rig->dest);
    note(rig, "message %d%s type %d: %.*s\n", (int)session, verified ? " verified" : "", type,
         (int)message.len, (const char *)message.ptr);
    actr_bytes_unref(message);
}

static void on_ready(void *owner, struct dest_transport *dest, uint64_t session)
{
    (void)dest;
    note(owner, "ready %d\n", (int)session);
}

static void on_proven(void *owner, struct dest_transport *dest, uint64_t session)
{
    (void)dest;
    note(owner, "proven %d\n", (int)session);
}

static void on_writable(void *owner, struct dest_transport *dest)
{
    (void)dest;
    note(owner, "writable\n");
}

static void on_unreachable(void *owner, struct dest_transport *dest, int code, const char *detail)
{
    (void)dest;
    note(owner, "unreachable %s %s\n", actr_errname(code), detail);
}

static void on_wire(void *owner, struct dest_transport *dest, uint64_t session, int code,
                    const char *detail)
{
    (void)dest;
    if (code == 0)
        note(owner, "up %d\n", (int)session);
    else
        note(owner, "down %d %s %s\n", (int)session, actr_errname(code), detail);
}

static void on_closed(void *owner)
{
    struct rig *rig = owner;
    if (dest_transport_user(rig->dest))
        dest_transport_set_user(rig->dest, NULL);
}

static void on_stall(void *owner, struct dest_transport *dest, uint64_t session)
{
    struct rig *rig = owner;
    assert_ptr_equal(dest, rig->dest);
    assert_int_equal(dest_transport_stalled(dest), session);
    rig->stalls++;
}

static const struct lane_events events = {
    .on_message = on_message,
    .on_ready = on_ready,
    .on_proven = on_proven,
    .on_writable = on_writable,
    .on_stall = on_stall,
    .on_unreachable = on_unreachable,
    .on_wire = on_wire,
    .on_closed = on_closed,
};

static void rig_open(struct rig *rig, size_t kinds)
{
    *rig = (struct rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->all.loop = rig->loop;
    fake_dialer_init(&rig->rtc, &rig->all, WIRE_WEBRTC);
    fake_dialer_init(&rig->ws, &rig->all, WIRE_WEBSOCKET);
    rig->dialers[0] = kinds == 2 ? &rig->rtc.base : &rig->ws.base;
    rig->dialers[1] = &rig->ws.base;
    const struct peer_transport_options options = {
        .loop = rig->loop,
        .dialers = rig->dialers,
        .dialer_count = kinds,
        .events = &events,
        .owner = rig,
    };
    rig->transport = peer_transport_new(&options);
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &rig->peer), 0);
    assert_int_equal(peer_transport_dest(rig->transport, &rig->peer, &rig->dest), 0);
    dest_transport_set_user(rig->dest, rig);
}

static void rig_settle(struct rig *rig)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop));
}

static void rig_close(struct rig *rig)
{
    peer_transport_close(rig->transport);
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
    loop_virtual_close(rig->loop);
}

/* The wire of the slot, dialled and ready. */
static struct fake_wire *rig_connect(struct rig *rig, size_t slot)
{
    uint64_t session;
    bool proven;
    dest_transport_connect(rig->dest, &session, &proven);
    struct fake_wire *wire = rig->all.wires[rig->all.count - rig->rtc.dials - 1 + slot];
    fake_wire_ready(wire);
    return wire;
}

static struct fake_wire *rig_accept(struct rig *rig)
{
    struct fake_wire *wire = fake_wire_new(&rig->all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &rig->peer);
    peer_transport_accept(rig->transport, &wire->base);
    rig_settle(rig);
    return wire;
}

static int reply(struct rig *rig, uint64_t session, const char *text)
{
    return dest_transport_send_session(rig->dest, session, ACTR_RPC_RELIABLE, actr_bytes_str(text));
}

static void expect_sent(const struct fake_wire *wire, size_t index, const char *hex)
{
    uint8_t buf[128];
    size_t len = harness_hex(hex, buf, sizeof(buf));
    assert_true(index < wire->sent_count);
    assert_int_equal(wire->sent[index].len, len);
    assert_memory_equal(wire->sent[index].ptr, buf, len);
}

TEST(connecting_tells_when_the_wire_is_there)
{
    struct rig rig;
    uint64_t session = 0;
    bool proven = true;
    rig_open(&rig, 1);
    assert_false(dest_transport_connect(rig.dest, &session, &proven));
    fake_wire_ready(fake_wires_last(&rig.all));
    expect(&rig, "up 1\nready 1\n");
    assert_true(dest_transport_connect(rig.dest, &session, &proven));
    assert_int_equal(session, 1);
    assert_false(proven);
    fake_wire_prove(fake_wires_last(&rig.all));
    expect(&rig, "proven 1\n");
    assert_true(dest_transport_connect(rig.dest, &session, &proven));
    assert_true(proven);
    rig_close(&rig);
}

TEST(sending_frames_for_a_websocket)
{
    struct rig rig;
    rig_open(&rig, 1);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, actr_bytes_str("early")),
                     ACTR_EUNAVAILABLE);
    struct fake_wire *wire = rig_connect(&rig, 0);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_SIGNAL, actr_bytes_str("hi")), 0);
    expect_sent(wire, 0, "01000000026869");
    assert_int_equal(wire->channels[0], 0);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_MEDIA_RTP, actr_bytes_str("rtp")),
                     ACTR_EINVALID);
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_out, 1);
    rig_close(&rig);
}

TEST(a_wire_with_channels_carries_fragments)
{
    struct rig rig;
    rig_open(&rig, 2);
    struct fake_wire *wire = rig_connect(&rig, 0);
    assert_int_equal(wire->base.kind, WIRE_WEBRTC);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_STREAM_LATENCY_FIRST, actr_bytes_str("hi")),
                     0);
    expect_sent(wire, 0, "00000000000000016869");
    assert_int_equal(wire->channels[0], 3);
    rig.log[0] = '\0';
    fake_wire_deliver(wire, 1, actr_bytes_copy(actr_view_of("\0\0\0\7\0\0\0\1answer", 14)));
    expect(&rig, "message 1 verified type 1: answer\n");
    fake_wire_deliver(wire, 0, actr_bytes_copy(actr_view_of("\0\0\0\7\0\1\0\2wer", 11)));
    expect(&rig, "");
    fake_wire_deliver(wire, 0, actr_bytes_copy(actr_view_of("\0\0\0\7\0\0\0\2ans", 11)));
    expect(&rig, "message 1 verified type 0: answer\n");
    fake_wire_deliver(wire, 9, actr_bytes_str("nowhere")); /* no such lane */
    fake_wire_deliver(wire, 2, actr_bytes_str("short"));
    expect(&rig, "");
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_dropped, 2);
    rig_close(&rig);
}

TEST(requests_leave_by_dialled_wires_only)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *accepted = rig_accept(&rig);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, actr_bytes_str("hi")),
                     ACTR_EUNAVAILABLE);
    assert_int_equal(accepted->sent_count, 0);
    rig_close(&rig);
}

TEST(messages_say_whether_their_sender_is_verified)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *dialled = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    expect(&rig, "up 1\nready 1\nup 2\n");
    uint8_t frame[] = {0, 0, 0, 0, 1, 'x', 'y'};
    fake_wire_deliver(dialled, 0, actr_bytes_copy(actr_view_of(frame, 7)));
    frame[0] = 1;
    fake_wire_deliver(accepted, 0, actr_bytes_copy(actr_view_of(frame, 6)));
    expect(&rig, "message 1 type 0: x\nmessage 2 verified type 1: x\n");
    rig_close(&rig);
}

TEST(broken_frames_are_counted_and_the_wire_is_kept)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *accepted = rig_accept(&rig);
    fake_wire_deliver(accepted, 0, actr_bytes_str("\1"));
    fake_wire_deliver(accepted, 0, actr_bytes_str("\5aaaa"));
    assert_int_equal(accepted->base.state, WIRE_READY);
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_dropped, 2);
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_in, 0);
    rig_close(&rig);
}

TEST(a_reply_takes_the_wire_its_request_came_by)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *first = rig_accept(&rig), *second = rig_accept(&rig);
    assert_int_equal(reply(&rig, first->base.session, "a"), 0);
    assert_int_equal(reply(&rig, second->base.session, "b"), 0);
    expect_sent(first, 0, "000000000161");
    expect_sent(second, 0, "000000000162");
    rig_close(&rig);
}

TEST(a_reply_whose_wire_has_gone_takes_another_to_the_same_peer)
{
    struct rig rig;
    rig_open(&rig, 1);
    assert_int_equal(reply(&rig, 99, "nobody"), ACTR_EUNAVAILABLE);
    struct fake_wire *dialled = rig_connect(&rig, 0);
    assert_int_equal(reply(&rig, 99, "a"), 0);
    assert_int_equal(dialled->sent_count, 1);
    struct fake_wire *accepted = rig_accept(&rig);
    assert_int_equal(reply(&rig, 99, "b"), 0);
    assert_int_equal(accepted->sent_count, 1);
    assert_int_equal(reply(&rig, dialled->base.session, "c"), 0);
    assert_int_equal(dialled->sent_count, 2);
    assert_int_equal(rig.ws.dials, 1);
    rig_close(&rig);
}

TEST(a_stalled_wire_is_told_and_carries_only_answers)
{
    struct rig rig;
    uint64_t session;
    bool is_proven;
    rig_open(&rig, 2);
    struct fake_wire *rtc = rig_connect(&rig, 0);
    rig_settle(&rig);
    fake_wire_stall(rtc, true);
    assert_int_equal(rig.stalls, 1);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, actr_bytes_str("question")),
                     ACTR_EUNAVAILABLE);
    assert_int_equal(dest_transport_send_session(rig.dest, rtc->base.session, ACTR_RPC_RELIABLE,
                                                 actr_bytes_str("answer")),
                     0);
    assert_int_equal(rtc->sent_count, 1);
    fake_wire_stall(rtc, false);
    assert_int_equal(rig.stalls, 1);
    assert_true(dest_transport_connect(rig.dest, &session, &is_proven));
    rig_close(&rig);
}

TEST(when_an_accepted_wire_is_lost_the_dialled_one_is_asked)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *dialled = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    rig_settle(&rig);
    fake_wire_end(accepted, ACTR_EUNAVAILABLE, "reset", false);
    assert_int_equal(dialled->probes, 1);
    rig_close(&rig);
}

TEST(an_accepted_wire_reads_once_it_was_told_of)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *wire = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &rig.peer);
    peer_transport_accept(rig.transport, &wire->base);
    assert_false(wire->is_reading);
    expect(&rig, "");
    rig_settle(&rig);
    assert_true(wire->is_reading);
    expect(&rig, "up 1\n");
    rig_close(&rig);
}

TEST(an_accepted_wire_lost_before_it_was_told_of_is_never_told_of)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *wire = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &rig.peer);
    peer_transport_accept(rig.transport, &wire->base);
    fake_wire_end(wire, ACTR_EUNAVAILABLE, "gone", false);
    rig_settle(&rig);
    expect(&rig, "");
    rig_close(&rig);
}

TEST(a_wire_that_carries_both_is_read_while_answers_are_awaited)
{
    struct rig rig;
    rig_open(&rig, 2);
    struct fake_wire *rtc = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    assert_int_equal(rtc->base.kind, WIRE_WEBRTC);
    dest_transport_read(rig.dest, false);
    assert_false(rtc->is_reading);
    assert_false(accepted->is_reading);
    dest_transport_await(rig.dest, true);
    assert_true(rtc->is_reading);
    assert_false(accepted->is_reading);
    dest_transport_read(rig.dest, false); /* once more is no other word */
    assert_true(rtc->is_reading);
    dest_transport_await(rig.dest, false);
    assert_false(rtc->is_reading);
    dest_transport_await(rig.dest, true);
    dest_transport_read(rig.dest, true);
    dest_transport_await(rig.dest, false);
    assert_true(rtc->is_reading);
    rig_close(&rig);
}

TEST(pausing_a_peer_stops_its_requests_and_not_our_answers)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *dialled = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    dest_transport_read(rig.dest, false);
    assert_true(dialled->is_reading);
    assert_false(accepted->is_reading);
    struct fake_wire *later = rig_accept(&rig);
    assert_false(later->is_reading);
    dest_transport_read(rig.dest, true);
    assert_true(accepted->is_reading);
    assert_true(later->is_reading);
    dest_transport_read(rig.dest, false);
    peer_transport_read_all(rig.transport);
    assert_true(accepted->is_reading);
    rig_close(&rig);
}

TEST(a_peer_that_does_not_read_its_answers_is_not_read_from)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *slow = rig_accept(&rig), *other = rig_accept(&rig);
    slow->says_full = true;
    assert_int_equal(reply(&rig, slow->base.session, "a"), 0);
    assert_false(slow->is_reading);
    assert_true(other->is_reading);
    dest_transport_read(rig.dest, false);
    dest_transport_read(rig.dest, true);
    assert_false(slow->is_reading);
    dest_transport_read(rig.dest, false);
    fake_wire_writable(slow);
    assert_false(slow->is_reading); /* the mailbox still says no */
    dest_transport_read(rig.dest, true);
    assert_true(slow->is_reading);
    expect(&rig, "up 1\nup 2\n");
    rig_close(&rig);
}

TEST(a_fifth_connection_closes_the_one_silent_longest)
{
    struct rig rig;
    struct fake_wire *wires[5];
    rig_open(&rig, 1);
    for (int i = 0; i < 4; i++)
        wires[i] = rig_accept(&rig);
    fake_wire_deliver(wires[0], 0, actr_bytes_copy(actr_view_of("\0\0\0\0\0", 5)));
    assert_int_equal(reply(&rig, wires[1]->base.session, "a"), 0);
    wires[4] = rig_accept(&rig);
    assert_null(rig.all.wires[2]);
    for (int i = 0; i < 5; i++)
        assert_int_equal(i == 2 || wires[i]->base.state == WIRE_READY, true);
    assert_non_null(strstr(rig.log, "down 3 ACTR_ECANCELED another connection"));
    rig_close(&rig);
}

TEST(a_newer_connection_does_not_displace_an_older_one)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *old = rig_accept(&rig);
    rig_accept(&rig);
    assert_int_equal(reply(&rig, old->base.session, "a"), 0);
    assert_int_equal(old->sent_count, 1);
    rig_close(&rig);
}

TEST(full_is_told_to_the_sender_and_writable_too)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *wire = rig_connect(&rig, 0);
    wire->says_full = true;
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, actr_bytes_str("a")),
                     LANE_FULL);
    rig.log[0] = '\0';
    fake_wire_writable(wire);
    expect(&rig, "writable\n");
    rig_close(&rig);
}

TEST(a_failed_message_is_an_error_and_leaves_the_wire)
{
    struct rig rig;
    struct actr_bytes failed = {.ptr = NULL, .len = 1};
    rig_open(&rig, 1);
    struct fake_wire *wire = rig_connect(&rig, 0);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, failed), ACTR_ENOMEM);
    assert_int_equal(
        dest_transport_send_session(rig.dest, wire->base.session, ACTR_RPC_RELIABLE, failed),
        ACTR_ENOMEM);
    assert_int_equal(wire->sent_count, 0);
    rig_close(&rig);
}
