// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Actor URIs: the only place where a type is written with `+`.
 *
 * Faults are looked for in the order scheme, authority, version, realm, type, so that the first
 * thing wrong is the one named.
 *
 * Pure; any thread. Never allocates. */
#include "protocol/uri.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

static const char uri_scheme[] = "actr://";

/* The part before and after the byte at `at`. */
static void uri_split(struct actr_view text, const uint8_t *at, struct actr_view *ret_before,
                      struct actr_view *ret_after)
{
    size_t len = (size_t)(at - text.ptr);
    *ret_before = (struct actr_view){text.ptr, len};
    *ret_after = (struct actr_view){at + 1, text.len - len - 1};
}

int uri_parse(struct actr_view text, struct uri *ret_uri)
{
    const size_t scheme_len = sizeof(uri_scheme) - 1;
    struct actr_view authority, realm, type;
    struct uri uri;

    if (text.len < scheme_len || memcmp(text.ptr, uri_scheme, scheme_len) != 0)
        return err_origin(ACTR_EINVALID, "the scheme of the URI is not actr://");
    authority = (struct actr_view){text.ptr + scheme_len, text.len - scheme_len};
    if (authority.len == 0)
        return err_origin(ACTR_EINVALID, "the URI has no authority");
    const uint8_t *mark = memrchr(authority.ptr, '@', authority.len);
    if (!mark)
        return err_origin(ACTR_EINVALID, "the URI has no version");
    uri_split(authority, mark, &authority, &uri.version);
    if (uri.version.len == 0)
        return err_origin(ACTR_EINVALID, "the URI has no version");
    mark = memchr(authority.ptr, ':', authority.len);
    if (!mark)
        return err_origin(ACTR_EINVALID, "the authority of the URI is not realm:manufacturer+name");
    uri_split(authority, mark, &realm, &type);
    if (!text_u32(realm, &uri.realm))
        return err_origin(ACTR_EINVALID, "the realm of the URI is not a 32-bit number");
    mark = memchr(type.ptr, '+', type.len);
    if (!mark)
        return err_origin(ACTR_EINVALID, "the authority of the URI is not realm:manufacturer+name");
    uri_split(type, mark, &uri.manufacturer, &uri.name);
    if (uri.manufacturer.len == 0 || uri.name.len == 0)
        return err_origin(ACTR_EINVALID, "the authority of the URI is not realm:manufacturer+name");
    *ret_uri = uri;
    return 0;
}

const char *uri_format(uint32_t realm, const struct actr_type *type, char *buf)
{
    struct text text;
    text_init(&text, buf, URI_STR_MAX);
    text_printf(&text, "%s%lu:%s+%s@%s", uri_scheme, (unsigned long)realm, type->manufacturer,
                type->name, type->version);
    return buf;
}
