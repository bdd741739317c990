// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* JSON bodies.
 *
 * Strict on the way in: one object, no member twice, nothing behind it. Answers are small and
 * encoded in one piece.
 *
 * Loop thread. */
#include "json.h"

#include "answer.h"
#include "base/bytes.h"

json_t *json_read(struct net_request *request, const struct net_request_info *info)
{
    json_error_t error;
    json_t *value =
        json_loadb((const char *)info->body.ptr, info->body.len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(value))
        return value;
    json_decref(value);
    json_send_error(request, 400, "the body is no JSON object", true);
    return NULL;
}

const char *json_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

void json_send(struct net_request *request, unsigned status, json_t *value, bool is_private)
{
    uint8_t *data = NULL;
    size_t len = value ? json_dumpb(value, NULL, 0, JSON_COMPACT) : 0;
    struct actr_bytes body = bytes_new(len, &data);
    if (data && len > 0)
        json_dumpb(value, (char *)data, len, JSON_COMPACT);
    answer_send(request, &(struct answer){.status = len > 0 ? status : 500,
                                          .content_type = ANSWER_JSON,
                                          .body = body,
                                          .is_private = is_private});
    json_decref(value);
}

void json_send_error(struct net_request *request, unsigned status, const char *why, bool is_private)
{
    json_send(request, status, json_pack("{s:s}", "error", why), is_private);
}
