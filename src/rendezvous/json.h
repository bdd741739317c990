// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* JSON in requests and answers.
 *
 * Loop thread. */
#pragma once

#include <jansson.h>

#include "net/http.h"

/* A request's body: an object, owned by the caller. NULL: it is none; it has been answered. */
json_t *json_read(struct net_request *request, const struct net_request_info *info);

/* The text of a member, borrowed; NULL: absent, no text, or with a NUL in it. */
const char *json_text(const json_t *object, const char *name);

/* Consumes the value (NULL: memory has run out). is_private as in struct answer. */
void json_send(struct net_request *request, unsigned status, json_t *value, bool is_private);
void json_send_error(struct net_request *request, unsigned status, const char *why,
                     bool is_private);
