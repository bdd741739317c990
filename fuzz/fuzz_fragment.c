// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Frames of a lane: a peer may send anything and costs no more than the bounds; what is cut comes
 * out as it went in, in whatever order its frames arrive.
 *
 * Input: pieces of one byte of length, one byte of time, and a frame of that length. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "hyper/transport/fragment.h"

#define MESSAGE_LEN_MAX 1000
#define BYTES_MAX 20000

static const struct fragment_options options = {.message_len_max = MESSAGE_LEN_MAX,
                                                .bytes_max = BYTES_MAX,
                                                .message_count_max = 5,
                                                .expiry_us = 1000};

static void check_bounds(const struct fragment_receiver *receiver)
{
    fuzz_check(receiver->stats.bytes_held <= BYTES_MAX, "more memory than allowed");
    fuzz_check(receiver->stats.incomplete <= 5, "more messages than allowed");
    fuzz_check((receiver->stats.incomplete == 0) == (receiver->stats.bytes_held == 0),
               "memory of nothing");
}

static void receive_anything(const uint8_t *data, size_t len)
{
    struct fragment_receiver receiver;
    uint64_t now_us = 1;
    fragment_receiver_init(&receiver, &options);
    while (len >= 2) {
        size_t frame_len = data[0] < len - 2 ? data[0] : len - 2;
        struct actr_bytes message;
        now_us += data[1];
        int r = fragment_receive(&receiver, actr_bytes_copy(actr_view_of(data + 2, frame_len)),
                                 now_us, &message);
        fuzz_check(r == 0 || r == FRAGMENT_WHOLE || r == FRAGMENT_TOO_LONG,
                   "an error that is none");
        if (r == FRAGMENT_TOO_LONG) {
            const struct fragment_excess *excess = &receiver.excess;
            fuzz_check(excess->len > MESSAGE_LEN_MAX, "too long, but within the limit");
            fuzz_check(excess->head_len <= message.len && message.len <= excess->len,
                       "ends that are longer than the message");
            actr_bytes_unref(message);
        }
        if (r == FRAGMENT_WHOLE) {
            fuzz_check(message.len <= MESSAGE_LEN_MAX, "a message over the limit");
            actr_bytes_unref(message);
        }
        check_bounds(&receiver);
        data += 2 + frame_len;
        len -= 2 + frame_len;
    }
    fragment_receiver_deinit(&receiver);
}

/* The first byte decides the length of frames, the others are the message. */
static void cut_and_join(const uint8_t *data, size_t len)
{
    struct fragment_receiver receiver;
    struct fragment_cutter cutter;
    struct actr_bytes frames[64], message;
    size_t count = 0, whole = 0;
    size_t body = len > MESSAGE_LEN_MAX ? MESSAGE_LEN_MAX : len - 1;
    size_t frame_len = FRAGMENT_HEADER_LEN + 20 + data[0];
    if (fragment_begin(&cutter, data[0], frame_len, actr_bytes_copy(actr_view_of(data + 1, body))) <
        0)
        fuzz_fail("a message cannot be cut");
    while (fragment_next(&cutter, &frames[count]) == 0)
        fuzz_check(frames[count].len <= frame_len && ++count < 64, "frames of another length");
    fragment_receiver_init(&receiver, &options);
    for (size_t i = 0; i < count; i++) {
        size_t at = data[0] % 2 ? i : count - 1 - i;
        if (fragment_receive(&receiver, frames[at], 1, &message) != FRAGMENT_WHOLE)
            continue;
        whole++;
        fuzz_check(i == count - 1, "whole too early");
        fuzz_check(view_equal(actr_bytes_view(message), actr_view_of(data + 1, body)),
                   "another message");
        actr_bytes_unref(message);
    }
    fuzz_check(whole == 1, "not whole");
    fragment_receiver_deinit(&receiver);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    receive_anything(data, len);
    if (len > 0)
        cut_and_join(data, len);
    return 0;
}
