// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The thread of a server.
 *
 * Everything is made, run and freed on that thread; the caller waits for two moments only, that it
 * listens (or has failed to and is gone) and that it is gone. The text of an error belongs to a
 * thread, so that of a failed start is carried over.
 *
 * Threads: the functions of the header on the caller's, all else on the server's. Must never touch
 * the server from the caller's thread. */
#include "hosting.h"

#include <assert.h>
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/socket_net.h"
#include "sys/loop_uv.h"
#include "sys/thread.h"
#include "sys/waiter.h"

struct hosting {
    struct hosting_options options;
    struct thread thread;
    struct waiter started;
    struct loop *loop;
    struct net *net;
    struct rendezvous *rendezvous;
    struct loop_post stop;
    uint16_t port, stun_port;
    int result; /* of the start */
    char detail[ERR_TEXT_MAX];
};

static void note_failure(struct hosting *hosting, int result)
{
    hosting->result = result;
    snprintf(hosting->detail, sizeof(hosting->detail), "%s", actr_errmsg());
}

static void on_started(void *user, int result)
{
    struct hosting *hosting = user;
    if (result < 0) {
        note_failure(hosting, result);
        rendezvous_close(hosting->rendezvous);
        return;
    }
    hosting->port = rendezvous_port(hosting->rendezvous);
    hosting->stun_port = rendezvous_stun_port(hosting->rendezvous);
    waiter_signal(&hosting->started);
}

static void on_closed(void *user)
{
    struct hosting *hosting = user;
    loop_uv_stop(hosting->loop);
}

static int make_ledger(struct hosting *hosting, struct ledger **ret_ledger)
{
    const struct hosting_options *options = &hosting->options;
    if (options->data_dir)
        return ledger_sqlite_open(hosting->loop, options->data_dir, options->data_len_max,
                                  ret_ledger);
    *ret_ledger = ledger_memory_new(hosting->loop);
    return *ret_ledger ? 0 : err_origin(ACTR_ENOMEM, "start: out of memory");
}

static int begin(struct hosting *hosting)
{
    static const struct rendezvous_events events = {on_started, on_closed};
    struct rendezvous_base base = {.log = &hosting->options.log};
    int r = loop_uv_new(&hosting->loop);
    if (r == 0)
        r = socket_net_new(hosting->loop, &hosting->net);
    if (r == 0)
        r = make_ledger(hosting, &base.ledger);
    if (r < 0)
        return r;
    base.loop = hosting->loop;
    base.net = hosting->net;
    return rendezvous_start(&base, &hosting->options.server, &events, hosting,
                            &hosting->rendezvous);
}

static void run(void *arg)
{
    struct hosting *hosting = arg;
    int r = begin(hosting);
    if (r < 0)
        note_failure(hosting, r);
    else
        loop_uv_run(hosting->loop);
    bool has_failed = hosting->result < 0;
    hosting->net = socket_net_free(hosting->net);
    hosting->loop = loop_uv_close(hosting->loop);
    if (has_failed)
        waiter_signal(&hosting->started);
}

static struct hosting *hosting_free(struct hosting *hosting)
{
    waiter_deinit(&hosting->started);
    mem_free(hosting);
    return NULL;
}

int hosting_start(const struct hosting_options *options, struct hosting **ret_hosting)
{
    if (options->server.is_open && options->data_dir)
        return err_origin(ACTR_EINVALID, "an open server keeps nothing and takes no data folder");
    struct hosting *hosting = mem_alloc(sizeof(*hosting));
    if (!hosting)
        return err_origin(ACTR_ENOMEM, "start: out of memory");
    hosting->options = *options;
    waiter_init(&hosting->started);
    int r = thread_start(&hosting->thread, "actr-rendezvous", run, hosting);
    if (r < 0) {
        hosting_free(hosting);
        return r;
    }
    bool is_told = waiter_wait(&hosting->started, WAITER_FOREVER);
    assert(is_told);
    (void)is_told;
    if (hosting->result < 0) {
        r = err_origin(hosting->result, "%s", hosting->detail);
        thread_join(&hosting->thread);
        hosting_free(hosting);
        return r;
    }
    *ret_hosting = hosting;
    return 0;
}

static void on_stop(struct loop_post *post)
{
    rendezvous_close(container_of(post, struct hosting, stop)->rendezvous);
}

struct hosting *hosting_stop(struct hosting *hosting)
{
    if (!hosting)
        return NULL;
    bool is_taken = loop_post(hosting->loop, &hosting->stop, on_stop);
    assert(is_taken); /* the loop runs until the server has been told to stop */
    (void)is_taken;
    thread_join(&hosting->thread);
    return hosting_free(hosting);
}

uint16_t hosting_port(const struct hosting *hosting)
{
    return hosting->port;
}

uint16_t hosting_stun_port(const struct hosting *hosting)
{
    return hosting->stun_port;
}
