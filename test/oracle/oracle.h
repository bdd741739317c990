// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The two codecs that are written by hand, held against protobuf-c. Used by unit tests and fuzzers.
 *
 * Both ways are compared: the same bytes are accepted, the same fields come out, and these are
 * encoded to the same bytes. */
#pragma once

#include <actr/bytes.h>

/* NULL when they agree on `bytes`; else what they disagree about (static text). */
const char *oracle_envelope(struct actr_view bytes);
const char *oracle_chunk(struct actr_view bytes);
