// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Who is at the door: the query of a signaling upgrade, and the proof that somebody is who he says.
 *
 * Loop thread; time is an argument. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/arena.h"
#include "keyring.h"
#include "protocol/credential.h"

/* What an upgrade says; the credential points into the arena it was parsed into. */
struct admission {
    struct actr_id id;
    struct credential credential;
    bool has_id;         /* actor_id was there and is well-formed */
    bool has_credential; /* so were key_id, claims and signature */
    bool want_answer;    /* webrtc_role=answer */
};

/* Parses actor_id, key_id, claims, signature and webrtc_role; others are passed over, and of a name
 * that comes twice the last one counts. A parameter that makes no sense counts as absent.
 * ACTR_EDECODE: a percent escape is malformed; ACTR_ENOMEM. */
int admission_parse(const char *query, struct arena *arena,
                    struct admission *ret_admission) ACTR_MUST_CHECK;

/* admission_verify(): not proven; the thread's error detail says what is wrong. */
#define ADMISSION_REFUSED 1

/* Is it the credential of `id`? In this order: key, signature, expiry, realm, id. 0 with
 * *ret_expires_at_s (unix time), ADMISSION_REFUSED, ACTR_ENOMEM, ACTR_EINTERNAL. */
int admission_verify(const struct keyring *keyring, const struct credential *credential,
                     const struct actr_id *id, uint64_t now_s, struct arena *arena,
                     uint64_t *ret_expires_at_s) ACTR_MUST_CHECK;
