// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* actr.ServiceSpec: what a package says about the service it offers; stored and served by the
 * rendezvous server.
 *
 * Everything is borrowed. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct service_spec_file {
    struct actr_view package, content, fingerprint;
};

struct service_spec {
    struct actr_view name;
    struct actr_view description; /* ptr NULL: absent */
    struct actr_view fingerprint;
    const struct service_spec_file *files;
    size_t file_count;
    const struct actr_view *tags;
    size_t tag_count;
    int64_t published_at_s; /* unix time */
    bool has_published_at;
};
