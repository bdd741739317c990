// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Linked workloads: building one, its first error, its end. */
#include "hyper/workload/linked.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

static void handler(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)ctx;
    (void)request;
    (void)self;
}

static int destroyed;

static void destroy(void *self)
{
    destroyed += *(int *)self;
}

TEST(routes_are_found_with_their_options)
{
    struct actr_workload_options options = {.size = sizeof(options), .destroy = destroy};
    struct actr_route_options quick = {.size = sizeof(quick), .never_blocks = true};
    int weight = 5;
    struct workload *workload;
    destroyed = 0;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", &options, &weight);
    assert_non_null(linked);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "a.B.D", handler, &quick), 0);
    assert_int_equal(linked_use(linked, &workload), 0);
    assert_string_equal(workload->type.name, "Echo");

    const struct workload_route *slow = workload->ops->find(workload, view_text("a.B.C"));
    assert_non_null(slow);
    assert_string_equal(slow->name, "a.B.C");
    assert_false(slow->never_blocks);
    assert_true(workload->ops->find(workload, view_text("a.B.D"))->never_blocks);
    assert_null(workload->ops->find(workload, view_text("a.B")));
    assert_null(workload->ops->find(workload, view_text("")));
    /* In use: neither more routes nor a second node. */
    assert_int_equal(actr_workload_route(linked, "a.B.E", handler, NULL), ACTR_ESTATE);
    struct workload *again;
    assert_int_equal(linked_use(linked, &again), ACTR_ESTATE);
    actr_workload_free(linked); /* the node's now */
    assert_int_equal(destroyed, 0);
    workload->ops->free(workload);
    assert_int_equal(destroyed, 5);
}

TEST(bad_types_and_routes_are_refused_with_a_reason)
{
    char long_route[600];
    memset(long_route, 'x', sizeof(long_route) - 1);
    long_route[sizeof(long_route) - 1] = '\0';
    assert_null(actr_workload_new(NULL, NULL, NULL));
    assert_null(actr_workload_new("acme:Echo", NULL, NULL));
    assert_true(strlen(actr_errmsg()) > 0);
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
    assert_int_equal(actr_workload_route(linked, "", handler, NULL), ACTR_EINVALID);
    assert_int_equal(actr_workload_route(linked, NULL, handler, NULL), ACTR_EINVALID);
    assert_int_equal(actr_workload_route(linked, long_route, handler, NULL), ACTR_EINVALID);
    assert_int_equal(actr_workload_route(linked, "a", NULL, NULL), ACTR_EINVALID);
    actr_workload_free(linked);
    assert_int_equal(actr_workload_route(NULL, "a", handler, NULL), ACTR_EINVALID);
    actr_workload_free(NULL);
}

TEST(first_error_is_told_when_the_workload_is_used)
{
    struct workload *workload;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, NULL), ACTR_EINVALID);
    assert_int_equal(actr_workload_route(linked, "", handler, NULL), ACTR_EINVALID);
    assert_int_equal(linked_use(linked, &workload), ACTR_EINVALID);
    assert_non_null(strstr(actr_errmsg(), "a.B.C is declared twice"));
    assert_int_equal(linked_use(NULL, &workload), ACTR_EINVALID);
}

TEST(no_memory_at_any_point)
{
    for (size_t n = 1; n < 12; n++) {
        mem_fail_at(n);
        struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
        if (linked) {
            int r = actr_workload_route(linked, "a.B.C", handler, NULL);
            assert_true(r == 0 || r == ACTR_ENOMEM);
        }
        mem_fail_at(0);
        actr_workload_free(linked);
    }
}

/* Every hook ------------------------------------------------------------------------------------
 */

static unsigned told[ACTR_HOOK_START]; /* how often each hook ran, with its own event */

static void on_error(struct actr_ctx *ctx, const struct actr_error_event *event, void *self)
{
    (void)ctx, (void)self;
    told[ACTR_HOOK_ERROR] += event->code == ACTR_EINTERNAL;
}

static void on_backpressure(struct actr_ctx *ctx, const struct actr_backpressure_event *event,
                            void *self)
{
    (void)ctx, (void)self;
    told[ACTR_HOOK_MAILBOX_BACKPRESSURE] += event->queue_len == 3;
}

#define HOOK(name, type, number, condition)                                                        \
    static void name(struct actr_ctx *ctx, const struct type *event, void *self)                   \
    {                                                                                              \
        (void)ctx, (void)self;                                                                     \
        told[number] += (condition);                                                               \
    }
HOOK(on_signaling_1, actr_signaling_event, 1, event->attempt == 7)
HOOK(on_signaling_2, actr_signaling_event, 2, event->attempt == 7)
HOOK(on_signaling_3, actr_signaling_event, 3, event->attempt == 7)
HOOK(on_peer_4, actr_peer_event, 4, event->connection == 9)
HOOK(on_peer_5, actr_peer_event, 5, event->connection == 9)
HOOK(on_peer_6, actr_peer_event, 6, event->connection == 9)
HOOK(on_peer_7, actr_peer_event, 7, event->connection == 9)
HOOK(on_peer_8, actr_peer_event, 8, event->connection == 9)
HOOK(on_peer_9, actr_peer_event, 9, event->connection == 9)
HOOK(on_credential_10, actr_credential_event, 10, event->expires_at_s == 11)
HOOK(on_credential_11, actr_credential_event, 11, event->expires_at_s == 11)

static const struct actr_workload_options all_hooks = {
    .size = sizeof(all_hooks),
    .on_error = on_error,
    .on_signaling_connecting = on_signaling_1,
    .on_signaling_connected = on_signaling_2,
    .on_signaling_disconnected = on_signaling_3,
    .on_websocket_connecting = on_peer_4,
    .on_websocket_connected = on_peer_5,
    .on_websocket_disconnected = on_peer_6,
    .on_webrtc_connecting = on_peer_7,
    .on_webrtc_connected = on_peer_8,
    .on_webrtc_disconnected = on_peer_9,
    .on_credential_renewed = on_credential_10,
    .on_credential_expiring = on_credential_11,
    .on_mailbox_backpressure = on_backpressure,
};

TEST(each_observation_goes_to_its_hook_and_to_no_other)
{
    static const struct actr_signaling_event signaling = {.attempt = 7};
    static const struct actr_peer_event peer = {.connection = 9};
    static const struct actr_credential_event credential = {.expires_at_s = 11};
    static const struct actr_backpressure_event backpressure = {.queue_len = 3};
    static const struct actr_error_event error = {.code = ACTR_EINTERNAL};
    struct workload *workload;
    assert_int_equal(linked_use(actr_workload_new("acme:Echo:1.0.0", &all_hooks, NULL), &workload),
                     0);
    assert_int_equal(workload->hooks, (1u << ACTR_HOOK_START) - 2);
    memset(told, 0, sizeof(told));
    for (enum actr_hook hook = ACTR_HOOK_SIGNALING_CONNECTING; hook < ACTR_HOOK_START; hook++) {
        struct actr_hook_event event = {.size = sizeof(event), .hook = hook};
        if (hook <= ACTR_HOOK_SIGNALING_DISCONNECTED)
            event.signaling = &signaling;
        else if (hook <= ACTR_HOOK_WEBRTC_DISCONNECTED)
            event.peer = &peer;
        else if (hook <= ACTR_HOOK_CREDENTIAL_EXPIRING)
            event.credential = &credential;
        else if (hook == ACTR_HOOK_MAILBOX_BACKPRESSURE)
            event.backpressure = &backpressure;
        else
            event.error = &error;
        assert_int_equal(workload->ops->hook(workload, &event, NULL), 0);
        for (enum actr_hook other = ACTR_HOOK_SIGNALING_CONNECTING; other < ACTR_HOOK_START;
             other++)
            assert_int_equal(told[other], other <= hook);
    }
    workload->ops->free(workload);
}

TEST(hooks_that_are_not_set_are_not_wanted)
{
    struct actr_workload_options options = {.size = sizeof(options),
                                            .on_websocket_disconnected = on_peer_6};
    struct workload *workload;
    assert_int_equal(linked_use(actr_workload_new("acme:Echo:1.0.0", &options, NULL), &workload),
                     0);
    assert_int_equal(workload->hooks, 1u << ACTR_HOOK_WEBSOCKET_DISCONNECTED);
    workload->ops->free(workload);
    /* A program that was built when there was only on_error. */
    options = all_hooks;
    options.size = offsetof(struct actr_workload_options, on_signaling_connecting);
    assert_int_equal(linked_use(actr_workload_new("acme:Echo:1.0.0", &options, NULL), &workload),
                     0);
    assert_int_equal(workload->hooks, 1u << ACTR_HOOK_ERROR);
    workload->ops->free(workload);
}

TEST(keys_of_routes_are_there_for_whoever_runs_them)
{
    struct actr_route_options by_field = {.size = sizeof(by_field),
                                          .key_source = ACTR_KEY_FIELD,
                                          .key_field = 7,
                                          .key_type = ACTR_KEY_STRING};
    struct workload *workload;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
    assert_int_equal(actr_workload_route(linked, "a.B.None", handler, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "a.B.Field", handler, &by_field), 0);
    assert_int_equal(linked_use(linked, &workload), 0);
    assert_true(workload->has_keys);
    const struct conflict_rule *none = workload->ops->find(workload, view_text("a.B.None"))->rule;
    const struct conflict_rule *field = workload->ops->find(workload, view_text("a.B.Field"))->rule;
    assert_int_equal(none->source, ACTR_KEY_NONE);
    assert_int_equal(field->source, ACTR_KEY_FIELD);
    assert_int_equal(field->field, 7);
    assert_int_equal(field->type, ACTR_KEY_STRING);
    workload->ops->free(workload);
}

TEST(a_bad_key_ends_the_use_of_the_workload_and_is_no_route)
{
    struct actr_route_options bad = {.size = sizeof(bad), .key_source = ACTR_KEY_FIELD};
    struct workload *workload;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, &bad), ACTR_EINVALID);
    assert_int_equal(linked_use(linked, &workload), ACTR_EINVALID);
    assert_string_equal(actr_errmsg(),
                        "workload: a.B.C: a field has a number of 1 to 536870911, the key's has 0");
}

TEST(a_payload_type_that_no_handler_serves_is_refused_with_what_to_use)
{
    static const struct {
        uint32_t type;
        int code;
        const char *text;
    } rows[] = {
        {ACTR_RPC_RELIABLE, 0, NULL},
        {ACTR_RPC_SIGNAL, 0, NULL},
        {ACTR_STREAM_RELIABLE, ACTR_EINVALID,
         "workload: a.B.C: payload type STREAM_RELIABLE: a stream carries chunks, not calls; call "
         "by RPC"},
        {ACTR_STREAM_LATENCY_FIRST, ACTR_EINVALID,
         "workload: a.B.C: payload type STREAM_LATENCY_FIRST: a stream carries chunks, not calls; "
         "call by RPC"},
        {ACTR_MEDIA_RTP, ACTR_EINVALID,
         "workload: a.B.C: payload type MEDIA_RTP: media has no answers; call by RPC"},
        {5, ACTR_EINVALID,
         "workload: a.B.C: payload type STATE_SYNC: state is told, not asked for; call by RPC"},
        {77, ACTR_EINVALID, "workload: a.B.C: payload type ?: there is no such payload type"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct actr_route_options options = {.size = sizeof(options),
                                             .payload_type = (enum actr_payload_type)rows[i].type};
        struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
        struct workload *workload;
        assert_int_equal(actr_workload_route(linked, "a.B.C", handler, &options), rows[i].code);
        assert_int_equal(linked_use(linked, &workload), rows[i].code);
        if (rows[i].code == 0)
            workload->ops->free(workload);
        else
            assert_string_equal(actr_errmsg(), rows[i].text);
    }
}

TEST(options_of_a_caller_that_knew_no_payload_type_mean_a_reliable_call)
{
    struct actr_route_options options = {.size = offsetof(struct actr_route_options, payload_type),
                                         .payload_type = ACTR_MEDIA_RTP};
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, &options), 0);
    actr_workload_free(linked);
}

TEST(a_workload_without_keys_says_so)
{
    struct workload *workload;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, NULL), 0);
    assert_int_equal(linked_use(linked, &workload), 0);
    assert_false(workload->has_keys);
    workload->ops->free(workload);
}
