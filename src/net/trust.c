// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The trust store of TLS clients.
 *
 * One piece of work makes the context, whoever asks meanwhile waits in a list; everybody is
 * answered from the work's callback. Once made, the context stays, and answers go out by a deferred
 * task, so that they never come inside trust_ask().
 *
 * The pool's thread touches nothing but `made`, `result` and `detail`, and only between start and
 * callback. Everything else: loop thread. */
#include "net/trust.h"

#include <stdio.h>

#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/socket.h"
#include "net/tls.h"

struct trust {
    struct socket_net *net;
    struct list waiting;
    struct loop_task answer;
    struct tls_context *context; /* once made */
    uv_work_t work;
    bool is_working;
    struct tls_context *made;
    int result;
    char detail[ERR_TEXT_MAX];
};

static void trust_make(uv_work_t *work)
{
    struct trust *trust = work->data;
    trust->result = tls_context_new_client(&trust->made);
    if (trust->result < 0)
        snprintf(trust->detail, sizeof(trust->detail), "%s", actr_errmsg());
}

static void trust_answer_all(struct trust *trust)
{
    struct list batch, *link;
    list_init(&batch);
    list_append(&batch, &trust->waiting);
    while ((link = list_pop(&batch))) {
        struct trust_wait *wait = container_of(link, struct trust_wait, link);
        wait->fn(wait, trust->context, trust->detail);
    }
}

static void trust_on_made(uv_work_t *work, int status)
{
    struct trust *trust = work->data;
    struct socket_net *net = trust->net;

    (void)status; /* nobody cancels it */
    trust->is_working = false;
    trust->context = trust->made;
    trust->made = NULL;
    trust_answer_all(trust);
    socket_unref(net); /* may free the trust */
}

static void trust_on_answer(struct loop_task *task)
{
    trust_answer_all(container_of(task, struct trust, answer));
}

static struct trust *trust_of(struct socket_net *net)
{
    if (net->trust)
        return net->trust;
    struct trust *trust = mem_alloc(sizeof(*trust));
    if (!trust)
        return NULL;
    trust->net = net;
    trust->work.data = trust;
    list_init(&trust->waiting);
    loop_task_init(&trust->answer, trust_on_answer);
    net->trust = trust;
    return trust;
}

int trust_ask(struct socket_net *net, struct trust_wait *wait, trust_fn *fn)
{
    struct trust *trust = trust_of(net);
    if (!trust)
        return err_origin(ACTR_ENOMEM, "tls: no memory");
    if (trust->context) {
        loop_defer(net->base.loop, &trust->answer);
    } else if (!trust->is_working) {
        uv_queue_work(net->uv, &trust->work, trust_make, trust_on_made);
        trust->is_working = true;
        socket_ref(net);
    }
    wait->fn = fn;
    list_push(&trust->waiting, &wait->link);
    return 0;
}

void trust_cancel(struct trust_wait *wait)
{
    if (wait->link.next)
        list_remove(&wait->link);
}

void trust_free(struct socket_net *net)
{
    struct trust *trust = net->trust;
    if (!trust)
        return;
    loop_task_cancel(&trust->answer);
    tls_context_unref(trust->context);
    mem_free(trust);
    net->trust = NULL;
}
