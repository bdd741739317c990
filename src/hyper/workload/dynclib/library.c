// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A library in this process, and what replies say. (In a process of its own, this is that process:
 * dynclib_host.)
 *
 * Nothing protects this process from the code it enters here: a crash is the node's, and an entry
 * that does not return keeps its thread. What can be checked is: lengths, frames, codes. A response
 * is given back exactly once, with the length that came with it, also beside an error code.
 *
 * A library that forks has two returns from one entry. The one in the copy must not come back to
 * the node's code, which would do everything twice: the copy ends there. */
#include "hyper/workload/dynclib/library.h"

#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/workload/dynclib/image.h"
#include "protocol/abi.h"
#include "sys/bell.h"

#define LIBRARY_TEXT_MAX 400

struct library_local {
    struct library base;
    int fd; /* -1 once it has been loaded */
    struct image image;
    const struct actr_host_vtable *host;
    const char *name;
    pid_t pid;
};

static struct library_local *library_local_of(struct library *library)
{
    return container_of(library, struct library_local, base);
}

static int library_check(const char *function, int32_t code)
{
    static const char *const names[] = {"ok",
                                        "generic error",
                                        "init failed",
                                        "handle failed",
                                        "allocation failed",
                                        "protocol error",
                                        "buffer too small",
                                        "unsupported operation"};
    if (code == ACTR_ABI_OK)
        return 0;
    const char *name = code < 0 && code >= ACTR_ABI_UNSUPPORTED ? names[-code] : "no such code";
    return err_origin(ACTR_EINTERNAL, "%s returned error code %d (%s)", function, (int)code, name);
}

static int library_read(struct actr_view reply, struct actr_bytes *ret_payload)
{
    struct abi_reply message;
    if (abi_reply_decode(reply, &message) < 0)
        return err_origin(ACTR_EINTERNAL, "actr_handle returned a reply that cannot be decoded");
    if (message.status == ACTR_ABI_OK) {
        struct actr_bytes payload = actr_bytes_copy(message.payload);
        if (actr_bytes_failed(payload))
            return err_origin(ACTR_ENOMEM, "no memory for a reply of %zu bytes",
                              message.payload.len);
        *ret_payload = payload;
        return 0;
    }
    /* The codes of the wire travel as they are; hosts of old take any status for an error. */
    bool is_wire = message.status <= ACTR_EUNAVAILABLE && message.status >= ACTR_ENOTREADY;
    int code = is_wire ? message.status : ACTR_EINTERNAL;
    if (message.payload.len == 0 || !text_is_utf8(message.payload))
        return err_origin(code, "guest returned status %d", (int)message.status);
    char buf[LIBRARY_TEXT_MAX];
    struct text text;
    text_init(&text, buf, sizeof(buf));
    text_append(&text, message.payload);
    return err_origin(code, "%s", buf);
}

static int library_local_load(struct library *library)
{
    struct library_local *local = library_local_of(library);
    int r = image_load(local->fd, local->name, &local->image);
    close(local->fd);
    local->fd = -1;
    return r;
}

/* After every entry. */
static void library_end_copy(const struct library_local *local)
{
    if (getpid() != local->pid)
        _exit(0);
}

static int library_local_init(struct library *library, struct actr_view init)
{
    struct library_local *local = library_local_of(library);
    int32_t code = local->image.init(local->host, init.ptr, init.len);
    library_end_copy(local);
    return library_check("actr_init", code);
}

static int library_local_handle(struct library *library, struct actr_view frame,
                                struct actr_bytes *ret_payload)
{
    struct library_local *local = library_local_of(library);
    uint8_t *response = NULL;
    size_t len = 0;
    int32_t code = local->image.handle_entry(frame.ptr, frame.len, &response, &len);
    library_end_copy(local);
    int r = library_check("actr_handle", code);
    if (r == 0 && !response && len > 0)
        r = err_origin(ACTR_EINTERNAL, "actr_handle returned %zu bytes and no address", len);
    if (r == 0 && len > LIBRARY_REPLY_LEN_MAX)
        r = err_origin(ACTR_EINTERNAL, "actr_handle returned %zu bytes; %zu are allowed", len,
                       LIBRARY_REPLY_LEN_MAX);
    if (r == 0)
        r = library_read(actr_view_of(response, len), ret_payload);
    if (response && len > 0)
        local->image.free_response(response, len);
    return r;
}

static int library_local_shutdown(struct library *library)
{
    struct library_local *local = library_local_of(library);
    int32_t code = local->image.shutdown();
    library_end_copy(local);
    return library_check("actr_shutdown", code);
}

static int library_local_idle(struct library *library, struct bell *bell)
{
    (void)library;
    bell_wait(bell);
    return 0;
}

static void library_local_free(struct library *library, bool keep_mapped)
{
    struct library_local *local = library_local_of(library);
    if (local->fd >= 0)
        close(local->fd);
    if (!keep_mapped && local->image.handle)
        image_unload(&local->image);
    mem_free(local);
}

static const struct library_ops library_local_ops = {
    .load = library_local_load,
    .init = library_local_init,
    .handle = library_local_handle,
    .shutdown = library_local_shutdown,
    .idle = library_local_idle,
    .free = library_local_free,
};

int library_local(int fd, const char *name, const struct actr_host_vtable *host,
                  struct library **ret_library)
{
    struct library_local *local = mem_alloc(sizeof(*local));
    if (!local) {
        close(fd);
        return err_origin(ACTR_ENOMEM, "%s: no memory", name);
    }
    local->base.ops = &library_local_ops;
    local->fd = fd;
    local->host = host;
    local->name = name;
    local->pid = getpid();
    *ret_library = &local->base;
    return 0;
}
