// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

/* A folder for one test. */
struct folder {
    char path[64];
    char file[96];
};

static void folder_make(struct folder *folder)
{
    strcpy(folder->path, "/tmp/actr-file-test.XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof(folder->file), "%s/a.txt", folder->path);
}

static void folder_fill(const struct folder *folder, const char *content)
{
    FILE *file = fopen(folder->file, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void folder_remove(struct folder *folder)
{
    unlink(folder->file);
    assert_int_equal(rmdir(folder->path), 0);
}

TEST(a_file_is_read_whole)
{
    struct folder folder;
    AUTO_BYTES struct actr_bytes content = {0}, empty = {0};
    folder_make(&folder);
    folder_fill(&folder, "hello");
    assert_int_equal(file_read(folder.file, 5, &content), 0);
    assert_true(view_equal(actr_bytes_view(content), view_text("hello")));
    assert_int_equal(content.ptr[5], '\0');

    folder_fill(&folder, "");
    assert_int_equal(file_read(folder.file, 0, &empty), 0);
    assert_int_equal(empty.len, 0);
    assert_int_equal(empty.ptr[0], '\0');
    folder_remove(&folder);
}

TEST(what_cannot_be_read_is_named)
{
    struct folder folder;
    struct actr_bytes content = {0};
    char expected[256];
    folder_make(&folder);

    assert_int_equal(file_read(folder.file, 10, &content), ACTR_ENOTFOUND);
    snprintf(expected, sizeof(expected), "%s: no such file", folder.file);
    assert_string_equal(actr_errmsg(), expected);

    folder_fill(&folder, "hello");
    assert_int_equal(file_read(folder.file, 4, &content), ACTR_EINVALID);
    snprintf(expected, sizeof(expected), "%s: larger than 4 bytes", folder.file);
    assert_string_equal(actr_errmsg(), expected);

    assert_int_equal(file_read(folder.path, 10, &content), ACTR_EINVALID);
    snprintf(expected, sizeof(expected), "%s: not a regular file", folder.path);
    assert_string_equal(actr_errmsg(), expected);

    unlink(folder.file);
    assert_int_equal(mkfifo(folder.file, 0600), 0);
    assert_int_equal(file_read(folder.file, 10, &content), ACTR_EINVALID); /* and does not wait */

    unlink(folder.file);
    assert_int_equal(symlink(folder.file, folder.file), 0);
    assert_int_equal(file_read(folder.file, 10, &content), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "cannot open: Too many levels of symbolic links"));
    assert_null(content.ptr);
    folder_remove(&folder);
}

TEST(out_of_memory_is_an_error)
{
    struct folder folder;
    struct actr_bytes content = {0};
    folder_make(&folder);
    folder_fill(&folder, "hello");
    mem_fail_at(1);
    assert_int_equal(file_read(folder.file, 5, &content), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(content.ptr);
    folder_remove(&folder);
}
