// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* schema: how a table fills a struct; the messages of a real one are in runtime_schema_test.c. */
#include "config/schema.h"

#include <string.h>

#include "harness.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/mem.h"

struct thing {
    bool flag, has_small;
    uint16_t small;
    uint32_t medium;
    uint64_t large;
    const char *name, *color, *file;
    struct schema_texts list;
    struct schema_pairs map;
    const struct toml_node *either, *table, *tables;
};

static const char *const colors[] = {"red", "blue", NULL};

static const char *no_x(const char *text)
{
    return strchr(text, 'x') ? "it has an x" : NULL;
}

#define FIELD(field) SCHEMA_FIELD(struct thing, field)

static const struct schema_row rows[] = {
    {"", "flag", SCHEMA_BOOL, SCHEMA_OPTIONAL, FIELD(flag), .example = "true"},
    {"", "small", SCHEMA_U16, SCHEMA_OPTIONAL, FIELD(small),
     .set_offset = offsetof(struct thing, has_small), .min = 2, .example = "2"},
    {"a", "medium", SCHEMA_U32, SCHEMA_OPTIONAL, FIELD(medium), .max = 10, .example = "1"},
    {"a", "large", SCHEMA_U64, SCHEMA_OPTIONAL, FIELD(large), .example = "1"},
    {"a", "name", SCHEMA_TEXT, SCHEMA_REQUIRED_IN_SECTION, FIELD(name), .check = no_x,
     .example = "\"n\""},
    {"b", "color", SCHEMA_TEXT, SCHEMA_OPTIONAL, FIELD(color), .words = colors,
     .example = "\"red\""},
    {"b", "file", SCHEMA_PATH, SCHEMA_OPTIONAL, FIELD(file), .example = "\"f\""},
    {"b", "list", SCHEMA_TEXTS, SCHEMA_OPTIONAL, FIELD(list), .check = no_x, .example = "[]"},
    {"b", "map", SCHEMA_PAIRS, SCHEMA_OPTIONAL, FIELD(map), .check = no_x, .example = "{}"},
    {"b", "either", SCHEMA_TEXT_OR_INTEGER, SCHEMA_OPTIONAL, FIELD(either), .example = "1"},
    {"b", "table", SCHEMA_TABLE, SCHEMA_OPTIONAL, FIELD(table), .example = "write [b.table]"},
    {"b", "tables", SCHEMA_TABLES, SCHEMA_OPTIONAL, FIELD(tables), .example = "write [[b.tables]]"},
    {.section = "empty"},
};
static const struct schema schema = {rows, sizeof(rows) / sizeof(rows[0]), false, "b"};

/* Reads over *thing; the texts stay in the arena. */
static int read_thing(const char *text, struct thing *thing, struct arena *arena,
                      struct report *report)
{
    struct source source = {.text = view_text(text), .name = "f", .dir = "/d"};
    struct schema_reader reader = {&schema, "p.", &source, arena, report};
    struct toml_doc *doc = NULL;
    int r = source_parse(&source, report, &doc);
    if (r == 0)
        r = schema_read(&reader, doc->root, thing);
    toml_free(doc);
    return r;
}

TEST(fields_are_filled)
{
    struct thing thing = {0};
    struct report report = {0};
    struct arena arena;
    arena_init(&arena, 4096);
    assert_int_equal(
        read_thing("flag = true\nsmall = 65535\n[a]\nmedium = 10\n"
                   "large = 9223372036854775807\nname = 'n'\n"
                   "[b]\ncolor = 'blue'\nfile = 'x'\nlist = ['1', '2']\n"
                   "map = { k = 'v' }\neither = 1\ntable = {}\ntables = [{}]\n[empty]\n",
                   &thing, &arena, &report),
        0);
    assert_int_equal(report.count, 0);
    assert_true(thing.flag && thing.has_small);
    assert_int_equal(thing.small, 65535);
    assert_int_equal(thing.medium, 10);
    assert_true(thing.large == INT64_MAX);
    assert_string_equal(thing.name, "n");
    assert_string_equal(thing.color, "blue");
    assert_string_equal(thing.file, "/d/x");
    assert_int_equal(thing.list.count, 2);
    assert_string_equal(thing.list.items[1], "2");
    assert_int_equal(thing.map.count, 1);
    assert_string_equal(thing.map.items[0].name, "k");
    assert_string_equal(thing.map.items[0].value, "v");
    assert_true(thing.either && thing.table && thing.tables);
    arena_deinit(&arena);
}

TEST(absent_and_wrong_keys_leave_the_field)
{
    struct thing thing = {.flag = true, .small = 7, .medium = 8, .name = "old"};
    struct report report = {0};
    struct arena arena;
    arena_init(&arena, 4096);
    assert_int_equal(read_thing("", &thing, &arena, &report), 0);
    assert_int_equal(report.count, 0);
    assert_int_equal(read_thing("flag = 1\nsmall = 1\n[a]\nmedium = 11\nname = 'x'\n"
                                "[b]\ncolor = 'green'\nlist = 'a'\neither = 1.5\ntables = [1]\n",
                                &thing, &arena, &report),
                     0);
    assert_int_equal(report.error_count, 8);
    assert_true(thing.flag);
    assert_false(thing.has_small);
    assert_int_equal(thing.small, 7);
    assert_int_equal(thing.medium, 8);
    assert_string_equal(thing.name, "old");
    assert_null(thing.color);
    assert_null(thing.list.items);
    assert_null(thing.either);
    assert_null(thing.tables);
    report_deinit(&report);
    arena_deinit(&arena);
}

static void assert_only(const char *text, const char *entry)
{
    struct thing thing = {0};
    struct report report = {0};
    struct arena arena;
    arena_init(&arena, 4096);
    assert_int_equal(read_thing(text, &thing, &arena, &report), 0);
    assert_int_equal(report.count, 1);
    assert_string_equal(report.entries[0].text, entry);
    report_deinit(&report);
    arena_deinit(&arena);
}

TEST(messages)
{
    assert_only("flag = 1\n", "f:1:8: p.flag is an integer; it must be true or false; write flag = "
                              "true");
    assert_only("small = 1\n",
                "f:1:9: p.small is 1; it must be a number from 2 to 65535; write small = 2");
    assert_only("[a]\nname = 'x'\n",
                "f:2:8: p.a.name cannot be used; it has an x; write name = \"n\"");
    assert_only("[a]\n", "f:1:1: p.a.name is missing; it has no default; write name = \"n\" under "
                         "[a]");
    assert_only("[b]\nlist = ['a', 'x']\n",
                "f:2:14: p.b.list cannot be used; it has an x; write list = []");
    assert_only("[b]\nmap = {a = 'a', b = 'x'}\n",
                "f:2:21: p.b.map cannot be used; it has an x; write map = {}");
    assert_only("[b]\ntable = 1\n",
                "f:2:9: p.b.table is an integer; it must be a table; write [b.table]");
    assert_only("[b]\ntables = [{}, 1]\n",
                "f:2:15: p.b.tables has something in it that is no table; it must be an array of "
                "tables; write [[b.tables]]");
    assert_only("b = 1\n", "f:1:5: b is an integer; it must be a section; write [b]");
    assert_only("falg = true\n",
                "f:1:1: unknown key p.falg; it has no effect; did you mean p.flag?");
    assert_only("[c]\nx = 1\n", "f:1:2: unknown key p.c; it has no effect; remove it");
    assert_only("[emty]\n", "f:1:2: unknown key p.emty; it has no effect; did you mean [empty]?");
    assert_only("[a]\nname = ''\ncolor = 1\n",
                "f:3:1: unknown key p.a.color; it has no effect; did you mean p.b.color?");
    assert_only("[b]\nclor = 1\n",
                "f:2:1: unknown key p.b.clor; it would have no effect; did you mean p.b.color?");
    assert_only("\"\\u001b[2J\" = 1\n", "f:1:1: unknown key p.?[2J; it has no effect; remove it");
}

TEST(out_of_memory)
{
    int r = ACTR_ENOMEM;
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        struct thing thing = {0};
        struct report report = {0};
        struct arena arena;
        arena_init(&arena, 1 << 20);
        mem_fail_at(n);
        r = read_thing("[a]\nname = 'n'\n[b]\nfile = 'f'\nlist = ['a']\nmap = {a = 'b'}\nx = 1\n",
                       &thing, &arena, &report);
        mem_fail_at(0);
        report_deinit(&report);
        arena_deinit(&arena);
    }
    assert_int_equal(r, 0);
}
