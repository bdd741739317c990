// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* record_us_*: what it costs to seal a packet on one side of a DTLS association and to open it on
 * the other, in memory. Baseline: the same by OpenSSL's own sessions, SSL_write and SSL_read, with
 * its memory BIOs between them. Time is the processor's for this thread, of the best batch: it is
 * what a packet takes, whatever else the machine does.
 *
 * record_idle_kb: memory of the C library's heap that one open association takes. Baseline: one of
 * OpenSSL's sessions after the same handshake. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ssl.h>

#include "bench.h"
#include "hyper/wire/webrtc/dtls.h"

#define BATCHES 20
#define PACKETS 2000 /* of a batch */
#define IDLE 200
#define PLAIN_MAX 16384

static uint8_t content[16000];

static double spent_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* us of one packet, in the fastest of BATCHES; negative: one did not arrive. */
static double best_us(bool (*one)(void *link, size_t len), void *link, size_t len)
{
    double best = -1;
    for (int batch = 0; batch < BATCHES; batch++) {
        double begin = spent_us();
        for (int i = 0; i < PACKETS; i++) {
            if (!one(link, len))
                return -1;
        }
        double us = (spent_us() - begin) / PACKETS;
        if (best < 0 || us < best)
            best = us;
    }
    return best;
}

/* ---- Ours ---- */

struct side {
    struct dtls *dtls;
    struct side *peer;
    size_t head, tail;
    struct {
        size_t len;
        uint8_t bytes[1200];
    } queue[64];
    uint8_t record[sizeof content + 64];
    size_t record_len, arrived;
};

static void on_send(void *owner, struct actr_view datagram)
{
    struct side *side = owner;
    if (dtls_is_open(side->dtls)) {
        memcpy(side->record, datagram.ptr, datagram.len);
        side->record_len = datagram.len;
    } else if (side->tail < 64) {
        memcpy(side->queue[side->tail].bytes, datagram.ptr, datagram.len);
        side->queue[side->tail++].len = datagram.len;
    }
}

static void on_open(void *owner)
{
}

static void on_data(void *owner, struct actr_view bytes)
{
    ((struct side *)owner)->arrived += bytes.len;
}

static void on_closed(void *owner)
{
}

static void on_failed(void *owner, int code, const char *detail)
{
    fprintf(stderr, "record: %s\n", detail);
}

static const struct dtls_events events = {on_send, on_open, on_data, on_closed, on_failed};

static bool hand_over(struct side *from)
{
    if (from->head == from->tail)
        return false;
    size_t at = from->head++;
    dtls_receive(from->peer->dtls, actr_view_of(from->queue[at].bytes, from->queue[at].len),
                 1000000);
    return true;
}

/* Both open, or nothing. */
static bool pair_begin(struct side sides[2], struct dtls_context *context,
                       const struct fingerprint *fingerprint)
{
    memset(sides, 0, 2 * sizeof *sides);
    for (int i = 0; i < 2; i++) {
        struct dtls_options options = {.role = i == 0 ? DTLS_CLIENT : DTLS_SERVER,
                                       .fingerprints = fingerprint,
                                       .fingerprint_count = 1};
        sides[i].peer = &sides[!i];
        if (dtls_new(context, &options, &events, &sides[i], &sides[i].dtls) < 0)
            return false;
    }
    dtls_start(sides[1].dtls, 1000000);
    dtls_start(sides[0].dtls, 1000000);
    while (hand_over(&sides[0]) || hand_over(&sides[1]))
        ;
    return dtls_is_open(sides[0].dtls) && dtls_is_open(sides[1].dtls);
}

static bool ours_one(void *link, size_t len)
{
    struct side *sides = link;
    size_t before = sides[1].arrived;

    return dtls_send(sides[0].dtls, actr_view_of(content, len)) == 0 &&
           dtls_receive(sides[1].dtls, actr_view_of(sides[0].record, sides[0].record_len),
                        1000000) &&
           sides[1].arrived == before + len;
}

static double ours_us(struct certificate *certificate, size_t len)
{
    static struct side sides[2];
    struct dtls_context *context;
    double us = -1;

    if (dtls_context_new(certificate, &context) < 0)
        return -1;
    if (pair_begin(sides, context, certificate_fingerprint(certificate)))
        us = best_us(ours_one, sides, len);
    dtls_free(sides[0].dtls);
    dtls_free(sides[1].dtls);
    dtls_context_unref(context);
    return us;
}

/* ---- OpenSSL's ---- */

static int accept_any(int is_verified, X509_STORE_CTX *store)
{
    return 1;
}

static SSL_CTX *bare_context(const struct certificate *certificate)
{
    SSL_CTX *context = SSL_CTX_new(DTLS_method());

    if (!context || certificate_install(certificate, context) < 0)
        return NULL;
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    return context;
}

static bool bare_begin(SSL *ssl[2], SSL_CTX *context)
{
    BIO *wires[2] = {BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};

    for (int i = 0; i < 2; i++) {
        ssl[i] = SSL_new(context);
        if (!ssl[i] || !wires[0] || !wires[1])
            return false;
        BIO_set_mem_eof_return(wires[i], -1);
    }
    for (int i = 0; i < 2; i++) {
        BIO_up_ref(wires[!i]);
        SSL_set_bio(ssl[i], wires[i], wires[!i]);
        SSL_set_mtu(ssl[i], DTLS_MTU);
    }
    BIO_up_ref(wires[0]);
    BIO_up_ref(wires[1]);
    SSL_set_connect_state(ssl[0]);
    SSL_set_accept_state(ssl[1]);
    for (int i = 0; i < 20 && !(SSL_is_init_finished(ssl[0]) && SSL_is_init_finished(ssl[1])); i++)
        SSL_do_handshake(ssl[i % 2]);
    BIO_free(wires[0]);
    BIO_free(wires[1]);
    return SSL_is_init_finished(ssl[0]) && SSL_is_init_finished(ssl[1]);
}

static bool bare_one(void *link, size_t len)
{
    static uint8_t plain[PLAIN_MAX];
    SSL **ssl = link;

    return SSL_write(ssl[0], content, (int)len) == (int)len &&
           SSL_read(ssl[1], plain, sizeof plain) == (int)len;
}

static double bare_us(const struct certificate *certificate, size_t len)
{
    SSL_CTX *context = bare_context(certificate);
    SSL *ssl[2] = {0};
    double us = -1;

    if (context && bare_begin(ssl, context))
        us = best_us(bare_one, ssl, len);
    SSL_free(ssl[0]);
    SSL_free(ssl[1]);
    SSL_CTX_free(context);
    return us;
}

/* ---- Cases ---- */

static bool measure(size_t len, struct bench_sample *ret_sample)
{
    struct certificate *certificate;

    if (certificate_new(1800000000, &certificate) < 0)
        return false;
    ret_sample->baseline = bare_us(certificate, len);
    ret_sample->value = ours_us(certificate, len);
    certificate_unref(certificate);
    return ret_sample->value > 0 && ret_sample->baseline > 0;
}

static bool run_small(struct bench_sample *ret_sample)
{
    return measure(1131, ret_sample);
}

static bool run_large(struct bench_sample *ret_sample)
{
    return measure(sizeof content, ret_sample);
}

static double heap_kb(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd) / 1024;
}

static bool idle_ours(struct certificate *certificate, double *ret_kb)
{
    static struct side sides[2];
    static struct dtls *kept[2 * IDLE];
    struct dtls_context *context;
    bool is_open = true;

    if (dtls_context_new(certificate, &context) < 0)
        return false;
    double before = heap_kb();
    for (int i = 0; i < IDLE; i++) {
        is_open = pair_begin(sides, context, certificate_fingerprint(certificate)) && is_open;
        kept[2 * i] = sides[0].dtls;
        kept[2 * i + 1] = sides[1].dtls;
    }
    *ret_kb = (heap_kb() - before) / (2 * IDLE);
    for (int i = 0; i < 2 * IDLE; i++)
        dtls_free(kept[i]);
    dtls_context_unref(context);
    return is_open;
}

static bool idle_bare(const struct certificate *certificate, double *ret_kb)
{
    static SSL *kept[IDLE][2];
    SSL_CTX *context = bare_context(certificate);
    bool is_open = context != NULL;

    double before = heap_kb();
    for (int i = 0; i < IDLE && is_open; i++)
        is_open = bare_begin(kept[i], context);
    *ret_kb = (heap_kb() - before) / (2 * IDLE);
    for (int i = 0; i < IDLE; i++) {
        SSL_free(kept[i][0]);
        SSL_free(kept[i][1]);
    }
    SSL_CTX_free(context);
    return is_open;
}

static bool run_idle(struct bench_sample *ret_sample)
{
    struct certificate *certificate;

    if (certificate_new(1800000000, &certificate) < 0)
        return false;
    bool is_done =
        idle_bare(certificate, &ret_sample->baseline) && idle_ours(certificate, &ret_sample->value);
    certificate_unref(certificate);
    return is_done;
}

const struct bench_case bench_record[] = {
    {"record_us_1131", "a packet of 1,131 bytes sealed and opened; baseline: OpenSSL's sessions",
     "us", BENCH_RATIO_MAX, 0.9, 9, true, run_small},
    {"record_us_16k", "a packet of 16,000 bytes sealed and opened; baseline: OpenSSL's sessions",
     "us", BENCH_RATIO_MAX, 0.95, 9, true, run_large},
    {"record_idle_kb", "heap of an open association; baseline: an open session of OpenSSL", "KB",
     BENCH_RATIO_MAX, 0.25, 3, true, run_idle},
    {0},
};
