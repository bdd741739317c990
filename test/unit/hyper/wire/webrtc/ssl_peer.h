// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A peer that is OpenSSL and nothing of ours: one session of DTLS with a certificate, which takes
 * any of the other side's. Datagrams that it writes wait in a queue, those for it are handed over
 * one by one; what is in between is the test's. */
#pragma once

#include <string.h>

#include <openssl/ssl.h>

#include "harness.h"
#include "hyper/wire/webrtc/certificate.h"

#define SSL_PEER_QUEUE 160

struct ssl_peer {
    struct certificate *certificate;
    SSL_CTX *context;
    BIO_METHOD *method;
    SSL *ssl;
    struct actr_view input;
    size_t head, tail;
    struct ssl_peer_datagram {
        size_t len;
        uint8_t bytes[16500];
    } queue[SSL_PEER_QUEUE];
    uint8_t data[16384];
    int data_len; /* of the last that came */
    unsigned data_count;
};

static inline int ssl_peer_bio_read(BIO *bio, char *buf, int cap)
{
    struct ssl_peer *peer = BIO_get_data(bio);
    size_t len = peer->input.len < (size_t)cap ? peer->input.len : (size_t)cap;

    BIO_clear_retry_flags(bio);
    if (len == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(buf, peer->input.ptr, len);
    peer->input.len = 0;
    return (int)len;
}

static inline int ssl_peer_bio_write(BIO *bio, const char *buf, int len)
{
    struct ssl_peer *peer = BIO_get_data(bio);

    assert_true(peer->tail < SSL_PEER_QUEUE);
    assert_true((size_t)len <= sizeof peer->queue[0].bytes);
    memcpy(peer->queue[peer->tail].bytes, buf, (size_t)len);
    peer->queue[peer->tail++].len = (size_t)len;
    return len;
}

static inline long ssl_peer_bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
    return command == BIO_CTRL_FLUSH;
}

static inline int ssl_peer_accept(int is_verified, X509_STORE_CTX *store)
{
    return 1;
}

static inline void ssl_peer_begin(struct ssl_peer *peer, bool is_server, const char *suites)
{
    memset(peer, 0, sizeof *peer);
    assert_int_equal(certificate_new(1800000000, &peer->certificate), 0);
    peer->context = SSL_CTX_new(DTLS_method());
    assert_int_equal(certificate_install(peer->certificate, peer->context), 0);
    SSL_CTX_set_options(peer->context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET);
    SSL_CTX_set_verify(peer->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       ssl_peer_accept);
    assert_int_equal(SSL_CTX_set_cipher_list(peer->context, suites), 1);
    assert_int_equal(
        SSL_CTX_set_tlsext_use_srtp(peer->context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"),
        0);
    peer->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "peer");
    BIO_meth_set_read(peer->method, ssl_peer_bio_read);
    BIO_meth_set_write(peer->method, ssl_peer_bio_write);
    BIO_meth_set_ctrl(peer->method, ssl_peer_bio_ctrl);
    peer->ssl = SSL_new(peer->context);
    BIO *bio = BIO_new(peer->method);
    BIO_set_data(bio, peer);
    BIO_set_init(bio, 1);
    SSL_set_bio(peer->ssl, bio, bio);
    SSL_set_mtu(peer->ssl, 1168);
    if (is_server)
        SSL_set_accept_state(peer->ssl);
    else
        SSL_set_connect_state(peer->ssl);
}

static inline void ssl_peer_end(struct ssl_peer *peer)
{
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
    BIO_meth_free(peer->method);
    certificate_unref(peer->certificate);
}

/* One datagram for it; with none it goes on with what it can do without. */
static inline void ssl_peer_receive(struct ssl_peer *peer, const void *bytes, size_t len)
{
    int got;

    peer->input = actr_view_of(bytes, len);
    if (!SSL_is_init_finished(peer->ssl))
        SSL_do_handshake(peer->ssl);
    while (SSL_is_init_finished(peer->ssl) &&
           (got = SSL_read(peer->ssl, peer->data, sizeof peer->data)) > 0) {
        peer->data_len = got;
        peer->data_count++;
    }
    peer->input.len = 0;
}

/* The next that it has written; NULL: none. */
static inline const struct ssl_peer_datagram *ssl_peer_next(struct ssl_peer *peer)
{
    return peer->head < peer->tail ? &peer->queue[peer->head++] : NULL;
}
