// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The node's side of a channel whose other side is anybody: the input says what is written over the
 * shared memory between two steps of the node. Whatever it is, a step ends, says that nothing is
 * there, that it is wrong, or gives a message of a known kind and an allowed length; and all memory
 * is given back.
 *
 * Four bytes a step: what to do, where in the memory (in words, from the head of a ring), and how
 * many of the bytes that follow go there. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "hyper/workload/dynclib/channel.h"

static void receive(struct channel *channel, enum channel_lane lane)
{
    struct channel_message message;
    int r = channel_receive(channel, lane, &message);
    fuzz_check(r == 0 || r == CHANNEL_NONE || r == ACTR_EDECODE || r == ACTR_ENOMEM, "a code");
    if (r != 0)
        return;
    fuzz_check(message.head.kind >= CHANNEL_INIT && message.head.kind <= CHANNEL_RELEASE, "a kind");
    fuzz_check(message.head.len <= CHANNEL_LEN_MAX, "a length");
    fuzz_check(message.payload.len == message.head.len, "a payload of another length");
    actr_bytes_unref(message.payload);
}

static void send(struct channel *channel, enum channel_lane lane, size_t len)
{
    static const uint8_t bytes[1024];
    struct channel_parcel parcel = {.head = {.kind = CHANNEL_ANSWER},
                                    .payload = {bytes, len < sizeof(bytes) ? len : sizeof(bytes)}};
    int r = channel_send(channel, lane, &parcel);
    fuzz_check(r == 0 || r == CHANNEL_FULL || r == ACTR_EDECODE, "a code of sending");
}

/* What an honest library would send: so that the input reaches what is behind a good position. */
static void put(struct channel *library, enum channel_lane lane, struct actr_view bytes)
{
    size_t done;
    (void)!ring_write(&library->out[lane], bytes.ptr, bytes.len, &done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct channel node, library;
    size_t live = mem_live(), size = channel_size();
    uint8_t *memory = aligned_alloc(64, size);
    fuzz_check(memory != NULL, "no memory");
    memset(memory, 0, size);
    channel_init(&node, memory, CHANNEL_NODE);
    channel_init(&library, memory, CHANNEL_LIBRARY);
    while (len >= 4) {
        enum channel_lane lane = data[0] & 1 ? CHANNEL_BACK : CHANNEL_ENTRY;
        size_t at = ((size_t)data[1] << 8 | data[2]) * 16 % size, count = data[3];
        unsigned what = data[0] >> 1 & 3;
        data += 4;
        len -= 4;
        if (count > len)
            count = len;
        if (what == 0)
            memcpy(memory + at, data, count < size - at ? count : size - at);
        if (what == 1)
            put(&library, lane, actr_view_of(data, count));
        if (what == 2)
            send(&node, lane, at);
        if (what < 2) {
            data += count;
            len -= count;
        }
        receive(&node, lane);
        (void)ring_doze(&node.in[lane]);
        (void)ring_doze_full(&node.out[lane]);
    }
    channel_clear(&node);
    free(memory);
    fuzz_check(mem_live() == live, "memory is left");
    return 0;
}
