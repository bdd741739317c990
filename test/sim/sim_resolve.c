// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Names in the simulated network: each host has one, and one address. The answer takes as long as
 * a connection would. Loop thread. */
#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "sim_parts.h"

struct sim_resolve {
    struct net_resolve base;
    struct loop_timer timer;
    net_resolve_fn *fn;
    void *user;
    struct net_address address;
    bool is_known;
};

static void resolve_on_timer(struct loop_timer *timer)
{
    struct sim_resolve resolve = *container_of(timer, struct sim_resolve, timer);
    mem_free(container_of(timer, struct sim_resolve, timer));
    resolve.fn(resolve.user, &resolve.address, resolve.is_known, "no such host");
}

int sim_resolve(struct net *net, const char *host, uint16_t port, net_resolve_fn *fn, void *user,
                struct net_resolve **ret_resolve)
{
    struct sim_net *sim = sim_host_of(net)->sim;
    struct sim_resolve *resolve = mem_alloc(sizeof(*resolve));
    if (!resolve)
        return err_origin(ACTR_ENOMEM, "resolve: no memory");
    resolve->base.ops = net->ops;
    resolve->fn = fn;
    resolve->user = user;
    const struct sim_host *found = sim_host_find(sim, view_text(host));
    resolve->is_known =
        net_address_parse(view_text(found ? found->address : host), port, &resolve->address);
    loop_timer_init(&resolve->timer, sim->loop, resolve_on_timer);
    loop_timer_start(&resolve->timer, sim_between(sim, sim->delay.min_us, sim->delay.max_us));
    *ret_resolve = &resolve->base;
    return 0;
}

void sim_resolve_cancel(struct net_resolve *base)
{
    struct sim_resolve *resolve = (struct sim_resolve *)base;
    loop_timer_stop(&resolve->timer);
    mem_free(resolve);
}
