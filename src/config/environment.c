// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The environment variables that matter to a node, read in one place so that nothing else depends
 * on the environment, and a test can give its own.
 *
 * The names with RUST are those of the existing system, which runs in the same shells and scripts.
 * The switches know exactly the four words that it knows; any other value is off.
 *
 * Any thread. Must not change the environment, nor copy it. */
#include "config/environment.h"

#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

static const char *environment_text(environment_get_fn *get, const char *name)
{
    const char *text = get(name);
    return text && text[0] != '\0' ? text : NULL;
}

static bool environment_switch(environment_get_fn *get, const char *name)
{
    static const char *const words[] = {"1", "true", "TRUE", "yes"};
    const char *text = get(name);
    for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

int environment_read(environment_get_fn *get, struct environment *ret_environment)
{
    struct environment environment = {
        .home = environment_text(get, "HOME"),
        .hostname = environment_text(get, "HOSTNAME"),
        .log_filter = environment_text(get, "RUST_LOG"),
        .is_dispatch_serial = environment_switch(get, "ACTR_DISPATCH_SERIAL"),
        .is_wasm_compile_fast = environment_switch(get, "ACTR_WASM_FAST_COMPILE"),
        .has_no_udp_offload = environment_switch(get, "ACTR_NO_UDP_OFFLOAD"),
    };
    const char *threads = environment_text(get, "ACTR_DYNCLIB_WORKER_THREADS");
    if (threads && (!text_u32(view_text(threads), &environment.dynclib_worker_threads) ||
                    environment.dynclib_worker_threads == 0))
        return err_origin(ACTR_ECONFIG,
                          "environment: ACTR_DYNCLIB_WORKER_THREADS is no positive number; it says "
                          "how many threads run native guests; unset it or give 1 or more");
    *ret_environment = environment;
    return 0;
}
