// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Frames of the WebSocket lane: the captured ones, the broken ones, and the absence of copies. */
#include "hyper/transport/ws_frame.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

static struct actr_bytes frame_of(const char *hex)
{
    uint8_t buf[64];
    size_t len = harness_hex(hex, buf, sizeof(buf));
    return actr_bytes_copy(actr_view_of(buf, len));
}

TEST(header_is_type_and_big_endian_length)
{
    static const struct {
        enum actr_payload_type type;
        const char *body, *frame;
    } cases[] = {
        {ACTR_RPC_RELIABLE, "", "0000000000"},
        {ACTR_RPC_SIGNAL, "ff", "0100000001ff"},
        {ACTR_STREAM_RELIABLE, "0102030405", "02000000050102030405"},
        {ACTR_STREAM_LATENCY_FIRST, "00", "030000000100"},
        {ACTR_MEDIA_RTP, "", "0400000000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BYTES struct actr_bytes message = frame_of(cases[i].body);
        AUTO_BYTES struct actr_bytes wanted = frame_of(cases[i].frame);
        enum actr_payload_type type;

        assert_int_equal(ws_frame_encode(cases[i].type, &message), 0);
        assert_true(view_equal(actr_bytes_view(message), actr_bytes_view(wanted)));
        assert_int_equal(ws_frame_decode(&message, &type), 0);
        assert_int_equal(type, cases[i].type);
        assert_int_equal(message.len, wanted.len - WS_FRAME_HEADER_LEN);
    }
}

TEST(length_beyond_16_bits_uses_all_four_bytes)
{
    uint8_t *data;
    AUTO_BYTES struct actr_bytes message = bytes_new(0x01020304, &data);
    assert_int_equal(ws_frame_encode(ACTR_RPC_RELIABLE, &message), 0);
    const uint8_t header[] = {0, 1, 2, 3, 4};
    assert_memory_equal(message.ptr, header, sizeof(header));
}

TEST(neither_way_copies)
{
    uint8_t *data;
    enum actr_payload_type type;
    AUTO_BYTES struct actr_bytes message = bytes_new(64, &data);
    memset(data, 7, 64);
    size_t live = mem_live();
    assert_int_equal(ws_frame_encode(ACTR_RPC_SIGNAL, &message), 0);
    assert_ptr_equal(message.ptr + WS_FRAME_HEADER_LEN, data);
    assert_int_equal(ws_frame_decode(&message, &type), 0);
    assert_ptr_equal(message.ptr, data);
    assert_int_equal(message.len, 64);
    assert_int_equal(mem_live(), live);
}

TEST(a_shared_message_is_copied_and_stays_as_it_was)
{
    AUTO_BYTES struct actr_bytes kept = frame_of("aabb");
    struct actr_bytes message = actr_bytes_ref(kept);
    assert_int_equal(ws_frame_encode(ACTR_RPC_RELIABLE, &message), 0);
    assert_int_equal(message.len, 7);
    assert_int_equal(kept.len, 2);
    assert_ptr_not_equal(message.ptr + WS_FRAME_HEADER_LEN, kept.ptr);
    actr_bytes_unref(message);
}

TEST(bytes_after_the_body_are_ignored)
{
    enum actr_payload_type type;
    AUTO_BYTES struct actr_bytes message = frame_of("01 00000002 aabb ccddee");
    assert_int_equal(ws_frame_decode(&message, &type), 0);
    assert_int_equal(type, ACTR_RPC_SIGNAL);
    assert_int_equal(message.len, 2);
    assert_int_equal(message.ptr[1], 0xbb);
}

TEST(short_incomplete_and_unknown_frames_are_refused)
{
    static const char *const cases[] = {"",           "00",           "00000000",
                                        "0000000001", "0000000002aa", "00ffffffffaa",
                                        "0500000000", "ff00000001aa"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct actr_bytes message = frame_of(cases[i]);
        enum actr_payload_type type = ACTR_MEDIA_RTP;
        assert_int_equal(ws_frame_decode(&message, &type), ACTR_EDECODE);
        assert_int_equal(type, ACTR_MEDIA_RTP);
        assert_null(message.owner);
    }
}

TEST(memory_running_out_gives_the_message_back)
{
    struct actr_bytes failed = {.ptr = NULL, .len = 1};
    assert_int_equal(ws_frame_encode(ACTR_RPC_RELIABLE, &failed), ACTR_ENOMEM);

    AUTO_BYTES struct actr_bytes kept = frame_of("aabb");
    struct actr_bytes message = actr_bytes_ref(kept);
    mem_fail_at(1);
    assert_int_equal(ws_frame_encode(ACTR_RPC_RELIABLE, &message), ACTR_ENOMEM);
    mem_fail_at(0);
}

/* The ends of what is `len` bytes: all but the middle of the text. */
static int decode_ends(const char *head, size_t head_len, const char *tail, size_t len,
                       struct excess *ret_excess, enum actr_payload_type *ret_type)
{
    *ret_excess =
        (struct excess){actr_view_of(head, head_len), actr_view_of(tail, strlen(tail)), len};
    return ws_frame_decode_ends(ret_excess, ret_type);
}

static void expect_ends(const struct excess *excess, const char *head, const char *tail, size_t len)
{
    assert_true(view_equal(excess->head, view_text(head)));
    assert_true(view_equal(excess->tail, view_text(tail)));
    assert_int_equal(excess->len, len);
}

TEST(the_ends_of_a_frame_become_those_of_its_body)
{
    static const char head[] = "\1\0\0\0\12begin", empty[] = "\0\0\0\0\2begin";
    struct excess excess;
    enum actr_payload_type type;
    /* Ten bytes of body, all of them there; some missing; some that belong to nobody behind it. */
    assert_int_equal(decode_ends(head, 10, " end.", 15, &excess, &type), 0);
    assert_int_equal(type, ACTR_RPC_SIGNAL);
    expect_ends(&excess, "begin", " end.", 10);
    assert_int_equal(decode_ends(head, 8, "d.", 15, &excess, &type), 0);
    expect_ends(&excess, "beg", "d.", 10);
    assert_int_equal(decode_ends(head, 8, "d.???", 18, &excess, &type), 0);
    expect_ends(&excess, "beg", "d.", 10);
    assert_int_equal(decode_ends(head, 8, "?", 18, &excess, &type), 0);
    expect_ends(&excess, "beg", "", 10);
    assert_int_equal(decode_ends(empty, 10, "???", 90, &excess, &type), 0);
    expect_ends(&excess, "be", "", 2);
    /* Short, of no known type, incomplete. */
    assert_int_equal(decode_ends(head, 4, "", 4, &excess, &type), ACTR_EDECODE);
    assert_int_equal(decode_ends("\5\0\0\0\0", 5, "", 5, &excess, &type), ACTR_EDECODE);
    assert_int_equal(decode_ends(head, 10, "end.", 14, &excess, &type), ACTR_EDECODE);
    assert_int_equal(excess.len, 14);
}

/* Appends the hex lines that follow `at` to buf; returns the text behind them. */
static const char *hex_lines(const char *at, uint8_t *buf, size_t cap, size_t *ret_len)
{
    size_t len = 0;
    while (strncmp(at, "    ", 4) == 0 && strspn(at + 4, "0123456789abcdef") > 0 &&
           at[4 + strspn(at + 4, "0123456789abcdef")] == '\n') {
        char line[256];
        size_t digits = strspn(at + 4, "0123456789abcdef");
        assert_true(digits < sizeof(line));
        memcpy(line, at + 4, digits);
        line[digits] = '\0';
        len += harness_hex(line, buf + len, cap - len);
        at += 4 + digits + 1;
    }
    *ret_len = len;
    return at;
}

TEST(captured_frames_decode_and_encode_to_the_same_bytes)
{
    char *text = harness_vector("captures/direct-websocket.txt", NULL);
    const char *at = text;
    size_t count = 0;

    while ((at = strstr(at, "WS byte0=0x82")) != NULL) {
        static uint8_t buf[1 << 17];
        size_t len;
        unsigned type_seen, len_seen;
        at = hex_lines(strchr(at, '\n') + 1, buf, sizeof(buf), &len);
        if (sscanf(at, " type=%u length=%u", &type_seen, &len_seen) != 2)
            fail_msg("no description of frame %zu", count);

        AUTO_BYTES struct actr_bytes message = actr_bytes_copy(actr_view_of(buf, len));
        enum actr_payload_type type;
        assert_int_equal(ws_frame_decode(&message, &type), 0);
        assert_int_equal(type, type_seen);
        assert_int_equal(message.len, len_seen);
        assert_int_equal(ws_frame_encode(type, &message), 0);
        assert_int_equal(message.len, len);
        assert_memory_equal(message.ptr, buf, len);
        count++;
    }
    harness_free(text);
    assert_true(count > 10);
}
