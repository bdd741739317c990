// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The keys of actr.toml, a row each. */
#pragma once

#include "config/runtime_config.h"
#include "config/schema.h"

/* The configuration, and what is needed to finish it. */
struct runtime_raw {
    struct runtime_config config;
    bool has_port_range_start, has_port_range_end;
    const struct toml_node *acl_rules, *trust, *hyper_trust;
};

extern const struct schema runtime_schema;
