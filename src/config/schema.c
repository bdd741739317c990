// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From a TOML table to a struct, by the rows of a schema.
 *
 * The file leads, not the schema: each key that stands there is looked up, so that unknown ones are
 * noticed by the same walk, and required ones that were not met are reported at the end. A field is
 * written only with a value that passed every check of its row.
 *
 * Any thread; pure. Must never quote a text value of the file: any of them may be a secret. */
#include "config/schema.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/path.h"
#include "config/suggest.h"

#define SCHEMA_NAME_MAX 160

/* One key that is being read. */
struct schema_item {
    const struct schema_reader *reader;
    const struct schema_row *row;
    const struct toml_node *node;
    char name[SCHEMA_NAME_MAX]; /* as messages call it: "webrtc.force_relay" */
};

static const char *const schema_kind_names[] = {
    [TOML_TEXT] = "a string",  [TOML_INTEGER] = "an integer",    [TOML_FLOAT] = "a float",
    [TOML_BOOL] = "a boolean", [TOML_TIME] = "a date or a time", [TOML_ARRAY] = "an array",
    [TOML_TABLE] = "a table",
};

static const struct {
    const char *wanted;
    unsigned kinds; /* bits of toml_kind */
} schema_types[] = {
    [SCHEMA_BOOL] = {"it must be true or false", 1u << TOML_BOOL},
    [SCHEMA_U16] = {"it must be a whole number", 1u << TOML_INTEGER},
    [SCHEMA_U32] = {"it must be a whole number", 1u << TOML_INTEGER},
    [SCHEMA_U64] = {"it must be a whole number", 1u << TOML_INTEGER},
    [SCHEMA_TEXT] = {"it must be a string", 1u << TOML_TEXT},
    [SCHEMA_PATH] = {"it must be a path, which is a string", 1u << TOML_TEXT},
    [SCHEMA_TEXTS] = {"it must be an array of strings", 1u << TOML_ARRAY},
    [SCHEMA_PAIRS] = {"it must be a table of strings", 1u << TOML_TABLE},
    [SCHEMA_TEXT_OR_INTEGER] = {"it must be a string or a whole number",
                                1u << TOML_TEXT | 1u << TOML_INTEGER},
    [SCHEMA_TABLE] = {"it must be a table", 1u << TOML_TABLE},
    [SCHEMA_TABLES] = {"it must be an array of tables", 1u << TOML_ARRAY},
    [SCHEMA_ELSEWHERE] = {"", ~0u},
};

static bool schema_is_table(enum schema_type type)
{
    return type == SCHEMA_TABLE || type == SCHEMA_TABLES;
}

/* How to mend it: values from the example, tables in the row's own words. */
static const char *schema_fix(const struct schema_row *row, char *buf, size_t cap)
{
    if (schema_is_table(row->type))
        return row->example;
    snprintf(buf, cap, "write %s = %s", row->key, row->example);
    return buf;
}

static int schema_refuse(const struct schema_item *item, const struct toml_node *node,
                         const char *what, const char *why)
{
    char fix[256];
    return report_error(item->reader->report, item->reader->source->name, node->at, "%s %s; %s; %s",
                        item->name, what, why, schema_fix(item->row, fix, sizeof(fix)));
}

static int schema_refuse_kind(const struct schema_item *item)
{
    char what[64];
    snprintf(what, sizeof(what), "is %s", schema_kind_names[item->node->kind]);
    return schema_refuse(item, item->node, what, schema_types[item->row->type].wanted);
}

static int schema_no_memory(void)
{
    return err_origin(ACTR_ENOMEM, "config: no memory for the values");
}

/* A value that passed: 0 and *ret_is_good. One that did not: 0, and an entry in the report. */
static int schema_check(const struct schema_item *item, const struct toml_node *node,
                        bool *ret_is_good)
{
    const struct schema_row *row = item->row;
    const char *why = NULL;
    char words[160] = "it must be one of";
    *ret_is_good = false;
    if (node->kind != TOML_TEXT)
        return schema_refuse(item, node, "has something in it that is no string",
                             schema_types[row->type].wanted);
    if (row->words) {
        size_t len = strlen(words);
        for (size_t i = 0; row->words[i]; i++) {
            if (strcmp(row->words[i], node->text) == 0) {
                *ret_is_good = true;
                return 0;
            }
            len += (size_t)snprintf(words + len, sizeof(words) - len, "%s %s", i ? "," : "",
                                    row->words[i]);
            assert(len < sizeof(words));
        }
        return schema_refuse(item, node, "is not known", words);
    }
    if (row->check)
        why = row->check(node->text);
    if (why)
        return schema_refuse(item, node, "cannot be used", why);
    *ret_is_good = true;
    return 0;
}

static int schema_copy(const struct schema_item *item, const char *text, const char **ret_copy)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_alloc(item->reader->arena, size);
    if (!copy)
        return schema_no_memory();
    memcpy(copy, text, size);
    *ret_copy = copy;
    return 0;
}

static int schema_read_number(const struct schema_item *item, void *field, bool *ret_is_good)
{
    const struct schema_row *row = item->row;
    const uint64_t type_max = row->type == SCHEMA_U16   ? UINT16_MAX
                              : row->type == SCHEMA_U32 ? UINT32_MAX
                                                        : INT64_MAX;
    uint64_t max = row->max ? row->max : type_max;
    int64_t value = item->node->integer;
    char what[64], why[96];
    if (value < 0 || (uint64_t)value < row->min || (uint64_t)value > max) {
        snprintf(what, sizeof(what), "is %" PRId64, value);
        snprintf(why, sizeof(why), "it must be a number from %" PRIu64 " to %" PRIu64, row->min,
                 max);
        if (row->min == max)
            snprintf(why, sizeof(why), "only %" PRIu64 " is known", max);
        return schema_refuse(item, item->node, what, why);
    }
    if (row->type == SCHEMA_U16)
        *(uint16_t *)field = (uint16_t)value;
    else if (row->type == SCHEMA_U32)
        *(uint32_t *)field = (uint32_t)value;
    else
        *(uint64_t *)field = (uint64_t)value;
    *ret_is_good = true;
    return 0;
}

static int schema_read_text(const struct schema_item *item, const char **field, bool *ret_is_good)
{
    bool is_good;
    int r = schema_check(item, item->node, &is_good);
    if (r < 0 || !is_good)
        return r;
    if (item->row->type == SCHEMA_TEXT)
        r = schema_copy(item, item->node->text, field);
    else
        r = path_resolve(item->reader->source, item->node->text, item->reader->arena, field);
    if (r == ACTR_EINVALID)
        return schema_refuse(item, item->node, "cannot be used", actr_errmsg());
    *ret_is_good = r == 0;
    return r;
}

static size_t schema_count(const struct toml_node *parent)
{
    size_t count = 0;
    for (const struct toml_node *node = parent->children; node; node = node->next)
        count++;
    return count;
}

static int schema_read_texts(const struct schema_item *item, struct schema_texts *field,
                             bool *ret_is_good)
{
    size_t count = schema_count(item->node), good_count = 0;
    const char **items = arena_alloc(item->reader->arena, count * sizeof(items[0]));
    if (!items)
        return schema_no_memory();
    for (const struct toml_node *node = item->node->children; node; node = node->next) {
        bool is_good;
        int r = schema_check(item, node, &is_good);
        if (r == 0 && is_good)
            r = schema_copy(item, node->text, &items[good_count++]);
        if (r < 0)
            return r;
    }
    *field = (struct schema_texts){items, good_count};
    *ret_is_good = good_count == count;
    return 0;
}

static int schema_read_pairs(const struct schema_item *item, struct schema_pairs *field,
                             bool *ret_is_good)
{
    size_t count = schema_count(item->node), good_count = 0;
    struct schema_pair *items = arena_alloc(item->reader->arena, count * sizeof(items[0]));
    if (!items)
        return schema_no_memory();
    for (const struct toml_node *node = item->node->children; node; node = node->next) {
        bool is_good;
        int r = schema_check(item, node, &is_good);
        if (r == 0 && is_good)
            r = schema_copy(item, node->key, &items[good_count].name);
        if (r == 0 && is_good)
            r = schema_copy(item, node->text, &items[good_count++].value);
        if (r < 0)
            return r;
    }
    *field = (struct schema_pairs){items, good_count};
    *ret_is_good = good_count == count;
    return 0;
}

static int schema_read_tables(const struct schema_item *item, const struct toml_node **field,
                              bool *ret_is_good)
{
    for (const struct toml_node *node = item->node->children; node; node = node->next)
        if (node->kind != TOML_TABLE)
            return schema_refuse(item, node, "has something in it that is no table",
                                 schema_types[item->row->type].wanted);
    *field = item->node;
    *ret_is_good = true;
    return 0;
}

static int schema_read_elsewhere(const struct schema_item *item)
{
    return report_error(item->reader->report, item->reader->source->name, item->node->key_at,
                        "%s does not belong here; %s", item->name, item->row->example);
}

static int schema_read_value(const struct schema_item *item, void *base)
{
    const struct schema_row *row = item->row;
    void *field = (char *)base + row->offset;
    bool is_good = false;
    int r = 0;
    if (!(schema_types[row->type].kinds >> item->node->kind & 1))
        return schema_refuse_kind(item);
    switch (row->type) {
    case SCHEMA_BOOL:
        *(bool *)field = item->node->truth;
        is_good = true;
        break;
    case SCHEMA_U16:
    case SCHEMA_U32:
    case SCHEMA_U64:
        r = schema_read_number(item, field, &is_good);
        break;
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
        r = schema_read_text(item, field, &is_good);
        break;
    case SCHEMA_TEXTS:
        r = schema_read_texts(item, field, &is_good);
        break;
    case SCHEMA_PAIRS:
        r = schema_read_pairs(item, field, &is_good);
        break;
    case SCHEMA_TABLES:
        r = schema_read_tables(item, field, &is_good);
        break;
    case SCHEMA_TABLE:
    case SCHEMA_TEXT_OR_INTEGER:
        *(const struct toml_node **)field = item->node;
        is_good = true;
        break;
    case SCHEMA_ELSEWHERE:
        r = schema_read_elsewhere(item);
        break;
    }
    if (is_good && row->set_offset)
        *((bool *)base + row->set_offset) = true;
    return r;
}

static const struct schema_row *schema_find(const struct schema *schema, const char *section,
                                            const char *key)
{
    for (size_t i = 0; i < schema->row_count; i++) {
        const struct schema_row *row = &schema->rows[i];
        if (row->key && strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0)
            return row;
    }
    return NULL;
}

static bool schema_has_section(const struct schema *schema, const char *name)
{
    for (size_t i = 0; name[0] != '\0' && i < schema->row_count; i++)
        if (strcmp(schema->rows[i].section, name) == 0)
            return true;
    return false;
}

/* The key of that name in another section, else the nearest in this one; a section is a key of the
 * top level. */
static const struct schema_row *schema_suggest(const struct schema *schema, const char *section,
                                               const char *key, struct suggest *suggest)
{
    const struct schema_row *best = NULL;
    *suggest = suggest_for(key);
    for (size_t i = 0; i < schema->row_count; i++) {
        const struct schema_row *row = &schema->rows[i];
        const char *before = suggest->best;
        if (row->key && strcmp(row->section, section) == 0)
            suggest_offer(suggest, row->key);
        else if (section[0] == '\0')
            suggest_offer(suggest, row->section);
        else if (row->key && strcmp(row->key, key) == 0 && row->type != SCHEMA_ELSEWHERE)
            suggest_offer(suggest, row->key);
        if (suggest->best != before)
            best = row;
    }
    return best;
}

static int schema_unknown(const struct schema_reader *reader, const char *section,
                          const struct toml_node *node)
{
    const struct schema *schema = reader->schema;
    struct suggest suggest;
    const struct schema_row *near = schema_suggest(schema, section, node->key, &suggest);
    bool is_error = schema->is_strict ||
                    (schema->strict_section && strcmp(schema->strict_section, section) == 0);
    const char *dot = section[0] ? "." : "";
    const char *why = is_error ? "it would have no effect" : "it has no effect";
    char fix[SCHEMA_NAME_MAX] = "remove it";
    if (near && section[0] == '\0' && near->section[0] != '\0')
        snprintf(fix, sizeof(fix), "did you mean [%s]?", near->section);
    else if (near)
        snprintf(fix, sizeof(fix), "did you mean %s%s%s%s?", reader->prefix, near->section,
                 near->section[0] ? "." : "", near->key);
    if (is_error)
        return report_error(reader->report, reader->source->name, node->key_at,
                            "unknown key %s%s%s%s; %s; %s", reader->prefix, section, dot, node->key,
                            why, fix);
    return report_warning(reader->report, reader->source->name, node->key_at,
                          "unknown key %s%s%s%s; %s; %s", reader->prefix, section, dot, node->key,
                          why, fix);
}

static int schema_read_key(const struct schema_reader *reader, const char *section,
                           const struct toml_node *node, void *base)
{
    struct schema_item item = {reader, schema_find(reader->schema, section, node->key), node, ""};
    if (!item.row)
        return schema_unknown(reader, section, node);
    snprintf(item.name, sizeof(item.name), "%s%s%s%s", reader->prefix, section,
             section[0] ? "." : "", node->key);
    return schema_read_value(&item, base);
}

static int schema_read_section(const struct schema_reader *reader, const struct toml_node *table,
                               void *base)
{
    int r = 0;
    if (table->kind != TOML_TABLE)
        return report_error(reader->report, reader->source->name, table->at,
                            "%s is %s; it must be a section; write [%s]", table->key,
                            schema_kind_names[table->kind], table->key);
    for (const struct toml_node *node = table->children; r == 0 && node; node = node->next)
        r = schema_read_key(reader, table->key, node, base);
    return r;
}

/* Missing keys are reported where their section begins, or the table when that is missing too. */
static int schema_require(const struct schema_reader *reader, const struct toml_node *table)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < reader->schema->row_count; i++) {
        const struct schema_row *row = &reader->schema->rows[i];
        const struct toml_node *section = row->section[0] ? toml_find(table, row->section) : table;
        char fix[256], place[64] = "";
        bool is_needed =
            row->need == SCHEMA_REQUIRED || (row->need == SCHEMA_REQUIRED_IN_SECTION && section);
        if (!is_needed ||
            (section && (section->kind != TOML_TABLE || toml_find(section, row->key))))
            continue;
        if (row->section[0])
            snprintf(place, sizeof(place), " under [%s]", row->section);
        r = report_error(reader->report, reader->source->name, section ? section->at : table->at,
                         "%s%s%s%s is missing; it has no default; %s%s", reader->prefix,
                         row->section, row->section[0] ? "." : "", row->key,
                         schema_fix(row, fix, sizeof(fix)), place);
    }
    return r;
}

int schema_read(const struct schema_reader *reader, const struct toml_node *table, void *base)
{
    int r = 0;
    for (const struct toml_node *node = table->children; r == 0 && node; node = node->next) {
        if (schema_has_section(reader->schema, node->key))
            r = schema_read_section(reader, node, base);
        else
            r = schema_read_key(reader, "", node, base);
    }
    return r == 0 ? schema_require(reader, table) : r;
}
