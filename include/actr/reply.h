// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Replies: answer now, fail now, or keep the reply and answer later from anywhere.
 *
 * The first answer wins; later ones return ACTR_ESTATE and do nothing. A handler that returns
 * without having answered or kept its reply answers ACTR_EINTERNAL. Answering a tell does nothing
 * and succeeds. */
#pragma once

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct actr_reply;

/* Answers the request of `ctx`. Consumes payload. ACTR_ESTATE: already answered or kept;
 * ACTR_ENOMEM: payload was a failed value (the caller gets ACTR_EINTERNAL). */
ACTR_API int actr_reply(struct actr_ctx *ctx, struct actr_bytes payload);

/* Fails the request of `ctx` with `code` (negative) and a text for people. The text of
 * ACTR_EDEPENDENCY names the service when it begins "dependency 'NAME' not found: ". ACTR_ESTATE,
 * ACTR_EINVALID (code >= 0). */
ACTR_API int actr_fail(struct actr_ctx *ctx, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Takes the reply out of the handler: it may be answered later, by any thread, also after the
 * handler returned. NULL when it was answered or kept already, or when memory or the node's bound
 * on kept replies (1,024) is reached (actr_errmsg() says which). A kept reply whose caller's
 * deadline has passed is answered ACTR_ETIMEDOUT by the node; the handle stays valid until it is
 * given to actr_reply_send() or actr_reply_fail(), which then return ACTR_ESTATE. */
ACTR_API struct actr_reply *actr_reply_keep(struct actr_ctx *ctx);

/* Answers a kept reply. Consumes reply and payload. Any thread. ACTR_ESTATE: answered already
 * (deadline, node stopped). */
ACTR_API int actr_reply_send(struct actr_reply *reply, struct actr_bytes payload);

/* Fails a kept reply. Consumes reply; message is copied. Any thread. ACTR_ESTATE as above. */
ACTR_API int actr_reply_fail(struct actr_reply *reply, int code, const char *message);

#ifdef __cplusplus
}
#endif
