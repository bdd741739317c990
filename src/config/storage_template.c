// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The template that says where an actor keeps its files.
 *
 * A template is a list of pieces, each literal text or one variable; checking and expanding walk
 * the same pieces. Names that others choose (a version may be any text) go in as one folder name:
 * what could climb out of it is refused. The data folder and the environment are the operator's
 * own, and may be whole paths.
 *
 * Any thread; pure: the environment is asked through a function that is given. */
#include "config/storage_template.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"

enum template_variable {
    TEMPLATE_DATA_DIR,
    TEMPLATE_INSTANCE_ID,
    TEMPLATE_HOSTNAME,
    TEMPLATE_MANUFACTURER,
    TEMPLATE_ACTR_NAME,
    TEMPLATE_VERSION,
    TEMPLATE_ACTR_TYPE,
    TEMPLATE_REALM_ID,
    TEMPLATE_ENV,
    TEMPLATE_LITERAL
};

static const char *const template_names[] = {
    [TEMPLATE_DATA_DIR] = "data_dir",   [TEMPLATE_INSTANCE_ID] = "instance_id",
    [TEMPLATE_HOSTNAME] = "hostname",   [TEMPLATE_MANUFACTURER] = "manufacturer",
    [TEMPLATE_ACTR_NAME] = "actr_name", [TEMPLATE_VERSION] = "version",
    [TEMPLATE_ACTR_TYPE] = "actr_type", [TEMPLATE_REALM_ID] = "realm_id",
};

#define TEMPLATE_ENV_PREFIX "env."
#define TEMPLATE_ENV_NAME_MAX 128

struct template_piece {
    enum template_variable variable;
    struct actr_view text; /* the literal, or the name after `env.` */
};

/* Takes the next piece from *rest, which is not empty. NULL, or why there is none. */
static const char *template_take(const char **rest, struct template_piece *ret_piece)
{
    const char *at = *rest;
    size_t len = strcspn(at, "{}");
    if (at[0] == '}')
        return "it has a } without a {";
    if (at[0] != '{') {
        *ret_piece = (struct template_piece){TEMPLATE_LITERAL, actr_view_of(at, len)};
        *rest = at + len;
        return NULL;
    }
    at++;
    len = strcspn(at, "{}");
    if (at[len] != '}')
        return "it has a { without a }";
    *rest = at + len + 1;
    size_t prefix_len = strlen(TEMPLATE_ENV_PREFIX);
    if (len > prefix_len && len - prefix_len < TEMPLATE_ENV_NAME_MAX &&
        memcmp(at, TEMPLATE_ENV_PREFIX, prefix_len) == 0) {
        *ret_piece =
            (struct template_piece){TEMPLATE_ENV, actr_view_of(at + prefix_len, len - prefix_len)};
        return NULL;
    }
    for (size_t i = 0; i < sizeof(template_names) / sizeof(template_names[0]); i++)
        if (strlen(template_names[i]) == len && memcmp(template_names[i], at, len) == 0) {
            *ret_piece = (struct template_piece){(enum template_variable)i, {NULL, 0}};
            return NULL;
        }
    return "it has a variable other than data_dir, instance_id, hostname, manufacturer, actr_name, "
           "version, actr_type, realm_id and env.NAME";
}

const char *storage_template_check(const char *text)
{
    struct template_piece piece;
    const char *why = text[0] == '\0' ? "it is empty" : NULL;
    while (!why && text[0] != '\0')
        why = template_take(&text, &piece);
    return why;
}

static int template_unknown(const char *name)
{
    return err_origin(ACTR_ECONFIG, "storage path template: {%s} is not known here", name);
}

static int template_append(struct text *path, const char *name, const char *value)
{
    if (!value)
        return template_unknown(name);
    text_printf(path, "%s", value);
    return 0;
}

static int template_append_name(struct text *path, const char *name, const char *value)
{
    if (value && (value[0] == '\0' || strchr(value, '/') || strcmp(value, ".") == 0 ||
                  strcmp(value, "..") == 0))
        return err_origin(ACTR_ECONFIG,
                          "storage path template: {%s} is \"%s\", which names no folder", name,
                          value);
    return template_append(path, name, value);
}

static int template_append_env(struct text *path, const struct storage_template_values *values,
                               struct actr_view name)
{
    char copy[TEMPLATE_ENV_NAME_MAX];
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    const char *value = values->env(copy);
    if (!value)
        return err_origin(ACTR_ECONFIG,
                          "storage path template: {env.%s} is not set in the environment", copy);
    return template_append(path, copy, value);
}

static int template_append_type(struct text *path, const struct actr_type *type)
{
    int r = template_append_name(path, "actr_type", type->manufacturer);
    text_printf(path, "/");
    if (r == 0)
        r = template_append_name(path, "actr_type", type->name);
    text_printf(path, "/");
    return r == 0 ? template_append_name(path, "actr_type", type->version) : r;
}

static int template_append_piece(struct text *path, const struct storage_template_values *values,
                                 const struct template_piece *piece)
{
    const struct actr_type *type = values->type;
    const char *name = piece->variable < TEMPLATE_ENV ? template_names[piece->variable] : NULL;
    switch (piece->variable) {
    case TEMPLATE_LITERAL:
        text_append(path, piece->text);
        return 0;
    case TEMPLATE_ENV:
        return template_append_env(path, values, piece->text);
    case TEMPLATE_DATA_DIR:
        return template_append(path, name, values->data_dir);
    case TEMPLATE_INSTANCE_ID:
        return template_append_name(path, name, values->instance_id);
    case TEMPLATE_HOSTNAME:
        return template_append_name(path, name, values->hostname);
    case TEMPLATE_MANUFACTURER:
        return template_append_name(path, name, type ? type->manufacturer : NULL);
    case TEMPLATE_ACTR_NAME:
        return template_append_name(path, name, type ? type->name : NULL);
    case TEMPLATE_VERSION:
        return template_append_name(path, name, type ? type->version : NULL);
    case TEMPLATE_ACTR_TYPE:
        return type ? template_append_type(path, type) : template_unknown(name);
    case TEMPLATE_REALM_ID:
        text_printf(path, "%u", values->realm_id);
        return 0;
    }
    return 0;
}

int storage_template_expand(const char *text, const struct storage_template_values *values,
                            char *buf, size_t cap)
{
    struct template_piece piece;
    struct text path;
    const char *why = text[0] == '\0' ? "it is empty" : NULL;
    text_init(&path, buf, cap);
    while (!why && text[0] != '\0') {
        why = template_take(&text, &piece);
        int r = why ? 0 : template_append_piece(&path, values, &piece);
        if (r < 0)
            return r;
    }
    if (why)
        return err_origin(ACTR_ECONFIG, "storage path template: %s", why);
    if (path.is_cut)
        return err_origin(ACTR_ECONFIG, "storage path template: the path is longer than %zu bytes",
                          cap - 1);
    return 0;
}
