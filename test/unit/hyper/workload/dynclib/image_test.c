// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Library files: which are refused, with which words, and what is made of a copy in the cache. */
#include "hyper/workload/dynclib/image.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/file.h"

#define HASH_OF_NOTHING "0000000000000000000000000000000000000000000000000000000000000000"

static char folder[64], file[128], cache[128];

static void folder_make(void)
{
    snprintf(folder, sizeof(folder), "/tmp/actr-image-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/library.so", folder);
    snprintf(cache, sizeof(cache), "%s/cache", folder);
}

static void folder_remove(const char *hash)
{
    char copy[256];
    snprintf(copy, sizeof(copy), "%s/%s.so", cache, hash);
    unlink(copy);
    unlink(file);
    rmdir(cache);
    assert_int_equal(rmdir(folder), 0);
}

static struct actr_bytes good_library(void)
{
    char path[512];
    struct actr_bytes content;
    snprintf(path, sizeof(path), "%s/good_guest.so", getenv("ACTR_TEST_LIBRARIES"));
    assert_int_equal(file_read(path, IMAGE_LEN_MAX, &content), 0);
    return content;
}

static void write_to(const char *path, const void *data, size_t len)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, len, out), len);
    fclose(out);
}

/* The first `len` bytes of a good library, with those at `offset` changed. */
static void assert_refused(size_t len, size_t offset, const void *bytes, size_t bytes_len,
                           const char *why)
{
    char hash[IMAGE_HASH_SIZE], wanted[256];
    int fd;
    struct actr_bytes content = good_library();
    uint8_t *copy = malloc(content.len);
    assert_non_null(copy);
    memcpy(copy, content.ptr, content.len);
    if (bytes_len)
        memcpy(copy + offset, bytes, bytes_len);
    write_to(file, copy, len ? len : content.len);
    free(copy);
    actr_bytes_unref(content);
    struct image_source source = {.path = file};
    assert_int_equal(image_open(&source, &fd, hash), ACTR_EINVALID);
    snprintf(wanted, sizeof(wanted), "%s: %s", file, why);
    assert_string_equal(actr_errmsg(), wanted);
}

TEST(files_that_are_no_library_are_refused)
{
    const uint8_t zero[8] = {0};
    const uint16_t executable = ET_EXEC, no_segments = 0;
    folder_make();
    assert_refused(0, 0, "#!/bin/sh", 9, "not an ELF file");
    assert_refused(3, 0, zero, 0, "not an ELF file");
    assert_refused(40, 0, zero, 0, "truncated");
    assert_refused(100, 0, zero, 0, "truncated");
    assert_refused(9000, 0, zero, 0, "truncated");
    assert_refused(0, offsetof(Elf64_Ehdr, e_type), &executable, 2,
                   "not a shared library (type 2)");
    assert_refused(0, offsetof(Elf64_Ehdr, e_phnum), &no_segments, 2,
                   "not a shared library: it has no segments");
    folder_remove("");
}

TEST(a_library_for_another_machine_is_refused)
{
    const uint16_t sparc = EM_SPARCV9;
    char why[64];
    Elf64_Ehdr head;
    struct actr_bytes content = good_library();
    memcpy(&head, content.ptr, sizeof(head));
    actr_bytes_unref(content);
    snprintf(why, sizeof(why), "for another machine (%u, this one is %u)", sparc, head.e_machine);
    folder_make();
    assert_refused(0, offsetof(Elf64_Ehdr, e_machine), &sparc, sizeof(sparc), why);
    folder_remove("");
}

static int open_and_close(const struct image_source *source, char hash[IMAGE_HASH_SIZE])
{
    int fd = -1;
    int r = image_open(source, &fd, hash);
    if (r == 0) {
        assert_int_equal(write(fd, "x", 1), -1); /* sealed */
        close(fd);
    }
    return r;
}

TEST(a_copy_is_kept_private_and_serves_when_the_file_is_gone)
{
    char hash[IMAGE_HASH_SIZE], again[IMAGE_HASH_SIZE];
    struct stat status;
    folder_make();
    struct actr_bytes content = good_library();
    write_to(file, content.ptr, content.len);
    struct image_source source = {.path = file, .cache_dir = cache};
    assert_int_equal(mkdir(cache, 0755), 0);
    assert_int_equal(open_and_close(&source, hash), 0);
    assert_int_equal(stat(cache, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(open_and_close(&source, again), ACTR_ENOTFOUND); /* no hash to look for */
    source.sha256 = hash;
    assert_int_equal(open_and_close(&source, again), 0);
    assert_string_equal(again, hash);
    source.sha256 = HASH_OF_NOTHING;
    assert_int_equal(open_and_close(&source, again), ACTR_ENOTFOUND);
    actr_bytes_unref(content);
    folder_remove(hash);
}

TEST(a_copy_that_somebody_changed_is_written_anew_or_removed)
{
    char hash[IMAGE_HASH_SIZE], again[IMAGE_HASH_SIZE], copy[256];
    struct actr_bytes found;
    folder_make();
    struct actr_bytes content = good_library();
    write_to(file, content.ptr, content.len);
    struct image_source source = {.path = file, .cache_dir = cache};
    assert_int_equal(open_and_close(&source, hash), 0);
    snprintf(copy, sizeof(copy), "%s/%s.so", cache, hash);

    write_to(copy, "evil", 4);
    assert_int_equal(open_and_close(&source, again), 0);
    assert_int_equal(file_read(copy, IMAGE_LEN_MAX, &found), 0);
    assert_true(view_equal(actr_bytes_view(found), actr_bytes_view(content)));
    actr_bytes_unref(found);

    /* With nothing better to take its place it is not loaded. */
    write_to(copy, "evil", 4);
    assert_int_equal(unlink(file), 0);
    source.sha256 = hash;
    assert_int_equal(open_and_close(&source, again), ACTR_ENOTFOUND);
    assert_int_equal(access(copy, F_OK), -1);
    actr_bytes_unref(content);
    folder_remove(hash);
}
