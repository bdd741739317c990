// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Small files, read and written whole. Blocks: not on the loop, but at start and stop. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include <actr/bytes.h>

/* The whole file, of at most `len_max` bytes; a NUL that is not counted follows the last byte.
 * ACTR_ENOTFOUND: there is no such file. ACTR_EINVALID: larger than len_max, or no regular file.
 * ACTR_EIO, ACTR_ENOMEM. The detail names the path and the cause. */
int file_read(const char *path, size_t len_max, struct actr_bytes *ret_content) ACTR_MUST_CHECK;

/* Replaces the file in one step: who opens it finds the old content or all of the new, also after a
 * crash. `mode` is what it gets, whatever the umask. ACTR_EIO, with the old file untouched. */
int file_write(const char *path, struct actr_view content, mode_t mode) ACTR_MUST_CHECK;
