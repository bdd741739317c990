// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Trust anchors, from `[[trust]]` and `[hyper.trust]`.
 *
 * A node never starts with an anchor that was half said: a kind without what it needs is an error
 * here, not a verification that fails later. Keys that belong to another kind are ignored, and of
 * two keys of a static anchor the one in the file itself wins.
 *
 * Any thread. Key files are not opened here. */
#include "config/trust_config.h"

#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "config/check.h"

struct trust_raw {
    const char *kind, *pubkey_b64, *pubkey_file, *endpoint;
};

static const char *const trust_kinds[] = {"static", "registry", "dev_only", NULL};

static const struct schema_row trust_rows[] = {
    {"", "kind", SCHEMA_TEXT, SCHEMA_REQUIRED, SCHEMA_FIELD(struct trust_raw, kind),
     .words = trust_kinds, .example = "\"registry\""},
    {"", "pubkey_b64", SCHEMA_TEXT, SCHEMA_OPTIONAL, SCHEMA_FIELD(struct trust_raw, pubkey_b64),
     .check = check_key, .example = "\"GX9rI+FshTLGq8g4+s1ep4m+DHaykgM0A5v6iz02jWE=\""},
    {"", "pubkey_file", SCHEMA_PATH, SCHEMA_OPTIONAL, SCHEMA_FIELD(struct trust_raw, pubkey_file),
     .example = "\"public-key.json\""},
    {"", "endpoint", SCHEMA_TEXT, SCHEMA_OPTIONAL, SCHEMA_FIELD(struct trust_raw, endpoint),
     .check = check_url_http, .example = "\"http://localhost:8081\""},
};

const struct schema trust_config_schema = {.rows = trust_rows,
                                           .row_count = sizeof(trust_rows) / sizeof(trust_rows[0])};

static enum trust_config_kind trust_kind_of(const char *name)
{
    size_t i = 0;
    while (trust_kinds[i] && strcmp(trust_kinds[i], name) != 0)
        i++;
    return (enum trust_config_kind)i;
}

/* What follows is looked up beside the identity service, not under it. */
static int trust_trim(struct arena *arena, const char *endpoint, const char **ret_trimmed)
{
    static const char suffix[] = "/ais";
    size_t len = strlen(endpoint), suffix_len = strlen(suffix);
    while (endpoint[len - 1] == '/')
        len--;
    if (len > suffix_len && memcmp(endpoint + len - suffix_len, suffix, suffix_len) == 0)
        len -= suffix_len;
    char *trimmed = arena_alloc(arena, len + 1);
    if (!trimmed)
        return err_origin(ACTR_ENOMEM, "config: no memory for an endpoint");
    memcpy(trimmed, endpoint, len);
    trimmed[len] = '\0';
    *ret_trimmed = trimmed;
    return 0;
}

static int trust_fill(const struct schema_reader *reader, const struct toml_node *table,
                      const struct trust_raw *raw, struct trust_config *trust)
{
    const char *file = reader->source->name;
    size_t len;
    trust->kind = trust_kind_of(raw->kind);
    switch (trust->kind) {
    case TRUST_CONFIG_STATIC:
        trust->has_pubkey =
            raw->pubkey_b64 && text_base64_decode(view_text(raw->pubkey_b64), trust->pubkey,
                                                  sizeof(trust->pubkey), &len);
        trust->pubkey_file = raw->pubkey_file;
        if (!trust->has_pubkey && !trust->pubkey_file)
            return report_error(reader->report, file, table->at,
                                "%spubkey_b64 is missing; a static anchor is one key; write it as "
                                "pubkey_b64 = \"...\", or name its file with pubkey_file",
                                reader->prefix);
        return 0;
    case TRUST_CONFIG_REGISTRY:
        if (!raw->endpoint)
            return report_error(reader->report, file, table->at,
                                "%sendpoint is missing; a registry is asked over HTTP; write "
                                "endpoint = \"http://localhost:8081\"",
                                reader->prefix);
        return trust_trim(reader->arena, raw->endpoint, &trust->endpoint);
    case TRUST_CONFIG_DEV_ONLY:
        if (strcmp(reader->prefix, "hyper.trust.") != 0)
            return report_error(reader->report, file, toml_find(table, "kind")->at,
                                "%skind cannot be dev_only; it switches every check off, which a "
                                "chain of anchors cannot mean; move it to [hyper.trust]",
                                reader->prefix);
        return 0;
    }
    return 0;
}

int trust_config_read(const struct schema_reader *outer, const char *prefix,
                      const struct toml_node *table, struct trust_config *ret_trust)
{
    struct schema_reader reader = *outer;
    struct trust_raw raw = {0};
    size_t errors = outer->report->error_count;
    reader.schema = &trust_config_schema;
    reader.prefix = prefix;
    int r = schema_read(&reader, table, &raw);
    *ret_trust = (struct trust_config){0};
    if (r < 0 || outer->report->error_count != errors)
        return r;
    return trust_fill(&reader, table, &raw, ret_trust);
}
