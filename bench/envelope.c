// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* envelope_decode: RpcEnvelope with a 64-byte payload, beside protobuf-c unpacking the same bytes.
 *
 * Both read every field the other does; protobuf-c also frees what it allocated, because its users
 * must. Each measurement repeats until the clock's grain does not matter. */
#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"
#include "bench.h"
#include "protocol/envelope.h"
#include "rpc.pb-c.h"

#define ROUNDS 2000000

static uint64_t sink; /* so that nothing is optimised away */

static double decode_ns(struct actr_view bytes)
{
    struct envelope envelope;
    double begin = bench_now_us();
    for (int i = 0; i < ROUNDS; i++) {
        if (envelope_decode(bytes, &envelope) < 0)
            return -1;
        sink += envelope.payload.len + envelope.request_id.len + envelope.route.ptr[0];
    }
    return (bench_now_us() - begin) * 1e3 / ROUNDS;
}

static double unpack_ns(struct actr_view bytes)
{
    double begin = bench_now_us();
    for (int i = 0; i < ROUNDS / 4; i++) {
        ProtobufCMessage *message =
            protobuf_c_message_unpack(&actr__rpc_envelope__descriptor, NULL, bytes.len, bytes.ptr);
        if (!message)
            return -1;
        const Actr__RpcEnvelope *envelope = (const void *)message;
        sink += envelope->payload.len + envelope->request_id.len + envelope->route_key.data[0];
        protobuf_c_message_free_unpacked(message, NULL);
    }
    return (bench_now_us() - begin) * 1e3 / (ROUNDS / 4);
}

static bool run_decode(struct bench_sample *ret_sample)
{
    static const uint8_t payload[64] = {1, 2, 3};
    struct envelope envelope = {
        .route = view_text("echo.EchoService.Echo"),
        .payload = actr_view_of(payload, sizeof(payload)),
        .has_payload = true,
        .request_id = view_text("e824fb40-c9d0-4b3f-b1da-eb0f78f2a130"),
        .direction = ENVELOPE_REQUEST,
        .timeout_ms = 30000,
    };
    struct actr_bytes bytes = envelope_encode(&envelope);
    if (actr_bytes_failed(bytes))
        return false;
    ret_sample->baseline = unpack_ns(actr_bytes_view(bytes));
    ret_sample->value = decode_ns(actr_bytes_view(bytes));
    actr_bytes_unref(bytes);
    return ret_sample->value > 0 && ret_sample->baseline > 0;
}

const struct bench_case bench_envelope[] = {
    {"envelope_decode", "RpcEnvelope with 64 B payload; baseline: protobuf-c unpack", "ns",
     BENCH_RATIO_MAX, 0.125, 5, true, run_decode},
    {0},
};
