// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A handshake with oneself, in memory: what the cryptographic library loads and computes when it is
 * first used (algorithms, tables, the source of random bytes) is there afterwards, and the first
 * session of a process is as quick as the others. Takes milliseconds the first time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct dtls_context;
struct fingerprint;

/* fingerprint: of the context's certificate. False: it did not succeed, which may be left to the
 * first session to tell. */
bool rehearsal_run(struct dtls_context *context, const struct fingerprint *fingerprint,
                   uint64_t now_us);
