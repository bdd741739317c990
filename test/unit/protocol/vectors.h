// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The golden lines of test/vectors/signaling.txt: a name, then words. Included by several tests. */
#pragma once

#include <string.h>

#include <actr/bytes.h>

#include "harness.h"

/* The last word of the line that begins with `name`, into buf, NUL-terminated. */
static inline void vectors_word(const char *name, char *buf, size_t cap)
{
    char *text = harness_vector("signaling.txt", NULL);
    char *line = text;
    while (line && strncmp(line, name, strlen(name)) != 0) {
        line = strchr(line, '\n');
        if (line)
            line++;
    }
    if (!line)
        fail_msg("no vector %s", name);
    line[strcspn(line, "\n")] = '\0';
    const char *word = strrchr(line, ' ');
    assert_non_null(word);
    assert_true(strlen(word + 1) < cap);
    memcpy(buf, word + 1, strlen(word + 1) + 1);
    harness_free(text);
}

/* The same as bytes: buf holds at least 512. */
static inline struct actr_view vectors_bytes(const char *name, uint8_t *buf)
{
    char hex[1025];
    vectors_word(name, hex, sizeof(hex));
    return actr_view_of(buf, harness_hex(hex, buf, 512));
}

static inline void assert_view(struct actr_view got, struct actr_view wanted)
{
    assert_int_equal(got.len, wanted.len);
    if (wanted.len)
        assert_memory_equal(got.ptr, wanted.ptr, wanted.len);
}

static inline void assert_text(struct actr_view got, const char *wanted)
{
    assert_non_null(got.ptr);
    assert_view(got, actr_view_of(wanted, strlen(wanted)));
}

/* Consumes `bytes`. */
static inline void assert_bytes(struct actr_bytes bytes, struct actr_view wanted)
{
    assert_false(actr_bytes_failed(bytes));
    assert_view(actr_bytes_view(bytes), wanted);
    actr_bytes_unref(bytes);
}
