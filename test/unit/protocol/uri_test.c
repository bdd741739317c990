// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Actor URIs. */
#include "protocol/uri.h"

#include <string.h>

#include "base/bytes.h"
#include "protocol/id.h"
#include "protocol/vectors.h"

TEST(uri_parts)
{
    struct uri uri;
    assert_int_equal(uri_parse(view_text("actr://101:acme+echo-service@1.0.0"), &uri), 0);
    assert_int_equal(uri.realm, 101);
    assert_text(uri.manufacturer, "acme");
    assert_text(uri.name, "echo-service");
    assert_text(uri.version, "1.0.0");
}

TEST(uri_which_mark_splits)
{
    struct uri uri;
    /* the last @, the first :, the first + */
    assert_int_equal(uri_parse(view_text("actr://7:a@b:c+d+e:f@1@2"), &uri), 0);
    assert_int_equal(uri.realm, 7);
    assert_text(uri.manufacturer, "a@b:c");
    assert_text(uri.name, "d+e:f@1");
    assert_text(uri.version, "2");
}

TEST(uri_names_are_not_checked)
{
    struct uri uri;
    struct actr_type type;
    assert_int_equal(uri_parse(view_text("actr://7:1 2+-@ "), &uri), 0);
    assert_int_equal(id_make_type(uri.manufacturer, uri.name, uri.version, &type), ACTR_EINVALID);
}

TEST(uri_format_round_trip)
{
    static const char text[] = "actr://4294967295:acme+echo-service@1.0.0";
    char buf[URI_STR_MAX];
    struct uri uri;
    struct actr_type type;
    assert_int_equal(uri_parse(view_text(text), &uri), 0);
    assert_int_equal(id_make_type(uri.manufacturer, uri.name, uri.version, &type), 0);
    assert_ptr_equal(uri_format(uri.realm, &type, buf), buf);
    assert_string_equal(buf, text);
}

TEST(uri_longest)
{
    char buf[URI_STR_MAX];
    struct actr_type type = {0};
    memset(type.manufacturer, 'm', ACTR_NAME_MAX);
    memset(type.name, 'n', ACTR_NAME_MAX);
    memset(type.version, 'v', ACTR_VERSION_MAX);
    assert_int_equal(strlen(uri_format(UINT32_MAX, &type, buf)), URI_STR_MAX - 1);
    assert_int_equal(buf[URI_STR_MAX - 2], 'v');
}

TEST(uri_malformed)
{
    static const char shape[] = "the authority of the URI is not realm:manufacturer+name";
    static const struct {
        const char *text, *detail;
    } cases[] = {
        {"", "the scheme of the URI is not actr://"},
        {"actr:/", "the scheme of the URI is not actr://"},
        {"http://101:acme+echo@1", "the scheme of the URI is not actr://"},
        {"ACTR://101:acme+echo@1", "the scheme of the URI is not actr://"},
        {"actr://", "the URI has no authority"},
        {"actr://101:acme+echo", "the URI has no version"},
        {"actr://101:acme+echo@", "the URI has no version"},
        {"actr://@1", shape},
        {"actr://acme+echo@1", shape},
        {"actr://101:echo@1", shape},
        {"actr://101:@1", shape},
        {"actr://101:+echo@1", shape},
        {"actr://101:acme+@1", shape},
        {"actr://:acme+echo@1", "the realm of the URI is not a 32-bit number"},
        {"actr://x:acme+echo@1", "the realm of the URI is not a 32-bit number"},
        {"actr://4294967296:acme+echo@1", "the realm of the URI is not a 32-bit number"},
        {"actr://-1:acme+echo@1", "the realm of the URI is not a 32-bit number"},
    };
    struct uri uri = {.realm = 5}, untouched = uri;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(uri_parse(view_text(cases[i].text), &uri), ACTR_EINVALID);
        assert_string_equal(actr_errmsg(), cases[i].detail);
    }
    assert_memory_equal(&uri, &untouched, sizeof(uri));
}
