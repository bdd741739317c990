// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Beats, answers, and what is said in a beat.
 *
 * A beat that is due while the last one still waits for its answer cannot happen: an answer is
 * waited for less than half an interval. A lost one is not made up for.
 *
 * The thresholds of availability are those of the existing system, whose power reserve is off the
 * scale they were made for (0.004 to 0.24): so all its nodes call themselves unavailable, and no
 * server may go by that word alone. Ours is on the scale. */
#include "hyper/signaling/heartbeat.h"

#include "hyper/signaling/client.h"

static void heartbeat_on_timer(struct loop_timer *timer);

void heartbeat_init(struct heartbeat *heartbeat, struct loop *loop, struct client *client,
                    const struct heartbeat_events *events, void *owner)
{
    *heartbeat = (struct heartbeat){._client = client, ._events = events, ._owner = owner};
    loop_timer_init(&heartbeat->_timer, loop, heartbeat_on_timer);
}

void heartbeat_start(struct heartbeat *heartbeat, uint32_t interval_s)
{
    heartbeat_stop(heartbeat);
    heartbeat->_interval_s = interval_s;
    heartbeat->_miss_count = 0;
    loop_timer_start(&heartbeat->_timer, 0);
}

void heartbeat_stop(struct heartbeat *heartbeat)
{
    if (heartbeat->_client == NULL)
        return;
    loop_timer_stop(&heartbeat->_timer);
    client_request_close(&heartbeat->_request);
}

float heartbeat_power(double cpu)
{
    if (!(cpu > 0))
        return 5.0F;
    return cpu < 2 ? (float)(5 - 2 * cpu) : 1.0F;
}

enum signaling_availability heartbeat_availability(double power, double backlog)
{
    if (power > 4.2 && backlog < 0.5)
        return SIGNALING_FULL;
    if (power > 3.0 && backlog < 0.8)
        return SIGNALING_DEGRADED;
    if (power > 1.8 && backlog < 0.95)
        return SIGNALING_OVERLOADED;
    return SIGNALING_UNAVAILABLE;
}

static void heartbeat_on_reply(struct client_request *request, int code, const char *detail,
                               const struct signaling_reply *reply)
{
    struct heartbeat *heartbeat = container_of(request, struct heartbeat, _request);
    if (code == ACTR_ETIMEDOUT) {
        if (++heartbeat->_miss_count < HEARTBEAT_MISSES_MAX)
            return;
        heartbeat_stop(heartbeat);
        heartbeat->_events->on_dead(heartbeat->_owner);
        return;
    }
    heartbeat->_miss_count = 0;
    if (code == 0 && reply->kind == SIGNALING_PONG && reply->pong.has_warning)
        heartbeat->_events->on_warning(heartbeat->_owner);
}

static void heartbeat_on_timer(struct loop_timer *timer)
{
    struct heartbeat *heartbeat = container_of(timer, struct heartbeat, _timer);
    struct signaling_load load = {0};
    heartbeat->_events->load(heartbeat->_owner, &load);
    double backlog = load.backlog < 1 ? load.backlog : 1;
    float power = heartbeat_power(load.cpu);
    const struct signaling_request beat = {
        .kind = SIGNALING_PING,
        .ping = {.availability = (int32_t)heartbeat_availability((double)power, backlog),
                 .power_reserve = power,
                 .mailbox_backlog = (float)backlog},
    };
    uint64_t timeout_ms = (uint64_t)heartbeat->_interval_s * 400;
    if (timeout_ms < 1000)
        timeout_ms = 1000;
    client_request_close(&heartbeat->_request);
    client_ask(heartbeat->_client, &heartbeat->_request, &beat, (uint32_t)timeout_ms,
               heartbeat_on_reply);
    loop_timer_start(&heartbeat->_timer, (uint64_t)heartbeat->_interval_s * 1000000);
}
