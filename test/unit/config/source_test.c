// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* source: a file on the disk, its folder, and what is wrong with it. */
#include "config/source.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "config/report.h"
#include "config/toml.h"

/* A fresh folder with one file; the test's working directory. */
static char folder[PATH_MAX];

static void folder_begin(void)
{
    char name[] = "/tmp/actr-source-XXXXXX";
    assert_non_null(mkdtemp(name));
    assert_non_null(realpath(name, folder));
    assert_int_equal(chdir(folder), 0);
    FILE *file = fopen("f.toml", "w");
    assert_non_null(file);
    fputs("a = 1\n", file);
    fclose(file);
}

static void folder_end(void)
{
    assert_int_equal(unlink("f.toml"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
}

TEST(the_folder_is_absolute_however_the_file_is_named)
{
    char absolute[PATH_MAX + 8], roundabout[PATH_MAX + 16];
    folder_begin();
    snprintf(absolute, sizeof(absolute), "%s/f.toml", folder);
    snprintf(roundabout, sizeof(roundabout), "..//.%s/f.toml", strrchr(folder, '/'));
    const char *const names[] = {"f.toml", "./f.toml", absolute, roundabout};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct source_file file = {0};
        assert_int_equal(source_load(names[i], &file), 0);
        assert_string_equal(file.source.dir, folder);
        assert_ptr_equal(file.source.name, names[i]);
        assert_null(file.source.home);
        assert_true(view_equal(file.source.text, view_text("a = 1\n")));
        source_file_deinit(&file);
    }
    folder_end();
}

TEST(files_that_cannot_be_read)
{
    struct source_file file = {0};
    folder_begin();
    assert_int_equal(source_load("g.toml", &file), ACTR_ENOTFOUND);
    assert_int_equal(source_load(folder, &file), ACTR_EINVALID);
    FILE *large = fopen("f.toml", "w");
    assert_non_null(large);
    assert_int_equal(ftruncate(fileno(large), (off_t)TOML_LEN_MAX + 1), 0);
    fclose(large);
    assert_int_equal(source_load("f.toml", &file), ACTR_EINVALID);
    folder_end();
    source_file_deinit(&file);
}

TEST(documents)
{
    struct source source = {.text = view_text("a = 1\n"), .name = "f", .dir = "/"};
    struct report report = {0};
    struct toml_doc *doc = NULL;
    assert_int_equal(source_parse(&source, &report, &doc), 0);
    assert_int_equal(report.count, 0);
    assert_int_equal(toml_find(doc->root, "a")->integer, 1);
    doc = toml_free(doc);

    source.text = view_text("a = 1\na = 2\n");
    assert_int_equal(source_parse(&source, &report, &doc), ACTR_ECONFIG);
    assert_null(doc);
    assert_memory_equal(report.entries[0].text, "f:2:5: this is no TOML; ", 24);
    assert_string_equal(actr_errmsg(), report.entries[0].text);
    report_deinit(&report);
}

TEST(out_of_memory)
{
    struct source_file file = {0};
    int r = ACTR_ENOMEM;
    folder_begin();
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        mem_fail_at(n);
        r = source_load("f.toml", &file);
        mem_fail_at(0);
    }
    assert_int_equal(r, 0);
    source_file_deinit(&file);
    folder_end();
}
