// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Actor URIs: `actr://<realm>:<manufacturer>+<name>@<version>`.
 *
 * The version is what follows the last `@`; the realm ends at the first `:`, the manufacturer at
 * the first `+`. Parsing checks the shape only, as the existing system does: hand the parts to
 * id_make_type() to have a type.
 *
 * Pure; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

/* The longest text form, with the NUL. */
#define URI_STR_MAX (7 + 10 + 1 + ACTR_TYPE_STR_MAX)

/* Parts are borrowed from the text; none is empty. */
struct uri {
    struct actr_view manufacturer, name, version;
    uint32_t realm;
};

/* ACTR_EINVALID: the detail says which of scheme, authority, version, realm or type is wrong. */
int uri_parse(struct actr_view text, struct uri *ret_uri) ACTR_MUST_CHECK;

/* Writes the text form into buf (URI_STR_MAX bytes) and returns buf. */
const char *uri_format(uint32_t realm, const struct actr_type *type, char *buf);
