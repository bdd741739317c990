// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* SignalingToActr between its generated and its plain form. Private to protocol/; conventions of
 * part.h. */
#pragma once

#include "protocol/part.h"
#include "protocol/signaling.h"
#include "protocol/signaling.pb-c.h"

int flow_reply_decode(const Signaling__SignalingToActr *message, struct arena *arena,
                      struct signaling_reply *ret_reply) ACTR_MUST_CHECK;
Signaling__SignalingToActr *flow_reply_encode(struct message_build *build,
                                              const struct signaling_reply *reply);
