// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The keys of records, out of a handshake that OpenSSL has completed. Loop thread. */
#pragma once

#include <stdbool.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/dtls_record.h"

struct ssl_st; /* SSL of OpenSSL */

/* out: with which this side seals; in: with which it opens. Secret: the caller wipes them.
 * ACTR_ENOTIMPL: a suite that dtls_record does not know. ACTR_EINTERNAL: OpenSSL gives no keys. */
int dtls_keys_derive(const struct ssl_st *ssl, struct dtls_record_key *ret_out,
                     struct dtls_record_key *ret_in) ACTR_MUST_CHECK;
/* NULL-free: both have been given by dtls_keys_derive(). */
void dtls_keys_wipe(struct dtls_record_key *out, struct dtls_record_key *in);
