// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Faults of handlers: said in the log at once, by the thread that saw them, and told to on_error by
 * the loop.
 *
 * A fault travels to the loop as one heap object. The loop outlives it: a node waits for its turns
 * before it closes, and the object is posted from inside one. */
#include <assert.h>
#include <stdio.h>

#include "base/mem.h"
#include "hyper/lifecycle/node.h"

struct fault {
    struct loop_post post;
    struct actr_node *node;
    char context[sizeof("route=") + 512]; /* the longest route */
    char text[ERR_TEXT_MAX];
};

static void fault_on_post(struct loop_post *post)
{
    struct fault *fault = container_of(post, struct fault, post);
    hooks_on_error(&fault->node->hooks, ACTR_ERROR_PANIC, ACTR_EINTERNAL, fault->text,
                   fault->context);
    mem_free(fault);
}

void node_on_panic(struct actr_node *node, const char *what, const char *text)
{
    log_error(&node->log, "handler.panicked", "route=%s %s", what, text);
    struct fault *fault = mem_alloc(sizeof(*fault));
    if (!fault) {
        log_error(&node->log, "handler.panicked", "no memory to tell on_error");
        return;
    }
    fault->node = node;
    snprintf(fault->text, sizeof(fault->text), "%.128s: handler panicked: %.350s", what, text);
    snprintf(fault->context, sizeof(fault->context), "route=%s", what);
    bool posted = loop_post(node->loop, &fault->post, fault_on_post);
    assert(posted);
    (void)posted;
}
