// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Why a TURN server refuses (RFC 8656 §19, RFC 8489 §14.8). Pure. */
#pragma once

#include <stddef.h>

#include <actr/bytes.h>

enum turn_refusal {
    TURN_TRY_ALTERNATE = 300,
    TURN_UNAUTHENTICATED = 401,
    TURN_FORBIDDEN = 403,
    TURN_MISMATCH = 437,
    TURN_STALE_NONCE = 438,
    TURN_FAMILY_UNKNOWN = 440,
    TURN_WRONG_CREDENTIALS = 441,
    TURN_QUOTA_REACHED = 486,
    TURN_NO_CAPACITY = 508
};

#define TURN_REFUSAL_TEXT_MAX 128

/* The error code for us (ACTR_EPERMISSION, ACTR_EUNAVAILABLE), and what to say about it; of the
 * server's own words no more than is fit for a log. */
int turn_refusal_describe(unsigned code, struct actr_view reason, char text[TURN_REFUSAL_TEXT_MAX]);
