// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bridge: what a library may ask of its host, and the tokens it asks with.
 *
 * Each instance has a bridge of its own, with its own lock and table of contexts; the upper bits of
 * a token say which. A context is good while its entry runs and as long as it is retained. An
 * operation blocks the thread that asks, until it is over or the bridge is closed; it is carried
 * out by the actor's context_ops like those of a linked handler.
 *
 * Any thread; entries and close on the instance's and the loop's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/dynclib.h>

struct actr_ctx;
struct bridge;
struct bridge_op;

/* Loaded libraries of one process. */
#define BRIDGES_MAX 64
/* Contexts that one library may retain, entries included; beyond it requests are refused. */
#define BRIDGE_CONTEXTS_MAX 4096

/* The table that libraries are given. */
extern const struct actr_host_vtable bridge_vtable;

/* ACTR_EUNAVAILABLE: BRIDGES_MAX are there. */
int bridge_open(struct bridge **ret_bridge) ACTR_MUST_CHECK;
/* Any thread but a library's: operations that wait fail at once, later ones are refused, contexts
 * are dropped; nothing of the node is touched any more. */
void bridge_cut(struct bridge *bridge);
/* Takes operations again, after bridge_cut(). */
void bridge_uncut(struct bridge *bridge);
/* After bridge_cut(): tokens of it are unknown from now on. */
void bridge_close(struct bridge *bridge);

/* Loop: a context for one entry, of what ctx may do, until bridge_end(). ACTR_ENOMEM,
 * ACTR_EUNAVAILABLE. */
int bridge_begin(struct bridge *bridge, const struct actr_ctx *ctx,
                 uint64_t *ret_token) ACTR_MUST_CHECK;
void bridge_end(struct bridge *bridge, uint64_t token);

/* Any thread but a library's: the process of the library has ended. What it retained is let go, and
 * operations that wait fail; entries that are still to run keep their contexts. */
void bridge_forget(struct bridge *bridge);

/* The operations of the table for a library in another process, which has no say in whose contexts
 * it names: a token of another bridge is unknown. bridge_ask() begins one and never blocks; fn runs
 * once with the AbiReply (owned by fn), on any thread, possibly inside. `code` other than
 * ACTR_ABI_OK: there is no reply. */
typedef void bridge_answer_fn(void *arg, int32_t code, struct actr_bytes reply);
void bridge_ask(struct bridge *bridge, uint64_t token, struct actr_view frame, bridge_answer_fn *fn,
                void *arg);
int32_t bridge_retain(struct bridge *bridge, uint64_t token);
void bridge_release(struct bridge *bridge, uint64_t token);
