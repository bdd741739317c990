// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Query parameters of the signaling socket, in the order in which the existing system sends them:
 * actor_id, key_id, claims, signature, webrtc_role. A query that the configured URL has already
 * stays in front.
 *
 * Claims and signature travel as padded base64; its '+', '/' and '=' are percent-encoded, for a
 * server reads a raw '+' as a space. A fragment is left out (RFC 6455 §3 forbids it), an empty path
 * becomes "/" (RFC 6455 §4.1). */
#include "hyper/signaling/dial_url.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "hyper/signaling/session_state.h"

/* Names of the parameters, numbers, separators, a path. */
#define FIXED_LEN 128

int dial_url_check(const char *url)
{
    struct url parts;
    int r = url_parse(view_text(url), &parts);
    if (r < 0)
        return err_context(ACTR_ECONFIG, "signaling: %s", url);
    if (parts.scheme != URL_WS && parts.scheme != URL_WSS)
        return err_origin(ACTR_ECONFIG, "signaling: %s: not ws:// or wss://", url);
    return 0;
}

static void append_base64(struct text *text, const char *name, struct actr_bytes bytes, char *buf)
{
    text_base64_encode(bytes.ptr, bytes.len, buf);
    text_append(text, view_text(name));
    text_percent_encode(text, view_text(buf));
}

static void append_query(struct text *text, const struct session_state *session, char *buf)
{
    char id[ACTR_ID_STR_MAX];
    actr_id_format(&session->identity.id, id);
    text_append(text, view_text("actor_id="));
    text_percent_encode(text, view_text(id));
    text_printf(text, "&key_id=%u", session->key_id);
    append_base64(text, "&claims=", session->claims, buf);
    append_base64(text, "&signature=", session->signature, buf);
}

char *dial_url_new(const char *url, const struct session_state *session, bool wants_answer)
{
    size_t base_len = strcspn(url, "#");
    size_t longest =
        session->claims.len > session->signature.len ? session->claims.len : session->signature.len;
    size_t buf_size = TEXT_BASE64_SIZE(longest);
    size_t size = base_len + FIXED_LEN + 3 * ACTR_ID_STR_MAX + 2 * 3 * buf_size;
    AUTO_FREE char *buf = mem_alloc_raw(buf_size);
    char *joined = mem_alloc_raw(size);
    struct url parts;
    if (buf == NULL || joined == NULL || url_parse(view_text(url), &parts) < 0) {
        mem_free(joined);
        return NULL;
    }
    struct text text;
    text_init(&text, joined, size);
    text_append(&text, actr_view_of(url, base_len));
    if (parts.path.len == 0 && memchr(url, '?', base_len) == NULL)
        text_append(&text, view_text("/"));
    if (memchr(url, '?', base_len) == NULL)
        text_append(&text, view_text("?"));
    else if (parts.query.len > 0)
        text_append(&text, view_text("&"));
    append_query(&text, session, buf);
    if (wants_answer)
        text_append(&text, view_text("&webrtc_role=answer"));
    return joined;
}
