// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The URL by which a node opens its signaling socket: the configured one with the node's identity
 * and credential in the query. It is a secret: never log it. Pure; any thread. */
#pragma once

#include <stdbool.h>

#include <actr/error.h>

struct session_state;

/* 0, or ACTR_ECONFIG: `url` cannot be the signaling URL; the detail says why. */
int dial_url_check(const char *url) ACTR_MUST_CHECK;

/* Fresh text, to be freed by mem_free(); NULL: out of memory. `url` has passed dial_url_check().
 * wants_answer: this node prefers that peers offer (webrtc_role=answer). */
char *dial_url_new(const char *url, const struct session_state *session, bool wants_answer);
