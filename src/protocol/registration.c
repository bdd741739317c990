// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Registration, between its generated and its plain form.
 *
 * Says nothing about whether a registration is right: lengths of keys and tokens, agreement of
 * fields with each other and signatures are for those who use it. Times are whole seconds here; the
 * fraction of a Timestamp is dropped, as nobody writes one.
 *
 * Pure; any thread. */
#include "protocol/registration.h"

static int registration_decode_spec(const Actr__ServiceSpec *message, struct arena *arena,
                                    const struct service_spec **ret_spec)
{
    struct service_spec *spec = part_array(arena, 1, sizeof(*spec));
    if (!spec)
        return ACTR_ENOMEM;
    *ret_spec = spec;
    return part_decode_spec(message, arena, spec);
}

int registration_decode_request(const Actr__RegisterRequest *message, struct arena *arena,
                                struct ais_register_request *ret_request)
{
    *ret_request = (struct ais_register_request){
        .realm = message->realm->realm_id,
        .has_auth_mode = message->has_auth_mode,
        .auth_mode = (int32_t)message->auth_mode,
        .service = message_optional(message->has_service, message->service),
        .ws_address = message_optional(message->has_ws_address, message->ws_address),
        .manifest_raw = message_optional(message->has_manifest_raw, message->manifest_raw),
        .mfr_signature = message_optional(message->has_mfr_signature, message->mfr_signature),
        .target = message_optional(message->has_target, message->target),
        .proof_signature = message_optional(message->has_manufacturer_auth_signature,
                                            message->manufacturer_auth_signature),
        .proof_nonce = message_optional(message->has_manufacturer_auth_nonce,
                                        message->manufacturer_auth_nonce),
        .has_proof_signed_at = message->has_manufacturer_auth_signed_at,
        .proof_signed_at_s = message->manufacturer_auth_signed_at,
        .has_acl = message->acl != NULL,
    };
    int r = part_decode_type(message->actr_type, &ret_request->type);
    if (r == 0 && message->service_spec)
        r = registration_decode_spec(message->service_spec, arena, &ret_request->service_spec);
    if (r == 0 && message->acl)
        r = part_decode_acl(message->acl, arena, &ret_request->acl, &ret_request->acl_count);
    return r;
}

static int registration_decode_success(const Actr__RegisterOk *message,
                                       struct ais_registration *ret_success)
{
    const Actr__TurnCredential *turn = message->turn_credential;
    *ret_success = (struct ais_registration){
        .turn = {message_text(turn->username), message_text(turn->password), turn->expires_at},
        .signing_pubkey = message_text(message->signing_pubkey),
        .signing_key_id = message->signing_key_id,
        .heartbeat_interval_s = message->signaling_heartbeat_interval_secs,
        .renewal_token = message_optional(message->has_renewal_token, message->renewal_token),
    };
    part_decode_credential(message->credential, &ret_success->credential);
    if (message->credential_expires_at) {
        ret_success->has_credential_expires_at = true;
        ret_success->credential_expires_at_s = message->credential_expires_at->seconds;
    }
    if (message->renewal_token_expires_at) {
        ret_success->has_renewal_token_expires_at = true;
        ret_success->renewal_token_expires_at_s = message->renewal_token_expires_at->seconds;
    }
    return part_decode_id(message->actr_id, &ret_success->id);
}

int registration_decode_response(const Actr__RegisterResponse *message,
                                 struct ais_response *ret_response)
{
    if (message->result_case == ACTR__REGISTER_RESPONSE__RESULT_SUCCESS) {
        ret_response->result = AIS_RESULT_SUCCESS;
        return registration_decode_success(message->success, &ret_response->success);
    }
    if (message->result_case == ACTR__REGISTER_RESPONSE__RESULT_ERROR) {
        ret_response->result = AIS_RESULT_ERROR;
        part_decode_error(message->error, &ret_response->error);
        return 0;
    }
    ret_response->result = AIS_RESULT_NONE;
    return 0;
}

Actr__RegisterRequest *registration_encode_request(struct message_build *build,
                                                   const struct ais_register_request *request)
{
    Actr__RegisterRequest *message = message_new(build, &actr__register_request__descriptor);
    if (!message)
        return NULL;
    message->actr_type = part_encode_type(build, &request->type);
    message->realm = part_encode_realm(build, request->realm);
    if (request->service_spec)
        message->service_spec = part_encode_spec(build, request->service_spec);
    if (request->has_acl)
        message->acl = part_encode_acl(build, request->acl, request->acl_count);
    message->has_service = request->service.ptr != NULL;
    message->service = message_data(request->service);
    message->has_ws_address = request->ws_address.ptr != NULL;
    message->ws_address = message_data(request->ws_address);
    message->has_manifest_raw = request->manifest_raw.ptr != NULL;
    message->manifest_raw = message_data(request->manifest_raw);
    message->has_mfr_signature = request->mfr_signature.ptr != NULL;
    message->mfr_signature = message_data(request->mfr_signature);
    message->has_target = request->target.ptr != NULL;
    message->target = message_data(request->target);
    message->has_auth_mode = request->has_auth_mode;
    message->auth_mode = (Actr__RegisterAuthMode)request->auth_mode;
    message->has_manufacturer_auth_signature = request->proof_signature.ptr != NULL;
    message->manufacturer_auth_signature = message_data(request->proof_signature);
    message->has_manufacturer_auth_signed_at = request->has_proof_signed_at;
    message->manufacturer_auth_signed_at = request->proof_signed_at_s;
    message->has_manufacturer_auth_nonce = request->proof_nonce.ptr != NULL;
    message->manufacturer_auth_nonce = message_data(request->proof_nonce);
    return message;
}

static Actr__TurnCredential *registration_encode_turn(struct message_build *build,
                                                      const struct turn_credential *turn)
{
    Actr__TurnCredential *message = message_new(build, &actr__turn_credential__descriptor);
    if (!message)
        return NULL;
    message->username = message_data(turn->username);
    message->password = message_data(turn->password);
    message->expires_at = turn->expires_at_s;
    return message;
}

/* Zero is left out, as in any message of the syntax that Timestamp is written in. */
static Actr__Timestamp *registration_encode_time(struct message_build *build, int64_t seconds)
{
    Actr__Timestamp *message = message_new(build, &actr__timestamp__descriptor);
    if (!message)
        return NULL;
    message->has_seconds = seconds != 0;
    message->seconds = seconds;
    return message;
}

static Actr__RegisterOk *registration_encode_success(struct message_build *build,
                                                     const struct ais_registration *success)
{
    Actr__RegisterOk *message = message_new(build, &actr__register_ok__descriptor);
    if (!message)
        return NULL;
    message->actr_id = part_encode_id(build, &success->id);
    message->credential = part_encode_credential(build, &success->credential);
    message->turn_credential = registration_encode_turn(build, &success->turn);
    if (success->has_credential_expires_at)
        message->credential_expires_at =
            registration_encode_time(build, success->credential_expires_at_s);
    message->signaling_heartbeat_interval_secs = success->heartbeat_interval_s;
    message->signing_pubkey = message_data(success->signing_pubkey);
    message->signing_key_id = success->signing_key_id;
    message->has_renewal_token = success->renewal_token.ptr != NULL;
    message->renewal_token = message_data(success->renewal_token);
    if (success->has_renewal_token_expires_at)
        message->renewal_token_expires_at =
            registration_encode_time(build, success->renewal_token_expires_at_s);
    return message;
}

Actr__RegisterResponse *registration_encode_response(struct message_build *build,
                                                     const struct ais_response *response)
{
    Actr__RegisterResponse *message = message_new(build, &actr__register_response__descriptor);
    if (!message)
        return NULL;
    switch (response->result) {
    case AIS_RESULT_SUCCESS:
        message->result_case = ACTR__REGISTER_RESPONSE__RESULT_SUCCESS;
        message->success = registration_encode_success(build, &response->success);
        break;
    case AIS_RESULT_ERROR:
        message->result_case = ACTR__REGISTER_RESPONSE__RESULT_ERROR;
        message->error = part_encode_error(build, &response->error);
        break;
    case AIS_RESULT_NONE:
        break;
    }
    return message;
}
