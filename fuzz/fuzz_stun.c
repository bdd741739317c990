// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* STUN: nothing outside the packet is read, nobody's bytes verify, and a message written with the
 * attributes that were found shows the same ones. */
#include <string.h>

#include "fuzz.h"
#include "hyper/wire/webrtc/ice/stun.h"

static void rewrite(const struct stun_message *message, uint16_t type, struct actr_view value)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    struct stun_message again;
    struct actr_view found;
    stun_begin(&writer, buf, sizeof(buf), message->class, message->method, message->transaction);
    stun_put(&writer, type, value);
    stun_put_integrity(&writer, actr_view_of("key", 3));
    stun_put_fingerprint(&writer);
    struct actr_view packet = stun_end(&writer);
    if (!packet.ptr) /* it was just as long, without integrity and fingerprint */
        return;
    fuzz_check(stun_parse(packet, &again) == 0, "not read again");
    fuzz_check(again.class == message->class && again.method == message->method, "another type");
    fuzz_check(stun_verify(&again, actr_view_of("key", 3)), "not genuine");
    fuzz_check(stun_find(&again, type, &found) && found.len == value.len &&
                   (value.len == 0 || memcmp(found.ptr, value.ptr, value.len) == 0),
               "another value");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint16_t types[] = {
        STUN_MAPPED_ADDRESS, STUN_USERNAME,       STUN_ERROR_CODE,          STUN_LIFETIME,
        STUN_REALM,          STUN_NONCE,          STUN_XOR_RELAYED_ADDRESS, STUN_XOR_PEER_ADDRESS,
        STUN_DATA_BYTES,     STUN_CHANNEL_NUMBER, STUN_XOR_MAPPED_ADDRESS,  STUN_PRIORITY,
        STUN_USE_CANDIDATE,  STUN_SOFTWARE,       STUN_ICE_CONTROLLED,      STUN_ICE_CONTROLLING};
    struct stun_message message;
    struct net_address address;
    struct actr_view value;
    uint32_t u32;
    uint64_t u64;
    unsigned code;
    if (stun_parse(actr_view_of(data, len), &message) < 0)
        return 0;
    fuzz_check(stun_is(message.packet) && message.unknown_count <= 8, "not STUN");
    fuzz_check(!stun_verify(&message, actr_view_of("guess", 5)), "forged");
    fuzz_check(!stun_verify_sha256(&message, actr_view_of("guess", 5)), "forged");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!stun_find(&message, types[i], &value))
            continue;
        fuzz_check(value.ptr >= data && value.ptr + value.len <= data + len, "outside");
        (void)stun_find_u32(&message, types[i], &u32);
        (void)stun_find_u64(&message, types[i], &u64);
        (void)stun_find_address(&message, types[i], &address);
        rewrite(&message, types[i], value);
    }
    (void)stun_find_error(&message, &code, &value);
    return 0;
}
