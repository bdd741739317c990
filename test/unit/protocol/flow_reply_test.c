// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Answers and pushes of the server: each payload both ways. */
#include "protocol/flow_reply.h"

#include "base/bytes.h"
#include "protocol/envelopes.h"

static struct signaling_reply reply(const char *payload, struct arena *arena)
{
    static uint8_t buf[1024];
    struct actr_id id = id_of("9@7/a:b:c");
    struct signaling_envelope envelope = decode(wrap(SERVER, REPLY, payload, buf), arena);
    assert_int_equal(envelope.flow, SIGNALING_FLOW_SERVER_TO_ACTR);
    assert_true(actr_id_equal(&envelope.reply.target, &id));
    return envelope.reply;
}

TEST(flow_reply_registered)
{
    struct arena arena;
    struct signaling_reply got = reply("1209 1207 089a03 12026e6f", &arena);
    assert_int_equal(got.kind, SIGNALING_REGISTERED);
    assert_int_equal(got.registered.result, AIS_RESULT_ERROR);
    assert_int_equal(got.registered.error.code, 410);
    arena_deinit(&arena);
    got = reply("1239 0a37 0a11" ID "1208 0801 120163 1a0173 1a08 0a0175 120170 1804"
                "2202 0805 281e 32016b 3801 620172 6a00",
                &arena);
    assert_int_equal(got.registered.result, AIS_RESULT_SUCCESS);
    assert_text(got.registered.success.renewal_token, "r");
    arena_deinit(&arena);
}

TEST(flow_reply_outcomes)
{
    static const struct {
        const char *hex;
        enum signaling_reply_kind kind;
        enum ais_result result;
    } cases[] = {
        {"1a02 0a00", SIGNALING_UNREGISTERED, AIS_RESULT_SUCCESS},
        {"1a07 1205 0805 120165", SIGNALING_UNREGISTERED, AIS_RESULT_ERROR},
        {"1a00", SIGNALING_UNREGISTERED, AIS_RESULT_NONE},
        {"a20102 0a00", SIGNALING_SUBSCRIBED, AIS_RESULT_SUCCESS},
        {"a20107 1205 0805 120165", SIGNALING_SUBSCRIBED, AIS_RESULT_ERROR},
        {"aa0102 0a00", SIGNALING_UNSUBSCRIBED, AIS_RESULT_SUCCESS},
        {"aa0107 1205 0805 120165", SIGNALING_UNSUBSCRIBED, AIS_RESULT_ERROR},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena;
        struct signaling_reply got = reply(cases[i].hex, &arena);
        assert_int_equal(got.kind, cases[i].kind);
        assert_int_equal(got.outcome.result, cases[i].result);
        if (got.outcome.result == AIS_RESULT_ERROR)
            assert_text(got.outcome.error.message, "e");
        arena_deinit(&arena);
    }
}

TEST(flow_reply_pong_with_warning)
{
    struct arena arena;
    struct signaling_reply got = reply("2209 0805 1a05 0800 120177", &arena);
    assert_int_equal(got.kind, SIGNALING_PONG);
    assert_int_equal(got.pong.seq, 5);
    assert_false(got.pong.has_suggest_interval);
    assert_true(got.pong.has_warning);
    assert_int_equal(got.pong.warning_type, 0);
    assert_text(got.pong.warning_message, "w");
    arena_deinit(&arena);
}

TEST(flow_reply_discovered)
{
    struct arena arena;
    struct signaling_reply got = reply("522e 0a2c 0a19 0a09" TYPE "12016e 1a0164 220166 2805 320174"
                                       "0a0f 0a09" TYPE "1200 2200",
                                       &arena);
    assert_int_equal(got.kind, SIGNALING_DISCOVERED);
    assert_int_equal(got.discovered.result, AIS_RESULT_SUCCESS);
    assert_int_equal(got.discovered.entry_count, 2);
    const struct signaling_type_entry *entry = &got.discovered.entries[0];
    assert_string_equal(entry->type.manufacturer, "a");
    assert_text(entry->name, "n");
    assert_text(entry->description, "d");
    assert_text(entry->fingerprint, "f");
    assert_true(entry->has_published_at && entry->published_at_s == 5);
    assert_int_equal(entry->tag_count, 1);
    assert_text(entry->tags[0], "t");
    assert_null(entry[1].description.ptr);
    assert_false(entry[1].has_published_at);
    arena_deinit(&arena);

    got = reply("5202 0a00", &arena);
    assert_int_equal(got.discovered.result, AIS_RESULT_SUCCESS);
    assert_int_equal(got.discovered.entry_count, 0);
    arena_deinit(&arena);
    got = reply("5207 1205 0805 120165", &arena);
    assert_int_equal(got.discovered.result, AIS_RESULT_ERROR);
    assert_int_equal(got.discovered.error.code, 5);
    arena_deinit(&arena);
    got = reply("5200", &arena);
    assert_int_equal(got.discovered.result, AIS_RESULT_NONE);
    arena_deinit(&arena);
}

TEST(flow_reply_candidates)
{
    struct arena arena;
    struct actr_id first = id_of("9@7/a:b:c"), second = id_of("a@7/a:b:c");
    struct signaling_reply got = reply("5a55 0a53 0a11" ID "0a11" ID2 "1216 0a11" ID "120177"
                                       "1213 0a11" ID2,
                                       &arena);
    assert_int_equal(got.kind, SIGNALING_CANDIDATES);
    assert_int_equal(got.candidates.id_count, 2);
    assert_true(actr_id_equal(&got.candidates.ids[0], &first));
    assert_true(actr_id_equal(&got.candidates.ids[1], &second));
    assert_int_equal(got.candidates.address_count, 2);
    assert_true(actr_id_equal(&got.candidates.addresses[0].candidate, &first));
    assert_text(got.candidates.addresses[0].address, "w");
    assert_null(got.candidates.addresses[1].address.ptr);
    arena_deinit(&arena);

    got = reply("5a02 0a00", &arena);
    assert_int_equal(got.candidates.result, AIS_RESULT_SUCCESS);
    assert_int_equal(got.candidates.id_count, 0);
    arena_deinit(&arena);
    got = reply("5a07 1205 0805 120165", &arena);
    assert_int_equal(got.candidates.result, AIS_RESULT_ERROR);
    arena_deinit(&arena);
}

TEST(flow_reply_small_answers)
{
    struct arena arena;
    struct actr_id id = id_of("a@7/a:b:c");
    struct signaling_reply got = reply("6208 0a06 0a014e 1a0146", &arena);
    assert_int_equal(got.kind, SIGNALING_SERVICE_SPEC);
    assert_int_equal(got.service_spec.result, AIS_RESULT_SUCCESS);
    assert_text(got.service_spec.spec.name, "N");
    arena_deinit(&arena);
    got = reply("6207 1205 0805 120165", &arena);
    assert_int_equal(got.service_spec.result, AIS_RESULT_ERROR);
    arena_deinit(&arena);
    got = reply("6a05 0805 12016b", &arena);
    assert_int_equal(got.kind, SIGNALING_SIGNING_KEY);
    assert_int_equal(got.signing_key.key_id, 5);
    assert_text(got.signing_key.pubkey, "k");
    arena_deinit(&arena);
    got = reply("b20113 0a11" ID2, &arena);
    assert_int_equal(got.kind, SIGNALING_ACTOR_UP);
    assert_true(actr_id_equal(&got.up_id, &id));
    arena_deinit(&arena);
    got = reply("", &arena);
    assert_int_equal(got.kind, SIGNALING_REPLY_NONE);
    arena_deinit(&arena);
}
