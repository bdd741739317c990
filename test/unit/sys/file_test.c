// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include <dirent.h>
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

static unsigned folder_count(const struct folder *folder)
{
    unsigned count = 0;
    DIR *dir = opendir(folder->path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void folder_remove(struct folder *folder)
{
    unlink(folder->file);
    assert_int_equal(rmdir(folder->path), 0);
}

TEST(what_was_written_is_read)
{
    struct folder folder;
    struct stat status;
    AUTO_BYTES struct actr_bytes content = {0}, empty = {0};
    folder_make(&folder);
    mode_t umask_before = umask(077);
    assert_int_equal(file_write(folder.file, view_text("old"), 0644), 0);
    assert_int_equal(file_write(folder.file, view_text("hello"), 0644), 0);
    umask(umask_before);
    assert_int_equal(folder_count(&folder), 1);
    assert_int_equal(stat(folder.file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);

    assert_int_equal(file_read(folder.file, 5, &content), 0);
    assert_true(view_equal(actr_bytes_view(content), view_text("hello")));
    assert_int_equal(content.ptr[5], '\0');

    assert_int_equal(file_write(folder.file, actr_view_of(NULL, 0), 0600), 0);
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

    assert_int_equal(file_write(folder.file, view_text("hello"), 0600), 0);
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

TEST(what_cannot_be_written_leaves_the_old)
{
    struct folder folder;
    char inside[128];
    folder_make(&folder);
    snprintf(inside, sizeof(inside), "%s/none/b.txt", folder.path);
    assert_int_equal(file_write(inside, view_text("x"), 0600), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), inside));

    /* A folder cannot be replaced by a file: the rename fails, and the new file goes. */
    assert_int_equal(mkdir(folder.file, 0700), 0);
    assert_int_equal(file_write(folder.file, view_text("x"), 0600), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "cannot replace"));
    assert_int_equal(folder_count(&folder), 1);
    assert_int_equal(rmdir(folder.file), 0);

    char *long_path = mem_alloc(8000);
    assert_non_null(long_path);
    memset(long_path, 'a', 7999);
    assert_int_equal(file_write(long_path, view_text("x"), 0600), ACTR_EIO);
    mem_free(long_path);
    folder_remove(&folder);
}

TEST(a_relative_path_is_synced_too)
{
    struct folder folder;
    char before[4096];
    AUTO_BYTES struct actr_bytes content = {0};
    folder_make(&folder);
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder.path), 0);
    assert_int_equal(file_write("a.txt", view_text("x"), 0600), 0);
    assert_int_equal(file_read("a.txt", 1, &content), 0);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(content.len, 1);
    folder_remove(&folder);
}

TEST(out_of_memory_is_an_error)
{
    struct folder folder;
    struct actr_bytes content = {0};
    folder_make(&folder);
    assert_int_equal(file_write(folder.file, view_text("hello"), 0600), 0);
    mem_fail_at(1);
    assert_int_equal(file_read(folder.file, 5, &content), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(content.ptr);
    folder_remove(&folder);
}
