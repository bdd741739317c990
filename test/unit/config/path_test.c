// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* path: what a path in a file becomes. */
#include "config/path.h"

#include <string.h>

#include "harness.h"

#include "base/arena.h"
#include "base/mem.h"
#include "config/source.h"

TEST(paths_become_absolute)
{
    static const struct {
        const char *dir, *home, *path, *want;
    } rows[] = {
        {"/etc", NULL, "a", "/etc/a"},
        {"/etc", NULL, "a/b/", "/etc/a/b/"},
        {"/etc", NULL, "./a", "/etc/a"},
        {"/etc", NULL, ".//./a", "/etc/a"},
        {"/etc", NULL, ".", "/etc"},
        {"/etc", NULL, "./", "/etc"},
        {"/etc", NULL, "..", "/etc/.."},
        {"/etc", NULL, "../a", "/etc/../a"},
        {"/etc", NULL, ".a", "/etc/.a"},
        {"/", NULL, "a", "/a"},
        {"/", NULL, ".", "/"},
        {"/etc", NULL, "/a/./b", "/a/./b"},
        {"/etc", "/h/me", "/a", "/a"},
        {"/etc", "/h/me", "~/a", "/h/me/a"},
        {"/etc", "/h/me", "~/", "/h/me"},
        {"/etc", "/h/me/", "~/a", "/h/me/a"},
        {"/etc", "/h/me", "~", "/etc/~"},
        {"/etc", "/h/me", "~you/a", "/etc/~you/a"},
        {"/etc", "/h/me", "a/~/b", "/etc/a/~/b"},
        {"/etc", NULL, "~/a", "/etc/~/a"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = {.dir = rows[i].dir, .home = rows[i].home};
        struct arena arena;
        const char *path = NULL;
        arena_init(&arena, 4096);
        assert_int_equal(path_resolve(&source, rows[i].path, &arena, &path), 0);
        assert_string_equal(path, rows[i].want);
        arena_deinit(&arena);
    }
}

TEST(refused)
{
    struct source source = {.dir = "/etc", .home = ""};
    struct arena arena;
    const char *path = NULL;
    static char longest[PATH_LEN_MAX + 2] = "/";
    arena_init(&arena, 65536);
    assert_int_equal(path_resolve(&source, "", &arena, &path), ACTR_EINVALID);
    assert_int_equal(path_resolve(&source, "~/a", &arena, &path), ACTR_EINVALID);
    assert_non_null(strstr(actr_errmsg(), "HOME is not set"));
    memset(longest + 1, 'a', PATH_LEN_MAX);
    assert_int_equal(path_resolve(&source, longest, &arena, &path), ACTR_EINVALID);
    longest[PATH_LEN_MAX] = '\0';
    assert_null(path);
    assert_int_equal(path_resolve(&source, longest, &arena, &path), 0);
    assert_int_equal(strlen(path), PATH_LEN_MAX);
    arena_deinit(&arena);
    mem_fail_at(1);
    assert_int_equal(path_resolve(&source, "a", &arena, &path), ACTR_ENOMEM);
}
