// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The inside of a dtls_context, for dtls.c. */
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "hyper/wire/webrtc/dtls.h"

struct dtls_context {
    unsigned refs;
    SSL_CTX *ssl;
    BIO_METHOD *bio;
};

/* By dtls.c: the functions that OpenSSL calls. */
void dtls_context_hook(struct dtls_context *context);
