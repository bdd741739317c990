// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Certificates for a test, made while it runs: an authority, and what it signs, as PEM files in a
 * folder of their own. */
#pragma once

#define AUTHORITY_PAIRS_MAX 8

/* The files of one certificate and its key. */
struct authority_pair {
    char cert[96], key[96];
};

struct authority {
    char dir[64];
    char ca[96];
    void *key, *cert; /* EVP_PKEY, X509 */
    struct authority_pair pairs[AUTHORITY_PAIRS_MAX];
    unsigned pair_count;
};

void authority_open(struct authority *authority);
/* Removes the files. */
void authority_close(struct authority *authority);

/* A certificate for `host`, a name or an IPv4 address, valid from and to so many seconds from now.
 */
struct authority_pair authority_issue(struct authority *authority, const char *host, long from_s,
                                      long to_s);
