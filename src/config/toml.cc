// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* TOML text as a tree of plain structs, made with toml++; the only C++ of the library.
 *
 * The text is scanned before it is parsed. Tables inside tables are destroyed by recursion in
 * toml++, and its bound on nesting does not count the dots of keys: one line of a million dots
 * would overflow the stack. The scan counts what sits between strings and comments; it agrees with
 * the parser about where those are as long as the text is valid, and where it is not the parser
 * stops.
 *
 * The tree is then copied, with a stack of its own instead of recursion, and the one of toml++
 * freed. A wrong text is a return value of toml++ and not an exception, whose constructor, which
 * must not throw, allocates. What does throw is memory running out, there and here; every entry
 * point catches it.
 *
 * Any thread. No exception and no type of C++ may leave this file. */
#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include "config/toml.h"

extern "C" {
#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
}

static_assert(TOML_NESTING_MAX == 16, "say the same to toml++");

namespace {

/* A document and what it owns; toml_doc first, so that one pointer is both. */
struct document {
    toml_doc doc;
    struct arena arena;
};

/* Thrown by the steps below, caught by toml_parse(). */
struct refusal {
    toml_at at;
    const char *what;
    const char *why;
};

toml_at place_of(std::string_view text, size_t offset)
{
    toml_at at = {1, 1};
    for (char c : text.substr(0, offset)) {
        if (c == '\n')
            at = {at.line + 1, 1};
        else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80)
            at.column++;
    }
    return at;
}

bool has_three(std::string_view text, size_t at, char quote)
{
    return text.size() - at >= 3 && text[at] == quote && text[at + 1] == quote &&
           text[at + 2] == quote;
}

/* Where the string that begins at `at` ends. */
size_t skip_string(std::string_view text, size_t at)
{
    const char quote = text[at];
    const bool is_multi = has_three(text, at, quote);
    const bool has_escapes = quote == '"';
    at += is_multi ? 3 : 1;
    for (; at < text.size(); at++) {
        if (text[at] == '\\' && has_escapes)
            at++;
        else if (!is_multi && (text[at] == quote || text[at] == '\n'))
            return at + 1;
        else if (is_multi && has_three(text, at, quote))
            break;
    }
    /* Up to two quotes may stand right before the three that close. */
    for (int i = 0; i < 5 && at < text.size() && text[at] == quote; i++)
        at++;
    return std::min(at, text.size());
}

/* Refuses what would be too deep or too much for the parser. */
void scan(std::string_view text)
{
    unsigned dots = 0, values = 0;
    for (size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '"' || c == '\'') {
            at = skip_string(text, at);
            continue;
        }
        if (c == '#') {
            at = std::min(text.find('\n', at), text.size());
            continue;
        }
        if (c == '.')
            dots++;
        else if (std::strchr("\n=,[{", c))
            dots = 0;
        if (c != '\0' && std::strchr("=,[{.", c))
            values++;
        if (dots > TOML_DOTS_MAX)
            throw refusal{place_of(text, at), "a key with too many parts",
                          "16 dots are allowed in one key"};
        if (values > TOML_VALUES_MAX)
            throw refusal{place_of(text, at), "too many values", "65536 are allowed in one file"};
        at++;
    }
}

toml_at at_of(const toml::source_region &source)
{
    return {source.begin.line, source.begin.column};
}

const char *copy_text(document &document, std::string_view text, toml_at at)
{
    if (text.find('\0') != std::string_view::npos)
        throw refusal{at, "a NUL character", "no setting can hold one"};
    char *copy = static_cast<char *>(arena_alloc(&document.arena, text.size() + 1));
    if (!copy)
        throw std::bad_alloc();
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    return copy;
}

toml_node *copy_node(document &document, const toml::node &from)
{
    void *room = arena_alloc(&document.arena, sizeof(toml_node));
    if (!room)
        throw std::bad_alloc();
    toml_node *node = new (room) toml_node{};
    node->at = at_of(from.source());
    switch (from.type()) {
    case toml::node_type::string:
        node->kind = TOML_TEXT;
        node->text = copy_text(document, from.as_string()->get(), node->at);
        break;
    case toml::node_type::integer:
        node->kind = TOML_INTEGER;
        node->integer = from.as_integer()->get();
        break;
    case toml::node_type::floating_point:
        node->kind = TOML_FLOAT;
        node->number = from.as_floating_point()->get();
        break;
    case toml::node_type::boolean:
        node->kind = TOML_BOOL;
        node->truth = from.as_boolean()->get();
        break;
    case toml::node_type::array:
        node->kind = TOML_ARRAY;
        break;
    case toml::node_type::table:
        node->kind = TOML_TABLE;
        break;
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
    case toml::node_type::none:
        node->kind = TOML_TIME;
        break;
    }
    return node;
}

/* A container whose children have still to be copied. */
struct task {
    toml_node *node;
    const toml::node *from;
};

bool is_before(const task &a, const task &b)
{
    const toml_at &x = a.node->key_at, &y = b.node->key_at;
    return x.line != y.line ? x.line < y.line : x.column < y.column;
}

void copy_children(document &document, const task &parent, std::vector<task> &children)
{
    children.clear();
    if (const toml::table *table = parent.from->as_table()) {
        for (const auto &[key, value] : *table) {
            toml_node *node = copy_node(document, value);
            node->key_at = at_of(key.source());
            node->key = copy_text(document, key.str(), node->key_at);
            children.push_back({node, &value});
        }
        std::sort(children.begin(), children.end(), is_before);
    } else if (const toml::array *array = parent.from->as_array()) {
        for (const toml::node &value : *array)
            children.push_back({copy_node(document, value), &value});
    }
    const toml_node **tail = &parent.node->children;
    for (const task &child : children) {
        *tail = child.node;
        tail = &child.node->next;
    }
}

const toml_node *copy_tree(document &document, const toml::table &table)
{
    toml_node *root = copy_node(document, table);
    root->at = {1, 1};
    std::vector<task> tasks = {{root, &table}}, children;
    while (!tasks.empty()) {
        const task next = tasks.back();
        tasks.pop_back();
        copy_children(document, next, children);
        tasks.insert(tasks.end(), children.begin(), children.end());
    }
    return root;
}

void fill_fault(toml_fault *fault, toml_at at, const char *what, std::string_view why)
{
    struct text text;
    fault->at = at;
    text_init(&text, fault->what, sizeof(fault->what));
    text_append(&text, actr_view_of(what, std::strlen(what)));
    text_init(&text, fault->why, sizeof(fault->why));
    text_append(&text, actr_view_of(why.data(), why.size()));
}

int parse(document &document, std::string_view text, toml_fault *ret_fault)
{
    try {
        if (text.size() > TOML_LEN_MAX)
            throw refusal{{1, 1}, "the file is too long", "1 MiB is allowed"};
        scan(text);
        const toml::parse_result result = toml::parse(text);
        if (result) {
            document.doc.root = copy_tree(document, result.table());
            return 0;
        }
        const toml::parse_error &error = result.error();
        fill_fault(ret_fault, at_of(error.source()), "this is no TOML", error.description());
    } catch (const refusal &refusal) {
        fill_fault(ret_fault, refusal.at, refusal.what, refusal.why);
    } catch (...) {
        return err_origin(ACTR_ENOMEM, "toml: no memory for the document");
    }
    return err_origin(ACTR_ECONFIG, "toml: line %u: %s", ret_fault->at.line, ret_fault->why);
}

} // namespace

int toml_parse(struct actr_view text, struct toml_doc **ret_doc, struct toml_fault *ret_fault)
{
    void *room = mem_alloc(sizeof(document));
    if (!room)
        return err_origin(ACTR_ENOMEM, "toml: no memory for a document");
    document *fresh = new (room) document{};
    arena_init(&fresh->arena, SIZE_MAX); /* TOML_LEN_MAX and TOML_VALUES_MAX bound it */
    const char *bytes = reinterpret_cast<const char *>(text.ptr);
    int r = parse(*fresh, std::string_view(bytes ? bytes : "", text.len), ret_fault);
    if (r < 0) {
        toml_free(&fresh->doc);
        return r;
    }
    *ret_doc = &fresh->doc;
    return 0;
}

struct toml_doc *toml_free(struct toml_doc *doc)
{
    if (!doc)
        return nullptr;
    document *owned = reinterpret_cast<document *>(doc);
    arena_deinit(&owned->arena);
    mem_free(owned);
    return nullptr;
}

const struct toml_node *toml_find(const struct toml_node *table, const char *key)
{
    if (table->kind != TOML_TABLE)
        return nullptr;
    for (const toml_node *node = table->children; node; node = node->next)
        if (std::strcmp(node->key, key) == 0)
            return node;
    return nullptr;
}
