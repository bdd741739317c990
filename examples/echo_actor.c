// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One source, two actors: a program with the actor linked in, and, compiled with ACTR_DYNCLIB and
 * linked with libactr-guest.a, a shared library that any node can load. */
#include <actr/actr.h>
#include <actr/dynclib.h>

static void echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static struct actr_workload *make(void)
{
    struct actr_workload *w = actr_workload_new("acme:EchoService:1.0.0", NULL, NULL);
    actr_workload_route(w, "echo.EchoService.Echo", echo, NULL);
    return w;
}

ACTR_ACTOR_MAIN(make)
