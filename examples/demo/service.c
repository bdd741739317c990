// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The demo's service: echoes, and keeps a tally of what it was told.
 *
 * Handlers of one actor run one at a time, so the tally needs no lock. They never block and run on
 * the loop. */
#include "service.h"

#include <stdint.h>
#include <string.h>

#include <actr/actr.h>

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_reply(ctx, actr_ctx_request_bytes(ctx)); /* the very bytes that came, not a copy */
}

static void on_add(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint64_t *tally = self;
    (void)ctx;
    *tally += request.len;
}

static void on_get(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    actr_reply(ctx, actr_bytes_copy(actr_view_of(self, sizeof(uint64_t))));
}

int service_main(int argc, char **argv)
{
    static uint64_t tally;
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    struct actr_workload *workload = actr_workload_new(SERVICE_TYPE, &options, &tally);
    actr_workload_route(workload, SERVICE_ECHO, on_echo, NULL);
    actr_workload_route(workload, SERVICE_ADD, on_add, NULL);
    actr_workload_route(workload, SERVICE_GET, on_get, NULL);
    return actr_main(argc, argv, workload);
}
