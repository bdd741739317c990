// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The functions that the host enters a library by.
 *
 * State: initialised or not. The host enters with one thread at a time, so that nothing here is
 * locked. What comes in is not trusted to be whole: a frame that does not decode is answered with a
 * code and reaches no handler.
 *
 * A handler's error goes back as the code of the wire where it has one, so that the caller gets the
 * very error; hosts that know nothing of it take any status but 0 for an error with a text. */
#include "guest/guest.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

static struct {
    const struct actr_host_vtable *host; /* NULL: not initialised */
    struct actr_workload *workload;
} guest;

int32_t actr_init(const struct actr_host_vtable *host, const uint8_t *init, size_t init_len)
{
    struct abi_init message;
    if (!host || guest.host)
        return ACTR_ABI_INIT_FAILED;
    if ((!init && init_len > 0) || abi_init_decode(actr_view_of(init, init_len), &message) < 0)
        return ACTR_ABI_PROTOCOL;
    struct actr_workload *workload = actr_guest_workload();
    if (!workload)
        return ACTR_ABI_INIT_FAILED;
    if (workload_error(workload) < 0) {
        workload_end(workload);
        return ACTR_ABI_INIT_FAILED;
    }
    guest.host = host;
    guest.workload = workload;
    return ACTR_ABI_OK;
}

int32_t actr_shutdown(void)
{
    if (!guest.host)
        return ACTR_ABI_INIT_FAILED;
    workload_end(guest.workload);
    guest.workload = NULL;
    guest.host = NULL;
    return ACTR_ABI_OK;
}

const struct actr_abi_info *actr_abi_info(void)
{
    static const struct actr_abi_info info = {sizeof(info), ACTR_ABI_VERSION, 0,
                                              sizeof(struct actr_host_vtable)};
    return &info;
}

void actr_free_response(uint8_t *ptr, size_t len)
{
    (void)len;
    mem_free(ptr);
}

static int32_t guest_respond(const struct abi_reply *reply, uint8_t **ret_response,
                             size_t *ret_response_len)
{
    size_t len = abi_reply_size(reply);
    uint8_t *response = mem_alloc_raw(len);
    if (!response)
        return ACTR_ABI_NO_MEMORY;
    abi_reply_write(reply, response);
    *ret_response = response;
    *ret_response_len = len;
    return ACTR_ABI_OK;
}

static int32_t guest_respond_error(int code, struct actr_view text, uint8_t **ret_response,
                                   size_t *ret_response_len)
{
    bool is_wire = code <= ACTR_EUNAVAILABLE && code >= ACTR_ENOTREADY;
    struct abi_reply reply = {ACTR_ABI_VERSION, is_wire ? code : ACTR_ABI_HANDLE_FAILED, text};
    if (text.len == 0)
        reply.payload = view_text(actr_strerror(code));
    return guest_respond(&reply, ret_response, ret_response_len);
}

static int32_t guest_handle(struct actr_view payload, uint8_t **ret_response,
                            size_t *ret_response_len)
{
    struct abi_handle handle;
    struct actr_ctx ctx;
    if (abi_handle_decode(payload, &handle) < 0)
        return ACTR_ABI_PROTOCOL;
    context_init(&ctx, guest.host, &handle.context, &handle.envelope);
    workload_handle(guest.workload, &ctx);
    context_finish(&ctx);

    int32_t status;
    if (ctx.slot == GUEST_OPEN && !actr_ctx_is_tell(&ctx))
        actr_fail(&ctx, ACTR_EINTERNAL, "the handler of %.200s returned without a reply",
                  ctx.route);
    if (ctx.code == 0) {
        struct abi_reply reply = {ACTR_ABI_VERSION, ACTR_ABI_OK, actr_bytes_view(ctx.payload)};
        status = guest_respond(&reply, ret_response, ret_response_len);
    } else {
        status = guest_respond_error(ctx.code, actr_bytes_view(ctx.text), ret_response,
                                     ret_response_len);
    }
    context_deinit(&ctx);
    return status;
}

static int32_t guest_lifecycle(struct actr_view payload, uint8_t **ret_response,
                               size_t *ret_response_len)
{
    struct abi_lifecycle lifecycle;
    struct actr_ctx ctx;
    if (abi_lifecycle_decode(payload, &lifecycle) < 0)
        return ACTR_ABI_PROTOCOL;
    if (lifecycle.hook < ACTR_ABI_ON_START || lifecycle.hook > ACTR_ABI_ON_STOP)
        return ACTR_ABI_UNSUPPORTED;
    context_init(&ctx, guest.host, &lifecycle.context, NULL);
    err_origin(0, "%s", "");
    int r = workload_lifecycle(guest.workload, lifecycle.hook, &ctx);
    char text[ERR_TEXT_MAX];
    strncpy(text, actr_errmsg(), sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    context_finish(&ctx);
    context_deinit(&ctx);
    static const struct abi_reply good = {.version = ACTR_ABI_VERSION};
    if (r == 0)
        return guest_respond(&good, ret_response, ret_response_len);
    return guest_respond_error(r < 0 ? r : ACTR_EINTERNAL, view_text(text), ret_response,
                               ret_response_len);
}

static int32_t guest_hook(struct actr_view payload, uint8_t **ret_response,
                          size_t *ret_response_len)
{
    static const struct abi_reply good = {.version = ACTR_ABI_VERSION};
    struct abi_hook hook;
    struct actr_ctx ctx;
    if (abi_hook_decode(payload, &hook) < 0)
        return ACTR_ABI_PROTOCOL;
    bool is_peer =
        hook.hook >= ACTR_ABI_WEBSOCKET_CONNECTING && hook.hook <= ACTR_ABI_WEBRTC_DISCONNECTED;
    bool is_credential =
        hook.hook == ACTR_ABI_CREDENTIAL_RENEWED || hook.hook == ACTR_ABI_CREDENTIAL_EXPIRING;
    if (hook.hook == 0 || hook.hook > ACTR_ABI_MAILBOX_BACKPRESSURE)
        return ACTR_ABI_UNSUPPORTED;
    if ((is_peer && !hook.has_peer) || (is_credential && !hook.has_credential) ||
        (hook.hook == ACTR_ABI_MAILBOX_BACKPRESSURE && !hook.has_backpressure))
        return ACTR_ABI_PROTOCOL;
    context_init(&ctx, guest.host, &hook.context, NULL);
    workload_hook(guest.workload, &hook, &ctx);
    context_finish(&ctx);
    context_deinit(&ctx);
    return guest_respond(&good, ret_response, ret_response_len);
}

int32_t actr_handle(const uint8_t *request, size_t request_len, uint8_t **ret_response,
                    size_t *ret_response_len)
{
    struct abi_frame frame;
    if (!guest.host)
        return ACTR_ABI_INIT_FAILED;
    if (!request || !ret_response || !ret_response_len ||
        abi_frame_decode(actr_view_of(request, request_len), &frame) < 0)
        return ACTR_ABI_PROTOCOL;
    switch (frame.op) {
    case ACTR_ABI_HANDLE:
        return guest_handle(frame.payload, ret_response, ret_response_len);
    case ACTR_ABI_LIFECYCLE:
        return guest_lifecycle(frame.payload, ret_response, ret_response_len);
    case ACTR_ABI_HOOK:
        return guest_hook(frame.payload, ret_response, ret_response_len);
    default: /* chunks of streams too: nothing here takes them */
        return ACTR_ABI_UNSUPPORTED;
    }
}
