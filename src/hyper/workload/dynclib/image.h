// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Image: a library file that has been read, checked and hashed, in memory that nobody can write to;
 * and the same, loaded.
 *
 * What is loaded is a sealed descriptor made of the very bytes that were hashed, so that a file
 * that changes afterwards changes nothing. Each image is loaded by itself: two of one file share no
 * variables. Blocks: not on the loop. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/dynclib.h>

/* Larger libraries are refused. */
#define IMAGE_LEN_MAX ((size_t)64 << 20)
#define IMAGE_HASH_SIZE 65 /* SHA-256 in hex, with the NUL */

struct log;

struct image_source {
    const char *path;      /* in the texts of errors, too */
    const char *sha256;    /* lower-case hex; NULL: whatever it is */
    const char *cache_dir; /* NULL: none; else made, 0700, and holds a copy named by its hash */
    const struct log *log; /* of what is wrong with the copy */
};

/* Reads and checks: an ELF shared library for this machine, whole, with the hash that is wanted.
 * With a hash and a folder, the copy there serves when the file is gone; a copy that does not have
 * its hash is replaced, or removed when nothing better is there. *ret_fd is sealed and the
 * caller's. ACTR_ENOTFOUND, ACTR_EINVALID (not such a library, or another hash), ACTR_EIO,
 * ACTR_ENOMEM. */
int image_open(const struct image_source *source, int *ret_fd,
               char ret_hash[IMAGE_HASH_SIZE]) ACTR_MUST_CHECK;

/* A loaded image. */
struct image {
    void *handle;
    int32_t (*init)(const struct actr_host_vtable *host, const uint8_t *init, size_t init_len);
    int32_t (*handle_entry)(const uint8_t *request, size_t request_len, uint8_t **ret_response,
                            size_t *ret_response_len);
    void (*free_response)(uint8_t *ptr, size_t len);
    int32_t (*shutdown)(void);
};

/* Loads the descriptor; its constructors run. `name` is for texts. ACTR_EINVALID: not loadable, a
 * function is missing, or made for another ABI (actr_abi_info). */
int image_load(int fd, const char *name, struct image *ret_image) ACTR_MUST_CHECK;
void image_unload(struct image *image);
