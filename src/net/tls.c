// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* TLS by OpenSSL, with a BIO whose two ends are memory: reading takes from what tls_feed() lent,
 * writing appends to the output, which grows and never refuses. So no OpenSSL call ever waits for
 * the network, and the only thing it can want is more input.
 *
 * SSL_MODE_RELEASE_BUFFERS and an output that exists only while there is something in it keep an
 * idle connection small. The error queue is emptied before each call whose failure is looked at.
 *
 * Contexts: any thread. Connections: the loop thread. */
#include "net/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "base/mem.h"

#define TLS_OUTPUT_FIRST 1024
#define TLS_PROTOCOL_MAX 32

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *bio;
    unsigned refs; /* loop thread, but for the first */
};

struct tls {
    struct tls_context *context;
    SSL *ssl;
    struct actr_view input;
    uint8_t *out;
    size_t out_len, out_sent, out_cap;
    bool is_failed, is_server;
};

static const uint8_t tls_alpn[] = "\x08http/1.1";
/* What a server takes: an old client names the version that it speaks (curl --http1.0 does). */
static const uint8_t tls_alpn_served[] = "\x08http/1.1\x08http/1.0";

static int tls_bio_read(BIO *bio, char *buf, size_t cap, size_t *ret_len)
{
    struct tls *tls = BIO_get_data(bio);
    size_t len = tls->input.len < cap ? tls->input.len : cap;

    BIO_clear_retry_flags(bio);
    if (len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(buf, tls->input.ptr, len);
    tls->input.ptr += len;
    tls->input.len -= len;
    *ret_len = len;
    return 1;
}

static int tls_bio_write(BIO *bio, const char *buf, size_t len, size_t *ret_len)
{
    struct tls *tls = BIO_get_data(bio);
    size_t cap = tls->out_cap ? tls->out_cap : TLS_OUTPUT_FIRST;

    BIO_clear_retry_flags(bio);
    while (cap - tls->out_len < len)
        cap *= 2;
    if (cap != tls->out_cap) {
        uint8_t *out = mem_resize(tls->out, cap);
        if (!out)
            return 0;
        tls->out = out;
        tls->out_cap = cap;
    }
    memcpy(tls->out + tls->out_len, buf, len);
    tls->out_len += len;
    *ret_len = len;
    return 1;
}

static long tls_bio_control(BIO *bio, int command, long number, void *ptr)
{
    (void)bio;
    (void)number;
    (void)ptr;
    return command == BIO_CTRL_FLUSH; /* everything else: not supported */
}

static BIO_METHOD *tls_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "memory");
    if (!method)
        return NULL;
    BIO_meth_set_read_ex(method, tls_bio_read);
    BIO_meth_set_write_ex(method, tls_bio_write);
    BIO_meth_set_ctrl(method, tls_bio_control);
    return method;
}

/* The reason of the newest entry of OpenSSL's queue, which is emptied; or what the system said,
 * that began it. */
static const char *tls_reason(void)
{
    unsigned long code = ERR_peek_last_error(), first = ERR_peek_error();
    const char *reason = ERR_SYSTEM_ERROR(first) ? strerrordesc_np(ERR_GET_REASON(first))
                         : code                  ? ERR_reason_error_string(code)
                                                 : NULL;
    ERR_clear_error();
    return reason ? reason : "no reason given";
}

static int tls_select_alpn(SSL *ssl, const unsigned char **ret_out, unsigned char *ret_len,
                           const unsigned char *in, unsigned len, void *arg)
{
    (void)ssl;
    (void)arg;
    unsigned char *out;
    if (SSL_select_next_proto(&out, ret_len, tls_alpn_served, sizeof(tls_alpn_served) - 1, in,
                              len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret_out = out;
    return SSL_TLSEXT_ERR_OK;
}

static int tls_context_new(const SSL_METHOD *method, struct tls_context **ret_context)
{
    struct tls_context *context = mem_alloc(sizeof(*context));
    if (!context)
        return err_origin(ACTR_ENOMEM, "tls: no memory");
    context->refs = 1;
    context->bio = tls_bio_method();
    context->ssl = SSL_CTX_new(method);
    if (!context->bio || !context->ssl) {
        tls_context_unref(context);
        return err_origin(ACTR_ENOMEM, "tls: %s", tls_reason());
    }
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(context->ssl,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context->ssl, 0);
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS);
    *ret_context = context;
    return 0;
}

int tls_context_new_client(struct tls_context **ret_context)
{
    struct tls_context *context;
    int r = tls_context_new(TLS_client_method(), &context);
    if (r < 0)
        return r;
    ERR_clear_error();
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_set_default_verify_paths(context->ssl) != 1 ||
        SSL_CTX_set_alpn_protos(context->ssl, tls_alpn, sizeof(tls_alpn) - 1) != 0) {
        tls_context_unref(context);
        return err_origin(ACTR_ECONFIG, "tls: trust store: %s", tls_reason());
    }
    *ret_context = context;
    return 0;
}

int tls_context_new_server(const char *cert_path, const char *key_path,
                           struct tls_context **ret_context)
{
    struct tls_context *context;
    int r = tls_context_new(TLS_server_method(), &context);
    if (r < 0)
        return r;
    ERR_clear_error();
    SSL_CTX_set_options(context->ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_alpn_select_cb(context->ssl, tls_select_alpn, NULL);
    bool has_cert = SSL_CTX_use_certificate_chain_file(context->ssl, cert_path) == 1;
    if (!has_cert || SSL_CTX_use_PrivateKey_file(context->ssl, key_path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context->ssl) != 1) {
        tls_context_unref(context);
        return err_origin(ACTR_ECONFIG, "tls: %s: %s", has_cert ? key_path : cert_path,
                          tls_reason());
    }
    *ret_context = context;
    return 0;
}

static struct tls_context *tls_context_ref(struct tls_context *context)
{
    context->refs++;
    return context;
}

struct tls_context *tls_context_unref(struct tls_context *context)
{
    if (!context || --context->refs > 0)
        return NULL;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->bio);
    mem_free(context);
    return NULL;
}

/* Whom the certificate must name (RFC 9525), and SNI, which addresses do not go into (RFC 6066). */
static bool tls_expect(SSL *ssl, const char *host)
{
    uint8_t address[16];
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
           SSL_set_tlsext_host_name(ssl, host) == 1;
}

int tls_new(struct tls_context *context, const char *host, struct tls **ret_tls)
{
    struct tls *tls = mem_alloc(sizeof(*tls));
    if (!tls)
        return err_origin(ACTR_ENOMEM, "tls: no memory");
    tls->context = tls_context_ref(context);
    tls->ssl = SSL_new(context->ssl);
    BIO *bio = BIO_new(context->bio);
    if (!tls->ssl || !bio || (host && !tls_expect(tls->ssl, host))) {
        BIO_free(bio);
        tls_free(tls);
        return err_origin(ACTR_ENOMEM, "tls: %s", tls_reason());
    }
    tls->is_server = host == NULL;
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio); /* owns it */
    if (host)
        SSL_set_connect_state(tls->ssl);
    else
        SSL_set_accept_state(tls->ssl);
    *ret_tls = tls;
    return 0;
}

int tls_offer(struct tls *tls, const char *protocol)
{
    uint8_t list[1 + TLS_PROTOCOL_MAX];
    size_t len = strlen(protocol);
    assert(len > 0 && len <= TLS_PROTOCOL_MAX);
    list[0] = (uint8_t)len;
    memcpy(list + 1, protocol, len);
    if (SSL_set_alpn_protos(tls->ssl, list, (unsigned)len + 1) != 0)
        return err_origin(ACTR_ENOMEM, "tls: %s", tls_reason());
    return 0;
}

struct tls *tls_free(struct tls *tls)
{
    if (!tls)
        return NULL;
    SSL_free(tls->ssl);
    tls_context_unref(tls->context);
    mem_free(tls->out);
    mem_free(tls);
    return NULL;
}

void tls_feed(struct tls *tls, struct actr_view cipher)
{
    tls->input = cipher;
}

/* RFC 2817 §4.2: who asks in the clear is told that TLS is wanted. Without memory for it the
 * hang-up says enough. */
static void tls_refuse_http(struct tls *tls)
{
    static const char answer[] = "HTTP/1.1 426 Upgrade Required\r\n"
                                 "Upgrade: TLS/1.2, HTTP/1.1\r\n"
                                 "Connection: Upgrade, close\r\n"
                                 "Content-Length: 0\r\n\r\n";
    size_t written;
    (void)!tls_bio_write(SSL_get_wbio(tls->ssl), answer, sizeof(answer) - 1, &written);
}

/* What helps against a certificate that is not believed. */
static const char *tls_advice(long verdict)
{
    switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "use a name that is in it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "renew it, or set the clock";
    default:
        return "trust its authority by SSL_CERT_FILE";
    }
}

/* A verification failure says more than "certificate verify failed". */
static int tls_fail(struct tls *tls, const char *doing)
{
    long verdict = SSL_get_verify_result(tls->ssl);
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    bool is_shaking = !SSL_is_init_finished(tls->ssl);
    tls->is_failed = true;
    if (is_shaking && verdict != X509_V_OK) {
        ERR_clear_error();
        return err_origin(ACTR_ECONFIG, "tls: certificate: %s; %s",
                          X509_verify_cert_error_string(verdict), tls_advice(verdict));
    }
    if (is_shaking && !tls->is_server && reason == SSL_R_WRONG_VERSION_NUMBER) {
        ERR_clear_error();
        return err_origin(ACTR_ECONFIG,
                          "tls: the server does not speak TLS; write http:// or ws://");
    }
    if (is_shaking && tls->is_server && reason == SSL_R_HTTP_REQUEST)
        tls_refuse_http(tls);
    return err_origin(ACTR_EUNAVAILABLE, "tls: %s: %s", doing, tls_reason());
}

int tls_handshake(struct tls *tls)
{
    ERR_clear_error();
    int r = SSL_do_handshake(tls->ssl);
    if (r == 1)
        return 0;
    if (SSL_get_error(tls->ssl, r) == SSL_ERROR_WANT_READ)
        return TLS_MORE;
    return tls_fail(tls, "handshake");
}

int tls_read(struct tls *tls, uint8_t *buf, size_t cap, size_t *ret_len)
{
    ERR_clear_error();
    int r = SSL_read_ex(tls->ssl, buf, cap, ret_len);
    if (r == 1)
        return 0;
    int error = SSL_get_error(tls->ssl, r);
    if (error == SSL_ERROR_WANT_READ)
        return TLS_MORE;
    if (error == SSL_ERROR_ZERO_RETURN)
        return TLS_END;
    return tls_fail(tls, "read");
}

int tls_write(struct tls *tls, const uint8_t *plain, size_t len)
{
    size_t written = 0;
    ERR_clear_error();
    if (SSL_write_ex(tls->ssl, plain, len, &written) == 1)
        return 0; /* without SSL_MODE_ENABLE_PARTIAL_WRITE: all of it */
    return tls_fail(tls, "write");
}

void tls_close(struct tls *tls)
{
    if (!tls->is_failed && SSL_is_init_finished(tls->ssl))
        SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

struct actr_view tls_output(const struct tls *tls)
{
    if (tls->out_len == tls->out_sent)
        return actr_view_of(NULL, 0);
    return actr_view_of(tls->out + tls->out_sent, tls->out_len - tls->out_sent);
}

void tls_output_done(struct tls *tls, size_t len)
{
    tls->out_sent += len;
    if (tls->out_sent < tls->out_len)
        return;
    mem_free(tls->out);
    tls->out = NULL;
    tls->out_len = tls->out_sent = tls->out_cap = 0;
}
