// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The handshake by OpenSSL, with a BIO between; then records of our own (dtls_record), and
 * OpenSSL's session is freed. docs/adr/0017-dtls-records.md says why.
 *
 * The seam: data that comes before the handshake is complete is dropped, so only one side of it
 * ever opens data and knows what came before. Afterwards one thing is left of the handshake: who
 * has not got the last flight sends its Finished again, and a server answers (dtls_flight). When
 * OpenSSL gives no keys, or they are proven wrong, its session goes on (is_fallback).
 *
 * Time: OpenSSL's timer reads the wall clock in every read, so it cannot be told when to expire.
 * dtls_on_timer() notes the same on the caller's clock; when the two disagree at the deadline (the
 * wall clock was set back), it is looked at again every DTLS_CLOCKS_US.
 *
 * One record a datagram; OpenSSL's flights are taken apart. A cookie (RFC 6347 §4.2.1), although
 * ICE has verified the path: whoever takes part in ICE may give a victim's address. It is random,
 * of the association. Buffers of a handshake are bounded by OpenSSL: 100 records, messages 10
 * ahead.
 *
 * Loop thread. Must never leave anything in OpenSSL's error queue, and never be freed in an event.
 */
#include "hyper/wire/webrtc/dtls.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/dtls_context.h"
#include "hyper/wire/webrtc/dtls_flight.h"
#include "hyper/wire/webrtc/dtls_keys.h"
#include "hyper/wire/webrtc/dtls_record.h"
#include "sys/crypto.h"

#define DTLS_COOKIE_LEN 20
/* A handshake's path has just been tried, so less than the second of RFC 6347 §4.2.4.1; what comes
 * again needlessly is dropped. Doubled at each repetition. */
#define DTLS_TIMEOUT_FIRST_US 300000u
#define DTLS_TIMEOUT_MAX_US 8000000u
#define DTLS_CLOCKS_US 20000
#define DTLS_HANDSHAKE_MAX_US 30000000

enum dtls_state { DTLS_HANDSHAKE, DTLS_OPEN, DTLS_OVER };

struct dtls {
    struct dtls_context *context;
    SSL *ssl; /* until it is open; then NULL, unless it is the fallback */
    struct dtls_record_out out;
    struct dtls_record_in in;
    struct dtls_flight flight;
    const struct dtls_events *events;
    void *owner;
    enum dtls_role role;
    enum dtls_state state;
    bool is_started, is_refused;
    size_t fingerprint_count;
    struct fingerprint fingerprints[DTLS_FINGERPRINTS_MAX];
    uint8_t cookie[DTLS_COOKIE_LEN];
    struct actr_view input; /* the record that OpenSSL is to read */
    bool is_taken;          /* it has accepted that */
    uint64_t now_us, handshake_max_us;
    uint64_t deadline_us; /* retransmission, while OpenSSL wants one */
    uint64_t end_us;      /* of the handshake */
    struct dtls_stats stats;
};

static int dtls_bio_read(BIO *bio, char *buf, size_t cap, size_t *ret_len)
{
    struct dtls *dtls = BIO_get_data(bio);
    size_t len = dtls->input.len < cap ? dtls->input.len : cap;

    BIO_clear_retry_flags(bio);
    if (len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(buf, dtls->input.ptr, len);
    dtls->input.len = 0;
    *ret_len = len;
    return 1;
}

static void dtls_emit(struct dtls *dtls, struct actr_view record)
{
    dtls->stats.records_out++;
    dtls->events->send(dtls->owner, record);
}

static int dtls_bio_write(BIO *bio, const char *buf, size_t len, size_t *ret_len)
{
    struct dtls *dtls = BIO_get_data(bio);
    struct actr_view rest = actr_view_of(buf, len);

    BIO_clear_retry_flags(bio);
    while (rest.len > 0) {
        struct actr_view record = dtls_record_cut(&rest);
        dtls_flight_note(&dtls->flight, record);
        dtls_emit(dtls, record);
    }
    *ret_len = len;
    return 1;
}

static long dtls_bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
    return command == BIO_CTRL_FLUSH;
}

static struct dtls *dtls_of(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

static int dtls_make_cookie(SSL *ssl, unsigned char *cookie, unsigned *ret_len)
{
    memcpy(cookie, dtls_of(ssl)->cookie, DTLS_COOKIE_LEN);
    *ret_len = DTLS_COOKIE_LEN;
    return 1;
}

static int dtls_check_cookie(SSL *ssl, const unsigned char *cookie, unsigned len)
{
    return len == DTLS_COOKIE_LEN && crypto_equal(cookie, dtls_of(ssl)->cookie, DTLS_COOKIE_LEN);
}

/* In place of a chain of trust: the fingerprint of the peer's own certificate. */
static int dtls_check_certificate(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct dtls *dtls = dtls_of(ssl);
    X509 *x509 = X509_STORE_CTX_get0_cert(store);

    if (x509 && fingerprint_matches(x509, dtls->fingerprints, dtls->fingerprint_count))
        return 1;
    dtls->is_refused = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

/* Notes what was decrypted; headers come before that and do not count. */
static void dtls_on_record(int is_written, int version, int type, const void *buf, size_t len,
                           SSL *ssl, void *arg)
{
    if (!is_written && type != SSL3_RT_HEADER && type != SSL3_RT_INNER_CONTENT_TYPE)
        dtls_of(ssl)->is_taken = true;
}

void dtls_context_hook(struct dtls_context *context)
{
    BIO_meth_set_read_ex(context->bio, dtls_bio_read);
    BIO_meth_set_write_ex(context->bio, dtls_bio_write);
    BIO_meth_set_ctrl(context->bio, dtls_bio_ctrl);
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(context->ssl, dtls_check_certificate, NULL);
    SSL_CTX_set_cookie_generate_cb(context->ssl, dtls_make_cookie);
    SSL_CTX_set_cookie_verify_cb(context->ssl, dtls_check_cookie);
    SSL_CTX_set_msg_callback(context->ssl, dtls_on_record);
}

/* OpenSSL starts (last_us 0) or lengthens its timer. */
static unsigned dtls_on_timer(SSL *ssl, unsigned last_us)
{
    struct dtls *dtls = dtls_of(ssl);
    unsigned timeout_us = last_us == 0                        ? DTLS_TIMEOUT_FIRST_US
                          : last_us < DTLS_TIMEOUT_MAX_US / 2 ? 2 * last_us
                                                              : DTLS_TIMEOUT_MAX_US;

    dtls->deadline_us = dtls->now_us + timeout_us;
    return timeout_us;
}

static int dtls_make_ssl(struct dtls *dtls)
{
    dtls->ssl = SSL_new(dtls->context->ssl);
    BIO *bio = BIO_new(dtls->context->bio);
    if (!dtls->ssl || !bio) {
        BIO_free(bio);
        return err_origin(ACTR_ENOMEM, "dtls: no OpenSSL session");
    }
    BIO_set_data(bio, dtls);
    BIO_set_init(bio, 1);
    SSL_set_bio(dtls->ssl, bio, bio);
    SSL_set_app_data(dtls->ssl, dtls);
    DTLS_set_timer_cb(dtls->ssl, dtls_on_timer);
    SSL_set_mtu(dtls->ssl, DTLS_MTU);
    if (dtls->role == DTLS_SERVER)
        SSL_set_accept_state(dtls->ssl);
    else
        SSL_set_connect_state(dtls->ssl);
    return 0;
}

int dtls_new(struct dtls_context *context, const struct dtls_options *options,
             const struct dtls_events *events, void *owner, struct dtls **ret_dtls)
{
    if (options->fingerprint_count == 0 || options->fingerprint_count > DTLS_FINGERPRINTS_MAX)
        return err_origin(ACTR_EINTERNAL, "dtls: %zu fingerprints", options->fingerprint_count);
    struct dtls *dtls = mem_alloc(sizeof *dtls);
    if (!dtls)
        return err_origin(ACTR_ENOMEM, "dtls: out of memory");
    dtls->context = dtls_context_ref(context);
    dtls->events = events;
    dtls->owner = owner;
    dtls->role = options->role;
    dtls->fingerprint_count = options->fingerprint_count;
    memcpy(dtls->fingerprints, options->fingerprints,
           options->fingerprint_count * sizeof *options->fingerprints);
    dtls->handshake_max_us =
        options->handshake_max_us ? options->handshake_max_us : DTLS_HANDSHAKE_MAX_US;
    dtls->end_us = UINT64_MAX;
    int r = crypto_random(dtls->cookie, sizeof dtls->cookie);
    if (r == 0)
        r = dtls_make_ssl(dtls);
    ERR_clear_error();
    if (r < 0) {
        dtls_free(dtls);
        return r;
    }
    *ret_dtls = dtls;
    return 0;
}

/* Nothing is sent. */
static void dtls_free_ssl(struct dtls *dtls)
{
    if (dtls->ssl)
        SSL_set_quiet_shutdown(dtls->ssl, 1);
    SSL_free(dtls->ssl);
    dtls->ssl = NULL;
}

struct dtls *dtls_free(struct dtls *dtls)
{
    if (!dtls)
        return NULL;
    dtls_free_ssl(dtls);
    dtls_record_out_deinit(&dtls->out);
    dtls_record_in_deinit(&dtls->in);
    dtls_context_unref(dtls->context);
    mem_free(dtls);
    return NULL;
}

static void dtls_clear_errors(void)
{
    if (ERR_peek_error())
        ERR_clear_error();
}

static void dtls_fail(struct dtls *dtls, int code, const char *detail)
{
    dtls->state = DTLS_OVER;
    dtls->events->on_failed(dtls->owner, code, detail);
}

/* After a call that returned `result` <= 0: is it over? */
static void dtls_on_result(struct dtls *dtls, int result)
{
    int error = SSL_get_error(dtls->ssl, result);
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    dtls_clear_errors();
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return;
    if (dtls->is_refused) {
        dtls_fail(dtls, ACTR_EPERMISSION, "the certificate has another fingerprint");
    } else if (error == SSL_ERROR_ZERO_RETURN && dtls->state == DTLS_OPEN) {
        dtls->state = DTLS_OVER;
        dtls->events->on_closed(dtls->owner);
    } else {
        dtls_fail(dtls, ACTR_EUNAVAILABLE, reason ? reason : "the handshake was broken off");
    }
}

/* From OpenSSL to records of our own. */
static int dtls_take_over(struct dtls *dtls)
{
    struct dtls_record_key out, in;

    int r = dtls_keys_derive(dtls->ssl, &out, &in);
    if (r < 0)
        return r;
    r = dtls_flight_end(&dtls->flight, &out, &dtls->out);
    if (r == 0)
        r = dtls_record_in_init(&dtls->in, &in);
    dtls_keys_wipe(&out, &in);
    if (r == 0)
        dtls_free_ssl(dtls);
    return r;
}

static void dtls_handshake(struct dtls *dtls)
{
    int r = SSL_do_handshake(dtls->ssl);
    if (r != 1) {
        dtls_on_result(dtls, r);
        return;
    }
    dtls_clear_errors();
    dtls->state = DTLS_OPEN;
    dtls->end_us = UINT64_MAX;
    dtls->stats.is_fallback = dtls_take_over(dtls) < 0;
    dtls->events->on_open(dtls->owner);
}

void dtls_start(struct dtls *dtls, uint64_t now_us)
{
    if (dtls->is_started || dtls->state == DTLS_OVER)
        return;
    dtls->is_started = true;
    dtls->now_us = now_us;
    if (dtls->state != DTLS_HANDSHAKE)
        return;
    dtls->end_us = now_us + dtls->handshake_max_us;
    if (dtls->role == DTLS_CLIENT)
        dtls_handshake(dtls);
}

bool dtls_is(struct actr_view datagram)
{
    return datagram.len > 0 && datagram.ptr[0] >= 20 && datagram.ptr[0] <= 63;
}

/* ---- Sealed by us ---- */

static int dtls_seal(struct dtls *dtls, enum dtls_record_type type, struct actr_view plain)
{
    uint8_t record[DTLS_PACKET_MAX + DTLS_OVERHEAD];
    size_t len;

    int r = dtls_record_seal(&dtls->out, type, plain, record, &len);
    if (r == DTLS_RECORD_SPENT)
        return err_origin(ACTR_EUNAVAILABLE, "dtls: no record numbers are left");
    if (r == 0)
        dtls_emit(dtls, actr_view_of(record, len));
    return r;
}

/* The peer's Finished has come again: it has not got ours, or not yet. */
static void dtls_repeat(struct dtls *dtls)
{
    uint8_t change[DTLS_FLIGHT_CHANGE_LEN];

    dtls_flight_change(&dtls->flight, change);
    dtls_emit(dtls, actr_view_of(change, sizeof change));
    /* What is not sent is lost, and asked for again. */
    if (dtls_seal(dtls, DTLS_RECORD_HANDSHAKE, dtls_flight_finished(&dtls->flight)) == 0)
        dtls->stats.retransmissions++;
}

/* RFC 5246 §7.2. A warning that does not end the session says nothing. */
static void dtls_on_alert(struct dtls *dtls, struct actr_view alert)
{
    if (alert.len != 2)
        return;
    if (alert.ptr[1] == SSL_AD_CLOSE_NOTIFY) {
        dtls->state = DTLS_OVER;
        dtls->events->on_closed(dtls->owner);
    } else if (alert.ptr[0] == SSL3_AL_FATAL) {
        dtls_fail(dtls, ACTR_EUNAVAILABLE, SSL_alert_desc_string_long(alert.ptr[1]));
    }
}

/* Not opened in place: what turns out not to be ours is offered to others, and SCTP is to be
 * aligned. It is one pass either way. */
static bool dtls_open_record(struct dtls *dtls, struct actr_view record)
{
    _Alignas(16) uint8_t bytes[DTLS_RECORD_PLAIN_MAX];
    struct dtls_record_head head;
    size_t len;

    if (!dtls_record_open(&dtls->in, record, &head, bytes, &len))
        return false;
    struct actr_view plain = actr_view_of(bytes, len);
    if (head.type == DTLS_RECORD_DATA && len > 0)
        dtls->events->on_data(dtls->owner, plain);
    else if (head.type == DTLS_RECORD_ALERT)
        dtls_on_alert(dtls, plain);
    else if (head.type == DTLS_RECORD_HANDSHAKE && len > 0 && bytes[0] == SSL3_MT_FINISHED &&
             dtls->role == DTLS_SERVER)
        dtls_repeat(dtls);
    return true;
}

/* ---- The fallback ---- */

static bool dtls_ssl_read(struct dtls *dtls, struct actr_view record)
{
    _Alignas(16) uint8_t plain[DTLS_RECORD_PLAIN_MAX];

    dtls_clear_errors();
    dtls->input = record;
    dtls->is_taken = false;
    do {
        int len = SSL_read(dtls->ssl, plain, sizeof plain);
        if (len <= 0) {
            dtls_on_result(dtls, len);
            break;
        }
        dtls->is_taken = true;
        dtls->events->on_data(dtls->owner, actr_view_of(plain, (size_t)len));
    } while (dtls->state == DTLS_OPEN && (dtls->input.len > 0 || SSL_has_pending(dtls->ssl)));
    dtls->input = (struct actr_view){0};
    return dtls->is_taken;
}

static int dtls_ssl_write(struct dtls *dtls, struct actr_view bytes)
{
    int len = SSL_write(dtls->ssl, bytes.ptr, (int)bytes.len);
    if (len == (int)bytes.len)
        return 0;
    dtls_clear_errors();
    return err_origin(ACTR_EINTERNAL, "dtls: OpenSSL does not write");
}

/* ---- In ---- */

/* Before the keys are there only the form can be judged: may it belong to a handshake? A message of
 * that may fill several records or half of one. */
static bool dtls_shake(struct dtls *dtls, struct actr_view record)
{
    if (record.len <= DTLS_RECORD_HEADER_LEN || record.ptr[0] > DTLS_RECORD_HANDSHAKE ||
        record.ptr[1] != DTLS1_VERSION_MAJOR)
        return false;
    dtls_clear_errors();
    dtls->input = record;
    dtls_handshake(dtls);
    dtls->input = (struct actr_view){0};
    return true;
}

/* One record. False: it is not for this association. */
static bool dtls_take(struct dtls *dtls, struct actr_view record)
{
    switch (dtls->state) {
    case DTLS_HANDSHAKE:
        return dtls_shake(dtls, record);
    case DTLS_OPEN:
        return dtls->ssl ? dtls_ssl_read(dtls, record) : dtls_open_record(dtls, record);
    case DTLS_OVER:
        break;
    }
    return false;
}

bool dtls_receive(struct dtls *dtls, struct actr_view datagram, uint64_t now_us)
{
    bool is_early = dtls->role == DTLS_CLIENT && !dtls->is_started;
    bool is_ours = dtls_is(datagram) && !is_early;
    bool is_taken = false;

    dtls->now_us = now_us;
    while (datagram.len > 0) {
        struct actr_view record = dtls_record_cut(&datagram);
        dtls->stats.records_in++;
        if (is_ours && dtls_take(dtls, record))
            is_taken = true;
        else
            dtls->stats.dropped++;
    }
    return is_taken;
}

bool dtls_is_open(const struct dtls *dtls)
{
    return dtls->state == DTLS_OPEN;
}

int dtls_send(struct dtls *dtls, struct actr_view bytes)
{
    if (dtls->state != DTLS_OPEN)
        return err_origin(ACTR_ESTATE, "dtls: not open");
    if (bytes.len == 0 || bytes.len > DTLS_PACKET_MAX)
        return err_origin(ACTR_EINVALID, "dtls: a packet of %zu bytes", bytes.len);
    return dtls->ssl ? dtls_ssl_write(dtls, bytes) : dtls_seal(dtls, DTLS_RECORD_DATA, bytes);
}

static void dtls_send_close(struct dtls *dtls)
{
    static const uint8_t alert[] = {SSL3_AL_WARNING, SSL_AD_CLOSE_NOTIFY};

    if (dtls->ssl)
        SSL_shutdown(dtls->ssl);
    else if (dtls_seal(dtls, DTLS_RECORD_ALERT, actr_view_of(alert, sizeof alert)) < 0)
        return; /* the peer finds out by its silence */
    dtls_clear_errors();
}

void dtls_close(struct dtls *dtls)
{
    if (dtls->state == DTLS_OPEN)
        dtls_send_close(dtls);
    dtls->state = DTLS_OVER;
}

uint64_t dtls_deadline(const struct dtls *dtls)
{
    struct timeval unused;

    if (dtls->state != DTLS_HANDSHAKE)
        return UINT64_MAX;
    bool is_timing = DTLSv1_get_timeout(dtls->ssl, &unused);
    return is_timing && dtls->deadline_us < dtls->end_us ? dtls->deadline_us : dtls->end_us;
}

uint64_t dtls_tick(struct dtls *dtls, uint64_t now_us)
{
    if (now_us < dtls_deadline(dtls))
        return dtls_deadline(dtls);
    dtls->now_us = now_us;
    if (now_us >= dtls->end_us) {
        dtls_fail(dtls, ACTR_ETIMEDOUT, "no handshake in time");
        return UINT64_MAX;
    }
    dtls_clear_errors();
    int r = (int)DTLSv1_handle_timeout(dtls->ssl);
    if (r > 0)
        dtls->stats.retransmissions++;
    else if (r == 0)
        dtls->deadline_us = now_us + DTLS_CLOCKS_US;
    dtls_clear_errors();
    if (r < 0)
        dtls_fail(dtls, ACTR_ETIMEDOUT, "the handshake was sent again too often");
    return dtls_deadline(dtls);
}

void dtls_get_stats(const struct dtls *dtls, struct dtls_stats *ret_stats)
{
    *ret_stats = dtls->stats;
}
