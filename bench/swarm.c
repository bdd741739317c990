// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Swarm: nodes with a foreign loop, so that a thousand of them need no thousand threads. One epoll
 * for all; a node is dispatched when its descriptor is readable or its time has come. At most
 * AT_ONCE are being started or called at a time. */
#include "swarm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <actr/actr.h>

#include "bench.h"
#include "support.h"

#define SWARM_MAX 4096
#define AT_ONCE 8
#define TRIES 5
#define SWARM_MS 600000

static struct swarm {
    struct actr_id service;
    uint16_t port;
    unsigned count, begun, answered;
    int epoll;
    bool has_failed;
    struct swarm_node {
        struct actr_node *node;
        double due_us; /* INFINITY: nothing is */
        bool is_running, is_called;
        unsigned failed; /* calls */
    } nodes[SWARM_MAX];
} swarm;

static void on_answer(void *arg, const struct actr_result *result)
{
    struct swarm_node *member = arg;
    if (result->code == 0) {
        swarm.answered++;
    } else if (++member->failed < TRIES) {
        member->is_called = false; /* again in the next turn */
    } else {
        fprintf(stderr, "bench: swarm: %s\n", result->message);
        swarm.has_failed = true;
    }
}

static void on_state(void *arg, struct actr_node *node, enum actr_node_state state, int code,
                     const char *message)
{
    struct swarm_node *member = arg;
    (void)node;
    member->is_running = state == ACTR_NODE_RUNNING;
    if (code < 0) {
        fprintf(stderr, "bench: swarm: %s\n", message);
        swarm.has_failed = true;
    }
}

static void member_call(struct swarm_node *member)
{
    static const uint8_t bytes[64];
    member->is_called = true;
    if (actr_call(member->node, &swarm.service, SUPPORT_ROUTE,
                  actr_bytes_copy(actr_view_of(bytes, sizeof(bytes))), NULL, on_answer, member,
                  NULL) < 0) {
        fprintf(stderr, "bench: swarm: %s\n", actr_errmsg());
        swarm.has_failed = true;
    }
}

static void member_dispatch(struct swarm_node *member)
{
    actr_node_dispatch(member->node);
    if (member->is_running && !member->is_called)
        member_call(member);
    int timeout_ms = actr_node_timeout_ms(member->node);
    member->due_us = timeout_ms < 0 ? INFINITY : bench_now_us() + timeout_ms * 1e3;
}

static void member_begin(struct swarm_node *member)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = member};
    member->node = support_foreign_node(swarm.port, on_state, member);
    if (!member->node ||
        epoll_ctl(swarm.epoll, EPOLL_CTL_ADD, actr_node_fd(member->node), &event) < 0)
        swarm.has_failed = true;
    swarm.begun++;
}

static void swarm_turn(void)
{
    struct epoll_event events[64];
    double due_us = INFINITY, now_us = bench_now_us();
    for (unsigned i = 0; i < swarm.begun; i++)
        due_us = fmin(due_us, swarm.nodes[i].due_us);
    double left_ms = fmin(fmax(ceil((due_us - now_us) / 1e3), 0), 1000);
    int count = epoll_wait(swarm.epoll, events, 64, (int)left_ms);
    for (int i = 0; i < count; i++)
        member_dispatch(events[i].data.ptr);
    now_us = bench_now_us();
    for (unsigned i = 0; i < swarm.begun; i++) {
        if (swarm.nodes[i].due_us <= now_us)
            member_dispatch(&swarm.nodes[i]);
    }
}

int swarm_role(const char *argument)
{
    char *end;
    swarm.port = (uint16_t)strtoul(argument, &end, 10);
    swarm.count = (unsigned)strtoul(end + 1, &end, 10);
    swarm.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (swarm.count > SWARM_MAX || swarm.epoll < 0 || actr_id_parse(end + 1, &swarm.service) < 0)
        return 2;
    while (swarm.answered < swarm.count && !swarm.has_failed) {
        while (swarm.begun < swarm.count && swarm.begun - swarm.answered < AT_ONCE)
            member_begin(&swarm.nodes[swarm.begun]);
        swarm_turn();
    }
    if (swarm.has_failed)
        return 1;
    puts("there");
    fflush(stdout);
    for (;;)
        swarm_turn();
}

bool swarm_start(struct process *child, uint16_t port, const struct actr_id *service,
                 unsigned count)
{
    char id[ACTR_ID_STR_MAX], argument[ACTR_ID_STR_MAX + 32], line[64];
    char *argv[] = {(char *)bench_self(), "--role", "swarm", argument, NULL};
    snprintf(argument, sizeof(argument), "%u:%u:%s", port, count, actr_id_format(service, id));
    return process_start(child, "swarm", argv) && process_line(child, line, sizeof(line), SWARM_MS);
}
