// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Types and ids: text forms, equality, hash, the reserved destinations.
 *
 * Every type made here obeys the rules of name.h, so `:`, `@` and `/` occur in text forms only
 * where they separate, and a text form parses back to the same value. The version is free but for
 * `:`, control characters (the text form goes into logs and into signed lines) and ill-formed
 * UTF-8.
 *
 * Pure; any thread. Never allocates. */
#include "protocol/id.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "protocol/name.h"

static const struct actr_id id_host = {.serial = 1};
static const struct actr_id id_workload = {.serial = 2};

const struct actr_id *actr_dest_host(void)
{
    return &id_host;
}

const struct actr_id *actr_dest_workload(void)
{
    return &id_workload;
}

bool id_is_host(const struct actr_id *id)
{
    return actr_id_equal(id, &id_host);
}

bool id_is_workload(const struct actr_id *id)
{
    return actr_id_equal(id, &id_workload);
}

/* NULL when good. */
static const char *id_version_fault(struct actr_view version)
{
    if (version.len == 0)
        return "is empty";
    if (version.len > ACTR_VERSION_MAX)
        return "is too long";
    for (size_t i = 0; i < version.len; i++) {
        if (version.ptr[i] < 0x20 || version.ptr[i] == 0x7f || version.ptr[i] == ':')
            return "has a character that is not allowed";
    }
    return text_is_utf8(version) ? NULL : "is not UTF-8";
}

/* The part has been checked: it fits and has no NUL inside. */
static void id_put(char *buf, struct actr_view part)
{
    memcpy(buf, part.ptr, part.len);
    buf[part.len] = '\0';
}

int id_make_type(struct actr_view manufacturer, struct actr_view name, struct actr_view version,
                 struct actr_type *ret_type)
{
    enum name_fault fault = name_check(NAME_ACTOR, manufacturer);
    if (fault != NAME_GOOD)
        return err_origin(ACTR_EINVALID, "manufacturer %s", name_fault_text(fault));
    fault = name_check(NAME_ACTOR, name);
    if (fault != NAME_GOOD)
        return err_origin(ACTR_EINVALID, "type name %s", name_fault_text(fault));
    const char *version_fault = id_version_fault(version);
    if (version_fault)
        return err_origin(ACTR_EINVALID, "version %s", version_fault);
    memset(ret_type, 0, sizeof(*ret_type));
    id_put(ret_type->manufacturer, manufacturer);
    id_put(ret_type->name, name);
    id_put(ret_type->version, version);
    return 0;
}

/* Cuts text at the first `mark`: what is before it, and in *text what is after it. */
static bool id_cut(struct actr_view *text, char mark, struct actr_view *ret_before)
{
    const uint8_t *found = text->len ? memchr(text->ptr, mark, text->len) : NULL;
    if (!found)
        return false;
    *ret_before = (struct actr_view){text->ptr, (size_t)(found - text->ptr)};
    *text = (struct actr_view){found + 1, text->len - ret_before->len - 1};
    return true;
}

int id_parse_type(struct actr_view text, struct actr_type *ret_type)
{
    struct actr_view manufacturer, name;
    if (!id_cut(&text, ':', &manufacturer) || !id_cut(&text, ':', &name) ||
        (text.len && memchr(text.ptr, ':', text.len)))
        return err_origin(ACTR_EINVALID, "a type is manufacturer:name:version");
    return id_make_type(manufacturer, name, text, ret_type);
}

int id_parse(struct actr_view text, struct actr_id *ret_id)
{
    struct actr_view serial, realm;
    struct actr_id id;
    if (!id_cut(&text, '@', &serial) || !id_cut(&text, '/', &realm))
        return err_origin(ACTR_EINVALID, "an id is serial@realm/type");
    if (!text_hex_u64(serial, &id.serial))
        return err_origin(ACTR_EINVALID, "the serial number is not a 64-bit hex number");
    if (!text_u32(realm, &id.realm))
        return err_origin(ACTR_EINVALID, "the realm is not a 32-bit number");
    int r = id_parse_type(text, &id.type);
    if (r < 0)
        return r;
    *ret_id = id;
    return 0;
}

int actr_type_parse(const char *text, struct actr_type *ret_type)
{
    return id_parse_type(view_text(text), ret_type);
}

int actr_id_parse(const char *text, struct actr_id *ret_id)
{
    return id_parse(view_text(text), ret_id);
}

const char *actr_type_format(const struct actr_type *type, char *buf)
{
    struct text text;
    text_init(&text, buf, ACTR_TYPE_STR_MAX);
    text_printf(&text, "%s:%s:%s", type->manufacturer, type->name, type->version);
    return buf;
}

const char *actr_id_format(const struct actr_id *id, char *buf)
{
    struct text text;
    text_init(&text, buf, ACTR_ID_STR_MAX);
    text_printf(&text, "%llx@%lu/%s:%s:%s", (unsigned long long)id->serial,
                (unsigned long)id->realm, id->type.manufacturer, id->type.name, id->type.version);
    return buf;
}

bool actr_type_equal(const struct actr_type *a, const struct actr_type *b)
{
    return strcmp(a->manufacturer, b->manufacturer) == 0 && strcmp(a->name, b->name) == 0 &&
           strcmp(a->version, b->version) == 0;
}

bool actr_id_equal(const struct actr_id *a, const struct actr_id *b)
{
    return a->serial == b->serial && a->realm == b->realm && actr_type_equal(&a->type, &b->type);
}

static size_t id_hash_put(uint8_t *buf, size_t len, const char *part)
{
    size_t part_len = strlen(part) + 1; /* with the NUL, so that parts cannot run together */
    memcpy(buf + len, part, part_len);
    return len + part_len;
}

uint64_t actr_id_hash(const struct actr_id *id, const uint8_t key[16])
{
    uint8_t buf[sizeof(id->serial) + sizeof(id->realm) + sizeof(id->type)];
    struct hash_key hash_key;
    size_t len = sizeof(id->serial) + sizeof(id->realm);

    memcpy(hash_key.bytes, key, sizeof(hash_key.bytes));
    memcpy(buf, &id->serial, sizeof(id->serial));
    memcpy(buf + sizeof(id->serial), &id->realm, sizeof(id->realm));
    len = id_hash_put(buf, len, id->type.manufacturer);
    len = id_hash_put(buf, len, id->type.name);
    len = id_hash_put(buf, len, id->type.version);
    return hash_bytes(&hash_key, buf, len);
}
