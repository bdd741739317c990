// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the DTLS associations of a node share: OpenSSL's context with the certificate, the suites
 * and the limits.
 *
 * Only suites with authenticated encryption: their overhead is DTLS_OVERHEAD, and every WebRTC
 * implementation must have the first (RFC 8827 §6.5). The existing system would also take two of
 * CBC, behind it. No tickets and no cache: a session is never resumed. No renegotiation.
 *
 * Loop thread. Leaves nothing in OpenSSL's error queue. */
#include "hyper/wire/webrtc/dtls_context.h"

#include <openssl/err.h>

#include "base/err.h"
#include "base/mem.h"

#define DTLS_CONTEXT_SUITES                                                                        \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define DTLS_CONTEXT_GROUPS "P-256:X25519:P-384"
/* 7, 8, 1, 2 of RFC 5764 §4.1.2 and RFC 7714 §14.2, in the order of the existing system. */
#define DTLS_CONTEXT_SRTP                                                                          \
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32"
/* Of the peer's certificates together. A self-signed one of RSA-4096 has 1.3 KB. */
#define DTLS_CONTEXT_CERTIFICATES_MAX 8192

static int dtls_context_set(SSL_CTX *ssl, const struct certificate *certificate)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_COOKIE_EXCHANGE |
                                 SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ssl, DTLS_CONTEXT_CERTIFICATES_MAX);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(ssl, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ssl, DTLS_CONTEXT_SUITES) != 1 ||
        SSL_CTX_set1_groups_list(ssl, DTLS_CONTEXT_GROUPS) != 1 ||
        SSL_CTX_set_tlsext_use_srtp(ssl, DTLS_CONTEXT_SRTP) != 0)
        return err_origin(ACTR_EINTERNAL, "dtls: OpenSSL lacks what WebRTC asks for");
    return certificate_install(certificate, ssl);
}

int dtls_context_new(struct certificate *certificate, struct dtls_context **ret_context)
{
    struct dtls_context *context = mem_alloc(sizeof *context);
    if (!context)
        return err_origin(ACTR_ENOMEM, "dtls: out of memory");
    context->refs = 1;
    context->ssl = SSL_CTX_new(DTLS_method());
    context->bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "dtls");
    int r = context->ssl && context->bio ? dtls_context_set(context->ssl, certificate)
                                         : err_origin(ACTR_ENOMEM, "dtls: no OpenSSL context");
    ERR_clear_error();
    if (r < 0) {
        dtls_context_unref(context);
        return r;
    }
    dtls_context_hook(context);
    *ret_context = context;
    return 0;
}

struct dtls_context *dtls_context_ref(struct dtls_context *context)
{
    context->refs++;
    return context;
}

struct dtls_context *dtls_context_unref(struct dtls_context *context)
{
    if (!context || --context->refs > 0)
        return NULL;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->bio);
    mem_free(context);
    return NULL;
}
