// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The C ABI between a node (the host) and an actor in a shared library (the guest).
 *
 * A library exports the four functions below, and may export actr_abi_info(). Everything else
 * crosses as protobuf frames: the numbers are here, the messages in docs/dynclib.md. The layout and
 * the numbers are those of the existing system and do not change. Who writes C links
 * libactr-guest.a, which exports all of it and gives handlers the interface of a linked actor.
 *
 * Threads: the host enters a library with one thread at a time. The library may call the host from
 * any of its threads. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/workload.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a library exports must stay visible when it is compiled with -fvisibility=hidden. */
#define ACTR_GUEST_EXPORT __attribute__((visibility("default")))

/* Version of the frames and of actr_abi_info(). */
#define ACTR_ABI_VERSION 1

/* What the functions of both sides return, and what AbiReply.status holds. */
enum actr_abi_status {
    ACTR_ABI_OK = 0,
    ACTR_ABI_ERROR = -1,
    ACTR_ABI_INIT_FAILED = -2,
    ACTR_ABI_HANDLE_FAILED = -3, /* with the guest's own text as payload */
    ACTR_ABI_NO_MEMORY = -4,
    ACTR_ABI_PROTOCOL = -5,  /* undecodable, or an argument that makes no sense */
    ACTR_ABI_TOO_SMALL = -6, /* reserved */
    ACTR_ABI_UNSUPPORTED = -7
};

/* AbiFrame.op. */
enum actr_abi_op {
    ACTR_ABI_CALL = 1, /* guest to host, by invoke() */
    ACTR_ABI_TELL = 2,
    ACTR_ABI_CALL_RAW = 3,
    ACTR_ABI_DISCOVER = 4,
    ACTR_ABI_REGISTER_STREAM = 5,
    ACTR_ABI_UNREGISTER_STREAM = 6,
    ACTR_ABI_SEND_DATA_CHUNK = 7,
    ACTR_ABI_HANDLE = 101, /* host to guest, by actr_handle() */
    ACTR_ABI_DATA_CHUNK = 102,
    ACTR_ABI_LIFECYCLE = 103,
    ACTR_ABI_HOOK = 104
};

/* GuestLifecycleV1.hook. */
enum actr_abi_lifecycle { ACTR_ABI_ON_START = 1, ACTR_ABI_ON_READY = 2, ACTR_ABI_ON_STOP = 3 };

/* GuestHookV1.hook. */
enum actr_abi_hook {
    ACTR_ABI_SIGNALING_CONNECTING = 1,
    ACTR_ABI_SIGNALING_CONNECTED = 2,
    ACTR_ABI_SIGNALING_DISCONNECTED = 3,
    ACTR_ABI_WEBSOCKET_CONNECTING = 4,
    ACTR_ABI_WEBSOCKET_CONNECTED = 5,
    ACTR_ABI_WEBSOCKET_DISCONNECTED = 6,
    ACTR_ABI_WEBRTC_CONNECTING = 7,
    ACTR_ABI_WEBRTC_CONNECTED = 8,
    ACTR_ABI_WEBRTC_DISCONNECTED = 9,
    ACTR_ABI_CREDENTIAL_RENEWED = 10,
    ACTR_ABI_CREDENTIAL_EXPIRING = 11,
    ACTR_ABI_MAILBOX_BACKPRESSURE = 12
};

/* What the host offers; valid as long as the library is loaded. `token` comes with each frame and
 * stands for the context of that entry: it is good until the entry returns, and as long as it is
 * retained. Any thread. */
struct actr_host_vtable {
    /* Keeps a context beyond its entry. ACTR_ABI_OK; ACTR_ABI_ERROR: no such token. Each success is
     * to be paired with a release. */
    int32_t (*retain_context)(uint64_t token);
    void (*release_context)(uint64_t token);
    /* Asks the host for an operation: `frame` is an AbiFrame, *ret_reply an AbiReply that is given
     * back with free_host_buf(). Blocks until the operation is over, 30 s at most. ACTR_ABI_OK
     * whatever AbiReply.status says; ACTR_ABI_PROTOCOL, ACTR_ABI_UNSUPPORTED,
     * ACTR_ABI_NO_MEMORY: there is no reply. */
    int32_t (*invoke)(uint64_t token, const uint8_t *frame, size_t frame_len, uint8_t **ret_reply,
                      size_t *ret_reply_len);
    /* Exactly the length that invoke() gave. NULL or 0 is fine. */
    void (*free_host_buf)(uint8_t *ptr, size_t len);
};

/* Takes the host's table and an InitPayloadV1. ACTR_ABI_OK; ACTR_ABI_INIT_FAILED (also: has been
 * called and not been shut down); ACTR_ABI_PROTOCOL. */
ACTR_GUEST_EXPORT int32_t actr_init(const struct actr_host_vtable *host, const uint8_t *init,
                                    size_t init_len);

/* One entry: `request` is an AbiFrame, lent. ACTR_ABI_OK: *ret_response is an AbiReply that the
 * host gives back with actr_free_response(); a handler's error is one with status
 * ACTR_ABI_HANDLE_FAILED and a text. ACTR_ABI_INIT_FAILED: not initialised; ACTR_ABI_PROTOCOL;
 * ACTR_ABI_UNSUPPORTED: unknown op or hook; ACTR_ABI_HANDLE_FAILED, ACTR_ABI_NO_MEMORY. */
ACTR_GUEST_EXPORT int32_t actr_handle(const uint8_t *request, size_t request_len,
                                      uint8_t **ret_response, size_t *ret_response_len);

/* Exactly what actr_handle() gave, once. */
ACTR_GUEST_EXPORT void actr_free_response(uint8_t *ptr, size_t len);

/* The end; actr_init() may follow. ACTR_ABI_OK; anything else: the library stays loaded and is not
 * entered again. */
ACTR_GUEST_EXPORT int32_t actr_shutdown(void);

/* What the library was built for. */
struct actr_abi_info {
    uint32_t size;  /* sizeof(struct actr_abi_info) */
    uint32_t major; /* ACTR_ABI_VERSION; another is refused */
    uint32_t minor;
    uint32_t vtable_size; /* sizeof(struct actr_host_vtable); another is refused */
};

/* Optional: lets the host refuse a library of another ABI before it enters it. Static storage. */
ACTR_GUEST_EXPORT const struct actr_abi_info *actr_abi_info(void);

/* One source for both kinds of actor: `make` is a function without arguments that returns the
 * workload. Compiled with ACTR_DYNCLIB it is what libactr-guest.a asks for, else the whole
 * program. */
__attribute__((visibility("hidden"))) struct actr_workload *actr_guest_workload(void);
#ifdef ACTR_DYNCLIB
#define ACTR_ACTOR_MAIN(make)                                                                      \
    struct actr_workload *actr_guest_workload(void)                                                \
    {                                                                                              \
        return make();                                                                             \
    }
#else
#define ACTR_ACTOR_MAIN(make)                                                                      \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return actr_main(argc, argv, make());                                                      \
    }
#endif

#ifdef __cplusplus
}
#endif
