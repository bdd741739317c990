// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The user configuration: defaults of the command line, from ~/.actr/config.toml (of the user) and
 * ./.actr/config.toml (of the project), which wins key by key. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/report.h"
#include "config/source.h"

/* Texts are NUL-terminated, belong to the configuration, and are not NULL but where the comment
 * says so. Paths are absolute, but for codegen.output. */
struct user_config {
    uint32_t version; /* 1 */
    struct {
        const char *manufacturer; /* "acme" */
        const char *keychain;     /* NULL: none */
    } mfr;
    struct {
        const char *language; /* "c"; also rust, typescript, swift, kotlin, python, web */
        const char *output;   /* "src/generated", under the project */
        bool clean_before_generate;
    } codegen;
    struct {
        const char *dir;   /* ~/.actr/cache; NULL: no home is known */
        bool auto_lock;    /* true */
        bool prefer_cache; /* true */
    } cache;
    struct {
        const char *format; /* "toml"; also json, yaml */
        bool verbose;
        const char *color; /* "auto"; also always, never */
        bool non_interactive;
    } ui;
    struct {
        const char *signaling_url; /* ws, wss; "ws://localhost:8081/signaling/ws" */
        const char *ais_endpoint;  /* http, https; "http://localhost:8081/ais" */
        uint32_t realm_id;         /* 1; never 0 */
        const char *realm_secret;  /* NULL: none */
    } network;
    struct {
        const char *hyper_data_dir; /* ~/.actr/hyper; NULL: no home is known */
    } storage;
    const char *_home; /* "": not known */
    struct arena _arena;
};

/* All defaults. `home` is absolute, or NULL when it is not known. ACTR_ENOMEM, ACTR_EINVALID: home
 * is too long. */
int user_config_new(const char *home, struct user_config **ret_config) ACTR_MUST_CHECK;

/* Puts the keys of one file over what is there; the file of the project comes last. A leading `~/`
 * of a path stands for the home of user_config_new(), not for source->home. ACTR_ECONFIG:
 * something in it is wrong, as the report says, and the configuration is not to be used.
 * ACTR_ENOMEM. */
int user_config_read(struct user_config *config, const struct source *source,
                     struct report *report) ACTR_MUST_CHECK;

/* Returns NULL; NULL is fine. */
struct user_config *user_config_free(struct user_config *config);
