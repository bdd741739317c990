// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Errors inside the library.
 *
 * A function that can fail returns an int: 0; a negative ACTR_E… code that callers pass up
 * unchanged; or a positive condition of that function, named in its header, that the direct caller
 * must handle. The detail text is set where the error is born, with err_origin(), kept for the
 * thread, and read by actr_errmsg().
 *
 * Any thread; the text belongs to the thread. */
#pragma once

#include <stddef.h>

#include <actr/error.h>

/* Longest detail kept, with the NUL; longer ones are cut. */
#define ERR_TEXT_MAX 512

/* Sets the thread's detail and returns `code`: return err_origin(ACTR_EDECODE, "chunk: no stream
 * id"); */
int err_origin(int code, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Puts "context: " in front of the thread's detail and returns `code`. */
int err_context(int code, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* The static analyzer cannot see into them: it takes the code from here. */
#ifdef __clang_analyzer__
#define err_origin(code, ...) ((void)err_origin(code, __VA_ARGS__), (code))
#define err_context(code, ...) ((void)err_context(code, __VA_ARGS__), (code))
#endif

/* The text form that travels on the wire: prefix of the code, then the detail ("not found: no such
 * file"); for ACTR_ENOTREADY `retry_after_ms=Some(N)` or `=None` (retry_after_ms < 0). The prefix
 * of ACTR_EDEPENDENCY quotes a service, "dependency 'db' not found: "; a detail that begins so goes
 * as it is, any other behind an empty name. Returns buf. Codes that are not of the wire are written
 * as "internal error: ". */
const char *err_wire_text(int code, const char *detail, long long retry_after_ms, char *buf,
                          size_t buf_len);

/* The code to send for `code`: wire codes as they are, every other as ACTR_EINTERNAL; positive wire
 * number. */
unsigned err_wire_code(int code);
