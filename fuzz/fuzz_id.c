// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Ids, types and URIs as text, ids encoded, and names: what is read is written and read again as
 * the same value, and no text and no bytes make a reserved destination. */
#include "base/bytes.h"
#include "fuzz.h"
#include "protocol/id.h"
#include "protocol/name.h"
#include "protocol/uri.h"

static void check_id(const struct actr_id *id)
{
    char text[ACTR_ID_STR_MAX];
    struct actr_id again;
    fuzz_check(!id_is_host(id) && !id_is_workload(id), "a reserved destination");
    fuzz_check(actr_id_parse(actr_id_format(id, text), &again) == 0, "id: not parsed again");
    fuzz_check(actr_id_equal(id, &again), "id: another");
    struct actr_bytes bytes = id_encode(id);
    fuzz_check(id_decode(actr_bytes_view(bytes), &again) == 0, "id: not decoded again");
    fuzz_check(actr_id_equal(id, &again), "id: another after decoding");
    actr_bytes_unref(bytes);
}

static void check_type(const struct actr_type *type)
{
    char text[ACTR_TYPE_STR_MAX];
    struct actr_type again;
    fuzz_check(actr_type_parse(actr_type_format(type, text), &again) == 0,
               "type: not parsed again");
    fuzz_check(actr_type_equal(type, &again), "type: another");
}

static void check_uri(const struct uri *uri)
{
    char text[URI_STR_MAX];
    struct actr_type type, type_again;
    struct uri again;
    if (id_make_type(uri->manufacturer, uri->name, uri->version, &type) != 0)
        return;
    fuzz_check(uri_parse(view_text(uri_format(uri->realm, &type, text)), &again) == 0,
               "uri: not parsed again");
    fuzz_check(again.realm == uri->realm, "uri: another realm");
    fuzz_check(id_make_type(again.manufacturer, again.name, again.version, &type_again) == 0 &&
                   actr_type_equal(&type, &type_again),
               "uri: another type");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct actr_view bytes = {data, len};
    struct actr_id id;
    struct actr_type type;
    struct uri uri;
    if (id_parse(bytes, &id) == 0)
        check_id(&id);
    if (id_decode(bytes, &id) == 0)
        check_id(&id);
    if (id_parse_type(bytes, &type) == 0)
        check_type(&type);
    if (uri_parse(bytes, &uri) == 0)
        check_uri(&uri);
    for (int kind = NAME_ACTOR; kind <= NAME_METHOD; kind++)
        (void)name_fault_text(name_check((enum name_kind)kind, bytes));
    return 0;
}
