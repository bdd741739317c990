// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Keys on P-256, because they are made quickly. Every step is asserted: a test without its
 * certificates has nothing to say. */
#include "authority.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "harness.h"

static void write_pem(const char *path, X509 *cert, EVP_PKEY *key)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (cert)
        assert_int_equal(PEM_write_X509(file, cert), 1);
    if (key)
        assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
}

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* Unsigned. */
static X509 *cert_new(EVP_PKEY *key, const char *name, long from_s, long to_s)
{
    static long serial;
    X509 *cert = X509_new();
    assert_non_null(cert);
    assert_int_equal(X509_set_version(cert, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), from_s));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), to_s));
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    return cert;
}

void authority_open(struct authority *authority)
{
    snprintf(authority->dir, sizeof(authority->dir), "/tmp/actr-authority-XXXXXX");
    authority->pair_count = 0;
    assert_non_null(mkdtemp(authority->dir));
    snprintf(authority->ca, sizeof(authority->ca), "%s/ca.pem", authority->dir);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = cert_new(key, authority->dir, -3600, 3600);
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    assert_int_equal(X509_set_issuer_name(cert, X509_get_subject_name(cert)), 1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    write_pem(authority->ca, cert, NULL);
    authority->key = key;
    authority->cert = cert;
}

void authority_close(struct authority *authority)
{
    X509_free(authority->cert);
    EVP_PKEY_free(authority->key);
    unlink(authority->ca);
    for (unsigned i = 0; i < authority->pair_count; i++) {
        unlink(authority->pairs[i].cert);
        unlink(authority->pairs[i].key);
    }
    assert_int_equal(rmdir(authority->dir), 0);
}

struct authority_pair authority_issue(struct authority *authority, const char *host, long from_s,
                                      long to_s)
{
    struct authority_pair pair;
    char names[128];
    unsigned char address[4];
    bool is_address = inet_pton(AF_INET, host, address) == 1;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = cert_new(key, host, from_s, to_s);
    snprintf(names, sizeof(names), "%s:%s", is_address ? "IP" : "DNS", host);
    add_extension(cert, NID_subject_alt_name, names);
    assert_int_equal(X509_set_issuer_name(cert, X509_get_subject_name(authority->cert)), 1);
    assert_true(X509_sign(cert, authority->key, EVP_sha256()) > 0);
    assert_true(authority->pair_count < AUTHORITY_PAIRS_MAX);
    unsigned number = authority->pair_count;
    snprintf(pair.cert, sizeof(pair.cert), "%s/%u.pem", authority->dir, number);
    snprintf(pair.key, sizeof(pair.key), "%s/%u.key", authority->dir, number);
    authority->pairs[authority->pair_count++] = pair;
    write_pem(pair.cert, cert, NULL);
    write_pem(pair.key, NULL, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return pair;
}
