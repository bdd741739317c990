// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A well-behaved actor on libactr-guest: what every part of its interface comes to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/actr.h>
#include <actr/dynclib.h>

static int starts;

static void echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static void fail(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    (void)self;
    actr_fail(ctx, ACTR_ENOTFOUND, "no %s here", "such thing");
}

static void silent(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)ctx;
    (void)request;
    (void)self;
}

static void about(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    char text[512], id[ACTR_ID_STR_MAX];
    (void)request;
    (void)self;
    snprintf(text, sizeof(text), "%s %s %s %s %d %d %zu", actr_ctx_route(ctx),
             actr_ctx_traceparent(ctx) ? actr_ctx_traceparent(ctx) : "-",
             actr_ctx_caller(ctx) ? actr_id_format(actr_ctx_caller(ctx), id) : "nobody",
             actr_ctx_self(ctx)->type.name, actr_ctx_remaining_ms(ctx) > 0, starts,
             strlen(actr_ctx_request_id(ctx)));
    actr_reply(ctx, actr_bytes_str(text));
}

static void ask(struct actr_ctx *ctx, const struct actr_id *dest, const char *route,
                struct actr_view request)
{
    struct actr_bytes reply = {0};
    int r = actr_ctx_call_wait(ctx, dest, route, actr_bytes_copy(request), NULL, &reply);
    if (r < 0)
        actr_fail(ctx, r, "%s", actr_errmsg());
    else
        actr_reply(ctx, reply);
}

static void ask_host(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    ask(ctx, actr_dest_host(), "host.Double", request);
}

static void ask_self(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    ask(ctx, actr_dest_workload(), "echo", request);
}

static void tell_host(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    int r = actr_ctx_tell(ctx, actr_dest_host(), "late", actr_bytes_copy(request), NULL);
    actr_reply(ctx, actr_bytes_str(r == 0 ? "told" : actr_errmsg()));
}

static void forward(void *arg, const struct actr_result *result)
{
    if (result->code < 0)
        actr_reply_fail(arg, result->code, result->message);
    else
        actr_reply_send(arg, actr_bytes_ref(result->reply));
}

static void relay(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct actr_reply *reply = actr_reply_keep(ctx);
    (void)self;
    int r = actr_ctx_call(ctx, actr_dest_host(), "host.Double", actr_bytes_copy(request), NULL,
                          forward, reply, NULL);
    if (r < 0)
        actr_reply_fail(reply, r, actr_errmsg());
}

static void find(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct actr_id found;
    char type[ACTR_TYPE_STR_MAX], text[ACTR_ID_STR_MAX];
    (void)self;
    snprintf(type, sizeof(type), "%.*s", (int)request.len, (const char *)request.ptr);
    int r = actr_discover_one(actr_ctx_node(ctx), type, &found);
    actr_reply(ctx, actr_bytes_str(r < 0 ? actr_errmsg() : actr_id_format(&found, text)));
}

static int on_start(struct actr_ctx *ctx, void *self)
{
    (void)self;
    starts++;
    struct actr_bytes reply = {0};
    if (getenv("GOOD_GUEST_START") && starts == 1)
        return actr_ctx_call_wait(ctx, actr_dest_host(), "", (struct actr_bytes){0}, NULL, &reply);
    return 0;
}

static struct actr_workload *make(void)
{
    struct actr_workload_options options = {.size = sizeof(options), .on_start = on_start};
    struct actr_workload *w = actr_workload_new("acme:Tester:1.0.0", &options, NULL);
    actr_workload_route(w, "echo", echo, NULL);
    actr_workload_route(w, "fail", fail, NULL);
    actr_workload_route(w, "silent", silent, NULL);
    actr_workload_route(w, "about", about, NULL);
    actr_workload_route(w, "ask_host", ask_host, NULL);
    actr_workload_route(w, "ask_self", ask_self, NULL);
    actr_workload_route(w, "tell_host", tell_host, NULL);
    actr_workload_route(w, "relay", relay, NULL);
    actr_workload_route(w, "find", find, NULL);
    return w;
}

ACTR_ACTOR_MAIN(make)
