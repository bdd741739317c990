// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Who is who: realm, actor type, actor id.
 *
 * Text forms: a type is `manufacturer:name:version`, an id is `<serial, lower-case hex>@<realm,
 * decimal>/<type>`, for example `1a2b3c@101/acme:echo-service:1.0.0`. Values are plain structs,
 * copied by value; nothing allocates.
 *
 * Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ACTR_NAME_MAX 32 /* bytes of UTF-8 in a manufacturer or a type name */
#define ACTR_VERSION_MAX                                                                           \
    64 /* bytes in a version; the wire has no limit, longer ones are refused                       \
        */
#define ACTR_TYPE_STR_MAX (2 * ACTR_NAME_MAX + ACTR_VERSION_MAX + 3) /* with the NUL */
#define ACTR_ID_STR_MAX (16 + 1 + 10 + 1 + ACTR_TYPE_STR_MAX)        /* with the NUL */

struct actr_type {
    char manufacturer[ACTR_NAME_MAX + 1];
    char name[ACTR_NAME_MAX + 1];
    char version[ACTR_VERSION_MAX + 1];
};

struct actr_id {
    uint64_t serial;
    uint32_t realm;
    struct actr_type type;
};

/* Parses a type. ACTR_EINVALID (the detail names the part and the rule it breaks); *ret_type
 * untouched then. */
ACTR_API int actr_type_parse(const char *text, struct actr_type *ret_type) ACTR_MUST_CHECK;

/* Writes the text form into buf (ACTR_TYPE_STR_MAX bytes) and returns buf. */
ACTR_API const char *actr_type_format(const struct actr_type *type, char *buf);

/* True when all three parts are equal. */
ACTR_API bool actr_type_equal(const struct actr_type *a, const struct actr_type *b);

/* Parses an id; upper-case hex and leading zeros are accepted. ACTR_EINVALID; *ret_id untouched
 * then. */
ACTR_API int actr_id_parse(const char *text, struct actr_id *ret_id) ACTR_MUST_CHECK;

/* Writes the canonical text form into buf (ACTR_ID_STR_MAX bytes) and returns buf. */
ACTR_API const char *actr_id_format(const struct actr_id *id, char *buf);

/* True when realm, serial and all three parts of the type are equal. */
ACTR_API bool actr_id_equal(const struct actr_id *a, const struct actr_id *b);

/* A keyed 64-bit hash (SipHash) over all parts; for tables whose keys a peer may choose. key: 16
 * bytes. */
ACTR_API uint64_t actr_id_hash(const struct actr_id *id, const uint8_t key[16]);

/* Two destinations that are no remote actor: the process that embeds the node, and the node's own
 * workload. Usable wherever a destination id is. Static storage; also recognised after being
 * copied. */
ACTR_API const struct actr_id *actr_dest_host(void);
ACTR_API const struct actr_id *actr_dest_workload(void);

#ifdef __cplusplus
}
#endif
