// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How messages and dead letters are shown: as JSON, complete, and as text for a terminal, which
 * what a peer sent must not steer.
 *
 * The main thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <jansson.h>

#include "mailbox/dlq.h"

struct row;

/* A list of JSON objects on a file, one a line. */
struct store_list {
    FILE *file;
    uint64_t count;
    bool has_failed;
};

/* NULL ptr, or not UTF-8: null. */
json_t *store_json_text(struct actr_view view);
/* An encoded actor id as text; null if it is none. */
json_t *store_json_id(struct actr_view encoded);
json_t *store_json_base64(struct actr_view view);
json_t *store_json_time(uint64_t wall_ms); /* 0: null */

/* Everything of a message; the envelope as it came is "envelope", base64. NULL: no memory. */
json_t *store_json_message(const struct row *row);

/* Prints one object, which it consumes; NULL: no memory. False: it could not. */
bool store_list_add(struct store_list *list, json_t *object);
/* The brackets around it, for a list that is one JSON document. */
void store_list_begin(struct store_list *list, FILE *file);
void store_list_end(struct store_list *list);

/* One JSON object on standard output; consumes it. False: it could not. */
bool store_print_json(json_t *object);

/* At most `len_max` bytes; a control character, and what is not UTF-8, becomes '?'. */
void store_print_text(struct actr_view view, size_t len_max);
/* An encoded actor id. */
void store_print_id(struct actr_view encoded);

/* Any RFC 3339 time, or a day, in the form that the rows have. False: it is none. */
bool store_parse_time(const char *text, char ret_time[DLQ_TIME_SIZE]);
