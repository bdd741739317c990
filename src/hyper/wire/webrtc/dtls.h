// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One DTLS 1.2 association (RFC 6347, RFC 8842), either role. Sans I/O: datagrams in, datagrams
 * out, and the deadline of its retransmissions on the caller's clock.
 *
 * Both sides present a certificate; the peer's must match one of the fingerprints of its SDP,
 * compared in constant time, else on_failed. use_srtp is always offered and accepted: the existing
 * system refuses a handshake without it. No datagram of a handshake is larger than DTLS_MTU; one
 * record a datagram. A record that does not authenticate, or that has come before, is dropped and
 * counted. Data that comes before the handshake is complete is dropped too.
 *
 * Loop thread. Events come inside _start(), _receive(), _tick(), _send() and _close(); the owner
 * must not free it inside an event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/certificate.h"

struct dtls;
struct dtls_context;

/* Bytes of UDP payload. A path is taken to carry IP packets of 1200 bytes (RFC 8831 §5), of which
 * IPv4 and UDP have 28 and a TURN channel (RFC 8656 §12.4) 4; one of IPv6 carries 1280 at least. */
#define DTLS_MTU 1168
/* Of a record, at most, with the suites we take, bytes: header 13, nonce 8, tag 16. */
#define DTLS_OVERHEAD 37
/* What one record may carry, when the path takes such datagrams; a peer may send 16,384. */
#define DTLS_PACKET_MAX 16300
#define DTLS_FINGERPRINTS_MAX 4

enum dtls_role { DTLS_CLIENT, DTLS_SERVER };

struct dtls_events {
    void (*send)(void *owner, struct actr_view datagram); /* lent */
    void (*on_open)(void *owner);
    /* Decrypted; lent, writable, at least 4-byte aligned. */
    void (*on_data)(void *owner, struct actr_view bytes);
    /* close_notify of the peer: the session is over. */
    void (*on_closed)(void *owner);
    /* ACTR_EPERMISSION: the fingerprint does not match. ACTR_EUNAVAILABLE, ACTR_ETIMEDOUT
     * (handshake): detail names the alert or the cause. Last event. */
    void (*on_failed)(void *owner, int code, const char *detail);
};

/* What the sessions of a node share (SSL_CTX). ACTR_ENOMEM, ACTR_EINTERNAL. */
int dtls_context_new(struct certificate *certificate,
                     struct dtls_context **ret_context) ACTR_MUST_CHECK;
struct dtls_context *dtls_context_ref(struct dtls_context *context);
struct dtls_context *dtls_context_unref(struct dtls_context *context);

struct dtls_options {
    enum dtls_role role;
    const struct fingerprint *fingerprints; /* copied; 1…DTLS_FINGERPRINTS_MAX, any may match */
    size_t fingerprint_count;
    uint64_t handshake_max_us; /* 0: 30 s */
};

/* ACTR_ENOMEM, ACTR_EINTERNAL. */
int dtls_new(struct dtls_context *context, const struct dtls_options *options,
             const struct dtls_events *events, void *owner, struct dtls **ret_dtls) ACTR_MUST_CHECK;
/* Sends nothing. Returns NULL; NULL is fine. */
struct dtls *dtls_free(struct dtls *dtls);

/* The path is up: the client begins; a server may have received before. */
void dtls_start(struct dtls *dtls, uint64_t now_us);

/* Is it DTLS, by its first byte (RFC 7983 §7)? */
bool dtls_is(struct actr_view datagram);
/* False: nothing in it was for this association (see udp_mux). */
bool dtls_receive(struct dtls *dtls, struct actr_view datagram, uint64_t now_us);

bool dtls_is_open(const struct dtls *dtls);
/* Encrypts and sends one record: a datagram of bytes.len + DTLS_OVERHEAD at most, which the caller
 * knows to fit the path. 0, ACTR_ESTATE (not open), ACTR_EINVALID (empty, over DTLS_PACKET_MAX),
 * ACTR_EUNAVAILABLE (2^48 records have been sent: the session must end), ACTR_EINTERNAL. */
int dtls_send(struct dtls *dtls, struct actr_view bytes) ACTR_MUST_CHECK;
/* Sends close_notify. */
void dtls_close(struct dtls *dtls);

/* Retransmits what is due; returns when to come again (UINT64_MAX: never). */
uint64_t dtls_tick(struct dtls *dtls, uint64_t now_us);
uint64_t dtls_deadline(const struct dtls *dtls);

struct dtls_stats {
    uint64_t records_in, records_out;
    uint64_t dropped; /* records: did not authenticate, malformed, replayed */
    uint64_t retransmissions;
    bool is_fallback; /* open, with records by OpenSSL: it gave no keys for our own */
};
void dtls_get_stats(const struct dtls *dtls, struct dtls_stats *ret_stats);
