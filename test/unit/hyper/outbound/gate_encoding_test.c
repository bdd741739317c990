// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* gate_encoding: what goes into an envelope, and that nothing larger than the bound comes out. */
#include "hyper/outbound/gate_encoding.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

#define ID "7c9e6679-7425-40de-944b-e07fc1f90ae7"

static const struct gate_message asked = {.route = {(const uint8_t *)"a.B.C", 5},
                                          .type = ACTR_RPC_SIGNAL,
                                          .timeout_ms = 77,
                                          .no_retry = true};

TEST(a_request_has_a_timeout_and_a_tell_has_none)
{
    for (int is_tell = 0; is_tell < 2; is_tell++) {
        struct gate_message message = asked;
        struct gate_send send;
        struct envelope envelope;
        message.payload = actr_bytes_str("payload");
        assert_int_equal(gate_encoding_message(&message, is_tell ? ENVELOPE_TELL : ENVELOPE_REQUEST,
                                               ID, 1000, &send),
                         0);
        assert_int_equal(send._len, send._envelope.len);
        assert_int_equal(send._type, ACTR_RPC_SIGNAL);
        assert_int_equal(send._is_tell, is_tell);
        assert_true(send._no_retry);
        assert_int_equal(envelope_decode(actr_bytes_view(send._envelope), &envelope), 0);
        assert_true(view_equal(envelope.route, view_text("a.B.C")));
        assert_true(view_equal(envelope.request_id, view_text(ID)));
        assert_true(view_equal(envelope.payload, view_text("payload")));
        assert_int_equal(envelope.direction, is_tell ? ENVELOPE_TELL : ENVELOPE_REQUEST);
        assert_int_equal(envelope.timeout_ms, is_tell ? 0 : 77);
        actr_bytes_unref(send._envelope);
        actr_bytes_unref(message.payload);
    }
}

/* The bound is that of the whole envelope, to the byte. */
TEST(a_message_beyond_the_bound_is_refused_with_both_figures)
{
    struct gate_message message = asked;
    struct gate_send send;
    message.payload = actr_bytes_str("payload");
    assert_int_equal(gate_encoding_message(&message, ENVELOPE_REQUEST, ID, 1000, &send), 0);
    uint32_t len = send._len;
    actr_bytes_unref(send._envelope);
    assert_int_equal(gate_encoding_message(&message, ENVELOPE_REQUEST, ID, len, &send), 0);
    actr_bytes_unref(send._envelope);
    memset(&send, 0xaa, sizeof(send));
    assert_int_equal(gate_encoding_message(&message, ENVELOPE_REQUEST, ID, len - 1, &send),
                     ACTR_EINVALID);
    assert_int_equal(gate_encoding_message(&message, ENVELOPE_REQUEST, ID, 6, &send),
                     ACTR_EINVALID);
    assert_string_equal(actr_errmsg(), "payload 7 B > limit 6 B");
    assert_int_equal(send._len, 0xaaaaaaaa); /* untouched */
    actr_bytes_unref(message.payload);
}

TEST(an_answer_beyond_the_bound_becomes_an_error_that_says_so)
{
    struct envelope reply = {.route = view_text("a.B.C"),
                             .request_id = view_text(ID),
                             .traceparent = view_text("00-a-b-01"),
                             .direction = ENVELOPE_RESPONSE,
                             .payload = view_text("a payload of more than sixty bytes, which is "
                                                  "what the bound will be for it here"),
                             .has_payload = true};
    struct envelope got;
    struct actr_bytes bytes;
    assert_int_equal(gate_encoding_reply(&reply, 1000, &bytes), 0);
    assert_int_equal(envelope_decode(actr_bytes_view(bytes), &got), 0);
    assert_true(view_equal(got.payload, reply.payload));
    actr_bytes_unref(bytes);
    for (uint32_t len_max = 60; len_max <= 100; len_max += 40) { /* the payload; the envelope */
        assert_int_equal(gate_encoding_reply(&reply, len_max, &bytes), 0);
        assert_int_equal(envelope_decode(actr_bytes_view(bytes), &got), 0);
        assert_false(got.has_payload);
        assert_true(got.has_error);
        assert_int_equal(got.error_code, 10010);
        assert_non_null(memmem(got.error_message.ptr, got.error_message.len, " B > limit ", 11));
        assert_true(view_equal(got.request_id, view_text(ID)));
        assert_true(view_equal(got.traceparent, view_text("00-a-b-01")));
        actr_bytes_unref(bytes);
    }
}

TEST(without_memory_nothing_comes_out)
{
    struct gate_message message = asked;
    struct gate_send send;
    struct actr_bytes bytes;
    const struct envelope reply = {.route = view_text("a.B.C"), .request_id = view_text(ID)};
    mem_fail_at(1);
    assert_int_equal(gate_encoding_message(&message, ENVELOPE_TELL, ID, 1000, &send), ACTR_ENOMEM);
    mem_fail_at(1);
    assert_int_equal(gate_encoding_reply(&reply, 1000, &bytes), ACTR_ENOMEM);
    mem_fail_at(1);
    assert_int_equal(gate_encoding_reply(&reply, 10, &bytes), ACTR_ENOMEM);
    mem_fail_at(1);
    message.payload = actr_bytes_copy(view_text("x"));
    mem_fail_at(0);
    assert_true(actr_bytes_failed(message.payload));
    assert_int_equal(gate_encoding_message(&message, ENVELOPE_TELL, ID, 1000, &send), ACTR_ENOMEM);
}
