// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Load on one session, as the other peers make it (peers/w3c.mjs): a flood of equal messages on one
 * lane, and the count of one that comes. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct connection;

struct load {
    struct actr_bytes message; /* sent over and over, without copies */
    uint64_t left;             /* bytes to send */
    uint8_t lane;              /* of the flood */
    uint64_t wanted, came;     /* bytes; wanted 0: it is not known yet of how many */
    uint64_t begin_us;
};

/* Begins to send `bytes` in messages of `size`. ACTR_ENOMEM. */
int load_flood(struct load *load, size_t size, uint64_t bytes) __attribute__((warn_unused_result));
/* Sends what the lane takes. ACTR_E…: as connection_send(). */
int load_send(struct load *load, struct connection *connection) __attribute__((warn_unused_result));

/* Counts from the first message to the last of `bytes`, those that have come already too: the other
 * end may have been told to send sooner than this one was told to count. */
void load_count(struct load *load, uint64_t bytes);
/* A message of that length has come. True: it was the last; *ret_ms is how long it took. */
bool load_receive(struct load *load, size_t len, uint64_t now_us, double *ret_ms);

void load_deinit(struct load *load);
