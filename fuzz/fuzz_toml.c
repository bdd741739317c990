// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Any bytes as actr.toml and as a user configuration: both readers end with a configuration or with
 * an error in the report, and leave no memory behind. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "config/runtime_config.h"
#include "config/user_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_report(const struct report *report, int r)
{
    assert((r == 0) == (report->error_count == 0));
    assert(r == 0 || r == ACTR_ECONFIG);
    assert(report->count <= REPORT_ENTRIES_MAX);
    for (size_t i = 0; i < report->count; i++) {
        const struct report_entry *entry = &report->entries[i];
        assert(entry->at.line > 0 && entry->at.column > 0);
        assert(strlen(entry->text) < REPORT_TEXT_MAX);
        assert(i == 0 || report->entries[i - 1].at.line <= entry->at.line);
    }
}

static void read_runtime(const struct source *source)
{
    struct report report = {0};
    struct runtime_config *config = NULL;
    int r = runtime_config_parse(source, &report, &config);
    check_report(&report, r);
    assert((r == 0) == (config != NULL));
    if (config) {
        assert(config->signaling.url && config->ais_endpoint.url && config->websocket.bind);
        assert(!config->websocket.tls_cert == !config->websocket.tls_key);
    }
    runtime_config_free(config);
    report_deinit(&report);
}

static void read_user(const struct source *source)
{
    struct report report = {0};
    struct user_config *config = NULL;
    int r = user_config_new("/home/me", &config);
    assert(r == 0);
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
    assert(mem_live() == live);
    return 0;
}
