// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Hook queue: order, what is held and dropped, what a full queue makes of each kind of event, and
 * what it promises of connections even then. */
#include "hyper/workload/hook_queue.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "harness.h"
#include "sys/flag.h"
#include "sys/log.h"
#include "sys/loop_uv.h"
#include "sys/loop_virtual.h"
#include "sys/workers.h"

#define ALL_HOOKS UINT32_MAX
#define SEEN_MAX 4096

static struct {
    struct loop *loop;
    struct executor executor;
    struct context_env env;
    struct log log;
    struct hook_queue queue;
    char seen[SEEN_MAX][32]; /* what the listener heard */
    int count;
    int fails_with; /* the next one told */
    bool is_closed;
    int full, lost, failed; /* log lines */
    char lost_text[128];
} rig;

static void on_log(void *arg, enum actr_log_level level, const char *event, const char *message)
{
    (void)arg, (void)level;
    rig.full += strcmp(event, "hook.full") == 0;
    rig.failed += strcmp(event, "hook.failed") == 0;
    if (strcmp(event, "hook.lost") == 0) {
        rig.lost++;
        snprintf(rig.lost_text, sizeof(rig.lost_text), "%s", message);
    }
}

static int on_tell(void *owner, const struct actr_hook_event *event, struct actr_ctx *ctx)
{
    char *text = rig.seen[rig.count++];
    int code = rig.fails_with;
    size_t size = sizeof(rig.seen[0]);
    assert_ptr_equal(owner, &rig);
    assert_ptr_equal(ctx->env, &rig.env);
    assert_int_equal(event->size, sizeof(*event));
    if (event->signaling)
        snprintf(text, size, "s%d/%u/%.8s", (int)event->hook, event->signaling->attempt,
                 event->signaling->message);
    else if (event->peer)
        snprintf(text, size, "p%d/%d/%.8s", (int)event->hook, (int)event->peer->connection,
                 event->peer->message);
    else if (event->credential)
        snprintf(text, size, "c%d/%d", (int)event->hook, (int)event->credential->expires_at_s);
    else if (event->backpressure)
        snprintf(text, size, "b%d", (int)event->backpressure->queue_len);
    else
        snprintf(text, size, "e%d/%.8s/%.8s", event->error->code, event->error->message,
                 event->error->context);
    rig.fails_with = 0;
    return code < 0 ? err_origin(code, "as asked") : code;
}

static void rig_open(uint32_t hooks)
{
    memset(&rig, 0, sizeof(rig));
    assert_int_equal(loop_virtual_new(1, &rig.loop), 0);
    executor_init(&rig.executor, rig.loop, NULL);
    rig.log = (struct log){.level = ACTR_LOG_WARN, .sink = on_log};
    rig.env = (struct context_env){.loop = rig.loop, .log = &rig.log, .executor = &rig.executor};
    struct hook_queue_options options = {.env = &rig.env,
                                         .listener = "test",
                                         .hooks = hooks,
                                         .never_blocks = true,
                                         .tell = on_tell,
                                         .owner = &rig};
    hook_queue_init(&rig.queue, &options);
}

static void rig_close(void)
{
    hook_queue_deinit(&rig.queue);
    executor_deinit(&rig.executor);
    rig.loop = loop_virtual_close(rig.loop);
}

static void run(void)
{
    assert_true(loop_virtual_run_idle(rig.loop, 1000000));
}

static void on_closed(void *arg)
{
    assert_ptr_equal(arg, &rig);
    rig.is_closed = true;
}

static void push_signaling(enum actr_hook hook, uint32_t attempt)
{
    struct actr_signaling_event signaling = {.attempt = attempt, .message = "m"};
    struct actr_hook_event event = {.hook = hook, .signaling = &signaling};
    hook_queue_push(&rig.queue, &event);
}

static void push_peer(enum actr_hook hook, uint64_t connection)
{
    struct actr_peer_event peer = {.connection = connection, .message = ""};
    struct actr_hook_event event = {.hook = hook, .peer = &peer};
    hook_queue_push(&rig.queue, &event);
}

static void push_pause(uint64_t connection)
{
    struct actr_peer_event peer = {
        .connection = connection, .status = ACTR_PEER_RECOVERING, .message = ""};
    struct actr_hook_event event = {.hook = ACTR_HOOK_WEBRTC_DISCONNECTED, .peer = &peer};
    hook_queue_push(&rig.queue, &event);
}

static void push_credential(enum actr_hook hook, uint64_t expires_at_s)
{
    struct actr_credential_event credential = {.expires_at_s = expires_at_s};
    struct actr_hook_event event = {.hook = hook, .credential = &credential};
    hook_queue_push(&rig.queue, &event);
}

static void push_backpressure(uint64_t queue_len)
{
    struct actr_backpressure_event backpressure = {.queue_len = queue_len};
    struct actr_hook_event event = {.hook = ACTR_HOOK_MAILBOX_BACKPRESSURE,
                                    .backpressure = &backpressure};
    hook_queue_push(&rig.queue, &event);
}

static void push_error(int code)
{
    struct actr_error_event error = {.code = code, .message = "text", .context = "k=v"};
    struct actr_hook_event event = {.hook = ACTR_HOOK_ERROR, .error = &error};
    hook_queue_push(&rig.queue, &event);
}

static void fill(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        push_error(-(int)i - 1);
}

static void check_seen(int index, const char *text)
{
    assert_true(index < rig.count);
    assert_string_equal(rig.seen[index], text);
}

static void check_counts(uint64_t dropped, uint64_t merged)
{
    assert_int_equal(rig.queue.dropped, dropped);
    assert_int_equal(rig.queue.merged, merged);
}

/* Also the events of a WebRTC wire, of which there is none yet. */
TEST(every_kind_is_told_in_order_and_only_when_it_is_open)
{
    rig_open(ALL_HOOKS);
    push_error(-9); /* closed: nobody will ever hear */
    hook_queue_hold(&rig.queue);
    push_signaling(ACTR_HOOK_SIGNALING_CONNECTING, 1);
    push_signaling(ACTR_HOOK_SIGNALING_CONNECTED, 0);
    push_credential(ACTR_HOOK_CREDENTIAL_RENEWED, 77);
    run();
    assert_int_equal(rig.count, 0);
    hook_queue_open(&rig.queue);
    assert_int_equal(rig.count, 0); /* never inside */
    push_peer(ACTR_HOOK_WEBRTC_CONNECTING, 5);
    push_peer(ACTR_HOOK_WEBRTC_CONNECTED, 5);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTING, 6);
    push_peer(ACTR_HOOK_WEBRTC_DISCONNECTED, 5);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 6);
    push_backpressure(12);
    push_credential(ACTR_HOOK_CREDENTIAL_EXPIRING, 78);
    push_error(-4);
    push_signaling(ACTR_HOOK_SIGNALING_DISCONNECTED, 0);
    run();
    static const char *const wanted[] = {"s1/1/m", "s2/0/m", "c10/77",       "p7/5/",
                                         "p8/5/",  "p4/6/",  "p9/5/",        "p6/6/",
                                         "b12",    "c11/78", "e-4/text/k=v", "s3/0/m"};
    assert_int_equal(rig.count, sizeof(wanted) / sizeof(wanted[0]));
    for (int i = 0; i < rig.count; i++)
        check_seen(i, wanted[i]);
    check_counts(0, 0);
    rig_close();
}

TEST(an_end_without_a_beginning_is_not_told)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    hook_queue_open(&rig.queue);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTED, 3);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 3);
    push_signaling(ACTR_HOOK_SIGNALING_DISCONNECTED, 0);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTING, 4);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 4);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 4); /* once is enough */
    run();
    assert_int_equal(rig.count, 2);
    check_seen(0, "p4/4/");
    check_seen(1, "p6/4/");
    rig_close();
}

TEST(what_is_not_wanted_takes_no_room)
{
    rig_open(1u << ACTR_HOOK_WEBSOCKET_CONNECTED | 1u << ACTR_HOOK_WEBSOCKET_DISCONNECTED);
    hook_queue_hold(&rig.queue);
    fill(2 * HOOK_QUEUE_MAX);
    push_signaling(ACTR_HOOK_SIGNALING_CONNECTING, 1);
    push_backpressure(1);
    push_peer(ACTR_HOOK_WEBRTC_CONNECTING, 8);
    assert_int_equal(rig.queue.count, 0);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTING, 9);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTED, 9);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 9);
    hook_queue_open(&rig.queue);
    run();
    assert_int_equal(rig.count, 2);
    check_seen(0, "p5/9/");
    check_seen(1, "p6/9/");
    check_counts(0, 0);
    rig_close();
}

TEST(an_error_of_a_hook_is_logged_and_the_next_is_told)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    hook_queue_open(&rig.queue);
    rig.fails_with = ACTR_EIO;
    fill(3);
    run();
    assert_int_equal(rig.count, 3);
    assert_int_equal(rig.failed, 1);
    rig_close();
}

TEST(a_full_queue_merges_what_replaces_itself_and_drops_the_rest)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    push_signaling(ACTR_HOOK_SIGNALING_CONNECTING, 1);
    push_backpressure(10);
    push_credential(ACTR_HOOK_CREDENTIAL_RENEWED, 1);
    fill(HOOK_QUEUE_MAX - 3);
    assert_int_equal(rig.full, 0);
    push_error(-900);
    assert_int_equal(rig.full, 1);
    push_backpressure(20);
    push_credential(ACTR_HOOK_CREDENTIAL_RENEWED, 2);
    push_credential(ACTR_HOOK_CREDENTIAL_EXPIRING, 3); /* none of its kind waits */
    push_signaling(ACTR_HOOK_SIGNALING_CONNECTING, 7);
    push_signaling(ACTR_HOOK_SIGNALING_CONNECTED, 0); /* of a line: finds room */
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTING, 4);     /* dropped, and all that follows of it */
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTED, 4);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 4);
    check_counts(3, 3);
    hook_queue_open(&rig.queue);
    run();
    assert_int_equal(rig.count, HOOK_QUEUE_MAX + 1);
    check_seen(0, "s1/7/m");
    check_seen(1, "b20");
    check_seen(2, "c10/2");
    check_seen(HOOK_QUEUE_MAX, "s2/0/m");
    assert_int_equal(rig.full, 1);
    assert_int_equal(rig.lost, 1);
    assert_string_equal(rig.lost_text, "listener=test dropped=3 merged=3");
    rig_close();
}

TEST(a_connection_that_was_told_of_is_told_to_its_end_whatever_is_full)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    hook_queue_open(&rig.queue);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTING, 1);
    run();
    fill(2 * HOOK_QUEUE_MAX);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTED, 1);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 1);
    run();
    check_seen(rig.count - 2, "p5/1/");
    check_seen(rig.count - 1, "p6/1/");
    rig_close();
}

TEST(a_lost_path_is_not_the_end_of_a_connection)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    hook_queue_open(&rig.queue);
    push_peer(ACTR_HOOK_WEBRTC_CONNECTING, 1);
    push_peer(ACTR_HOOK_WEBRTC_CONNECTED, 1);
    for (int i = 0; i < 2; i++) {
        push_pause(1);
        push_peer(ACTR_HOOK_WEBRTC_CONNECTED, 1);
    }
    push_pause(1);
    push_peer(ACTR_HOOK_WEBRTC_DISCONNECTED, 1);
    push_peer(ACTR_HOOK_WEBRTC_CONNECTED, 1); /* of nothing now */
    run();
    static const char *const told[] = {"p7/1/", "p8/1/", "p9/1/", "p8/1/",
                                       "p9/1/", "p8/1/", "p9/1/", "p9/1/"};
    assert_int_equal(rig.count, 8);
    for (int i = 0; i < 8; i++)
        check_seen(i, told[i]);
    rig_close();
}

/* Paths that come and go do not make it grow; one that was said to be lost is said to be back. */
TEST(paths_that_come_and_go_are_dropped_when_it_is_full)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    hook_queue_open(&rig.queue);
    push_peer(ACTR_HOOK_WEBRTC_CONNECTING, 1); /* is in the turn */
    push_peer(ACTR_HOOK_WEBRTC_CONNECTED, 1);
    push_pause(1);
    fill(HOOK_QUEUE_MAX - 2);
    for (int i = 0; i < 10; i++) {
        push_peer(ACTR_HOOK_WEBRTC_CONNECTED, 1); /* the first finds room, the others merge */
        push_pause(1);                            /* dropped */
    }
    check_counts(10, 9);
    assert_int_equal(rig.queue.count, HOOK_QUEUE_MAX + 1);
    push_peer(ACTR_HOOK_WEBRTC_DISCONNECTED, 1);
    run();
    check_seen(rig.count - 2, "p8/1/");
    check_seen(rig.count - 1, "p9/1/");
    rig_close();
}

TEST(a_connection_that_came_and_went_unseen_is_left_out)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTING, 1);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTED, 1);
    fill(HOOK_QUEUE_MAX - 2);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 1);
    check_counts(0, 3);
    push_error(-900); /* and there is room again */
    check_counts(0, 3);
    hook_queue_open(&rig.queue);
    run();
    assert_int_equal(rig.count, HOOK_QUEUE_MAX - 1);
    for (int i = 0; i < rig.count; i++)
        assert_int_equal(rig.seen[i][0], 'e');
    rig_close();
}

TEST(closing_tells_what_waits_and_takes_no_more)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    hook_queue_open(&rig.queue);
    push_peer(ACTR_HOOK_WEBSOCKET_CONNECTING, 1);
    fill(9);
    hook_queue_close(&rig.queue, on_closed, &rig);
    assert_false(rig.is_closed);
    push_error(-5);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 1);
    run();
    assert_true(rig.is_closed);
    assert_int_equal(rig.count, 10);
    /* And again, from the start: what was before is forgotten. */
    hook_queue_hold(&rig.queue);
    hook_queue_open(&rig.queue);
    push_peer(ACTR_HOOK_WEBSOCKET_DISCONNECTED, 1);
    run();
    assert_int_equal(rig.count, 10);
    rig_close();
}

TEST(closing_what_is_held_drops_it)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    fill(9);
    hook_queue_close(&rig.queue, on_closed, &rig);
    run();
    assert_true(rig.is_closed);
    assert_int_equal(rig.count, 0);
    rig_close();
}

TEST(a_cut_drops_what_waits_and_counts_it)
{
    rig_open(ALL_HOOKS);
    hook_queue_hold(&rig.queue);
    hook_queue_open(&rig.queue);
    fill(9);
    hook_queue_close(&rig.queue, on_closed, &rig);
    hook_queue_cut(&rig.queue);
    run();
    assert_false(rig.is_closed);
    assert_int_equal(rig.count, 1); /* it was in its turn */
    check_counts(8, 0);
    assert_string_equal(rig.lost_text, "listener=test dropped=8 merged=0");
    rig_close();
}

/* Whatever comes in whatever order while the listener sleeps: what it hears of a connection makes
 * sense. */
static void check_connections(void)
{
    enum { NOTHING, CONNECTING, CONNECTED, OVER } state[64] = {NOTHING};
    for (int i = 0; i < rig.count; i++) {
        int hook, connection;
        if (sscanf(rig.seen[i], "p%d/%d/", &hook, &connection) != 2)
            continue;
        if (hook == ACTR_HOOK_WEBSOCKET_CONNECTING) {
            assert_int_equal(state[connection], NOTHING);
            state[connection] = CONNECTING;
        } else if (hook == ACTR_HOOK_WEBSOCKET_CONNECTED) {
            assert_int_equal(state[connection], CONNECTING);
            state[connection] = CONNECTED;
        } else {
            assert_true(state[connection] == CONNECTING || state[connection] == CONNECTED);
            state[connection] = OVER;
        }
    }
    for (int i = 0; i < 64; i++)
        assert_true(state[i] == NOTHING || state[i] == OVER);
}

TEST(connections_are_whole_or_not_there_at_all)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        int phase[64] = {0};
        uint64_t random = seed * 0x9e3779b97f4a7c15u;
        unsigned left = 64;
        rig_open(ALL_HOOKS);
        hook_queue_hold(&rig.queue);
        hook_queue_open(&rig.queue);
        while (left > 0) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            unsigned connection = (unsigned)(random >> 33) % 64, choice = (random >> 45) % 16;
            if (choice == 0)
                loop_virtual_step(rig.loop);
            if (choice < 8)
                push_error(-1);
            if (phase[connection] == 3)
                continue;
            bool is_refused = phase[connection] == 1 && choice == 9;
            phase[connection] = is_refused ? 3 : phase[connection] + 1;
            left -= phase[connection] == 3;
            push_peer((enum actr_hook)(ACTR_HOOK_WEBSOCKET_CONNECTING + phase[connection] - 1),
                      connection);
        }
        run();
        check_connections();
        assert_int_equal(rig.queue.count, 0);
        assert_int_equal(rig.queue._lines.count, 0);
        rig_close();
    }
}

/* Hooks that may block run on a worker, in order, while the loop goes on taking events. */
static struct {
    struct hook_queue *queue;
    int count, last;
    bool is_ordered;
} busy;

static int on_busy_tell(void *owner, const struct actr_hook_event *event, struct actr_ctx *ctx)
{
    (void)owner, (void)ctx;
    busy.is_ordered = busy.is_ordered && event->error->code == -(busy.last + 1);
    busy.last++;
    busy.count++;
    return 0;
}

static void on_busy_closed(void *arg)
{
    loop_uv_stop(arg);
}

TEST(hooks_that_may_block_are_told_by_a_worker)
{
    struct workers_options options = {"hook-test", 2, 2};
    struct workers *workers = NULL;
    struct executor executor;
    struct loop *loop;
    memset(&rig, 0, sizeof(rig));
    memset(&busy, 0, sizeof(busy));
    busy.is_ordered = true;
    assert_int_equal(loop_uv_new(&loop), 0);
    assert_int_equal(workers_new(&workers, &options), 0);
    executor_init(&executor, loop, workers);
    rig.log = (struct log){.level = ACTR_LOG_WARN, .sink = on_log};
    rig.env = (struct context_env){.loop = loop, .log = &rig.log, .executor = &executor};
    struct hook_queue_options queue = {
        .env = &rig.env, .listener = "test", .hooks = ALL_HOOKS, .tell = on_busy_tell};
    hook_queue_init(&rig.queue, &queue);
    hook_queue_hold(&rig.queue);
    fill(100);
    hook_queue_open(&rig.queue);
    for (int i = 100; i < 200; i++)
        push_error(-i - 1);
    hook_queue_close(&rig.queue, on_busy_closed, loop);
    loop_uv_run(loop);
    assert_int_equal(busy.count, 200);
    assert_true(busy.is_ordered);
    hook_queue_deinit(&rig.queue);
    executor_deinit(&executor);
    workers = workers_free(workers);
    loop = loop_uv_close(loop);
}
