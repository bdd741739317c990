// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Remote candidates that came before the description they belong to: they overtake offers, answers
 * and restarts. Kept by user fragment until a description with that fragment comes; those of a
 * description that is over are dropped. Pure; one thread.
 *
 * Bounds: CANDIDATES_PEER_MAX for one peer, the oldest gives way; CANDIDATES_TOTAL_MAX of all peers
 * together, further ones are dropped; CANDIDATES_TTL_US of age; CANDIDATES_TEXT_MAX bytes each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/list.h"

#define CANDIDATES_PEER_MAX 256
#define CANDIDATES_TOTAL_MAX 8192
#define CANDIDATES_OLD_MAX 8 /* user fragments of descriptions that are over */
#define CANDIDATES_TTL_US 60000000u
#define CANDIDATES_TEXT_MAX 512
#define CANDIDATES_UFRAG_MAX 256

/* What the candidates of all peers share. */
struct candidates_total {
    size_t count;
};

struct candidates {
    struct candidates_total *_total;
    struct list _kept;
    size_t count;
    char _old[CANDIDATES_OLD_MAX][CANDIDATES_UFRAG_MAX + 1];
    size_t _old_next;
};

void candidates_init(struct candidates *candidates, struct candidates_total *total);
void candidates_deinit(struct candidates *candidates);

/* Keeps one for later (copied). ACTR_EINVALID (no user fragment, or one that is over, or too long a
 * text), ACTR_EUNAVAILABLE (the total is reached), ACTR_ENOMEM: it is dropped. */
int candidates_keep(struct candidates *candidates, struct actr_view ufrag, struct actr_view text,
                    uint64_t now_us) ACTR_MUST_CHECK;

/* Takes the oldest of that user fragment; false: there is none. The text is copied, with a NUL. */
bool candidates_take(struct candidates *candidates, struct actr_view ufrag,
                     char ret_text[CANDIDATES_TEXT_MAX + 1]);

/* The description with that user fragment is over: candidates for it are dropped from now on. */
void candidates_retire(struct candidates *candidates, struct actr_view ufrag);

/* Drops what is too old. Returns when to come again; UINT64_MAX: nothing is kept. */
uint64_t candidates_expire(struct candidates *candidates, uint64_t now_us);
