// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Faults of handlers: said in the log at once, by the thread that saw them, and told to on_error by
 * the loop.
 *
 * A fault travels to the loop as one heap object. The loop outlives it: a node waits for its turns
 * before it closes, and the object is posted from inside one. At most NODE_FAULTS_MAX travel at a
 * time: a handler that fails faster than the loop turns is told of less often, never in another
 * order. */
#include <assert.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hyper/lifecycle/node.h"

struct fault {
    struct loop_post post;
    struct actr_node *node;
    enum actr_error_category category;
    int code;
    char context[sizeof("route=") + 512]; /* the longest route */
    char text[ERR_TEXT_MAX];
};

static void fault_on_post(struct loop_post *post)
{
    struct fault *fault = container_of(post, struct fault, post);
    struct actr_node *node = fault->node;
    lock_take(&node->lock);
    node->fault_count--;
    lock_give(&node->lock);
    hooks_on_error(&node->hooks, fault->category, fault->code, fault->text, fault->context);
    mem_free(fault);
}

/* NULL: too many are on their way, or no memory; on_error is not told then. */
static struct fault *fault_new(struct actr_node *node, enum actr_error_category category, int code,
                               struct actr_view route)
{
    lock_take(&node->lock);
    bool has_room = node->fault_count < NODE_FAULTS_MAX;
    struct fault *fault = has_room ? mem_alloc(sizeof(*fault)) : NULL;
    node->fault_count += fault != NULL;
    lock_give(&node->lock);
    if (!fault) {
        log_warn(&node->log, "handler.untold", "on_error does not hear of route=%.*s: %s",
                 (int)route.len, (const char *)route.ptr,
                 has_room ? "no memory" : "others wait for it");
        return NULL;
    }
    fault->node = node;
    fault->category = category;
    fault->code = code;
    snprintf(fault->context, sizeof(fault->context), "route=%.*s", (int)route.len,
             (const char *)route.ptr);
    return fault;
}

static void fault_send(struct fault *fault)
{
    bool posted = loop_post(fault->node->loop, &fault->post, fault_on_post);
    assert(posted);
    (void)posted;
}

void node_on_panic(struct actr_node *node, const char *what, const char *text)
{
    log_error(&node->log, "handler.panicked", "route=%s %s", what, text);
    struct fault *fault = fault_new(node, ACTR_ERROR_PANIC, ACTR_EINTERNAL, view_text(what));
    if (!fault)
        return;
    snprintf(fault->text, sizeof(fault->text), "%.128s: handler panicked: %.350s", what, text);
    fault_send(fault);
}

void node_on_handler_error(struct actr_node *node, struct actr_view route, int code,
                           struct actr_view text)
{
    log_debug(&node->log, "handler.error", "code=%d %.*s: %.*s", code, (int)route.len,
              (const char *)route.ptr, (int)text.len, text.len ? (const char *)text.ptr : "");
    if (!hooks_wants(&node->hooks, ACTR_HOOK_ERROR))
        return;
    struct fault *fault = fault_new(node, ACTR_ERROR_HANDLER, code, route);
    if (!fault)
        return;
    snprintf(fault->text, sizeof(fault->text), "%.*s: %.*s",
             (int)(route.len < 128 ? route.len : 128), (const char *)route.ptr, (int)text.len,
             text.len ? (const char *)text.ptr : "");
    fault_send(fault);
}
