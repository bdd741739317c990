// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* runtime_schema: each row of actr.toml, of a rule and of an anchor, against every wrong type and a
 * misspelt key. */
#include "config/runtime_schema.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

#include "base/bytes.h"
#include "config/acl_config.h"

/* Where the rows of a schema live in a file. */
static const struct place {
    const struct schema *schema;
    const char *header; /* the line before the key; NULL: that of the row's section */
    const char *prefix;
} places[] = {
    {&runtime_schema, NULL, ""},
    {&acl_config_schema, "[[acl.rules]]\n", "acl.rules."},
    {&trust_config_schema, "[[trust]]\n", "trust."},
    {&trust_config_schema, "[hyper.trust]\n", "hyper.trust."},
};
#define PLACE_COUNT (sizeof(places) / sizeof(places[0]))

static const struct literal {
    enum toml_kind kind;
    const char *text, *name;
} literals[] = {
    {TOML_TEXT, "\"x\"", "a string"},
    {TOML_INTEGER, "1", "an integer"},
    {TOML_FLOAT, "1.5", "a float"},
    {TOML_BOOL, "true", "a boolean"},
    {TOML_TIME, "2026-01-02", "a date or a time"},
    {TOML_ARRAY, "[]", "an array"},
    {TOML_TABLE, "{}", "a table"},
};
#define LITERAL_COUNT (sizeof(literals) / sizeof(literals[0]))

static bool takes(enum schema_type type, enum toml_kind kind)
{
    switch (type) {
    case SCHEMA_BOOL:
        return kind == TOML_BOOL;
    case SCHEMA_U16:
    case SCHEMA_U32:
    case SCHEMA_U64:
        return kind == TOML_INTEGER;
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
        return kind == TOML_TEXT;
    case SCHEMA_TEXTS:
    case SCHEMA_TABLES:
        return kind == TOML_ARRAY;
    case SCHEMA_PAIRS:
    case SCHEMA_TABLE:
        return kind == TOML_TABLE;
    case SCHEMA_TEXT_OR_INTEGER:
        return kind == TOML_TEXT || kind == TOML_INTEGER;
    case SCHEMA_ELSEWHERE:
        return false;
    }
    return false;
}

static size_t field_size(enum schema_type type)
{
    switch (type) {
    case SCHEMA_BOOL:
        return sizeof(bool);
    case SCHEMA_U16:
        return sizeof(uint16_t);
    case SCHEMA_U32:
        return sizeof(uint32_t);
    case SCHEMA_U64:
        return sizeof(uint64_t);
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
    case SCHEMA_TEXT_OR_INTEGER:
    case SCHEMA_TABLE:
    case SCHEMA_TABLES:
        return sizeof(void *);
    case SCHEMA_TEXTS:
        return sizeof(struct schema_texts);
    case SCHEMA_PAIRS:
        return sizeof(struct schema_pairs);
    case SCHEMA_ELSEWHERE:
        return 0;
    }
    return 0;
}

/* One key of one place, and the file that sets it: `header key = value`. */
struct line {
    char text[512];
    char name[128]; /* with prefix and section */
    unsigned number;
    size_t value_column;
};

static struct line line_of(const struct place *place, const struct schema_row *row, const char *key,
                           const char *value)
{
    struct line line = {.number = 2, .value_column = strlen(key) + 4};
    char header[64] = "";
    if (place->header)
        snprintf(header, sizeof(header), "%s", place->header);
    else if (row->section[0])
        snprintf(header, sizeof(header), "[%s]\n", row->section);
    else
        line.number = 1;
    snprintf(line.text, sizeof(line.text), "%s%s = %s\n", header, key, value);
    snprintf(line.name, sizeof(line.name), "%s%s%s%s", place->prefix, row->section,
             row->section[0] ? "." : "", key);
    return line;
}

static void read_line(const struct line *line, struct report *report)
{
    struct source source = {.text = view_text(line->text), .name = "f.toml", .dir = "/d"};
    struct runtime_config *config = NULL;
    *report = (struct report){0};
    assert_int_equal(runtime_config_parse(&source, report, &config), ACTR_ECONFIG);
    assert_null(config);
}

static void assert_reported(const struct report *report, enum report_level level, const char *begin)
{
    for (size_t i = 0; i < report->count; i++)
        if (strncmp(report->entries[i].text, begin, strlen(begin)) == 0) {
            assert_int_equal(report->entries[i].level, level);
            return;
        }
    for (size_t i = 0; i < report->count; i++)
        print_error("%s\n", report->entries[i].text);
    fail_msg("nothing begins with: %s", begin);
}

static void assert_wrong_type(const struct place *place, const struct schema_row *row,
                              const struct literal *literal)
{
    struct line line = line_of(place, row, row->key, literal->text);
    struct report report;
    char begin[256];
    if (row->type == SCHEMA_ELSEWHERE)
        snprintf(begin, sizeof(begin), "f.toml:%u:1: %s does not belong here; ", line.number,
                 line.name);
    else
        snprintf(begin, sizeof(begin), "f.toml:%u:%zu: %s is %s; it must be ", line.number,
                 line.value_column, line.name, literal->name);
    read_line(&line, &report);
    assert_reported(&report, REPORT_ERROR, begin);
    report_deinit(&report);
}

/* One that takes several, with one in it that is not of the right type. */
static void assert_wrong_item(const struct place *place, const struct schema_row *row)
{
    struct line line =
        line_of(place, row, row->key, row->type == SCHEMA_PAIRS ? "{ a = 5 }" : "[5]");
    size_t column = line.value_column + (row->type == SCHEMA_PAIRS ? 6 : 1);
    struct report report;
    char begin[256];
    snprintf(begin, sizeof(begin), "f.toml:%u:%zu: %s has something in it that is no %s; it must ",
             line.number, column, line.name, row->type == SCHEMA_TABLES ? "table" : "string");
    read_line(&line, &report);
    assert_reported(&report, REPORT_ERROR, begin);
    report_deinit(&report);
}

/* The key with one letter too many. */
static void assert_wrong_key(const struct place *place, const struct schema_row *row)
{
    char key[64], begin[256];
    snprintf(key, sizeof(key), "%sx", row->key);
    struct line line = line_of(place, row, key, "1");
    struct report report;
    bool is_error = strcmp(row->section, "storage") == 0;
    snprintf(begin, sizeof(begin),
             "f.toml:%u:1: unknown key %s; it %s no effect; did you mean %s%s%s", line.number,
             line.name, is_error ? "would have" : "has", place->prefix, row->section,
             row->section[0] ? "." : "");
    read_line(&line, &report);
    assert_reported(&report, is_error ? REPORT_ERROR : REPORT_WARNING, begin);
    report_deinit(&report);
}

TEST(every_wrong_key_and_type_in_actr_toml)
{
    size_t count = 0;
    for (size_t p = 0; p < PLACE_COUNT; p++)
        for (size_t i = 0; i < places[p].schema->row_count; i++) {
            const struct schema_row *row = &places[p].schema->rows[i];
            for (size_t k = 0; k < LITERAL_COUNT; k++)
                if (!takes(row->type, literals[k].kind)) {
                    assert_wrong_type(&places[p], row, &literals[k]);
                    count++;
                }
            if (row->type == SCHEMA_TEXTS || row->type == SCHEMA_PAIRS ||
                row->type == SCHEMA_TABLES)
                assert_wrong_item(&places[p], row);
            assert_wrong_key(&places[p], row);
        }
    assert_true(count > 300);
}

TEST(every_section_must_be_a_table)
{
    for (size_t i = 0; i < runtime_schema.row_count; i++) {
        const char *section = runtime_schema.rows[i].section;
        for (size_t k = 0; section[0] && k < LITERAL_COUNT; k++) {
            struct line line = {0};
            struct report report;
            char begin[128];
            if (literals[k].kind == TOML_TABLE)
                continue;
            snprintf(line.text, sizeof(line.text), "%s = %s\n", section, literals[k].text);
            snprintf(begin, sizeof(begin),
                     "f.toml:1:%zu: %s is %s; it must be a section; write [%s]",
                     strlen(section) + 4, section, literals[k].name, section);
            read_line(&line, &report);
            assert_reported(&report, REPORT_ERROR, begin);
            report_deinit(&report);
        }
    }
}

/* The message says "write …"; what it says must work. */
TEST(every_example_is_good)
{
    for (size_t p = 0; p < PLACE_COUNT; p++)
        for (size_t i = 0; i < places[p].schema->row_count; i++) {
            const struct schema_row *row = &places[p].schema->rows[i];
            struct report report;
            if (row->type == SCHEMA_TABLE || row->type == SCHEMA_TABLES ||
                row->type == SCHEMA_ELSEWHERE)
                continue;
            struct line line = line_of(&places[p], row, row->key, row->example);
            char at[32];
            snprintf(at, sizeof(at), "f.toml:%u:%zu: ", line.number, line.value_column);
            read_line(&line, &report);
            for (size_t k = 0; k < report.count; k++)
                if (report.entries[k].level == REPORT_ERROR &&
                    strncmp(report.entries[k].text, at, strlen(at)) == 0 &&
                    !strstr(report.entries[k].text, "set both"))
                    fail_msg("%s", report.entries[k].text);
            report_deinit(&report);
        }
}

TEST(every_row_fits_its_field)
{
    for (size_t p = 0; p < PLACE_COUNT; p++)
        for (size_t i = 0; i < places[p].schema->row_count; i++) {
            const struct schema_row *row = &places[p].schema->rows[i];
            if (row->size != field_size(row->type))
                fail_msg("%s.%s: a field of %u bytes", row->section, row->key, row->size);
            assert_non_null(row->example);
        }
}
