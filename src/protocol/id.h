// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Actor ids inside the library: the public functions of <actr/id.h>, the reserved destinations, and
 * the encoded form of an id that travels alone (header X-Actr-Source-ID).
 *
 * Pure; any thread. */
#pragma once

#include <stdbool.h>

#include <actr/bytes.h>
#include <actr/id.h>

/* The two reserved destinations have realm 0 and an empty type, which no text form and no bytes of
 * a peer can name: parsing and decoding refuse empty names. */
bool id_is_host(const struct actr_id *id);
bool id_is_workload(const struct actr_id *id);

/* Parse from text that is not NUL-terminated. ACTR_EINVALID as for actr_type_parse() and
 * actr_id_parse(). */
int id_parse_type(struct actr_view text, struct actr_type *ret_type) ACTR_MUST_CHECK;
int id_parse(struct actr_view text, struct actr_id *ret_id) ACTR_MUST_CHECK;

/* Checks three parts that came apart (decoded messages, URIs, configuration) and joins them.
 * ACTR_EINVALID: the detail names the part and the rule it breaks. */
int id_make_type(struct actr_view manufacturer, struct actr_view name, struct actr_view version,
                 struct actr_type *ret_type) ACTR_MUST_CHECK;

/* actr.ActrId alone. ACTR_EDECODE: not an ActrId, or one whose names break the rules (name.h);
 * ACTR_ENOMEM. The encoder returns a failed value when memory has run out. */
int id_decode(struct actr_view bytes, struct actr_id *ret_id) ACTR_MUST_CHECK;
struct actr_bytes id_encode(const struct actr_id *id);
