// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Panic: the end of a handler, hook or result callback from the depth of its calls, and the
 * cleanups it has registered. See actr_panic() and actr_ctx_defer() in <actr/context.h>.
 *
 * A scope is what a panic ends. Scopes nest on a thread (a handler that calls an idle actor runs
 * that actor's handler itself), and a panic ends the innermost one only. */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct actr_ctx;
struct panic_cleanup;

/* Cleanups of one scope; one more is refused. */
#define PANIC_CLEANUPS_MAX 1024

typedef void panic_fn(void *arg);

/* On the stack of the thread; need not be initialised. */
struct panic_scope {
    jmp_buf _jump;
    struct panic_scope *_outer;
    struct panic_cleanup *_cleanups; /* the last one first */
    uint32_t _cleanup_count;
    bool has_panicked;
    char text[ERR_TEXT_MAX]; /* of the first panic; when has_panicked */
};

/* Runs fn(arg), then its cleanups, the last registered first. False: fn or a cleanup panicked, and
 * scope->text says why. ctx: what fn is lent, or NULL. */
bool panic_run(struct panic_scope *scope, struct actr_ctx *ctx, panic_fn *fn, void *arg);
