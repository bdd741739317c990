// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bodies of the identity service's HTTP requests, whole.
 *
 * Each codec is: unpack, convert; or build, pack. Results are filled aside and copied out at the
 * end, so that a refused body leaves nothing behind.
 *
 * Pure; any thread. Never decides whether a request may be granted. */
#include "protocol/ais.h"

#include "protocol/registration.h"

int ais_register_request_decode(struct actr_view bytes, struct arena *arena,
                                struct ais_register_request *ret_request)
{
    const void *message;
    struct ais_register_request request;
    int r = message_unpack(&actr__register_request__descriptor, bytes, arena, &message);
    if (r == 0)
        r = registration_decode_request(message, arena, &request);
    if (r == 0)
        *ret_request = request;
    return r;
}

int ais_renew_request_decode(struct actr_view bytes, struct arena *arena,
                             struct ais_renew_request *ret_request)
{
    const void *message;
    struct ais_renew_request request;
    int r = message_unpack(&actr__renew_credential_request__descriptor, bytes, arena, &message);
    if (r < 0)
        return r;
    const Actr__RenewCredentialRequest *renew = message;
    r = part_decode_id(renew->actr_id, &request.id);
    if (r < 0)
        return r;
    request.renewal_token = message_text(renew->renewal_token);
    *ret_request = request;
    return 0;
}

int ais_response_decode(struct actr_view bytes, struct arena *arena,
                        struct ais_response *ret_response)
{
    const void *message;
    struct ais_response response;
    int r = message_unpack(&actr__register_response__descriptor, bytes, arena, &message);
    if (r == 0)
        r = registration_decode_response(message, &response);
    if (r == 0)
        *ret_response = response;
    return r;
}

struct actr_bytes ais_register_request_encode(const struct ais_register_request *request)
{
    struct message_build build;
    message_build_init(&build);
    return message_pack(&build, registration_encode_request(&build, request));
}

struct actr_bytes ais_renew_request_encode(const struct ais_renew_request *request)
{
    struct message_build build;
    message_build_init(&build);
    Actr__RenewCredentialRequest *message =
        message_new(&build, &actr__renew_credential_request__descriptor);
    if (message) {
        message->actr_id = part_encode_id(&build, &request->id);
        message->renewal_token = message_data(request->renewal_token);
    }
    return message_pack(&build, message);
}

struct actr_bytes ais_response_encode(const struct ais_response *response)
{
    struct message_build build;
    message_build_init(&build);
    return message_pack(&build, registration_encode_response(&build, response));
}
