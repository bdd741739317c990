// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Calls: one heap object from the moment a program asks to the moment it has its answer.
 *
 * struct call goes to the loop by post (or starts at once, on the loop itself) and is then a
 * request of peer_gate or an invocation of a local actor. Its end is answered once: call_end()
 * hands the result on and forgets the number; a local invocation that outlives its caller's
 * patience is freed when its handler is done. A thread that waits for an idle local actor needs no
 * such object: it runs the handler itself, with everything on its stack.
 *
 * Never runs a program's callback inside the program's own call. */
#include "hyper/lifecycle/calls.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/outbound/gate.h"
#include "hyper/workload/panic.h"
#include "protocol/id.h"
#include "runtime/execution_plan.h"

#define CALLS_TELL_TIMEOUT_MS 13000u
#define CALLS_ROUTE_MAX 512

struct call {
    struct loop_post post; /* to the loop */
    struct loop_task task; /* a failure to start, reported later */
    struct calls *calls;
    struct hash_node node;
    uint64_t number;
    struct actr_id dest;
    struct gate_message message; /* texts point into texts[] */
    actr_result_fn *fn;          /* NULL: a tell */
    void *arg;
    const struct context_env *turn; /* in whose turn fn runs; NULL: the loop */
    struct conflict_key key;        /* and the turn of which key */
    struct actr_bytes key_owner;    /* of its bytes */
    struct executor_job job;        /* fn in that turn */
    int code;                       /* the end, for job and task */
    int64_t retry_after_ms;
    struct actr_bytes reply, text;
    const struct host_gate *local; /* NULL: to a peer */
    struct loop_timer deadline;    /* local only */
    uint8_t holds;                 /* the answer; the invocation */
    bool from_handler;             /* may still go while the node drains */
    bool is_ended;                 /* the program has (or will get) its answer */
    bool is_pending;               /* the gate has gate_call */
    struct gate_call gate_call;
    struct invocation invocation;
    char texts[];
};

static bool call_equal(const struct hash_node *node, const void *wanted)
{
    const struct call *call = container_of((struct hash_node *)(uintptr_t)node, struct call, node);
    return call->number == *(const uint64_t *)wanted;
}

static struct call *calls_find(struct calls *calls, uint64_t number)
{
    struct hash_node *node = hash_table_find(&calls->_table, number, &number);
    return node ? container_of(node, struct call, node) : NULL;
}

void calls_init(struct calls *calls, struct loop *loop)
{
    memset(calls, 0, sizeof(*calls));
    calls->loop = loop;
    lock_init(&calls->_lock);
    hash_table_init(&calls->_table, call_equal);
}

void calls_deinit(struct calls *calls)
{
    assert(calls->_table.count == 0);
    hash_table_deinit(&calls->_table);
    lock_deinit(&calls->_lock);
}

static void call_drop(struct call *call)
{
    if (--call->holds > 0)
        return;
    actr_bytes_unref(call->message.payload);
    actr_bytes_unref(call->reply);
    actr_bytes_unref(call->text);
    actr_bytes_unref(call->key_owner);
    mem_free(call);
}

/* Runs the program's callback; the last thing that happens to the answer. */
static void call_report(struct call *call)
{
    char text[ERR_TEXT_MAX];
    snprintf(text, sizeof(text), "%.*s", (int)call->text.len,
             call->text.ptr ? (const char *)call->text.ptr : "");
    struct actr_result result = {
        .code = call->code,
        .message = text[0] ? text : actr_strerror(call->code),
        .retry_after_ms = call->retry_after_ms,
        .reply = call->reply,
    };
    call->fn(call->arg, &result);
}

static void call_report_guarded(void *arg)
{
    call_report(arg);
}

static void call_on_job(struct executor_job *job)
{
    struct call *call = container_of(job, struct call, job);
    struct panic_scope scope;
    if (!panic_run(&scope, NULL, call_report_guarded, call))
        call->turn->ops->on_panic(call->turn->owner, (const char *)call->message.route.ptr,
                                  scope.text);
}

static void call_on_job_done(struct executor_job *job)
{
    call_drop(container_of(job, struct call, job));
}

/* Loop: the answer is there. Consumes reply. The call may be gone when this returns. */
static void call_end(struct call *call, int code, struct actr_view text, struct actr_bytes reply,
                     int64_t retry_after_ms)
{
    struct calls *calls = call->calls;
    assert(!call->is_ended);
    call->is_ended = true;
    if (call->number)
        hash_table_remove(&calls->_table, &call->node);
    loop_timer_stop(&call->deadline);
    loop_task_cancel(&call->task);
    call->code = code;
    call->retry_after_ms = retry_after_ms;
    call->reply = reply;
    if (code < 0 && text.len) {
        call->text = actr_bytes_copy(text);
        if (actr_bytes_failed(call->text))
            call->text = (struct actr_bytes){0}; /* the code says enough */
    }
    if (code < 0 && call->local)
        calls->failed++;
    if (call->turn) {
        call->job.run = call_on_job;
        call->job.done = call_on_job_done;
        executor_submit_key(call->turn->executor, &call->job, &call->key);
        return;
    }
    if (call->fn)
        call_report(call);
    call_drop(call);
}

static void call_end_text(struct call *call, int code, const char *text)
{
    call_end(call, code, view_text(text), (struct actr_bytes){0}, -1);
}

/* Remote ------------------------------------------------------------------------------------- */

static void call_on_gate_result(struct gate_call *gate_call, const struct actr_result *result)
{
    struct call *call = container_of(gate_call, struct call, gate_call);
    call->is_pending = false;
    call_end(call, result->code, view_text(result->message ? result->message : ""),
             actr_bytes_ref(result->reply), result->retry_after_ms);
}

static int call_start_remote(struct call *call)
{
    struct peer_gate *gate = call->calls->peer_gate;
    if (!gate)
        return err_origin(ACTR_ESTATE, "the node is not running");
    struct gate_message message = call->message;
    call->message.payload = (struct actr_bytes){0};
    if (!call->fn) {
        int r = peer_gate_tell(gate, &call->dest, &message);
        if (r == 0)
            call_drop(call);
        return r;
    }
    int r = peer_gate_call(gate, &call->dest, &call->gate_call, &message, call_on_gate_result);
    call->is_pending = r == 0;
    return r;
}

/* Local -------------------------------------------------------------------------------------- */

static struct actr_view calls_view(const char *text)
{
    return text ? view_text(text) : (struct actr_view){0};
}

static void call_on_invocation(struct invocation *invocation, const struct dispatch_result *result)
{
    struct call *call = container_of(invocation, struct call, invocation);
    host_gate_report(invocation, result);
    if (!call->is_ended) { /* else it timed out or was cancelled before */
        call_end(call, result->code, actr_bytes_view(result->message),
                 actr_bytes_ref(result->payload), result->retry_after_ms);
    }
    invocation_deinit(invocation);
    call_drop(call);
}

static void call_on_deadline(struct loop_timer *timer)
{
    struct call *call = container_of(timer, struct call, deadline);
    invocation_abandon(&call->invocation);
    call_end_text(call, ACTR_ETIMEDOUT, "");
}

static int call_start_local(struct call *call)
{
    uint64_t timeout_us = (uint64_t)call->message.timeout_ms * 1000;
    struct host_message message = {
        .route = call->message.route,
        .payload = call->message.payload,
        .traceparent = call->message.traceparent,
        .tracestate = call->message.tracestate,
        .call_chain = call->message.call_chain,
        .request_id = calls_view(call->message.request_id),
        .deadline_us = call->fn ? loop_now_us(call->calls->loop) + timeout_us : 0,
        .type = call->message.type,
        .is_tell = call->fn == NULL,
    };
    call->message.payload = (struct actr_bytes){0};
    call->holds++;
    if (call->fn)
        loop_timer_start(&call->deadline, timeout_us);
    host_gate_submit(call->local, &call->invocation, &message, call_on_invocation);
    return 0;
}

/* Start -------------------------------------------------------------------------------------- */

static void call_on_failed_start(struct loop_task *task)
{
    struct call *call = container_of(task, struct call, task);
    struct actr_bytes text = call->text;
    call->text = (struct actr_bytes){0};
    call_end(call, call->code, actr_bytes_view(text), (struct actr_bytes){0}, -1);
    actr_bytes_unref(text);
}

/* Loop: gives the message to its gate. A failure ends the call, later when `may_report` is false.
 */
static void call_start(struct call *call, bool may_report)
{
    struct calls *calls = call->calls;
    int r = 0;
    if (call->number)
        r = hash_table_insert(&calls->_table, &call->node, call->number);
    if (r < 0) {
        call->number = 0;
    } else if (!flag_get(&calls->is_open) && !call->from_handler) {
        r = err_origin(ACTR_ESTATE, "the node is not running");
    } else {
        r = call->local ? call_start_local(call) : call_start_remote(call);
    }
    if (r == 0)
        return;
    if (call->local && call->invocation.job._announced)
        executor_retract(call->local->env->executor, &call->invocation.job);
    if (may_report) {
        call_end_text(call, r, actr_errmsg());
        return;
    }
    call->code = r;
    call->text = actr_bytes_str(actr_errmsg());
    loop_defer(calls->loop, &call->task);
}

static void call_on_post(struct loop_post *post)
{
    call_start(container_of(post, struct call, post), true);
}

static enum actr_payload_type calls_type(const struct context_call *spec)
{
    return spec->options ? spec->options->payload_type : ACTR_RPC_RELIABLE;
}

int calls_check(struct calls *calls, const struct context_call *spec, enum message_role role)
{
    size_t route_len = spec->route ? strnlen(spec->route, CALLS_ROUTE_MAX + 1) : 0;
    if (actr_bytes_failed(spec->payload))
        return err_origin(ACTR_ENOMEM, "call: no memory for the payload");
    if (!spec->dest)
        return err_origin(ACTR_EINVALID, "call: no destination");
    if (route_len == 0 || route_len > CALLS_ROUTE_MAX)
        return err_origin(ACTR_EINVALID, "call: a route has 1 to %d bytes, not %zu",
                          CALLS_ROUTE_MAX, route_len);
    enum transport_kind via = calls_local(calls, spec->dest) ? TRANSPORT_INPROC : TRANSPORT_WEBRTC;
    const struct execution_plan plan =
        execution_plan_resolve((uint32_t)calls_type(spec), role, RUNTIME_NATIVE, via, NULL);
    if (plan.policy == EXECUTION_REFUSED)
        return err_origin(ACTR_EINVALID, "call: payload type %d: %s", (int)calls_type(spec),
                          plan.reason);
    if (context_call_id(spec) && !text_is_uuid(view_text(context_call_id(spec))))
        return err_origin(ACTR_EINVALID, "call: the request id is no UUID in lower case");
    /* A handler that drains may still call; from outside the door is shut. */
    if (!spec->from && !flag_get(&calls->is_open))
        return err_origin(ACTR_ESTATE, "the node is not running");
    return 0;
}

/* The copy of a text that may be NULL. */
static const char *call_text(char **texts, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    const char *copy = memcpy(*texts, text, size);
    *texts += size;
    return copy;
}

const struct host_gate *calls_local(struct calls *calls, const struct actr_id *dest)
{
    if (id_is_workload(dest))
        return &calls->workload;
    return id_is_host(dest) ? &calls->host : NULL;
}

/* Trace context: the options', else the context's. */
void calls_trace(const struct context_call *spec, const char **ret_parent, const char **ret_state)
{
    *ret_parent = spec->options ? spec->options->traceparent : NULL;
    *ret_state = spec->options ? spec->options->tracestate : NULL;
    if (!*ret_parent && spec->from) {
        *ret_parent = actr_ctx_traceparent(spec->from);
        *ret_state = actr_ctx_tracestate(spec->from);
    }
}

/* A fresh call object that owns the payload; NULL when memory has run out (payload given back). */
struct call *calls_new(struct calls *calls, const struct context_call *spec,
                       struct actr_view call_chain, actr_result_fn *fn, void *arg)
{
    const char *parent, *state, *id = context_call_id(spec);
    calls_trace(spec, &parent, &state);
    size_t len = strlen(spec->route) + 1 + (parent ? strlen(parent) + 1 : 0) +
                 (state ? strlen(state) + 1 : 0) + (id ? strlen(id) + 1 : 0) + call_chain.len;
    struct call *call = mem_alloc(sizeof(*call) + len);
    if (!call) {
        err_origin(ACTR_ENOMEM, "call: no memory");
        actr_bytes_unref(spec->payload);
        return NULL;
    }
    const struct actr_call_options *options = spec->options;
    char *texts = call->texts;
    call->calls = calls;
    call->dest = *spec->dest;
    call->message.payload = spec->payload;
    call->message.route = view_text(call_text(&texts, spec->route));
    call->message.traceparent = calls_view(call_text(&texts, parent));
    call->message.tracestate = calls_view(call_text(&texts, state));
    call->message.request_id = call_text(&texts, id);
    if (call_chain.len) {
        memcpy(texts, call_chain.ptr, call_chain.len);
        call->message.call_chain = actr_view_of(texts, call_chain.len);
    }
    call->message.type = calls_type(spec);
    call->message.no_retry = options && options->no_retry;
    call->message.timeout_ms = options ? options->timeout_ms : 0;
    if (call->message.timeout_ms == 0)
        call->message.timeout_ms = fn ? CALLS_TIMEOUT_MS : CALLS_TELL_TIMEOUT_MS;
    call->fn = fn;
    call->arg = arg;
    call->holds = 1;
    call->from_handler = spec->from != NULL;
    call->local = calls_local(calls, spec->dest);
    if (fn) {
        lock_take(&calls->_lock);
        call->number = ++calls->_number;
        lock_give(&calls->_lock);
    }
    loop_task_init(&call->task, call_on_failed_start);
    loop_timer_init(&call->deadline, calls->loop, call_on_deadline);
    return call;
}

/* Sends it off to the loop, or starts it when this is the loop. Consumes call. */
int calls_send(struct calls *calls, struct call *call)
{
    if (loop_is_current(calls->loop)) {
        call_start(call, false);
        return 0;
    }
    if (call->local)
        executor_announce(call->local->env->executor, &call->invocation.job);
    if (loop_post(calls->loop, &call->post, call_on_post))
        return 0;
    if (call->local)
        executor_retract(call->local->env->executor, &call->invocation.job);
    call_drop(call);
    return err_origin(ACTR_ESTATE, "the node is closed");
}

int calls_start(struct calls *calls, const struct context_call *spec, actr_result_fn *fn, void *arg,
                uint64_t *ret_call)
{
    int r = calls_check(calls, spec, MESSAGE_REQUEST);
    if (r == 0 && !fn)
        r = err_origin(ACTR_EINVALID, "call: no callback");
    if (r < 0) {
        actr_bytes_unref(spec->payload);
        return r;
    }
    struct call *call = calls_new(calls, spec, (struct actr_view){0}, fn, arg);
    if (!call)
        return ACTR_ENOMEM;
    if (spec->from) {
        call->turn = spec->from->env;
        if (spec->from->key) {
            call->key = *spec->from->key;
            call->key_owner = actr_bytes_ref(spec->from->request);
        }
        call->job.never_blocks = spec->from->env->never_blocks;
    }
    if (ret_call)
        *ret_call = call->number;
    return calls_send(calls, call);
}

int calls_tell(struct calls *calls, const struct context_call *spec)
{
    int r = calls_check(calls, spec, MESSAGE_NOTIFY);
    if (r < 0) {
        actr_bytes_unref(spec->payload);
        return r;
    }
    struct call *call = calls_new(calls, spec, (struct actr_view){0}, NULL, NULL);
    return call ? calls_send(calls, call) : ACTR_ENOMEM;
}

/* Cancel ------------------------------------------------------------------------------------- */

struct call_cancel {
    struct loop_post post;
    struct calls *calls;
    uint64_t number;
};

static void call_on_cancel(struct loop_post *post)
{
    struct call_cancel *cancel = container_of(post, struct call_cancel, post);
    struct call *call = calls_find(cancel->calls, cancel->number);
    mem_free(cancel);
    if (!call)
        return;
    if (call->is_pending) {
        peer_gate_cancel(&call->gate_call);
        call->is_pending = false;
    }
    if (call->local)
        invocation_abandon(&call->invocation);
    call_end_text(call, ACTR_ECANCELED, "");
}

void calls_cancel(struct calls *calls, uint64_t number)
{
    struct call_cancel *cancel = mem_alloc(sizeof(*cancel));
    if (!cancel)
        return; /* the call's own deadline ends it */
    cancel->calls = calls;
    cancel->number = number;
    if (!loop_post(calls->loop, &cancel->post, call_on_cancel))
        mem_free(cancel);
}

void calls_fail_local(struct calls *calls, int code, const char *text)
{
    struct hash_node *node = NULL;
    while ((node = hash_table_next(&calls->_table, node)) != NULL) {
        struct call *call = container_of(node, struct call, node);
        if (!call->local)
            continue;
        call_end_text(call, code, text);
        node = NULL; /* what it told may have changed the table */
    }
}
