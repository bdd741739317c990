// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Crowd: joins are started as others end, so that a fixed number is under way.
 *
 * The loop runs on this thread until the last member is there or one fails. */
#include "crowd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/error.h>

#include "bench.h"
#include "hyper/signaling/signaling.h"
#include "net/socket_net.h"
#include "support.h"
#include "sys/loop_uv.h"

static void crowd_start_next(struct crowd *crowd);

static void crowd_check(struct crowd *crowd)
{
    if (crowd->failed || crowd->connected == crowd->count)
        loop_uv_stop(crowd->loop);
    else
        crowd_start_next(crowd);
}

static void member_on_connected(void *owner)
{
    struct crowd_member *member = owner;
    if (member->is_connected)
        return;
    member->is_connected = true;
    member->crowd->connected++;
    crowd_check(member->crowd);
}

static void member_on_failed(void *owner, int code, const char *detail)
{
    struct crowd_member *member = owner;
    fprintf(stderr, "bench: join: %s (%s)\n", detail, actr_errname(code));
    member->crowd->failed++;
    crowd_check(member->crowd);
}

static void member_on_stopped(void *owner)
{
    (void)owner;
}

static const struct signaling_events member_events = {
    .on_connected = member_on_connected,
    .on_failed = member_on_failed,
    .on_stopped = member_on_stopped,
};

static void crowd_start_next(struct crowd *crowd)
{
    char ais[64], ws[64];
    if (crowd->next == crowd->count)
        return;
    struct crowd_member *member = &crowd->members[crowd->next++];
    snprintf(ais, sizeof(ais), "http://127.0.0.1:%u/ais", crowd->port);
    snprintf(ws, sizeof(ws), "ws://127.0.0.1:%u/signaling/ws", crowd->port);
    struct signaling_config config = {
        .ais_url = ais,
        .signaling_url = ws,
        .realm_secret = "bench",
        .type = {"bench", "Member", "1.0.0"},
        .realm = 1,
        .start_timeout_ms = 120000,
    };
    member->crowd = crowd;
    if (signaling_new(crowd->loop, crowd->net, NULL, &config, &member_events, member,
                      &member->signaling) < 0 ||
        signaling_start(member->signaling, "ws://127.0.0.1:9") < 0) {
        fprintf(stderr, "bench: join: %s\n", actr_errmsg());
        crowd->failed++;
        loop_uv_stop(crowd->loop);
    }
}

bool crowd_open(struct crowd *crowd, size_t count)
{
    memset(crowd, 0, sizeof(*crowd));
    crowd->count = count;
    crowd->members = calloc(count ? count : 1, sizeof(*crowd->members));
    crowd->port = crowd->members ? support_server(&crowd->server) : 0;
    if (crowd->port == 0 || loop_uv_new(&crowd->loop) < 0 ||
        socket_net_new(crowd->loop, &crowd->net) < 0) {
        fprintf(stderr, "bench: crowd: %s\n", actr_errmsg());
        return false;
    }
    return true;
}

bool crowd_join(struct crowd *crowd, unsigned at_once, double *ret_seconds)
{
    double begin = bench_now_us();
    for (unsigned i = 0; i < at_once; i++)
        crowd_start_next(crowd);
    loop_uv_run(crowd->loop);
    *ret_seconds = (bench_now_us() - begin) / 1e6;
    return crowd->failed == 0 && crowd->connected == crowd->count;
}

void crowd_close(struct crowd *crowd)
{
    process_end(&crowd->server, SIGKILL);
    for (size_t i = 0; i < crowd->count && crowd->members; i++)
        signaling_free(crowd->members[i].signaling);
    free(crowd->members);
    socket_net_free(crowd->net);
    loop_uv_close(crowd->loop);
}
