// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The golden lines of test/vectors/signaling.txt: a name, then words. Included by several tests. */
#pragma once

#include <string.h>

#include <actr/bytes.h>

#include "harness.h"

/* The line that begins with `name`, into buf, NUL-terminated. */
static inline void vectors_line(const char *name, char *buf, size_t cap)
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
    size_t len = strcspn(line, "\n");
    assert_true(len < cap);
    memcpy(buf, line, len);
    buf[len] = '\0';
    harness_free(text);
}

/* The last word of that line as bytes; buf holds at least 512. */
static inline struct actr_view vectors_bytes(const char *name, uint8_t *buf)
{
    char line[2048];
    vectors_line(name, line, sizeof(line));
    const char *word = strrchr(line, ' ');
    assert_non_null(word);
    return actr_view_of(buf, harness_hex(word + 1, buf, 512));
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
