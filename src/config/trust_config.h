// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Trust anchors: who may sign the packages that a node runs. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/schema.h"

enum trust_config_kind {
    TRUST_CONFIG_STATIC,   /* one Ed25519 key: pubkey, else pubkey_file */
    TRUST_CONFIG_REGISTRY, /* keys of manufacturers, asked from endpoint */
    TRUST_CONFIG_DEV_ONLY  /* no check at all */
};

struct trust_config {
    enum trust_config_kind kind;
    bool has_pubkey;
    uint8_t pubkey[32];
    const char *pubkey_file; /* absolute; a JSON object with "public_key"; NULL: none */
    const char *endpoint;    /* without the /ais at its end: /mfr/… follows; NULL: none */
};

/* The keys of one anchor. */
extern const struct schema trust_config_schema;

/* Reads one anchor. `outer`: source, arena and report; `prefix`: "trust." or "hyper.trust.", which
 * alone may switch checks off. ACTR_ENOMEM; what is wrong is in the report, and *ret_trust not to
 * be used. */
int trust_config_read(const struct schema_reader *outer, const char *prefix,
                      const struct toml_node *table,
                      struct trust_config *ret_trust) ACTR_MUST_CHECK;
