// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* toml: what comes out of a document and where it stood; what is refused; memory running out inside
 * the C++ library. */
#include "config/toml.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

#include "base/bytes.h"
#include "base/mem.h"

static struct toml_doc *doc_of(const char *text)
{
    struct toml_doc *doc = NULL;
    struct toml_fault fault;
    if (toml_parse(view_text(text), &doc, &fault) != 0)
        fail_msg("%u:%u %s; %s", fault.at.line, fault.at.column, fault.what, fault.why);
    return doc;
}

static const struct toml_node *child(const struct toml_node *table, const char *key)
{
    const struct toml_node *node = toml_find(table, key);
    if (!node)
        fail_msg("no %s", key);
    return node;
}

static void assert_at(struct toml_at at, unsigned line, unsigned column)
{
    if (at.line != line || at.column != column)
        fail_msg("at %u:%u instead of %u:%u", at.line, at.column, line, column);
}

TEST(each_kind_with_its_place)
{
    struct toml_doc *doc = doc_of("text = \"a\\nb\"\n"
                                  "  integer = -5\n"
                                  "number = 1.5 # a comment\n"
                                  "yes = true\r\n"
                                  "day = 2026-01-02\n"
                                  "clock = 07:32:00\n"
                                  "both = 2026-01-02T07:32:00Z\n"
                                  "list = [1, 'two', [3]]\n"
                                  "inline = { a = 1 }\n"
                                  "\"\xc3\xbc quoted\" = '\xe2\x82\xac'\n"
                                  "[table]\n"
                                  "key = 0\n"
                                  "[[many]]\n"
                                  "[[many]]\n");
    static const struct {
        const char *key;
        enum toml_kind kind;
        unsigned line, key_column, column;
    } rows[] = {
        {"text", TOML_TEXT, 1, 1, 8},     {"integer", TOML_INTEGER, 2, 3, 13},
        {"number", TOML_FLOAT, 3, 1, 10}, {"yes", TOML_BOOL, 4, 1, 7},
        {"day", TOML_TIME, 5, 1, 7},      {"clock", TOML_TIME, 6, 1, 9},
        {"both", TOML_TIME, 7, 1, 8},     {"list", TOML_ARRAY, 8, 1, 8},
        {"inline", TOML_TABLE, 9, 1, 10}, {"\xc3\xbc quoted", TOML_TEXT, 10, 1, 14},
        {"table", TOML_TABLE, 11, 2, 1},  {"many", TOML_ARRAY, 13, 3, 1},
    };
    const struct toml_node *node = doc->root->children;
    assert_int_equal(doc->root->kind, TOML_TABLE);
    assert_null(doc->root->key);
    assert_at(doc->root->at, 1, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++, node = node->next) {
        assert_non_null(node);
        assert_string_equal(node->key, rows[i].key);
        assert_int_equal(node->kind, rows[i].kind);
        assert_at(node->key_at, rows[i].line, rows[i].key_column);
        assert_at(node->at, rows[i].line, rows[i].column);
    }
    assert_null(node);

    assert_string_equal(child(doc->root, "text")->text, "a\nb");
    assert_int_equal(child(doc->root, "integer")->integer, -5);
    assert_true(child(doc->root, "number")->number == 1.5);
    assert_true(child(doc->root, "yes")->truth);
    assert_string_equal(child(doc->root, "\xc3\xbc quoted")->text, "\xe2\x82\xac");
    assert_at(child(child(doc->root, "table"), "key")->at, 12, 7);
    assert_null(toml_find(doc->root, "key"));
    assert_null(toml_free(doc));
    assert_null(toml_free(NULL));
}

TEST(arrays_keep_their_order)
{
    struct toml_doc *doc = doc_of("list = [3,\n  'x',\n  [1, 2],\n  {b = 1, a = 2}]\n");
    const struct toml_node *item = child(doc->root, "list")->children;
    assert_null(item->key);
    assert_int_equal(item->integer, 3);
    assert_at(item->at, 1, 9);
    item = item->next;
    assert_string_equal(item->text, "x");
    assert_at(item->at, 2, 3);
    item = item->next;
    assert_int_equal(item->children->next->integer, 2);
    assert_at(item->children->next->at, 3, 7);
    item = item->next;
    assert_string_equal(item->children->key, "b");
    assert_string_equal(item->children->next->key, "a");
    assert_null(item->next);
    toml_free(doc);
}

TEST(sections_keep_the_order_of_the_file)
{
    struct toml_doc *doc = doc_of("[z]\n[m.x]\n[a]\n[[t]]\nk = 1\n[[t]]\nk = 2\n");
    static const char *const order[] = {"z", "m", "a", "t"};
    const struct toml_node *node = doc->root->children;
    for (size_t i = 0; i < 4; i++, node = node->next)
        assert_string_equal(node->key, order[i]);
    assert_null(node);
    const struct toml_node *many = child(doc->root, "t");
    assert_at(many->children->at, 4, 1);
    assert_int_equal(child(many->children, "k")->integer, 1);
    assert_at(many->children->next->at, 6, 1);
    assert_int_equal(child(many->children->next, "k")->integer, 2);
    toml_free(doc);
}

TEST(nothing_is_an_empty_table)
{
    struct toml_doc *doc = doc_of("");
    assert_null(doc->root->children);
    toml_free(doc);
    struct toml_fault fault;
    doc = NULL;
    assert_int_equal(toml_parse((struct actr_view){0}, &doc, &fault), 0);
    assert_null(doc->root->children);
    toml_free(doc);
}

static void assert_refused(struct actr_view text, unsigned line, unsigned column, const char *why)
{
    struct toml_doc *doc = NULL;
    struct toml_fault fault;
    assert_int_equal(toml_parse(text, &doc, &fault), ACTR_ECONFIG);
    assert_null(doc);
    if (fault.at.line != line || fault.at.column != column || !strstr(fault.why, why))
        fail_msg("%u:%u: %s; %s", fault.at.line, fault.at.column, fault.what, fault.why);
}

TEST(what_is_no_toml_is_refused_with_its_place)
{
    assert_refused(view_text("a = 1\nb == 2\n"), 2, 4, "");
    assert_refused(view_text("a = 1\na = 2\n"), 2, 5, "redefine");
    assert_refused(view_text("a = \"open\n"), 1, 10, "");
    assert_refused(view_text("[a\n"), 1, 3, "");
    assert_refused(view_text("a = 1 b = 2\n"), 1, 7, "");
    assert_refused(view_text("a = 99999999999999999999\n"), 1, 25, "");
    assert_refused(view_text("a = \"\xff\"\n"), 1, 5, "utf-8");
    assert_refused(view_text("a = 1\nb = \"x\\u0000y\"\n"), 2, 5, "can hold one");
    assert_refused(view_text("\"x\\u0000y\" = 1\n"), 1, 1, "can hold one");
    assert_refused(actr_view_of("a = 1\n\0", 7), 2, 1, "");
}

/* Each of these is called impossible by an assertion of the parser, or leads it into undefined
 * behaviour. */
TEST(what_the_parser_thinks_impossible)
{
    assert_refused(view_text("a = 1\n[(x]\n"), 2, 2, "saw '('");
    assert_refused(view_text("a = 2026-01-01T=7:32:00\n"), 1, 16, "2-digit hour, saw '='");
    assert_refused(view_text("a = 2026-01-0= 1\n"), 1, 5, "could not determine");
    assert_refused(view_text("a \xc9\xb1 = 1\n"), 1, 3, "");
    struct toml_doc *doc = doc_of("a = \"\"\"x\\\n  \xc9\xb1\"\"\" # \xc9\xb1\n");
    assert_string_equal(child(doc->root, "a")->text, "x\xc9\xb1");
    toml_free(doc);
}

TEST(dots_in_keys_are_bounded)
{
    char text[256] = "[a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a]\n";
    struct toml_doc *doc = doc_of(text);
    toml_free(doc);
    assert_refused(view_text("x = 1\n[a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a]\n"), 2, 35, "16 dots");
    assert_refused(view_text("a.a.'b#'.\"c\\\"#\".a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1\n"), 1, 42,
                   "16 dots");
    assert_refused(view_text("a = {b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b.b = 1}\n"), 1, 39, "16 dots");
    /* The dots of strings, comments and numbers are no dots of keys. */
    doc = doc_of("a = \"1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9\" # ....................\n"
                 "b = '''.......\n..........................''''' # '\n"
                 "c = \"\"\"\\\"\"\" .. \\\\\"\"\"\"\" # \"\n"
                 "d = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5,\n"
                 "     1.5, 1.5, 1.5, 1.5]\n");
    assert_string_equal(child(doc->root, "b")->text + 34, "''");
    toml_free(doc);
}

/* Each of these would end in a stack overflow without the bound. */
TEST(a_long_line_of_dots_is_refused)
{
    size_t len = 400000;
    char *text = mem_alloc(len);
    static const char *const pieces[] = {"a.", "a . ", "\"\".", "''.", "[{a=", "[[", "a.\"#\"."};
    assert_non_null(text);
    for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
        size_t piece_len = strlen(pieces[k]);
        struct toml_doc *doc = NULL;
        struct toml_fault fault;
        for (size_t i = 0; i + piece_len <= len; i += piece_len)
            memcpy(text + i, pieces[k], piece_len);
        assert_int_equal(toml_parse(actr_view_of(text, len - len % piece_len), &doc, &fault),
                         ACTR_ECONFIG);
    }
    mem_free(text);
}

TEST(nesting_is_bounded)
{
    char text[128] = "a = ";
    for (unsigned depth = 1; depth <= TOML_NESTING_MAX + 1; depth++) {
        struct toml_doc *doc = NULL;
        struct toml_fault fault;
        size_t at = 4;
        memset(text + at, '[', depth);
        memset(text + at + depth, ']', depth);
        at += (size_t)2 * depth;
        text[at] = '\0';
        int r = toml_parse(view_text(text), &doc, &fault);
        assert_int_equal(r, depth <= TOML_NESTING_MAX ? 0 : ACTR_ECONFIG);
        toml_free(doc);
    }
}

TEST(size_and_number_of_values_are_bounded)
{
    size_t len = TOML_LEN_MAX + 1;
    char *text = mem_alloc(len);
    struct toml_doc *doc = NULL;
    struct toml_fault fault;
    assert_non_null(text);
    memset(text, '\n', len);
    assert_int_equal(toml_parse(actr_view_of(text, len - 1), &doc, &fault), 0);
    doc = toml_free(doc);
    assert_refused(actr_view_of(text, len), 1, 1, "1 MiB");

    size_t used = 4;
    memcpy(text, "a=[\n", used);
    for (size_t i = 0; i < TOML_VALUES_MAX - 1; i++, used += 2)
        memcpy(text + used, "1,", 2);
    text[used] = ']';
    assert_refused(actr_view_of(text, used + 1), 2, 2 * (TOML_VALUES_MAX - 1), "65536");
    text[used - 1] = ' ';
    assert_int_equal(toml_parse(actr_view_of(text, used + 1), &doc, &fault), 0);
    size_t count = 0;
    for (const struct toml_node *node = child(doc->root, "a")->children; node; node = node->next)
        count++;
    assert_int_equal(count, TOML_VALUES_MAX - 1);
    toml_free(doc);
    mem_free(text);
}

static const char everything[] = "title = \"a string that is long enough for the heap\"\n"
                                 "[section]\nlist = [1, 2, 3, 'x']\ntable = { a = { b = 1.0 } }\n"
                                 "[[many]]\nk = true\n[[many]]\nwhen = 2026-01-01\n";

TEST(out_of_memory_of_ours)
{
    struct toml_doc *doc = NULL;
    struct toml_fault fault;
    int r;
    for (size_t n = 1;; n++) {
        mem_fail_at(n);
        r = toml_parse(view_text(everything), &doc, &fault);
        mem_fail_at(0);
        if (r == 0)
            break;
        assert_int_equal(r, ACTR_ENOMEM);
        assert_null(doc);
        assert_true(n < 100);
    }
    toml_free(doc);
}

/* operator new and delete of this program, by the names that the linker knows; seen by the C++
 * library too, so that what one side allocates the other can free. */
static size_t new_fails_at;

#define OPERATOR __attribute__((visibility("default")))
void _ZSt17__throw_bad_allocv(void) __attribute__((noreturn));
OPERATOR void *_Znwm(size_t size);
OPERATOR void _ZdlPv(void *ptr);
OPERATOR void _ZdlPvm(void *ptr, size_t size);

void *_Znwm(size_t size)
{
    void *ptr = new_fails_at == 1 ? NULL : malloc(size);
    if (new_fails_at > 1)
        new_fails_at--;
    if (!ptr)
        _ZSt17__throw_bad_allocv();
    return ptr;
}

void _ZdlPv(void *ptr)
{
    free(ptr);
}

void _ZdlPvm(void *ptr, size_t size)
{
    free(ptr);
}

TEST(out_of_memory_of_the_parser)
{
    struct toml_doc *doc = NULL;
    struct toml_fault fault;
    size_t n = 0;
    int r = ACTR_ENOMEM;
    while (r == ACTR_ENOMEM) {
        new_fails_at = ++n;
        r = toml_parse(view_text(everything), &doc, &fault);
        new_fails_at = 0;
    }
    assert_int_equal(r, 0);
    assert_true(n > 20); /* it did fail at quite some places */
    toml_free(doc);
}

/* The error is an exception with a text of its own. */
TEST(out_of_memory_of_the_parser_in_an_error)
{
    struct toml_doc *doc = NULL;
    struct toml_fault fault;
    int r = ACTR_ENOMEM;
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        new_fails_at = n;
        r = toml_parse(view_text("a = 1\nb = 'x'\nb = 'y'\n"), &doc, &fault);
        new_fails_at = 0;
    }
    assert_int_equal(r, ACTR_ECONFIG);
    assert_null(doc);
}
