// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Observers of a node on real threads: each hears everything once, in order, whatever the others
 * and the actor do. */
#include <stdio.h>
#include <string.h>

#include <actr/actr.h>

#include "harness.h"
#include "hyper/lifecycle/hooks.h"
#include "sys/thread.h"
#include "sys/waiter.h"

struct witness {
    int count;
    enum actr_hook seen[32];
    bool panics; /* at every observation */
};

static struct {
    struct actr_rendezvous *server;
    struct actr_node *node;
    struct witness witnesses[3];
    struct waiter told, go; /* the actor's hook is at work; may go on */
    struct waiter up;       /* an observer has heard of signaling */
    bool actor_blocks, actor_panics;
    int actor_told; /* in the actor's turn */
} rig;

static int on_observe(void *arg, struct actr_node *node, const struct actr_hook_event *event)
{
    struct witness *witness = arg;
    assert_ptr_equal(node, rig.node);
    assert_true(witness->count < 32);
    witness->seen[witness->count++] = event->hook;
    if (event->hook == ACTR_HOOK_SIGNALING_CONNECTED && witness == &rig.witnesses[1])
        waiter_signal(&rig.up);
    if (witness->panics && event->hook < ACTR_HOOK_START)
        actr_panic(NULL, "no more of this");
    return event->hook == ACTR_HOOK_READY ? ACTR_EIO : 0; /* logged, no more */
}

static void on_connected(struct actr_ctx *ctx, const struct actr_signaling_event *event, void *self)
{
    (void)event, (void)self;
    rig.actor_told++;
    if (rig.actor_blocks) {
        waiter_signal(&rig.told);
        (void)!waiter_wait(&rig.go, WAITER_FOREVER);
    }
    if (rig.actor_panics)
        actr_panic(ctx, "not again");
}

static void on_renewed(struct actr_ctx *ctx, const struct actr_credential_event *event, void *self)
{
    (void)ctx, (void)event, (void)self;
    rig.actor_told++;
}

static void on_error(struct actr_ctx *ctx, const struct actr_error_event *event, void *self)
{
    (void)ctx, (void)event, (void)self;
    rig.actor_told++;
}

static void rig_open(void)
{
    struct actr_rendezvous_options server = {
        .size = sizeof(server), .realm = 7, .log_level = ACTR_LOG_ERROR};
    struct actr_workload_options hooks = {.size = sizeof(hooks),
                                          .on_signaling_connected = on_connected,
                                          .on_credential_renewed = on_renewed,
                                          .on_error = on_error};
    struct actr_observer observer = {.size = sizeof(observer), .observe = on_observe};
    struct actr_node_options options = {.size = sizeof(options), .log_level = ACTR_LOG_ERROR};
    char config[512];
    memset(&rig, 0, sizeof(rig));
    waiter_init(&rig.told);
    waiter_init(&rig.go);
    waiter_init(&rig.up);
    assert_int_equal(actr_rendezvous_start(&rig.server, &server), 0);
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\n",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server));
    assert_int_equal(actr_node_open_text(&rig.node, "node", config, &options), 0);
    assert_int_equal(actr_node_use(rig.node, actr_workload_new("acme:Hooks:1.0.0", &hooks, NULL)),
                     0);
    for (int i = 0; i < 3; i++) {
        observer.hooks = i == 2 ? 1u << ACTR_HOOK_START | 1u << ACTR_HOOK_CREDENTIAL_RENEWED : 0;
        assert_int_equal(actr_node_observe(rig.node, &observer, &rig.witnesses[i]), 0);
    }
}

static void rig_close(void)
{
    actr_node_close(rig.node);
    actr_rendezvous_stop(rig.server);
    waiter_deinit(&rig.told);
    waiter_deinit(&rig.go);
    waiter_deinit(&rig.up);
}

/* What an observer of all hears of a start and a stop. READY comes at any time after START. */
static void check_witness(const struct witness *witness)
{
    static const enum actr_hook wanted[] = {ACTR_HOOK_START, ACTR_HOOK_CREDENTIAL_RENEWED,
                                            ACTR_HOOK_SIGNALING_CONNECTING,
                                            ACTR_HOOK_SIGNALING_CONNECTED, ACTR_HOOK_STOP};
    int place = 0, ready = 0;
    for (int i = 0; i < witness->count; i++) {
        if (witness->seen[i] == ACTR_HOOK_READY)
            ready += i > 0 && i < witness->count - 1;
        else
            assert_int_equal(witness->seen[i], wanted[place++]);
    }
    assert_int_equal(place, 5);
    assert_int_equal(ready, 1);
}

static void check_all(void)
{
    check_witness(&rig.witnesses[0]);
    check_witness(&rig.witnesses[1]);
    assert_int_equal(rig.witnesses[2].count, 2); /* what it asked for */
    assert_int_equal(rig.witnesses[2].seen[1], ACTR_HOOK_CREDENTIAL_RENEWED);
}

TEST(each_observer_hears_each_event_once_and_in_order)
{
    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    check_all();
    assert_int_equal(rig.actor_told, 2);
    rig_close();
}

TEST(a_panic_of_a_hook_stays_with_whose_hook_it_is)
{
    rig_open();
    rig.witnesses[0].panics = true;
    rig.actor_panics = true;
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    check_all();
    assert_int_equal(rig.actor_told, 2);
    rig_close();
}

static void start(void *arg)
{
    *(int *)arg = actr_node_start(rig.node);
}

/* on_ready waits behind the hook that blocks, and with it the start; the observers do not. */
TEST(an_actor_that_is_slow_does_not_delay_the_observers)
{
    struct thread thread;
    int started = 1;
    rig_open();
    rig.actor_blocks = true;
    assert_int_equal(thread_start(&thread, "starter", start, &started), 0);
    assert_true(waiter_wait(&rig.told, WAITER_FOREVER));
    assert_true(waiter_wait(&rig.up, WAITER_FOREVER));
    waiter_signal(&rig.go);
    thread_join(&thread);
    assert_int_equal(started, 0);
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    check_all();
    rig_close();
}

TEST(observers_are_added_before_the_start_and_up_to_a_bound)
{
    struct actr_observer observer = {.size = sizeof(observer), .observe = on_observe};
    rig_open();
    assert_int_equal(actr_node_observe(rig.node, NULL, NULL), ACTR_EINVALID);
    observer.observe = NULL;
    assert_int_equal(actr_node_observe(rig.node, &observer, NULL), ACTR_EINVALID);
    observer.observe = on_observe;
    for (int i = 3; i < HOOKS_OBSERVERS_MAX; i++)
        assert_int_equal(actr_node_observe(rig.node, &observer, &rig.witnesses[0]), 0);
    assert_int_equal(actr_node_observe(rig.node, &observer, NULL), ACTR_EUNAVAILABLE);
    rig_close();

    rig_open();
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(actr_node_observe(rig.node, &observer, NULL), ACTR_ESTATE);
    rig_close();
}
