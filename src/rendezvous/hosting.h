// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A rendezvous server with everything under it: thread, loop, network, ledger. What `actr
 * rendezvous` and actr_rendezvous_start() run.
 *
 * Any thread, but not the server's own. */
#pragma once

#include <stdint.h>

#include <actr/error.h>

#include "rendezvous.h"
#include "sys/log.h"

struct hosting;

/* Texts are borrowed until hosting_stop(). */
struct hosting_options {
    struct rendezvous_options server;
    const char *data_dir;  /* NULL: nothing outlives the server */
    uint64_t data_len_max; /* bytes that the database may grow to; 0: no limit of ours */
    struct log log;        /* its sink is called on the server's threads */
};

/* Starts a server and returns when it listens. ACTR_EIO (the detail says which port or file),
 * ACTR_ECONFIG (certificate), ACTR_EINVALID, ACTR_ENOMEM. */
int hosting_start(const struct hosting_options *options,
                  struct hosting **ret_hosting) ACTR_MUST_CHECK;

/* Closes every connection, writes what is left, frees. NULL is fine; returns NULL. */
struct hosting *hosting_stop(struct hosting *hosting);

uint16_t hosting_port(const struct hosting *hosting);
uint16_t hosting_stun_port(const struct hosting *hosting); /* 0: there is none */
