// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Any bytes as actr.toml and as a user configuration: both readers end with a configuration or with
 * an error in the report, and leave no memory behind. */
#include "fuzz.h"

#include <string.h>

#include "base/mem.h"
#include "config/runtime_config.h"
#include "config/user_config.h"

static void check_report(const struct report *report, int r)
{
    fuzz_check(r == 0 || r == ACTR_ECONFIG, "a code that no file can cause");
    fuzz_check((r == 0) == (report->error_count == 0), "the report and the code disagree");
    for (size_t i = 0; i < report->count; i++) {
        const struct report_entry *entry = &report->entries[i];
        fuzz_check(entry->at.line > 0 && entry->at.column > 0, "an entry without a place");
        fuzz_check(strlen(entry->text) < REPORT_TEXT_MAX, "an entry that is too long");
        fuzz_check(i == 0 || report->entries[i - 1].at.line <= entry->at.line, "not sorted");
    }
}

static void read_runtime(const struct source *source)
{
    struct report report = {0};
    struct runtime_config *config = NULL;
    int r = runtime_config_parse(source, &report, &config);
    check_report(&report, r);
    fuzz_check((r == 0) == (config != NULL), "a configuration with an error, or none without");
    if (config) {
        fuzz_check(config->signaling.url && config->ais_endpoint.url, "a required key is missing");
        fuzz_check(!config->websocket.tls_cert == !config->websocket.tls_key, "half of TLS");
    }
    runtime_config_free(config);
    report_deinit(&report);
}

static void read_user(const struct source *source)
{
    struct report report = {0};
    struct user_config *config = NULL;
    fuzz_check(user_config_new("/h/me", &config) == 0, "no defaults");
    check_report(&report, user_config_read(config, source, &report));
    user_config_free(config);
    report_deinit(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct source source = {.text = {data, len}, .name = "f.toml", .dir = "/etc/node"};
    size_t live = mem_live();
    read_runtime(&source);
    read_user(&source);
    fuzz_check(mem_live() == live, "memory is left behind");
    return 0;
}
