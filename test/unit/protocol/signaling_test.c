// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signaling envelopes: vectors, the flows without a file of their own, what is refused. */
#include "protocol/signaling.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "protocol/envelopes.h"

TEST(signaling_ping_vector)
{
    uint8_t buf[512], credential_buf[512];
    struct arena arena;
    struct signaling_envelope envelope = decode(vectors_bytes("ping env ", buf), &arena);
    struct actr_id id = id_of("1a2b3c@101/acme:echo-service:1.0.0");
    assert_text(envelope.id, "env-1");
    assert_null(envelope.reply_for.ptr);
    assert_true(actr_id_equal(&envelope.request.source, &id));
    assert_bytes(credential_encode(&envelope.request.credential),
                 vectors_bytes("cred ", credential_buf));
    assert_int_equal(envelope.request.kind, SIGNALING_PING);
    assert_int_equal(envelope.request.ping.availability, SIGNALING_FULL);
    assert_true(envelope.request.ping.power_reserve == 5.0f);
    assert_true(envelope.request.ping.mailbox_backlog == 0.0f);
    assert_int_equal(envelope.request.ping.sticky_client_id_count, 0);
    arena_deinit(&arena);
}

TEST(signaling_pong_vector)
{
    uint8_t buf[512];
    struct arena arena;
    struct signaling_envelope envelope = decode(vectors_bytes("pong env ", buf), &arena);
    assert_text(envelope.id, "srv-1");
    assert_text(envelope.reply_for, "env-1");
    assert_int_equal(envelope.reply.kind, SIGNALING_PONG);
    assert_int_equal(envelope.reply.pong.seq, 7);
    assert_true(envelope.reply.pong.has_suggest_interval);
    assert_int_equal(envelope.reply.pong.suggest_interval_s, 30);
    assert_false(envelope.reply.pong.has_warning);
    arena_deinit(&arena);
}

TEST(signaling_error_vector)
{
    uint8_t buf[512];
    struct arena arena;
    struct signaling_envelope envelope = decode(vectors_bytes("err env ", buf), &arena);
    assert_int_equal(envelope.reply.kind, SIGNALING_REPLY_ERROR);
    assert_int_equal(envelope.reply.error.code, 401);
    assert_text(envelope.reply.error.message, "Credential validation failed: x");
    arena_deinit(&arena);
}

TEST(signaling_register_request_on_the_socket)
{
    uint8_t buf[1024];
    struct arena arena;
    struct signaling_envelope envelope =
        decode(wrap(PEER, "", "0a11 0a09" TYPE "1202 0807 7002", buf), &arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_PEER_TO_SERVER);
    assert_int_equal(envelope.register_request->realm, 7);
    arena_deinit(&arena);
    envelope = decode(wrap(PEER, "", "", buf), &arena);
    assert_null(envelope.register_request);
    arena_deinit(&arena);
}

TEST(signaling_envelope_error_and_none)
{
    uint8_t buf[1024];
    struct arena arena;
    struct signaling_envelope envelope = decode(wrap(ERROR, "", "08ad03 120178", buf), &arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ERROR);
    assert_int_equal(envelope.error.code, 429);
    arena_deinit(&arena);
    size_t len = harness_hex("0802 1200 1a0172 2a0174 320175", buf, sizeof(buf));
    envelope = decode(actr_view_of(buf, len), &arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_NONE);
    assert_text(envelope.id, "");
    assert_text(envelope.reply_for, "r");
    assert_text(envelope.traceparent, "t");
    assert_text(envelope.tracestate, "u");
    arena_deinit(&arena);
}

TEST(signaling_version_1_is_read)
{
    /* Field 4 held a timestamp then; it is skipped. */
    uint8_t buf[64];
    struct arena arena;
    struct signaling_envelope envelope;
    size_t len = harness_hex("0801 120165 2202 0805 7205 0805 120165", buf, sizeof(buf));
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(actr_view_of(buf, len), &arena, &envelope), 0);
    assert_int_equal(envelope.version, 1);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ERROR);
    arena_deinit(&arena);
}

TEST(signaling_last_flow_counts)
{
    uint8_t buf[1024];
    struct arena arena;
    struct signaling_envelope envelope;
    struct actr_view bytes = wrap(RELAYED, RELAY, "7202 0a00", buf);
    uint8_t *end = buf + bytes.len;
    bytes.len += harness_hex("7205 0805 120165", end, 64);
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(signaling_decode(bytes, &arena, &envelope), 0);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_ERROR);
    arena_deinit(&arena);
}

TEST(signaling_encoded_has_headroom)
{
    struct signaling_envelope envelope = {.version = SIGNALING_VERSION, .id = view_text("e")};
    AUTO_BYTES struct actr_bytes bytes = signaling_encode(&envelope);
    assert_true(bytes_headroom(bytes) >= BYTES_HEADROOM);
}

TEST(signaling_refused)
{
    static const struct {
        uint8_t flow;
        const char *head, *payload;
    } cases[] = {
        {ACTOR, "", ""},                          /* no source */
        {ACTOR, "0a11" ID, ""},                   /* no credential */
        {ACTOR, "0a11" ID_BAD NO_CREDENTIAL, ""}, /* a source that is none */
        {ACTOR, REQUEST, "1a00"},                 /* unregister without id */
        {ACTOR, REQUEST, "1a13 0a11" ID_BAD},
        {ACTOR, REQUEST, "2202 0800"},                      /* ping without numbers */
        {ACTOR, REQUEST, "220b 0800 1000 1d00000000 2200"}, /* power as a varint */
        {ACTOR, REQUEST, "5a00"},                           /* no type */
        {ACTOR, REQUEST, "5a0b 0a09" TYPE},                 /* no fingerprint */
        {ACTOR, REQUEST, "5a0d 0a09" TYPE_BAD "2200"},
        {ACTOR, REQUEST, "5a0f 0a09" TYPE "1200 2200"}, /* criteria without count */
        {ACTOR, REQUEST, "6200"},
        {ACTOR, REQUEST, "6a00"},
        {ACTOR, REQUEST, "a201 00"},
        {ACTOR, REQUEST, "a2010b 0a09" TYPE_BAD},
        {ACTOR, REQUEST, "aa010b 0a09" TYPE_BAD},
        {ACTOR, REQUEST, "f201 00"},
        {SERVER, "", ""}, /* no target */
        {SERVER, "0a11" ID_BAD, ""},
        {SERVER, REPLY, "1202 0a00"},      /* success without anything */
        {SERVER, REPLY, "2200"},           /* pong without seq */
        {SERVER, REPLY, "5204 0a02 0a00"}, /* an empty entry */
        {SERVER, REPLY, "5211 0a0f 0a0d 0a09" TYPE_BAD "1200"},
        {SERVER, REPLY, "5213 0a11 0a0f 0a09" TYPE_BAD "1200 2200"},
        {SERVER, REPLY, "5a04 0a02 0a00"}, /* an empty candidate */
        {SERVER, REPLY, "5a15 0a13 0a11" ID_BAD},
        {SERVER, REPLY, "5a17 0a15 1213 0a11" ID_BAD},
        {SERVER, REPLY, "6202 0a00"}, /* a spec without anything */
        {SERVER, REPLY, "6a02 0805"}, /* no key */
        {SERVER, REPLY, "b201 00"},
        {SERVER, REPLY, "b20113 0a11" ID_BAD},
        {RELAYED, "", ""},
        {RELAYED, "0a11" ID_BAD NO_CREDENTIAL "1a11" ID2, ""},
        {RELAYED, "0a11" ID NO_CREDENTIAL "1a11" ID_BAD, ""},
        {RELAYED, RELAY, "5200"},        /* no candidate */
        {RELAYED, RELAY, "5a03 120173"}, /* a description without type */
        {RELAYED, RELAY, "5a02 0800"},   /* or without sdp */
        {RELAYED, RELAY, "6200"},
        {RELAYED, RELAY, "6228 0a11" ID_BAD "1211" ID2 "1807"},
        {RELAYED, RELAY, "6228 0a11" ID "1211" ID_BAD "1807"},
        {RELAYED, RELAY, "6a00"}, /* no is_offerer */
        {RELAYED, RELAY, "5801"}, /* a payload that is a number */
        {PEER, "", "0a00"},
        {ERROR, "", ""},
        {ERROR, "", "0805 12"},
    };
    struct signaling_envelope envelope = {.version = 77};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[1024];
        struct actr_view bytes = wrap(cases[i].flow, cases[i].head, cases[i].payload, buf);
        if (signaling_decode(bytes, &arena, &envelope) != ACTR_EDECODE)
            fail_msg("case %zu is not refused", i);
        assert_true(actr_errmsg()[0] != '\0');
    }
    assert_int_equal(signaling_decode((struct actr_view){0}, &arena, &envelope), ACTR_EDECODE);
    assert_int_equal(envelope.version, 77);
    arena_deinit(&arena);
}

/* Every size of arena that is too small says so, for a message of each kind. */
TEST(signaling_arena_too_small)
{
    static const struct {
        uint8_t flow;
        const char *head, *payload;
    } cases[] = {
        {PEER, "", "0a19 0a09" TYPE "1202 0807 1a06 0a014e 1a0146 2200"},
        {ACTOR, REQUEST, "220e 0863 150000c07f 1d0000803f 2200"},
        {ACTOR, REQUEST, "5a15 0a09" TYPE "1206 0803 1004 1000 2200"},
        {SERVER, REPLY, "5213 0a11 0a0f 0a09" TYPE "1200 2200"},
        {SERVER, REPLY, "5a2a 0a28 0a11" ID "1213 0a11" ID2},
        {SERVER, REPLY, "6208 0a06 0a014e 1a0146"},
        {RELAYED, RELAY, "6a04 0801 1000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[1024];
        struct actr_view bytes = wrap(cases[i].flow, cases[i].head, cases[i].payload, buf);
        struct signaling_envelope envelope;
        size_t max = 0;
        for (int r = ACTR_ENOMEM; r != 0; max += 16) {
            struct arena arena;
            assert_in_range(max, 0, 1 << 20);
            arena_init(&arena, max);
            r = signaling_decode(bytes, &arena, &envelope);
            if (r == 0)
                assert_bytes(signaling_encode(&envelope), bytes);
            else
                assert_int_equal(r, ACTR_ENOMEM);
            arena_deinit(&arena);
        }
        assert_true(max > 256);
    }
}

TEST(signaling_out_of_memory)
{
    struct signaling_envelope envelope = {.version = SIGNALING_VERSION, .id = view_text("e")};
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_true(actr_bytes_failed(signaling_encode(&envelope)));
    }
}
