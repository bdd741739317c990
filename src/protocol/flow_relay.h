// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* ActrRelay between its generated and its plain form. Private to protocol/; conventions of part.h.
 */
#pragma once

#include "protocol/part.h"
#include "protocol/relay.h"
#include "protocol/signaling.pb-c.h"

/* `envelope`: the bytes that the message was unpacked from, where the payload's own bytes are found
 * again. */
int flow_relay_decode(const Signaling__ActrRelay *message, struct actr_view envelope,
                      struct relay *ret_relay) ACTR_MUST_CHECK;
Signaling__ActrRelay *flow_relay_encode(struct message_build *build, const struct relay *relay);
