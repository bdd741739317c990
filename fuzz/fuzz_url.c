// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a URL: what is accepted keeps the promises of url.h, and its views lie inside the
 * text. */
#include <assert.h>

#include "base/url.h"
#include "fuzz.h"

static void check_inside(struct actr_view part, const uint8_t *data, size_t len)
{
    if (part.len > 0)
        assert(part.ptr >= data && part.ptr + part.len <= data + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct url url;
    if (url_parse(actr_view_of(data, len), &url) < 0)
        return 0;
    assert(len <= URL_LEN_MAX);
    assert(url.host.len > 0 && url.host.len <= URL_HOST_MAX);
    assert(url.port != 0);
    assert(url.path.len == 0 || url.path.ptr[0] == '/');
    check_inside(url.host, data, len);
    check_inside(url.path, data, len);
    check_inside(url.query, data, len);
    return 0;
}
