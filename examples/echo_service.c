// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A service: answers every request with its own bytes. The whole program. */
#include <actr/actr.h>

static void echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

int main(int argc, char **argv)
{
    struct actr_workload *w = actr_workload_new("acme:EchoService:1.0.0", NULL, NULL);
    actr_workload_route(w, "echo.EchoService.Echo", echo, NULL);
    return actr_main(argc, argv, w); /* reads actr.toml, runs until SIGINT or SIGTERM, drains */
}
