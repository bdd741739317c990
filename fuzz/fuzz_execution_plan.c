// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Execution plans of any numbers and hints: every input has an answer; hints change neither the
 * policy nor what they may not tune, and what they do change is in range. Input: payload type,
 * role, runtime, transport, given, priority, drop, persistence (a byte each, 0xff: out of all
 * bounds), queue depth, batch size, ttl (4 bytes each, big-endian). */
#include <string.h>

#include "base/cursor.h"
#include "fuzz.h"
#include "runtime/execution_plan.h"

/* A number and its plan without hints. */
struct input {
    uint32_t payload_type, role, runtime, transport;
    struct execution_hints hints;
};

static uint32_t number_of(struct cursor *cursor)
{
    uint8_t byte = cursor_u8(cursor);
    return byte == 0xff ? UINT32_MAX : byte;
}

static struct input input_of(const uint8_t *data, size_t len)
{
    struct cursor cursor = cursor_of(actr_view_of(data, len));
    struct input input;
    input.payload_type = number_of(&cursor);
    input.role = number_of(&cursor);
    input.runtime = number_of(&cursor);
    input.transport = number_of(&cursor);
    input.hints.given = number_of(&cursor);
    uint32_t priority = number_of(&cursor), drop = number_of(&cursor);
    uint32_t persistence = number_of(&cursor);
    input.hints.params.priority = (enum execution_priority)priority;
    input.hints.params.drop = (enum execution_drop)drop;
    input.hints.params.persistence = (enum execution_persistence)persistence;
    input.hints.params.queue_depth = cursor_u32be(&cursor);
    input.hints.params.batch_size = cursor_u32be(&cursor);
    input.hints.params.ttl_ms = cursor_u32be(&cursor);
    return input;
}

static struct execution_plan plan_of(const struct input *input, const struct execution_hints *hints)
{
    return execution_plan_resolve(input->payload_type, (enum message_role)input->role,
                                  (enum runtime_kind)input->runtime,
                                  (enum transport_kind)input->transport, hints);
}

static void check_params(const struct execution_params *params)
{
    fuzz_check((unsigned)params->priority < EXECUTION_PRIORITIES, "a priority that is none");
    fuzz_check((unsigned)params->drop < EXECUTION_DROPS, "a drop policy that is none");
    fuzz_check((unsigned)params->persistence < EXECUTION_PERSISTENCES,
               "a persistence that is none");
    fuzz_check(params->queue_depth <= EXECUTION_QUEUE_DEPTH_MAX, "a queue without end");
    fuzz_check(params->batch_size <= EXECUTION_BATCH_SIZE_MAX, "a batch without end");
}

/* What an ignored hint names is as it is without hints. */
static void check_ignored(const struct execution_plan *plain, const struct execution_plan *tuned)
{
    const struct execution_params *was = &plain->params, *is = &tuned->params;
    const int same[EXECUTION_HINTS] = {
        was->priority == is->priority,
        was->queue_depth == is->queue_depth,
        was->batch_size == is->batch_size,
        was->ttl_ms == is->ttl_ms,
        was->drop == is->drop,
        was->persistence == is->persistence,
    };
    for (unsigned i = 0; i < EXECUTION_HINTS; i++) {
        if (!(tuned->ignored >> i & 1))
            continue;
        fuzz_check(same[i], "an ignored hint did something");
        const char *why = execution_plan_why_ignored(tuned->policy, (enum execution_hint)i);
        fuzz_check(why && *why, "a hint is ignored without a reason");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct input input = input_of(data, len);
    struct execution_plan plain = plan_of(&input, NULL);
    struct execution_plan tuned = plan_of(&input, &input.hints);
    fuzz_check((unsigned)plain.policy < EXECUTION_POLICIES, "a policy that is none");
    fuzz_check((plain.policy == EXECUTION_REFUSED) == (plain.reason != NULL),
               "a refusal without a reason, or a reason without a refusal");
    fuzz_check(plain.policy == tuned.policy && plain.reason == tuned.reason,
               "hints decide what becomes of a message");
    fuzz_check(plain.ignored == 0, "a hint that nobody gave");
    fuzz_check((tuned.ignored & ~input.hints.given) == 0, "a hint that nobody gave is ignored");
    check_params(&plain.params);
    check_params(&tuned.params);
    if (plain.policy != EXECUTION_REFUSED)
        check_ignored(&plain, &tuned);
    return 0;
}
