// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RegisterRequest and RegisterResponse between their generated and their plain form: they travel as
 * HTTP bodies (ais.c) and inside signaling envelopes. Private to protocol/; conventions of part.h.
 */
#pragma once

#include "protocol/ais.h"
#include "protocol/part.h"

int registration_decode_request(const Actr__RegisterRequest *message, struct arena *arena,
                                struct ais_register_request *ret_request) ACTR_MUST_CHECK;
int registration_decode_response(const Actr__RegisterResponse *message,
                                 struct ais_response *ret_response) ACTR_MUST_CHECK;

Actr__RegisterRequest *registration_encode_request(struct message_build *build,
                                                   const struct ais_register_request *request);
Actr__RegisterResponse *registration_encode_response(struct message_build *build,
                                                     const struct ais_response *response);
