// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Call chains: which actors wait, each inside a handler that holds its turn, for the call that is
 * being handled. An actor that would wait for one of them would wait for ever.
 *
 * A chain is text: CALL_CHAIN_ID_LEN hexadecimal digits for each actor, a hash of its realm and
 * serial number, the outermost first. It goes with the message, in process and in the metadata of
 * an envelope. When it is full the outermost is forgotten. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <actr/bytes.h>
#include <actr/id.h>

#define CALL_CHAIN_ID_LEN 16
#define CALL_CHAIN_MAX 16 /* actors */

struct call_chain {
    size_t len;
    char text[CALL_CHAIN_MAX * CALL_CHAIN_ID_LEN];
};

/* Writes who `id` is; the host side of a node is another one than its actor. Not NUL-terminated. */
void call_chain_id(const struct actr_id *id, bool is_host, char ret_id[CALL_CHAIN_ID_LEN]);

/* `outer` (anything; what is no chain counts as empty) and then `id`. */
void call_chain_extend(struct call_chain *ret_chain, struct actr_view outer,
                       const char id[CALL_CHAIN_ID_LEN]);

bool call_chain_has(const struct call_chain *chain, const char id[CALL_CHAIN_ID_LEN]);

static inline struct actr_view call_chain_view(const struct call_chain *chain)
{
    return chain->len ? actr_view_of(chain->text, chain->len) : (struct actr_view){0};
}
