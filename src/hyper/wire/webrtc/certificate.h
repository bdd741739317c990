// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The certificate of a node for DTLS: self-signed ECDSA P-256, made when first needed, used by all
 * its sessions, replaced before it expires (sessions keep the one they began with). And the
 * fingerprints by which SDP names certificates (RFC 8122). Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct certificate;
struct ssl_ctx_st; /* SSL_CTX of OpenSSL */
struct x509_st;    /* X509 of OpenSSL */

enum fingerprint_hash { FINGERPRINT_SHA256, FINGERPRINT_SHA384, FINGERPRINT_SHA512 };

#define FINGERPRINT_MAX 64 /* bytes */
/* "sha-256 AB:CD:…" and the NUL, of the longest */
#define FINGERPRINT_TEXT_MAX (8 + FINGERPRINT_MAX * 3)

struct fingerprint {
    enum fingerprint_hash hash;
    uint8_t bytes[FINGERPRINT_MAX];
};

/* now_s: seconds since 1970. Valid from a day ago for 30 days. ACTR_ENOMEM, ACTR_EINTERNAL. */
int certificate_new(uint64_t now_s, struct certificate **ret_certificate) ACTR_MUST_CHECK;
struct certificate *certificate_ref(struct certificate *certificate);
/* Returns NULL; NULL is fine. */
struct certificate *certificate_unref(struct certificate *certificate);
/* A day or less is left. */
bool certificate_is_old(const struct certificate *certificate, uint64_t now_s);
const struct fingerprint *certificate_fingerprint(const struct certificate *certificate);
/* The context presents it from now on. ACTR_EINTERNAL. */
int certificate_install(const struct certificate *certificate,
                        struct ssl_ctx_st *context) ACTR_MUST_CHECK;

/* "sha-256 AB:CD:…" in upper case. Returns the length. */
size_t fingerprint_format(const struct fingerprint *fingerprint, char text[FINGERPRINT_TEXT_MAX]);
/* The value of a=fingerprint; either case. ACTR_EINVALID (malformed, wrong length), ACTR_ENOTIMPL
 * (a hash we do not know or trust). */
int fingerprint_parse(struct actr_view text, struct fingerprint *ret_fingerprint) ACTR_MUST_CHECK;
/* Is it a certificate that one of `list` names? Compared in constant time. */
bool fingerprint_matches(const struct x509_st *x509, const struct fingerprint *list, size_t count);
