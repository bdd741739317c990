// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Panic: the only place that jumps.
 *
 * The jump goes from actr_panic() up to panic_run() on the same stack, over frames of the program
 * alone: the library calls a handler with no lock held and nothing half done, and what runs nested
 * on the same thread has a scope of its own. Whatever else would be jumped over, a scope of another
 * handler or another thread's stack, is refused by ending the process, because going on could not
 * be right.
 *
 * Cleanups live on the heap: the stack they were registered from is gone when they run after a
 * panic. Any thread; each scope belongs to the thread that runs it. */
#include "hyper/workload/panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <actr/context.h>

#include "base/mem.h"
#include "hyper/workload/context.h"

struct panic_cleanup {
    struct panic_cleanup *next;
    panic_fn *fn;
    void *arg;
};

/* What runs on this thread. */
static _Thread_local struct panic_scope *panic_innermost;

/* A cleanup that panics ends there, and the others still run. */
static void panic_clean(struct panic_scope *scope)
{
    (void)setjmp(scope->_jump);
    while (scope->_cleanups) {
        struct panic_cleanup *cleanup = scope->_cleanups;
        panic_fn *fn = cleanup->fn;
        void *arg = cleanup->arg;
        scope->_cleanups = cleanup->next;
        scope->_cleanup_count--;
        mem_free(cleanup);
        fn(arg);
    }
}

bool panic_run(struct panic_scope *scope, struct actr_ctx *ctx, panic_fn *fn, void *arg)
{
    scope->_outer = panic_innermost;
    scope->_cleanups = NULL;
    scope->_cleanup_count = 0;
    scope->has_panicked = false;
    if (ctx)
        ctx->scope = scope;
    panic_innermost = scope;
    if (setjmp(scope->_jump) == 0)
        fn(arg);
    if (scope->_cleanups)
        panic_clean(scope);
    panic_innermost = scope->_outer;
    if (ctx)
        ctx->scope = NULL;
    return !scope->has_panicked;
}

void actr_panic(struct actr_ctx *ctx, const char *format, ...)
{
    struct panic_scope *scope = panic_innermost;
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!scope || (ctx && ctx->scope != scope)) {
        fprintf(stderr, "actr: panic outside of the handler it should end: %s\n", text);
        abort();
    }
    if (!scope->has_panicked)
        snprintf(scope->text, sizeof(scope->text), "%s", text);
    scope->has_panicked = true;
    longjmp(scope->_jump, 1);
}

int actr_ctx_defer(struct actr_ctx *ctx, void (*fn)(void *arg), void *arg)
{
    struct panic_scope *scope = panic_innermost;
    if (!scope || (ctx && ctx->scope != scope))
        return err_origin(ACTR_ESTATE, "defer: not inside the handler of this context");
    if (!fn)
        return err_origin(ACTR_EINVALID, "defer: no function");
    if (scope->_cleanup_count == PANIC_CLEANUPS_MAX)
        return err_origin(ACTR_ENOMEM, "defer: %d are registered already", PANIC_CLEANUPS_MAX);
    struct panic_cleanup *cleanup = mem_alloc(sizeof(*cleanup));
    if (!cleanup)
        return err_origin(ACTR_ENOMEM, "defer: no memory");
    *cleanup = (struct panic_cleanup){.next = scope->_cleanups, .fn = fn, .arg = arg};
    scope->_cleanups = cleanup;
    scope->_cleanup_count++;
    return 0;
}
