// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Messages of the identity service (AIS): registration and renewal, as HTTP bodies. A
 * RegisterRequest may also come over the signaling socket (signaling.h).
 *
 * Decoded messages live in the arena they were decoded into: views and arrays point into it, and
 * nothing of the input is kept. To be encoded, everything is borrowed. Absent optional text or
 * bytes: ptr NULL. Required fields are always written, also zeros.
 *
 * Decoding refuses (ACTR_EDECODE, with a detail): malformed protobuf; a missing required field,
 * which the existing system reads as zero or empty but always writes; an id or type whose names
 * break the rules of name.h; a message that would take more than 64 KiB + 16 times its size of the
 * arena to unpack (its plain form takes no more again). ACTR_ENOMEM: no memory, or the arena's
 * bound. Numbers of unknown enumerators are kept.
 *
 * Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "protocol/acl_rule.h"
#include "protocol/credential.h"
#include "protocol/error.h"
#include "protocol/service_spec.h"

struct arena;

/* actr.RegisterAuthMode. Servers treat every number but LINKED as PACKAGE. */
enum ais_auth_mode { AIS_AUTH_UNSPECIFIED = 0, AIS_AUTH_PACKAGE = 1, AIS_AUTH_LINKED = 2 };

/* actr.RegisterRequest. */
struct ais_register_request {
    struct actr_type type;
    uint32_t realm;
    bool has_auth_mode;
    bool has_acl; /* absent: the rules of the type stay; present and empty: nobody may */
    bool has_proof_signed_at;
    int32_t auth_mode;                       /* enum ais_auth_mode */
    const struct service_spec *service_spec; /* NULL: absent */
    const struct acl_rule *acl;
    size_t acl_count;
    struct actr_view service;       /* "Name:fingerprint"; not used by servers */
    struct actr_view ws_address;    /* ws://host:port of the direct listener */
    struct actr_view manifest_raw;  /* exact bytes of the package's manifest */
    struct actr_view mfr_signature; /* over manifest_raw */
    struct actr_view target;
    struct actr_view proof_signature; /* of the manufacturer's proof (proof.h) */
    struct actr_view proof_nonce;
    uint64_t proof_signed_at_s;
};

/* actr.RegisterOk: who the actor is from now on. Fill everything: the existing system needs the
 * optional fields as soon as it renews. */
struct ais_registration {
    struct actr_id id;
    struct credential credential;
    struct turn_credential turn;
    struct actr_view signing_pubkey; /* 32 bytes when genuine (not checked here) */
    struct actr_view renewal_token; /* 32 bytes when genuine (not checked here); ptr NULL: absent */
    int64_t credential_expires_at_s; /* unix time; fractions of a second are dropped */
    int64_t renewal_token_expires_at_s;
    uint32_t signing_key_id;
    uint32_t heartbeat_interval_s;
    bool has_credential_expires_at;
    bool has_renewal_token_expires_at;
};

enum ais_result { AIS_RESULT_NONE, AIS_RESULT_SUCCESS, AIS_RESULT_ERROR };

/* actr.RegisterResponse and actr.RenewCredentialResponse, which are the same on the wire.
 * AIS_RESULT_NONE: a message without a result, which is no answer. */
struct ais_response {
    enum ais_result result;
    union {
        struct ais_registration success;
        struct error_response error;
    };
};

/* actr.RenewCredentialRequest. The token is the only authenticator. */
struct ais_renew_request {
    struct actr_id id;
    struct actr_view renewal_token;
};

int ais_register_request_decode(struct actr_view bytes, struct arena *arena,
                                struct ais_register_request *ret_request) ACTR_MUST_CHECK;
int ais_renew_request_decode(struct actr_view bytes, struct arena *arena,
                             struct ais_renew_request *ret_request) ACTR_MUST_CHECK;
int ais_response_decode(struct actr_view bytes, struct arena *arena,
                        struct ais_response *ret_response) ACTR_MUST_CHECK;

/* Fresh bytes, fields in ascending order. A failed value when memory has run out. */
struct actr_bytes ais_register_request_encode(const struct ais_register_request *request);
struct actr_bytes ais_renew_request_encode(const struct ais_renew_request *request);
struct actr_bytes ais_response_encode(const struct ais_response *response);
