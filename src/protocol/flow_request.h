// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* ActrToSignaling between its generated and its plain form. Private to protocol/; conventions of
 * part.h. */
#pragma once

#include "protocol/part.h"
#include "protocol/signaling.h"
#include "protocol/signaling.pb-c.h"

int flow_request_decode(const Signaling__ActrToSignaling *message, struct arena *arena,
                        struct signaling_request *ret_request) ACTR_MUST_CHECK;
Signaling__ActrToSignaling *flow_request_encode(struct message_build *build,
                                                const struct signaling_request *request);
