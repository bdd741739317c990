// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What actors ask of the server over their socket: heartbeat, discovery, candidates, specs, signing
 * keys, subscriptions, farewell.
 *
 * Loop thread. */
#pragma once

#include "visitor.h"

/* Types in one discovery answer, and candidates in one list, whatever the request says. */
#define REQUESTS_TYPES_MAX 1000
#define REQUESTS_CANDIDATES_MAX RANKING_CANDIDATES_MAX

/* Answers a request (flow SIGNALING_FLOW_ACTR_TO_SERVER). The visitor may be gone afterwards. */
void requests_answer(struct visitor *visitor, const struct signaling_envelope *envelope);
