// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Reading and replacing files.
 *
 * Reading trusts no size it was told: it reads until the end or one byte beyond the limit. Writing
 * goes to a new file beside the old one, which takes its place only when it is safely on disk.
 *
 * Any thread that may block. */
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"

static int file_error(const char *path, const char *doing)
{
    return err_origin(ACTR_EIO, "%s: cannot %s: %s", path, doing, strerror(errno));
}

/* Fills data[0..cap) as far as the file goes. */
static int file_read_all(int fd, uint8_t *data, size_t cap, size_t *ret_len)
{
    size_t len = 0;
    while (len < cap) {
        ssize_t got = read(fd, data + len, cap - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *ret_len = len;
    return 0;
}

static int file_read_open(int fd, const char *path, size_t len_max, struct actr_bytes *ret_content)
{
    struct stat status;
    uint8_t *data;
    size_t len;

    if (fstat(fd, &status) < 0)
        return file_error(path, "stat");
    if (!S_ISREG(status.st_mode))
        return err_origin(ACTR_EINVALID, "%s: not a regular file", path);
    if ((uintmax_t)status.st_size > len_max)
        return err_origin(ACTR_EINVALID, "%s: larger than %zu bytes", path, len_max);
    /* One byte more than is expected: to see that the file has not grown, and for the NUL. */
    size_t cap = (size_t)status.st_size + 1;
    AUTO_BYTES struct actr_bytes content = bytes_new(cap, &data);
    if (!data)
        return err_origin(ACTR_ENOMEM, "%s: no memory for %zu bytes", path, cap);
    if (file_read_all(fd, data, cap, &len) < 0)
        return file_error(path, "read");
    if (len == cap)
        return err_origin(ACTR_EIO, "%s: changed while it was read", path);
    data[len] = '\0';
    bytes_truncate(&content, len);
    *ret_content = bytes_take(&content);
    return 0;
}

int file_read(const char *path, size_t len_max, struct actr_bytes *ret_content)
{
    /* Not to wait at a pipe that nobody writes to; a regular file is read as ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return err_origin(ACTR_ENOTFOUND, "%s: no such file", path);
    if (fd < 0)
        return file_error(path, "open");
    int r = file_read_open(fd, path, len_max, ret_content);
    close(fd);
    return r;
}

static int file_write_all(int fd, struct actr_view content)
{
    while (content.len > 0) {
        ssize_t put = write(fd, content.ptr, content.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        content.ptr += put;
        content.len -= (size_t)put;
    }
    return 0;
}

/* The directory's entry is data too. */
static int file_sync_dir(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash ? (int)(slash - path) + 1 : 0;
    snprintf(dir, sizeof(dir), "%.*s.", len, path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int r = fsync(fd);
    close(fd);
    return r;
}

static int file_fill(int fd, struct actr_view content, mode_t mode)
{
    if (file_write_all(fd, content) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0)
        return -1;
    return 0;
}

int file_write(const char *path, struct actr_view content, mode_t mode)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >= (int)sizeof(fresh))
        return err_origin(ACTR_EIO, "file: path of %zu bytes is too long", strlen(path));
    int fd = mkostemp(fresh, O_CLOEXEC);
    if (fd < 0)
        return file_error(path, "create a file beside it");
    int r = file_fill(fd, content, mode);
    if (r < 0)
        r = file_error(path, "write");
    close(fd);
    if (r == 0 && rename(fresh, path) < 0)
        r = file_error(path, "replace");
    if (r < 0) {
        unlink(fresh);
        return r;
    }
    return file_sync_dir(path) < 0 ? file_error(path, "sync its directory") : 0;
}
