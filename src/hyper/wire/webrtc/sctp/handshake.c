// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The beginning of an association: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK (RFC 9260 §5). Both
 * sides send INIT (§5.2.1); each answers the other's, and whichever exchange is complete first
 * opens it.
 *
 * What INIT carries is what the existing system's parser lives through: only parameters whose type
 * has the top bit set, and nothing is said about those of the peer that we do not know. Our cookie
 * holds what the peer's INIT said and a secret of the association, not a signature: DTLS has said
 * already who the peer is, and whom it might deceive is itself.
 *
 * An INIT of an open association gets its answer if it is the one it was opened with; one with
 * another tag is dropped: SCTP does not start anew inside a living DTLS session. Loop thread. */
#include <string.h>

#include "base/err.h"
#include "hyper/wire/webrtc/sctp/core.h"
#include "sys/crypto.h"

#define SCTP_COOKIE_LEN 36
#define SCTP_INIT_LEN 16 /* of INIT's body, without parameters */
#define SCTP_AGAIN_US 400000
#define SCTP_WINDOW_LEAST 1500 /* RFC 9260 §3.3.2 */

enum sctp_parameter {
    SCTP_STATE_COOKIE = 7,
    SCTP_UNCHECKED = 0x8001,  /* RFC 9653 */
    SCTP_EXTENSIONS = 0x8008, /* RFC 5061 §4.2.7 */
    SCTP_FORWARDS = 0xc000    /* RFC 3758 */
};

#define SCTP_DETECTED_BY_DTLS 1 /* RFC 9653 §8 */

static const uint8_t sctp_handshake_extensions[] = {
    /* Supported extensions: RE-CONFIG, FORWARD-TSN, PAD. */
    0x80, 0x08, 0, 7, SCTP_RE_CONFIG, SCTP_FORWARD_TSN, SCTP_PAD, 0,
    /* FORWARD-TSN. */
    0xc0, 0, 0, 4,
    /* Packets without a checksum are taken. */
    0x80, 0x01, 0, 8, 0, 0, 0, SCTP_DETECTED_BY_DTLS};

/* The body of INIT and INIT ACK; returns its length. */
static size_t sctp_handshake_write(const struct sctp *sctp, uint8_t *body)
{
    sctp_put32(body, sctp->here.tag);
    sctp_put32(body + 4, sctp->options.receive_window);
    sctp_put16(body + 8, SCTP_STREAMS);
    sctp_put16(body + 10, SCTP_STREAMS);
    sctp_put32(body + 12, sctp->here.tsn);
    memcpy(body + SCTP_INIT_LEN, sctp_handshake_extensions, sizeof sctp_handshake_extensions);
    return SCTP_INIT_LEN + sizeof sctp_handshake_extensions;
}

static void sctp_handshake_read_parameter(struct sctp_party *party, uint16_t type,
                                          struct actr_view body)
{
    switch (type) {
    case SCTP_FORWARDS:
        party->has_forward = true;
        break;
    case SCTP_UNCHECKED:
        party->takes_unchecked = body.len == 4 && sctp_get32(body.ptr) == SCTP_DETECTED_BY_DTLS;
        break;
    case SCTP_EXTENSIONS:
        for (size_t i = 0; i < body.len; i++) {
            party->has_forward |= body.ptr[i] == SCTP_FORWARD_TSN;
            party->has_pad |= body.ptr[i] == SCTP_PAD;
        }
        break;
    default:
        break;
    }
}

/* False: it is not to be answered. */
static bool sctp_handshake_read(struct actr_view body, struct sctp_party *ret_party,
                                struct actr_view *ret_cookie)
{
    struct sctp_party party = {0};
    struct actr_view parameter, rest;
    uint16_t type;

    *ret_cookie = (struct actr_view){0};
    if (body.len < SCTP_INIT_LEN)
        return false;
    party.tag = sctp_get32(body.ptr);
    party.window = sctp_get32(body.ptr + 4);
    party.streams_out = sctp_get16(body.ptr + 8);
    party.streams_in = sctp_get16(body.ptr + 10);
    party.tsn = sctp_get32(body.ptr + 12);
    if (party.tag == 0 || party.streams_out == 0 || party.streams_in == 0 ||
        party.window < SCTP_WINDOW_LEAST)
        return false;
    rest = actr_view_of(body.ptr + SCTP_INIT_LEN, body.len - SCTP_INIT_LEN);
    while (sctp_packet_parameter(&rest, &type, &parameter)) {
        if (type == SCTP_STATE_COOKIE)
            *ret_cookie = parameter;
        /* What we need not know and must not pass over ends the list (RFC 9260 §3.2.1). */
        else if (!(type & 0x8000) && type > 12)
            break;
        sctp_handshake_read_parameter(&party, type, parameter);
    }
    *ret_party = party;
    return true;
}

/* ---- INIT and its answer ---- */

static void sctp_handshake_send_init(struct sctp *sctp)
{
    uint8_t body[SCTP_INIT_LEN + sizeof sctp_handshake_extensions];
    sctp_send_chunk(sctp, 0, SCTP_INIT, actr_view_of(body, sctp_handshake_write(sctp, body)));
}

void sctp_handshake_begin(struct sctp *sctp)
{
    do {
        loop_random(sctp->loop, &sctp->here.tag, sizeof sctp->here.tag);
    } while (sctp->here.tag == 0);
    loop_random(sctp->loop, &sctp->here.tsn, sizeof sctp->here.tsn);
    loop_random(sctp->loop, sctp->secret, sizeof sctp->secret);
    sctp->state = SCTP_COOKIE_WAIT;
    sctp->tries = 1;
    sctp->handshake_us = sctp_now(sctp) + SCTP_AGAIN_US;
    sctp_handshake_send_init(sctp);
}

static void sctp_handshake_write_cookie(const struct sctp *sctp, const struct sctp_party *party,
                                        uint8_t cookie[SCTP_COOKIE_LEN])
{
    memset(cookie, 0, SCTP_COOKIE_LEN);
    memcpy(cookie, sctp->secret, sizeof sctp->secret);
    sctp_put32(cookie + 16, party->tag);
    sctp_put32(cookie + 20, party->tsn);
    sctp_put32(cookie + 24, party->window);
    sctp_put16(cookie + 28, party->streams_out);
    sctp_put16(cookie + 30, party->streams_in);
    cookie[32] = (uint8_t)(party->has_forward | party->has_pad << 1 | party->takes_unchecked << 2);
}

static bool sctp_handshake_read_cookie(const struct sctp *sctp, struct actr_view cookie,
                                       struct sctp_party *ret_party)
{
    const uint8_t *at = cookie.ptr;

    if (cookie.len != SCTP_COOKIE_LEN || !crypto_equal(at, sctp->secret, sizeof sctp->secret))
        return false;
    *ret_party = (struct sctp_party){.tag = sctp_get32(at + 16),
                                     .tsn = sctp_get32(at + 20),
                                     .window = sctp_get32(at + 24),
                                     .streams_out = sctp_get16(at + 28),
                                     .streams_in = sctp_get16(at + 30),
                                     .has_forward = at[32] & 1,
                                     .has_pad = at[32] & 2,
                                     .takes_unchecked = at[32] & 4};
    return ret_party->tag != 0 && ret_party->streams_out > 0 && ret_party->streams_in > 0;
}

void sctp_handshake_on_init(struct sctp *sctp, struct actr_view given)
{
    uint8_t body[SCTP_INIT_LEN + sizeof sctp_handshake_extensions + 4 + SCTP_COOKIE_LEN];
    struct sctp_party party;
    struct actr_view cookie;

    if (!sctp_handshake_read(given, &party, &cookie) ||
        (sctp->state == SCTP_UP && party.tag != sctp->there.tag))
        return;
    size_t len = sctp_handshake_write(sctp, body);
    sctp_put16(body + len, SCTP_STATE_COOKIE);
    sctp_put16(body + len + 2, 4 + SCTP_COOKIE_LEN);
    sctp_handshake_write_cookie(sctp, &party, body + len + 4);
    sctp_send_chunk(sctp, party.tag, SCTP_INIT_ACK, actr_view_of(body, sizeof body));
}

/* ---- The cookie ---- */

static void sctp_handshake_send_cookie(struct sctp *sctp)
{
    sctp_send_chunk(sctp, sctp->there.tag, SCTP_COOKIE_ECHO, actr_bytes_view(sctp->cookie));
}

void sctp_handshake_on_init_ack(struct sctp *sctp, struct actr_view body)
{
    struct sctp_party party;
    struct actr_view cookie;

    if (sctp->state != SCTP_COOKIE_WAIT || !sctp_handshake_read(body, &party, &cookie) ||
        cookie.len == 0 || cookie.len > SCTP_COOKIE_MAX)
        return;
    struct actr_bytes kept = actr_bytes_copy(cookie);
    if (actr_bytes_failed(kept))
        return; /* INIT goes out again */
    sctp->cookie = kept;
    sctp->there = party;
    sctp->state = SCTP_COOKIE_ECHOED;
    sctp->tries = 1;
    sctp->handshake_us = sctp_now(sctp) + SCTP_AGAIN_US;
    sctp_handshake_send_cookie(sctp);
}

void sctp_handshake_on_cookie(struct sctp *sctp, struct actr_view cookie)
{
    struct sctp_party party;

    if (!sctp_handshake_read_cookie(sctp, cookie, &party) ||
        (sctp->state == SCTP_UP && party.tag != sctp->there.tag) || !sctp_may_answer(sctp))
        return;
    sctp_send_chunk(sctp, party.tag, SCTP_COOKIE_ACK, (struct actr_view){0});
    if (sctp->state == SCTP_UP)
        return;
    sctp->there = party;
    sctp_open(sctp);
}

void sctp_handshake_on_cookie_ack(struct sctp *sctp)
{
    if (sctp->state == SCTP_COOKIE_ECHOED)
        sctp_open(sctp);
}

void sctp_handshake_tick(struct sctp *sctp)
{
    if (sctp->handshake_us > sctp_now(sctp))
        return;
    if (sctp->tries == SCTP_TRIES_MAX) {
        sctp_end(sctp, ACTR_ETIMEDOUT, "the peer does not open the association");
        return;
    }
    uint64_t pause_us = (uint64_t)SCTP_AGAIN_US << sctp->tries++;
    sctp->handshake_us =
        sctp_now(sctp) +
        (pause_us < SCTP_RTO_MAX_MS * UINT64_C(1000) ? pause_us : SCTP_RTO_MAX_MS * UINT64_C(1000));
    if (sctp->state == SCTP_COOKIE_WAIT)
        sctp_handshake_send_init(sctp);
    else
        sctp_handshake_send_cookie(sctp);
}
