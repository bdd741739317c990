// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Streams are reset, to be used for another data channel, and added by the peer (RFC 6525).
 *
 * One request of ours is under way at a time; it leaves again until it is answered. A reset waits
 * until all messages of its stream have left. The peer's reset waits until all that it sent before
 * has come; then it is done and answered at once. What a peer may ask beside that (of us to reset
 * our side, to add streams of ours, to restart all numbers) is denied: data channels do not need
 * it. What the peer denies of ours is over too, but the numbers of the stream go on. We never ask
 * for streams, but have as many from the beginning as we ever use: to libwebrtc the number at the
 * beginning is the limit, and Pion drops the packet that such a request is in.
 *
 * Bounds: SCTP_RESET_MAX streams a request; while more is held than twice the window the peer's are
 * put off. Loop thread. */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/sctp/core.h"

#define SCTP_RESET_MAX 128
#define SCTP_PARAMETERS_MAX 2 /* of a chunk (RFC 6525 §3.1) */

enum sctp_request {
    SCTP_RESET_OUTGOING = 13,
    SCTP_RESET_INCOMING = 14,
    SCTP_RESET_ALL = 15,
    SCTP_RESPONSE = 16,
    SCTP_ADD_OUTGOING = 17,
    SCTP_ADD_INCOMING = 18
};

enum sctp_result {
    SCTP_RESULT_NOTHING = 0,
    SCTP_RESULT_DONE = 1,
    SCTP_RESULT_DENIED = 2,
    SCTP_RESULT_WRONG_STREAM = 3,
    SCTP_RESULT_BAD_NUMBER = 5,
    SCTP_RESULT_IN_PROGRESS = 6
};

void sctp_reconfig_init(struct sctp_reconfig *reconfig, uint32_t request, uint32_t expected)
{
    reconfig->request = request;
    reconfig->expected = expected;
    reconfig->due_us = SCTP_NEVER;
    reconfig->result = SCTP_RESULT_BAD_NUMBER;
}

/* ---- Requests of the peer ---- */

static void sctp_reconfig_respond(struct sctp *sctp, uint32_t number, uint32_t result)
{
    uint8_t body[12];

    sctp_put16(body, SCTP_RESPONSE);
    sctp_put16(body + 2, sizeof body);
    sctp_put32(body + 4, number);
    sctp_put32(body + 8, result);
    sctp_send_chunk(sctp, sctp->there.tag, SCTP_RE_CONFIG, actr_view_of(body, sizeof body));
}

static void sctp_reconfig_do_reset(struct sctp *sctp)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;

    reconfig->has_peer_request = false;
    reconfig->result = SCTP_RESULT_DONE;
    sctp_delivery_reset(sctp, bytes_take(&reconfig->peer_streams));
}

void sctp_reconfig_on_progress(struct sctp *sctp)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;

    if (!reconfig->has_peer_request || sctp_after(reconfig->peer_tsn, sctp->incoming.last))
        return;
    sctp_reconfig_do_reset(sctp);
    sctp_reconfig_respond(sctp, reconfig->expected - 1, reconfig->result);
}

static uint32_t sctp_reconfig_on_reset(struct sctp *sctp, struct actr_view body)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;
    uint8_t *data = NULL;

    if (body.len < 12 || body.len % 2 != 0)
        return SCTP_RESULT_DENIED;
    size_t len = body.len - 12;
    for (size_t at = 0; at < len; at += 2) {
        if (sctp_get16(body.ptr + 12 + at) >= sctp->here.streams_in)
            return SCTP_RESULT_WRONG_STREAM;
    }
    struct actr_bytes streams = len > 0 ? bytes_new(len, &data) : (struct actr_bytes){0};
    if (actr_bytes_failed(streams))
        return SCTP_RESULT_DENIED;
    for (size_t at = 0; at < len; at += 2) {
        uint16_t stream = sctp_get16(body.ptr + 12 + at);
        memcpy(data + at, &stream, sizeof stream);
    }
    actr_bytes_unref(reconfig->peer_streams);
    reconfig->peer_streams = streams;
    reconfig->peer_tsn = sctp_get32(body.ptr + 8);
    reconfig->has_peer_request = true;
    if (sctp_after(reconfig->peer_tsn, sctp->incoming.last))
        return SCTP_RESULT_IN_PROGRESS;
    sctp_reconfig_do_reset(sctp);
    return SCTP_RESULT_DONE;
}

static uint32_t sctp_reconfig_on_add(struct sctp *sctp, struct actr_view body)
{
    uint32_t count = body.len < 8 ? 0 : sctp_get16(body.ptr + 4);

    if (count == 0 || sctp->here.streams_in + count > SCTP_STREAMS)
        return SCTP_RESULT_DENIED;
    sctp->here.streams_in = (uint16_t)(sctp->here.streams_in + count);
    return SCTP_RESULT_DONE;
}

static void sctp_reconfig_on_request(struct sctp *sctp, uint16_t type, struct actr_view body)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;

    if (body.len < 4 || !sctp_may_answer(sctp))
        return;
    uint32_t number = sctp_get32(body.ptr);
    /* Who does not read is not told of resets without end: it is asked again. */
    if (number == reconfig->expected &&
        sctp->delivery.held > 2 * (size_t)sctp->options.receive_window) {
        sctp_reconfig_respond(sctp, number, SCTP_RESULT_IN_PROGRESS);
        return;
    }
    if (number == reconfig->expected) {
        reconfig->expected++;
        /* One before it that has not been done is forgotten by the peer. */
        reconfig->has_peer_request = false;
        if (type == SCTP_RESET_OUTGOING)
            reconfig->result = sctp_reconfig_on_reset(sctp, body);
        else if (type == SCTP_ADD_OUTGOING)
            reconfig->result = sctp_reconfig_on_add(sctp, body);
        else
            reconfig->result = SCTP_RESULT_DENIED;
    } else if (number != reconfig->expected - 1) {
        sctp_reconfig_respond(sctp, number, SCTP_RESULT_BAD_NUMBER);
        return;
    }
    sctp_reconfig_respond(sctp, number, reconfig->result);
}

/* ---- Requests of ours ---- */

static void sctp_reconfig_finish(struct sctp *sctp, uint32_t result)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;
    struct actr_bytes streams;

    reconfig->body_len = 0;
    reconfig->due_us = SCTP_NEVER;
    reconfig->is_due = false;
    reconfig->request++;
    uint8_t *data;
    streams = bytes_new(2 * reconfig->stream_count, &data);
    for (size_t i = 0; i < reconfig->stream_count; i++) {
        uint16_t stream = sctp_get16(reconfig->body + 16 + 2 * i);
        if (result <= SCTP_RESULT_DONE && stream < sctp->ssn_count)
            sctp->ssns[stream] = 0;
        if (!actr_bytes_failed(streams))
            memcpy(data + 2 * i, &stream, sizeof stream);
    }
    sctp_delivery_tell(sctp, SCTP_EVENT_RESET, false, streams);
}

static void sctp_reconfig_on_response(struct sctp *sctp, struct actr_view body)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;

    if (body.len < 8 || reconfig->body_len == 0 || sctp_get32(body.ptr) != reconfig->request)
        return;
    uint32_t result = sctp_get32(body.ptr + 4);
    if (result == SCTP_RESULT_IN_PROGRESS)
        reconfig->tries = 0; /* it is asked again, with patience */
    else
        sctp_reconfig_finish(sctp, result);
}

void sctp_reconfig_on_chunk(struct sctp *sctp, struct actr_view body)
{
    struct actr_view parameter;
    uint16_t type;

    for (int i = 0; i < SCTP_PARAMETERS_MAX && sctp->state == SCTP_UP; i++) {
        if (!sctp_packet_parameter(&body, &type, &parameter))
            return;
        if (type == SCTP_RESPONSE)
            sctp_reconfig_on_response(sctp, parameter);
        else if (type >= SCTP_RESET_OUTGOING && type <= SCTP_ADD_INCOMING)
            sctp_reconfig_on_request(sctp, type, parameter);
    }
}

int sctp_reconfig_reset(struct sctp *sctp, uint16_t stream)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;

    for (size_t i = 0; i < reconfig->wanted_count; i++) {
        if (reconfig->wanted[i] == stream)
            return 0;
    }
    if (reconfig->wanted_count == reconfig->wanted_cap) {
        size_t cap = reconfig->wanted_cap ? 2 * reconfig->wanted_cap : 8;
        uint16_t *wanted = mem_resize(reconfig->wanted, cap * sizeof *wanted);
        if (!wanted)
            return err_origin(ACTR_ENOMEM, "sctp: no memory");
        reconfig->wanted = wanted;
        reconfig->wanted_cap = cap;
    }
    reconfig->wanted[reconfig->wanted_count++] = stream;
    return 0;
}

static void sctp_reconfig_begin(struct sctp_reconfig *reconfig, size_t len)
{
    sctp_put16(reconfig->body, SCTP_RESET_OUTGOING);
    sctp_put16(reconfig->body + 2, (uint16_t)len);
    sctp_put32(reconfig->body + 4, reconfig->request);
    reconfig->body_len = len;
    reconfig->is_due = true;
    reconfig->tries = 0;
}

/* What of the stream is in flight belongs to it as it was. */
static void sctp_reconfig_part_with(struct sctp_flight *flight, uint16_t stream)
{
    for (uint32_t tsn = flight->first; tsn != flight->next; tsn++) {
        struct sctp_outgoing *message = sctp_flight_at(flight, tsn)->message;
        if (message->stream != stream || message->is_past)
            continue;
        message->is_past = true;
        message->past_tsn = flight->next - 1;
    }
}

/* Streams whose messages have all left. */
static void sctp_reconfig_begin_reset(struct sctp *sctp)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;
    size_t kept = 0, count = 0;

    for (size_t i = 0; i < reconfig->wanted_count; i++) {
        uint16_t stream = reconfig->wanted[i];
        if (count == SCTP_RESET_MAX || sctp_outgoing_has(sctp, stream)) {
            reconfig->wanted[kept++] = stream;
            continue;
        }
        sctp_put16(reconfig->body + 16 + 2 * count++, stream);
        sctp_reconfig_part_with(&sctp->flight, stream);
    }
    reconfig->wanted_count = kept;
    reconfig->stream_count = count;
    if (count == 0)
        return;
    sctp_reconfig_begin(reconfig, 16 + 2 * count);
    sctp_put32(reconfig->body + 8, reconfig->expected - 1);
    sctp_put32(reconfig->body + 12, sctp->flight.next - 1);
}

void sctp_reconfig_run(struct sctp *sctp)
{
    const struct sctp_reconfig *reconfig = &sctp->reconfig;

    if (reconfig->body_len == 0 && reconfig->wanted_count > 0)
        sctp_reconfig_begin_reset(sctp);
}

void sctp_reconfig_write(struct sctp *sctp, struct sctp_writer *writer)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;

    if (!reconfig->is_due || sctp_writer_room(writer) < reconfig->body_len)
        return;
    memcpy(sctp_writer_chunk(writer, SCTP_RE_CONFIG, 0, reconfig->body_len), reconfig->body,
           reconfig->body_len);
    reconfig->is_due = false;
    reconfig->due_us = sctp_now(sctp) + (sctp_flight_timeout(sctp) << reconfig->tries);
    if (reconfig->tries < 4)
        reconfig->tries++;
}

void sctp_reconfig_tick(struct sctp *sctp)
{
    struct sctp_reconfig *reconfig = &sctp->reconfig;

    if (reconfig->due_us > sctp_now(sctp))
        return;
    reconfig->due_us = SCTP_NEVER;
    reconfig->is_due = true;
}

void sctp_reconfig_clear(struct sctp *sctp)
{
    mem_free(sctp->reconfig.wanted);
    actr_bytes_unref(sctp->reconfig.peer_streams);
}
