// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From a path to bytes that can be loaded.
 *
 * The header is looked at before the loader is: its own words for a wrong file are few, and it maps
 * what a truncated file no longer has. The copy in the cache is data like any other: it is read and
 * hashed each time, never trusted for its name.
 *
 * Any thread that may block. Never runs code of the library. */
#include "hyper/workload/dynclib/image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "sys/crypto.h"
#include "sys/file.h"
#include "sys/log.h"

#if defined(__x86_64__)
#define IMAGE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define IMAGE_MACHINE EM_AARCH64
#elif defined(__riscv)
#define IMAGE_MACHINE EM_RISCV
#else
#define IMAGE_MACHINE EM_NONE
#endif

/* Every loaded segment lies within the file. */
static int image_check_segments(const char *path, struct actr_view file, const Elf64_Ehdr *head)
{
    Elf64_Phdr segment;
    size_t table_len = (size_t)head->e_phnum * sizeof(segment);
    if (head->e_phentsize != sizeof(segment) || head->e_phnum == 0)
        return err_origin(ACTR_EINVALID, "%s: not a shared library: it has no segments", path);
    if (head->e_phoff > file.len || table_len > file.len - head->e_phoff)
        return err_origin(ACTR_EINVALID, "%s: truncated", path);
    for (size_t i = 0; i < head->e_phnum; i++) {
        memcpy(&segment, file.ptr + head->e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type == PT_LOAD &&
            (segment.p_offset > file.len || segment.p_filesz > file.len - segment.p_offset))
            return err_origin(ACTR_EINVALID, "%s: truncated", path);
    }
    return 0;
}

static int image_check(const char *path, struct actr_view file)
{
    Elf64_Ehdr head;
    if (file.len < SELFMAG || memcmp(file.ptr, ELFMAG, SELFMAG) != 0)
        return err_origin(ACTR_EINVALID, "%s: not an ELF file", path);
    if (file.len < sizeof(head))
        return err_origin(ACTR_EINVALID, "%s: truncated", path);
    memcpy(&head, file.ptr, sizeof(head));
    if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB ||
        head.e_machine != IMAGE_MACHINE)
        return err_origin(ACTR_EINVALID, "%s: for another machine (%u, this one is %u)", path,
                          head.e_machine, IMAGE_MACHINE);
    if (head.e_type != ET_DYN)
        return err_origin(ACTR_EINVALID, "%s: not a shared library (type %u)", path, head.e_type);
    return image_check_segments(path, file, &head);
}

static int image_hash(struct actr_view file, char ret_hash[IMAGE_HASH_SIZE])
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    int r = crypto_sha256(file, digest);
    if (r == 0)
        text_hex_encode(digest, sizeof(digest), ret_hash);
    return r;
}

/* The copy by the name of `hash`, when it is what its name says. */
static bool image_find_copy(const struct image_source *source, const char *copy, const char *hash,
                            struct actr_bytes *ret_file)
{
    char found[IMAGE_HASH_SIZE];
    struct actr_bytes file;
    if (file_read(copy, IMAGE_LEN_MAX, &file) < 0)
        return false;
    if (image_hash(actr_bytes_view(file), found) == 0 && strcmp(found, hash) == 0) {
        *ret_file = file;
        return true;
    }
    actr_bytes_unref(file);
    log_warn(source->log, "dynclib.cache_tampered", "file=%s found=%s", copy, found);
    return false;
}

static int image_cache_path(const struct image_source *source, const char *hash, char *ret_path,
                            size_t cap)
{
    if (mkdir(source->cache_dir, 0700) < 0 && errno != EEXIST)
        return err_origin(ACTR_EIO, "%s: cannot make the folder: %s", source->cache_dir,
                          strerror(errno));
    struct stat status;
    if (stat(source->cache_dir, &status) < 0 || !S_ISDIR(status.st_mode))
        return err_origin(ACTR_EIO, "%s: not a folder", source->cache_dir);
    if ((status.st_mode & 0777) != 0700 && chmod(source->cache_dir, 0700) < 0)
        return err_origin(ACTR_EIO, "%s: cannot be made private: %s", source->cache_dir,
                          strerror(errno));
    if (snprintf(ret_path, cap, "%s/%s.so", source->cache_dir, hash) >= (int)cap)
        return err_origin(ACTR_EINVALID, "%s: too long", source->cache_dir);
    return 0;
}

/* With the file read: leaves a good copy behind. */
static int image_keep_copy(const struct image_source *source, const char *hash,
                           struct actr_bytes file)
{
    char copy[PATH_MAX];
    struct actr_bytes there;
    int r = image_cache_path(source, hash, copy, sizeof(copy));
    if (r < 0)
        return r;
    if (image_find_copy(source, copy, hash, &there)) {
        actr_bytes_unref(there);
        return 0;
    }
    return file_write(copy, actr_bytes_view(file), 0600);
}

/* With the file gone. */
static int image_take_copy(const struct image_source *source, int error,
                           struct actr_bytes *ret_file)
{
    char copy[PATH_MAX];
    if (error != ACTR_ENOTFOUND || !source->sha256 || !source->cache_dir)
        return error;
    int r = image_cache_path(source, source->sha256, copy, sizeof(copy));
    if (r < 0)
        return r;
    if (image_find_copy(source, copy, source->sha256, ret_file))
        return 0;
    unlink(copy); /* nothing, or not what its name says */
    return err_origin(ACTR_ENOTFOUND, "%s: no such file", source->path);
}

static int image_seal(const char *path, struct actr_view file, int *ret_fd)
{
    int fd = memfd_create("actr-dynclib", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t done = 0;
    while (fd >= 0 && done < file.len) {
        ssize_t put = write(fd, file.ptr + done, file.len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    if (fd >= 0 && done == file.len &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        *ret_fd = fd;
        return 0;
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    return err_origin(ACTR_EIO, "%s: cannot hold it in memory: %s", path, strerror(error));
}

int image_open(const struct image_source *source, int *ret_fd, char ret_hash[IMAGE_HASH_SIZE])
{
    AUTO_BYTES struct actr_bytes file = {0};
    int r = file_read(source->path, IMAGE_LEN_MAX, &file);
    if (r < 0)
        r = image_take_copy(source, r, &file);
    if (r == 0)
        r = image_check(source->path, actr_bytes_view(file));
    if (r == 0)
        r = image_hash(actr_bytes_view(file), ret_hash);
    if (r == 0 && source->sha256 && strcmp(source->sha256, ret_hash) != 0)
        r = err_origin(ACTR_EINVALID, "%s: its SHA-256 is %s, not %s", source->path, ret_hash,
                       source->sha256);
    if (r == 0 && source->cache_dir)
        r = image_keep_copy(source, ret_hash, file);
    return r < 0 ? r : image_seal(source->path, actr_bytes_view(file), ret_fd);
}
