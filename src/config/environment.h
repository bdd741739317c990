// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The environment variables that matter to a node; no key of a file can be overridden by others.
 * Any thread, as long as nobody changes the environment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/error.h>

/* As getenv(). */
typedef char *environment_get_fn(const char *name);

/* Texts are borrowed from the environment; those that are empty count as not set. */
struct environment {
    const char *home;                /* HOME; NULL: not set */
    const char *hostname;            /* HOSTNAME; NULL: not set, ask the system */
    const char *log_filter;          /* RUST_LOG, see log_filter_parse(); NULL: not set */
    bool is_dispatch_serial;         /* ACTR_DISPATCH_SERIAL: 1 true TRUE yes */
    bool is_wasm_compile_fast;       /* ACTR_WASM_FAST_COMPILE: likewise */
    bool has_no_udp_offload;         /* ACTR_NO_UDP_OFFLOAD: likewise */
    uint32_t dynclib_worker_threads; /* ACTR_DYNCLIB_WORKER_THREADS; 0: not set */
};

/* ACTR_ECONFIG: a number that is none. */
int environment_read(environment_get_fn *get, struct environment *ret_environment) ACTR_MUST_CHECK;
