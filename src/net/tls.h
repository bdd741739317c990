// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* TLS 1.2 and 1.3 over a byte stream that somebody else carries: ciphertext in and out of memory.
 *
 * ALPN offers "http/1.1" and accepts that and "http/1.0"; compression, renegotiation and session
 * tickets are off.
 * A context may be made on any thread; everything else belongs to the loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct tls_context; /* certificates and settings; counted */
struct tls;         /* one connection */

#define TLS_MORE 1 /* nothing can happen before more ciphertext has come in */
#define TLS_END 2  /* the peer has closed its side in the proper way (close_notify) */

/* Verifies servers against the system's store, or the one that SSL_CERT_FILE and SSL_CERT_DIR name.
 * Reads files: not for the loop thread. ACTR_ENOMEM, ACTR_ECONFIG (the store cannot be read). */
int tls_context_new_client(struct tls_context **ret_context) __attribute__((warn_unused_result));
/* PEM files: the chain, leaf first, and its key. ACTR_ENOMEM, ACTR_ECONFIG. */
int tls_context_new_server(const char *cert_path, const char *key_path,
                           struct tls_context **ret_context) __attribute__((warn_unused_result));
/* Returns NULL; NULL is fine. */
struct tls_context *tls_context_unref(struct tls_context *context);

/* A client names the host whose certificate it wants to see (a name, which also goes into SNI, or a
 * numeric address); NULL for a server. Takes its own reference of the context. ACTR_ENOMEM. */
int tls_new(struct tls_context *context, const char *host, struct tls **ret_tls)
    __attribute__((warn_unused_result));
/* A client offers this protocol in place of the usual one; before it shakes hands. At most 32
 * characters. ACTR_ENOMEM. */
int tls_offer(struct tls *tls, const char *protocol) __attribute__((warn_unused_result));
/* Returns NULL; NULL is fine. */
struct tls *tls_free(struct tls *tls);

/* Lends ciphertext from the peer until the next tls_feed(); before that one tls_read() must have
 * returned something else than a length. */
void tls_feed(struct tls *tls, struct actr_view cipher);

/* Goes on shaking hands. 0: done (and again 0 later). TLS_MORE. ACTR_ECONFIG: the server's
 * certificate is not to be believed, or it does not speak TLS; the detail says what to do about it.
 * ACTR_EUNAVAILABLE: it failed otherwise and the detail says why. ACTR_ENOMEM. What there is to
 * send (also an alert after a failure, and to a client that speaks HTTP in the clear a status 426)
 * waits in tls_output(). */
int tls_handshake(struct tls *tls) __attribute__((warn_unused_result));

/* Plaintext; after the handshake. 0 and its length through *ret_len, TLS_MORE, TLS_END,
 * ACTR_EUNAVAILABLE. */
int tls_read(struct tls *tls, uint8_t *buf, size_t cap, size_t *ret_len)
    __attribute__((warn_unused_result));

/* Encrypts all of `len` > 0 bytes into the output. ACTR_ENOMEM, ACTR_EUNAVAILABLE: the connection
 * cannot be used further. */
int tls_write(struct tls *tls, const uint8_t *plain, size_t len)
    __attribute__((warn_unused_result));

/* Puts close_notify into the output. */
void tls_close(struct tls *tls);

/* Ciphertext for the peer, borrowed until the next call. */
struct actr_view tls_output(const struct tls *tls);
/* `len` bytes of it are on their way. Memory goes with the last. */
void tls_output_done(struct tls *tls, size_t len);
