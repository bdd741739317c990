// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A library that is entered with anybody's bytes: every entry returns a code, gives a response only
 * with ACTR_ABI_OK, and leaves nothing allocated. The host it asks answers with the same bytes. */
#include <stdlib.h>
#include <string.h>

#include <actr/actr.h>
#include <actr/dynclib.h>

#include "fuzz.h"

static struct actr_view input;

static int32_t retain(uint64_t token)
{
    return token ? ACTR_ABI_OK : ACTR_ABI_ERROR;
}

static void release(uint64_t token)
{
    (void)token;
}

static int32_t invoke(uint64_t token, const uint8_t *frame, size_t frame_len, uint8_t **ret_reply,
                      size_t *ret_reply_len)
{
    (void)frame;
    if (token % 2 == 0 || frame_len == 0)
        return ACTR_ABI_PROTOCOL;
    *ret_reply = malloc(input.len + 1);
    if (!*ret_reply)
        return ACTR_ABI_NO_MEMORY;
    memcpy(*ret_reply, input.ptr, input.len);
    *ret_reply_len = input.len;
    return ACTR_ABI_OK;
}

static void free_buf(uint8_t *ptr, size_t len)
{
    (void)len;
    free(ptr);
}

static void handler(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct actr_bytes reply = {0};
    struct actr_id found;
    (void)self;
    (void)actr_ctx_request_id(ctx);
    (void)actr_ctx_traceparent(ctx);
    (void)actr_ctx_remaining_ms(ctx);
    (void)!actr_discover_one(actr_ctx_node(ctx), "a:b:c", &found);
    if (actr_ctx_call_wait(ctx, actr_dest_host(), "r", actr_bytes_copy(request), NULL, &reply) == 0)
        actr_reply(ctx, reply);
    else
        actr_fail(ctx, ACTR_ENOTFOUND, "%s", actr_errmsg());
}

struct actr_workload *actr_guest_workload(void)
{
    struct actr_workload *workload = actr_workload_new("a:b:c", NULL, NULL);
    actr_workload_route(workload, "r", handler, NULL);
    return workload;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct actr_host_vtable host = {retain, release, invoke, free_buf};
    uint8_t *response = NULL;
    size_t response_len = 0;
    input = actr_view_of(data, len);
    (void)actr_init(&host, data, len);
    (void)actr_shutdown();
    fuzz_check(actr_init(&host, NULL, 0) == ACTR_ABI_OK, "no init");
    int32_t code = actr_handle(data, len, &response, &response_len);
    fuzz_check((code == ACTR_ABI_OK) == (response != NULL), "a response with an error, or none");
    actr_free_response(response, response_len);
    fuzz_check(actr_shutdown() == ACTR_ABI_OK, "no shutdown");
    return 0;
}
