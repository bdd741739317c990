// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Is a credential what it claims to be? Two questions, so that the cheap one can be asked before a
 * key is fetched. Pure; any thread. */
#pragma once

#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "protocol/credential.h"

struct crypto_verifier;

/* Do the claims name exactly `id` and its realm? Their expiry in seconds since 1970 is
 * *ret_expires_at_s. ACTR_EPERMISSION: no, the detail says why; ACTR_ENOMEM. */
int credential_check_claims(const struct credential *credential, const struct actr_id *id,
                            uint64_t *ret_expires_at_s) ACTR_MUST_CHECK;

/* Is the signature over the claims, as they came, of this key? ACTR_EPERMISSION: no; ACTR_ENOMEM,
 * ACTR_EINTERNAL. */
int credential_check_signature(const struct credential *credential,
                               const struct crypto_verifier *verifier) ACTR_MUST_CHECK;
