// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Certificates for DTLS by OpenSSL, and fingerprints.
 *
 * Nothing in a certificate is trusted but its key: who the peer is was said by signaling, and its
 * fingerprint came the same way. So names, dates and issuers are neither put in with care nor
 * looked at: peers present certificates that began in 1975 and end in 4096. The name is the same
 * for every node and the serial number is random, so a certificate tells nothing about its node.
 *
 * Loop thread. Leaves nothing in OpenSSL's error queue. */
#include "hyper/wire/webrtc/certificate.h"

#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/err.h"
#include "base/mem.h"
#include "sys/crypto.h"

#define CERTIFICATE_DAY_S 86400
#define CERTIFICATE_LIFE_S (30 * CERTIFICATE_DAY_S)

struct certificate {
    unsigned refs;
    X509 *x509;
    EVP_PKEY *key;
    uint64_t end_s;
    struct fingerprint fingerprint;
};

static const struct fingerprint_kind {
    const char *name;
    size_t len;
} fingerprint_kinds[] = {
    [FINGERPRINT_SHA256] = {"sha-256", 32},
    [FINGERPRINT_SHA384] = {"sha-384", 48},
    [FINGERPRINT_SHA512] = {"sha-512", 64},
};
#define FINGERPRINT_KINDS (sizeof fingerprint_kinds / sizeof fingerprint_kinds[0])

static const EVP_MD *fingerprint_digest(enum fingerprint_hash hash)
{
    switch (hash) {
    case FINGERPRINT_SHA384:
        return EVP_sha384();
    case FINGERPRINT_SHA512:
        return EVP_sha512();
    case FINGERPRINT_SHA256:
        break;
    }
    return EVP_sha256();
}

static bool fingerprint_of(const X509 *x509, enum fingerprint_hash hash,
                           struct fingerprint *ret_fingerprint)
{
    struct fingerprint fingerprint = {.hash = hash};
    unsigned len = 0;

    if (X509_digest(x509, fingerprint_digest(hash), fingerprint.bytes, &len) != 1)
        return false;
    *ret_fingerprint = fingerprint;
    return true;
}

/* A certificate without meaning but its key: version 3, both names alike, a random serial. */
static bool certificate_fill(X509 *x509, EVP_PKEY *key, uint64_t now_s, uint64_t end_s)
{
    static const unsigned char name_text[] = "actr";
    X509_NAME *name = X509_get_subject_name(x509);
    uint64_t serial;

    if (crypto_random(&serial, sizeof serial) < 0)
        return false;
    /* Positive, and of the same length in every certificate. */
    serial = serial >> 2 | UINT64_C(1) << 62;
    return X509_set_version(x509, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(now_s - CERTIFICATE_DAY_S)) &&
           ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)end_s) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, name_text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1 &&
           X509_sign(x509, key, EVP_sha256()) > 0;
}

int certificate_new(uint64_t now_s, struct certificate **ret_certificate)
{
    struct certificate *certificate = mem_alloc(sizeof *certificate);
    if (!certificate)
        return err_origin(ACTR_ENOMEM, "certificate: out of memory");
    if (now_s < CERTIFICATE_DAY_S)
        now_s = CERTIFICATE_DAY_S;
    certificate->refs = 1;
    certificate->end_s = now_s + CERTIFICATE_LIFE_S;
    certificate->key = EVP_EC_gen("P-256");
    certificate->x509 = X509_new();
    bool is_made =
        certificate->key && certificate->x509 &&
        certificate_fill(certificate->x509, certificate->key, now_s, certificate->end_s) &&
        fingerprint_of(certificate->x509, FINGERPRINT_SHA256, &certificate->fingerprint);
    ERR_clear_error();
    if (!is_made) {
        certificate_unref(certificate);
        return err_origin(ACTR_EINTERNAL, "certificate: OpenSSL could not make one");
    }
    *ret_certificate = certificate;
    return 0;
}

struct certificate *certificate_ref(struct certificate *certificate)
{
    certificate->refs++;
    return certificate;
}

struct certificate *certificate_unref(struct certificate *certificate)
{
    if (!certificate || --certificate->refs > 0)
        return NULL;
    X509_free(certificate->x509);
    EVP_PKEY_free(certificate->key);
    mem_free(certificate);
    return NULL;
}

bool certificate_is_old(const struct certificate *certificate, uint64_t now_s)
{
    return now_s + CERTIFICATE_DAY_S >= certificate->end_s;
}

const struct fingerprint *certificate_fingerprint(const struct certificate *certificate)
{
    return &certificate->fingerprint;
}

int certificate_install(const struct certificate *certificate, struct ssl_ctx_st *context)
{
    bool is_done = SSL_CTX_use_certificate(context, certificate->x509) == 1 &&
                   SSL_CTX_use_PrivateKey(context, certificate->key) == 1;

    ERR_clear_error();
    return is_done ? 0 : err_origin(ACTR_EINTERNAL, "certificate: OpenSSL does not take it");
}

bool fingerprint_matches(const struct x509_st *x509, const struct fingerprint *list, size_t count)
{
    bool is_match = false;

    for (size_t i = 0; i < count; i++) {
        struct fingerprint actual;
        if (!fingerprint_of(x509, list[i].hash, &actual))
            continue;
        is_match |= crypto_equal(actual.bytes, list[i].bytes, fingerprint_kinds[actual.hash].len);
    }
    ERR_clear_error();
    return is_match;
}

size_t fingerprint_format(const struct fingerprint *fingerprint, char text[FINGERPRINT_TEXT_MAX])
{
    static const char digits[] = "0123456789ABCDEF";
    const struct fingerprint_kind *kind = &fingerprint_kinds[fingerprint->hash];
    char *at = stpcpy(text, kind->name);

    for (size_t i = 0; i < kind->len; i++) {
        *at++ = i ? ':' : ' ';
        *at++ = digits[fingerprint->bytes[i] >> 4];
        *at++ = digits[fingerprint->bytes[i] & 15];
    }
    *at = 0;
    return (size_t)(at - text);
}

static int fingerprint_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int fingerprint_read(struct actr_view hex, size_t len, uint8_t *ret_bytes)
{
    if (hex.len != len * 3 - 1)
        return err_origin(ACTR_EINVALID, "fingerprint: not as long as its hash");
    for (size_t i = 0; i < len; i++) {
        const uint8_t *at = hex.ptr + i * 3;
        int high = fingerprint_digit(at[0]), low = fingerprint_digit(at[1]);
        if (high < 0 || low < 0 || (i + 1 < len && at[2] != ':'))
            return err_origin(ACTR_EINVALID, "fingerprint: not hex with colons");
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

int fingerprint_parse(struct actr_view text, struct fingerprint *ret_fingerprint)
{
    const uint8_t *space = text.len ? memchr(text.ptr, ' ', text.len) : NULL;
    struct fingerprint fingerprint = {0};

    if (!space)
        return err_origin(ACTR_EINVALID, "fingerprint: no hash and value");
    size_t name_len = (size_t)(space - text.ptr);
    struct actr_view hex = actr_view_of(space + 1, text.len - name_len - 1);
    for (size_t i = 0; i < FINGERPRINT_KINDS; i++) {
        const struct fingerprint_kind *kind = &fingerprint_kinds[i];
        if (strlen(kind->name) != name_len ||
            strncasecmp(kind->name, (const char *)text.ptr, name_len) != 0)
            continue;
        int r = fingerprint_read(hex, kind->len, fingerprint.bytes);
        if (r < 0)
            return r;
        fingerprint.hash = (enum fingerprint_hash)i;
        *ret_fingerprint = fingerprint;
        return 0;
    }
    /* SHA-1 and MD5 among them: they no longer tell certificates apart (RFC 8122 §5). */
    return err_origin(ACTR_ENOTIMPL, "fingerprint: hash not known or not trusted");
}
