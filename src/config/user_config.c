// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The user configuration: one struct, filled with defaults, then by one file after the other.
 *
 * Keys are those of the existing system, and the same files serve both; only the default language
 * is ours. Every unknown key is an error: these files are written by `actr config`, which knows
 * their names. A key that a file does not have leaves what the file before it said.
 *
 * Any thread; pure. Flags of the command line win over all of this, and are not seen here. */
#include "config/user_config.h"

#include "base/err.h"
#include "base/mem.h"
#include "config/check.h"
#include "config/path.h"
#include "config/schema.h"
#include "config/toml.h"

static const char *const user_languages[] = {"c",      "rust",   "typescript", "swift",
                                             "kotlin", "python", "web",        NULL};
static const char *const user_formats[] = {"toml", "json", "yaml", NULL};
static const char *const user_colors[] = {"auto", "always", "never", NULL};

#define ROW(section_, type_, key_, example_, ...)                                                  \
    {                                                                                              \
        .section = #section_, .key = #key_, .type = SCHEMA_##type_,                                \
        SCHEMA_FIELD(struct user_config, section_.key_), .example = example_, __VA_ARGS__          \
    }

static const struct schema_row user_rows[] = {
    {.section = "",
     .key = "version",
     .type = SCHEMA_U32,
     SCHEMA_FIELD(struct user_config, version),
     .min = 1,
     .max = 1,
     .example = "1"},
    ROW(mfr, TEXT, manufacturer, "\"acme\"", .check = check_name),
    ROW(mfr, PATH, keychain, "\"~/.actr/dev-key.json\""),
    ROW(codegen, TEXT, language, "\"c\"", .words = user_languages),
    ROW(codegen, TEXT, output, "\"src/generated\"", .check = check_not_empty),
    ROW(codegen, BOOL, clean_before_generate, "false"),
    ROW(cache, PATH, dir, "\"~/.actr/cache\""),
    ROW(cache, BOOL, auto_lock, "true"),
    ROW(cache, BOOL, prefer_cache, "true"),
    ROW(ui, TEXT, format, "\"toml\"", .words = user_formats),
    ROW(ui, BOOL, verbose, "false"),
    ROW(ui, TEXT, color, "\"auto\"", .words = user_colors),
    ROW(ui, BOOL, non_interactive, "false"),
    ROW(network, TEXT, signaling_url, "\"ws://localhost:8081/signaling/ws\"",
        .check = check_url_ws),
    ROW(network, TEXT, ais_endpoint, "\"http://localhost:8081/ais\"", .check = check_url_http),
    ROW(network, U32, realm_id, "1", .min = 1),
    ROW(network, TEXT, realm_secret, "\"the secret of the realm\"", .check = check_header),
    ROW(storage, PATH, hyper_data_dir, "\"~/.actr/hyper\""),
    {.section = "install"},
};

/* What a file may say; a row each. */
static const struct schema user_config_schema = {
    .rows = user_rows, .row_count = sizeof(user_rows) / sizeof(user_rows[0]), .is_strict = true};

static const struct user_config user_defaults = {
    .version = 1,
    ._home = "",
    .mfr.manufacturer = "acme",
    .codegen = {.language = "c", .output = "src/generated"},
    .cache = {.auto_lock = true, .prefer_cache = true},
    .ui = {.format = "toml", .color = "auto"},
    .network = {.signaling_url = "ws://localhost:8081/signaling/ws",
                .ais_endpoint = "http://localhost:8081/ais",
                .realm_id = 1},
};

static int user_resolve_defaults(struct user_config *config, const char *home)
{
    struct source source = {.dir = home, .home = home};
    int r = path_resolve(&source, home, &config->_arena, &config->_home);
    if (r == 0)
        r = path_resolve(&source, "~/.actr/cache", &config->_arena, &config->cache.dir);
    if (r == 0)
        r = path_resolve(&source, "~/.actr/hyper", &config->_arena,
                         &config->storage.hyper_data_dir);
    return r;
}

int user_config_new(const char *home, struct user_config **ret_config)
{
    struct user_config *config = mem_alloc(sizeof(*config));
    if (!config)
        return err_origin(ACTR_ENOMEM, "config: no memory");
    *config = user_defaults;
    arena_init(&config->_arena, SIZE_MAX); /* the bounds of two documents bound it */
    int r = home ? user_resolve_defaults(config, home) : 0;
    if (r < 0) {
        user_config_free(config);
        return r;
    }
    *ret_config = config;
    return 0;
}

int user_config_read(struct user_config *config, const struct source *source, struct report *report)
{
    struct source at_home = *source;
    struct toml_doc *doc = NULL;
    int r = source_parse(source, report, &doc);
    if (r < 0)
        return r;
    at_home.home = config->_home;
    struct schema_reader reader = {.schema = &user_config_schema,
                                   .prefix = "",
                                   .source = &at_home,
                                   .arena = &config->_arena,
                                   .report = report};
    r = schema_read(&reader, doc->root, config);
    toml_free(doc);
    if (r < 0)
        return r;
    report_sort(report);
    return report_verdict(report);
}

struct user_config *user_config_free(struct user_config *config)
{
    if (config)
        arena_deinit(&config->_arena);
    mem_free(config);
    return NULL;
}
