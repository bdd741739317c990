// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The execution plan, cell by cell, against a table of its own; and what hints can and cannot do.
 */
#include "runtime/execution_plan.h"

#include <string.h>

#include "harness.h"

/* One letter for each role: Mailbox, Continuation, Ordered, coaLescing, mediA pipeline, Value
 * store; '-' is refused. A line for each payload type and transport; both runtimes do the same. */
static const struct {
    uint32_t payload_type;
    enum transport_kind transport;
    char policies[MESSAGE_ROLES + 1]; /* request response notify data snapshot delta */
} expected[] = {
    {ACTR_RPC_RELIABLE, TRANSPORT_INPROC, "MCM---"},
    {ACTR_RPC_RELIABLE, TRANSPORT_WEBRTC, "MCM---"},
    {ACTR_RPC_RELIABLE, TRANSPORT_WEBSOCKET, "MCM---"},
    {ACTR_RPC_SIGNAL, TRANSPORT_INPROC, "MCM---"},
    {ACTR_RPC_SIGNAL, TRANSPORT_WEBRTC, "MCM---"},
    {ACTR_RPC_SIGNAL, TRANSPORT_WEBSOCKET, "MCM---"},
    {ACTR_STREAM_RELIABLE, TRANSPORT_INPROC, "---O--"},
    {ACTR_STREAM_RELIABLE, TRANSPORT_WEBRTC, "---O--"},
    {ACTR_STREAM_RELIABLE, TRANSPORT_WEBSOCKET, "---O--"},
    {ACTR_STREAM_LATENCY_FIRST, TRANSPORT_INPROC, "---L--"},
    {ACTR_STREAM_LATENCY_FIRST, TRANSPORT_WEBRTC, "---L--"},
    {ACTR_STREAM_LATENCY_FIRST, TRANSPORT_WEBSOCKET, "---L--"},
    {ACTR_MEDIA_RTP, TRANSPORT_INPROC, "------"},
    {ACTR_MEDIA_RTP, TRANSPORT_WEBRTC, "---A--"},
    {ACTR_MEDIA_RTP, TRANSPORT_WEBSOCKET, "------"},
    {EXECUTION_STATE_SYNC, TRANSPORT_INPROC, "----VV"},
    {EXECUTION_STATE_SYNC, TRANSPORT_WEBRTC, "----VV"},
    {EXECUTION_STATE_SYNC, TRANSPORT_WEBSOCKET, "----VV"},
};

static enum execution_policy policy_of(char letter)
{
    switch (letter) {
    case 'M':
        return EXECUTION_MAILBOX;
    case 'C':
        return EXECUTION_PENDING_CONTINUATION;
    case 'O':
        return EXECUTION_ORDERED_STREAM_QUEUE;
    case 'L':
        return EXECUTION_COALESCING_QUEUE;
    case 'A':
        return EXECUTION_MEDIA_PIPELINE;
    case 'V':
        return EXECUTION_LATEST_VALUE_STORE;
    default:
        return EXECUTION_REFUSED;
    }
}

static void check_cell(uint32_t payload_type, enum message_role role, enum runtime_kind runtime,
                       enum transport_kind transport, enum execution_policy policy)
{
    struct execution_plan plan =
        execution_plan_resolve(payload_type, role, runtime, transport, NULL);
    if (plan.policy != policy)
        fail_msg("%s %s %s %s: %s", execution_plan_payload_name(payload_type),
                 execution_plan_role_name(role), execution_plan_runtime_name(runtime),
                 execution_plan_transport_name(transport), execution_plan_policy_name(plan.policy));
    assert_int_equal(plan.reason != NULL, policy == EXECUTION_REFUSED);
    assert_true(!plan.reason || strlen(plan.reason) > 10);
    assert_int_equal(plan.ignored, 0);
    bool is_signal = payload_type == ACTR_RPC_SIGNAL && policy != EXECUTION_REFUSED;
    assert_int_equal(plan.params.priority, is_signal ? EXECUTION_HIGH : EXECUTION_NORMAL);
}

TEST(every_combination_has_the_plan_that_the_table_says)
{
    size_t cells = 0;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        for (unsigned role = 0; role < MESSAGE_ROLES; role++) {
            for (unsigned runtime = 0; runtime < RUNTIME_KINDS; runtime++, cells++)
                check_cell(expected[i].payload_type, (enum message_role)role,
                           (enum runtime_kind)runtime, expected[i].transport,
                           policy_of(expected[i].policies[role]));
        }
    }
    assert_int_equal(cells, EXECUTION_PAYLOADS * MESSAGE_ROLES * RUNTIME_KINDS * TRANSPORT_KINDS);
}

TEST(numbers_that_name_nothing_are_refused_with_a_reason)
{
    struct execution_plan plan;
    plan = execution_plan_resolve(6, MESSAGE_REQUEST, RUNTIME_NATIVE, TRANSPORT_INPROC, NULL);
    assert_int_equal(plan.policy, EXECUTION_REFUSED);
    assert_string_equal(plan.reason, "there is no such payload type");
    plan =
        execution_plan_resolve(UINT32_MAX, MESSAGE_REQUEST, RUNTIME_NATIVE, TRANSPORT_INPROC, NULL);
    assert_int_equal(plan.policy, EXECUTION_REFUSED);
    plan = execution_plan_resolve(0, MESSAGE_ROLES, RUNTIME_NATIVE, TRANSPORT_INPROC, NULL);
    assert_string_equal(plan.reason, "there is no such role");
    plan = execution_plan_resolve(0, MESSAGE_REQUEST, RUNTIME_KINDS, TRANSPORT_INPROC, NULL);
    assert_string_equal(plan.reason, "there is no such runtime");
    plan = execution_plan_resolve(0, MESSAGE_REQUEST, RUNTIME_NATIVE, TRANSPORT_KINDS, NULL);
    assert_string_equal(plan.reason, "there is no such transport");
}

/* Which hints tune which policy: a letter for each hint in order, '-' where it must not. */
static const struct {
    uint32_t payload_type;
    enum message_role role;
    char tunes[EXECUTION_HINTS + 1]; /* Priority Queue-depth Batch Ttl Drop peRsistence */
} tuning[] = {
    {ACTR_RPC_RELIABLE, MESSAGE_REQUEST, "-QBT-R"},
    {ACTR_RPC_SIGNAL, MESSAGE_NOTIFY, "-QBT-R"},
    {ACTR_RPC_RELIABLE, MESSAGE_RESPONSE, "------"},
    {ACTR_STREAM_RELIABLE, MESSAGE_DATA, "PQB---"},
    {ACTR_STREAM_LATENCY_FIRST, MESSAGE_DATA, "PQBTD-"},
    {ACTR_MEDIA_RTP, MESSAGE_DATA, "PQBTD-"},
    {EXECUTION_STATE_SYNC, MESSAGE_DELTA, "P--T--"},
};

TEST(hints_tune_what_they_may_and_the_rest_is_ignored_with_a_reason)
{
    const struct execution_hints hints = {
        .given = (1u << EXECUTION_HINTS) - 1,
        .params = {EXECUTION_HIGH, 777, 33, 4444, EXECUTION_DROP_NEWEST, EXECUTION_DURABLE}};
    for (size_t i = 0; i < sizeof(tuning) / sizeof(tuning[0]); i++) {
        struct execution_plan plain = execution_plan_resolve(
            tuning[i].payload_type, tuning[i].role, RUNTIME_NATIVE, TRANSPORT_WEBRTC, NULL);
        struct execution_plan plan = execution_plan_resolve(
            tuning[i].payload_type, tuning[i].role, RUNTIME_NATIVE, TRANSPORT_WEBRTC, &hints);
        assert_int_equal(plan.policy, plain.policy);
        for (unsigned hint = 0; hint < EXECUTION_HINTS; hint++) {
            bool tunes = tuning[i].tunes[hint] != '-';
            assert_int_equal(plan.ignored >> hint & 1, !tunes);
            const char *why = execution_plan_why_ignored(plan.policy, (enum execution_hint)hint);
            assert_int_equal(strcmp(why, "the value is out of range") == 0, tunes);
        }
        const struct execution_params *was = &plain.params, *is = &plan.params;
        const char *tunes = tuning[i].tunes;
        assert_int_equal(is->priority, tunes[0] == '-' ? was->priority : EXECUTION_HIGH);
        assert_int_equal(is->queue_depth, tunes[1] == '-' ? was->queue_depth : 777);
        assert_int_equal(is->batch_size, tunes[2] == '-' ? was->batch_size : 33);
        assert_int_equal(is->ttl_ms, tunes[3] == '-' ? was->ttl_ms : 4444);
        assert_int_equal(is->drop, tunes[4] == '-' ? was->drop : EXECUTION_DROP_NEWEST);
        assert_int_equal(is->persistence, tunes[5] == '-' ? was->persistence : EXECUTION_DURABLE);
    }
}

TEST(hints_out_of_range_are_ignored)
{
    const struct execution_params bad[] = {
        {.priority = EXECUTION_PRIORITIES,
         .queue_depth = 0,
         .batch_size = 0,
         .ttl_ms = 0,
         .drop = EXECUTION_DROP_NONE,
         .persistence = EXECUTION_PERSISTENCES},
        {.priority = EXECUTION_PRIORITIES,
         .queue_depth = EXECUTION_QUEUE_DEPTH_MAX + 1,
         .batch_size = EXECUTION_BATCH_SIZE_MAX + 1,
         .ttl_ms = 0,
         .drop = EXECUTION_DROPS,
         .persistence = EXECUTION_PERSISTENCES},
    };
    for (size_t i = 0; i < 2; i++) {
        struct execution_hints hints = {(1u << EXECUTION_HINTS) - 1, bad[i]};
        struct execution_plan plan = execution_plan_resolve(
            ACTR_STREAM_LATENCY_FIRST, MESSAGE_DATA, RUNTIME_NATIVE, TRANSPORT_WEBRTC, &hints);
        struct execution_plan plain = execution_plan_resolve(
            ACTR_STREAM_LATENCY_FIRST, MESSAGE_DATA, RUNTIME_NATIVE, TRANSPORT_WEBRTC, NULL);
        assert_int_equal(plan.ignored, (1u << EXECUTION_HINTS) - 1);
        assert_memory_equal(&plan.params, &plain.params, sizeof(plan.params));
    }
}

TEST(hints_that_are_not_given_do_nothing_and_save_nothing_that_is_refused)
{
    struct execution_hints hints = {.params = {.queue_depth = 9}};
    struct execution_plan plan = execution_plan_resolve(ACTR_STREAM_RELIABLE, MESSAGE_DATA,
                                                        RUNTIME_NATIVE, TRANSPORT_WEBRTC, &hints);
    assert_int_equal(plan.params.queue_depth, 64);
    hints.given = 1u << EXECUTION_HINT_QUEUE_DEPTH | 1u << 31; /* one that does not exist */
    plan = execution_plan_resolve(ACTR_MEDIA_RTP, MESSAGE_RESPONSE, RUNTIME_NATIVE,
                                  TRANSPORT_WEBRTC, &hints);
    assert_int_equal(plan.policy, EXECUTION_REFUSED);
    assert_string_equal(plan.reason, "media has no answers; call by RPC");
    assert_string_equal(execution_plan_why_ignored(plan.policy, EXECUTION_HINT_TTL),
                        "there is nothing to tune");
}

TEST(a_guest_in_webassembly_gets_more_at_once_and_nothing_else)
{
    struct execution_plan native = execution_plan_resolve(ACTR_STREAM_RELIABLE, MESSAGE_DATA,
                                                          RUNTIME_NATIVE, TRANSPORT_WEBRTC, NULL);
    struct execution_plan wasm = execution_plan_resolve(ACTR_STREAM_RELIABLE, MESSAGE_DATA,
                                                        RUNTIME_WASM, TRANSPORT_WEBRTC, NULL);
    assert_int_equal(native.params.batch_size, 1);
    assert_int_equal(wasm.params.batch_size, 16);
    wasm.params.batch_size = 1;
    assert_memory_equal(&native.params, &wasm.params, sizeof(wasm.params));
}

TEST(names_are_there_for_all_and_a_question_mark_for_none)
{
    assert_string_equal(execution_plan_payload_name(0), "RPC_RELIABLE");
    assert_string_equal(execution_plan_payload_name(EXECUTION_STATE_SYNC), "STATE_SYNC");
    assert_string_equal(execution_plan_payload_name(6), "?");
    assert_string_equal(execution_plan_role_name(MESSAGE_DELTA), "delta");
    assert_string_equal(execution_plan_role_name(MESSAGE_ROLES), "?");
    assert_string_equal(execution_plan_runtime_name(RUNTIME_WASM), "wasm");
    assert_string_equal(execution_plan_transport_name(TRANSPORT_WEBSOCKET), "websocket");
    assert_string_equal(execution_plan_policy_name(EXECUTION_LATEST_VALUE_STORE),
                        "LatestValueStore");
    assert_string_equal(execution_plan_policy_name(EXECUTION_POLICIES), "?");
    assert_string_equal(execution_plan_priority_name(EXECUTION_HIGH), "high");
    assert_string_equal(execution_plan_drop_name(EXECUTION_DROP_NEWEST), "newest");
    assert_string_equal(execution_plan_persistence_name(EXECUTION_DURABLE), "durable");
    assert_string_equal(execution_plan_hint_name(EXECUTION_HINT_PERSISTENCE), "persistence");
    assert_string_equal(execution_plan_hint_name(EXECUTION_HINTS), "?");
}
