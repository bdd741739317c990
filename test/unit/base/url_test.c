// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* url: a table of what is taken apart how, and a table of what is refused why. */
#include "base/url.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

#include "base/bytes.h"

static void assert_view(struct actr_view view, const char *want)
{
    assert_int_equal(view.len, strlen(want));
    if (view.len > 0)
        assert_memory_equal(view.ptr, want, view.len);
}

TEST(parts)
{
    static const struct {
        const char *text, *host, *path, *query;
        enum url_scheme scheme;
        uint16_t port;
        bool is_secure, is_ipv6, has_port;
    } rows[] = {
        {"http://h", "h", "", "", URL_HTTP, 80, false, false, false},
        {"https://h", "h", "", "", URL_HTTPS, 443, true, false, false},
        {"ws://localhost:8081/signaling/ws", "localhost", "/signaling/ws", "", URL_WS, 8081, false,
         false, true},
        {"wss://a.b-c_d.example/x?q=1&r", "a.b-c_d.example", "/x", "q=1&r", URL_WSS, 443, true,
         false, false},
        {"http://h:/", "h", "/", "", URL_HTTP, 80, false, false, false},
        {"http://h?q", "h", "", "q", URL_HTTP, 80, false, false, false},
        {"http://h#f?no", "h", "", "", URL_HTTP, 80, false, false, false},
        {"http://h/p#f?no", "h", "/p", "", URL_HTTP, 80, false, false, false},
        {"http://h/p?q/r?s#f", "h", "/p", "q/r?s", URL_HTTP, 80, false, false, false},
        {"HTTP://Host/P", "Host", "/P", "", URL_HTTP, 80, false, false, false},
        {"http://[::1]", "::1", "", "", URL_HTTP, 80, false, true, false},
        {"https://[2001:DB8::ffff:192.0.2.1]:65535/", "2001:DB8::ffff:192.0.2.1", "/", "",
         URL_HTTPS, 65535, true, true, true},
        {"http://h:00080", "h", "", "", URL_HTTP, 80, false, false, true},
        {"http://h/a@b:c", "h", "/a@b:c", "", URL_HTTP, 80, false, false, false},
        {"stun:192.0.2.1", "192.0.2.1", "", "", URL_STUN, 3478, false, false, false},
        {"stuns:h", "h", "", "", URL_STUNS, 5349, true, false, false},
        {"turn:h:1?transport=udp", "h", "", "transport=udp", URL_TURN, 1, false, false, true},
        {"turns:[::1]:9", "::1", "", "", URL_TURNS, 9, true, true, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct url url;
        memset(&url, 0xaa, sizeof(url));
        if (url_parse(view_text(rows[i].text), &url) != 0)
            fail_msg("%s: %s", rows[i].text, actr_errmsg());
        assert_int_equal(url.scheme, rows[i].scheme);
        assert_int_equal(url.port, rows[i].port);
        assert_int_equal(url.is_secure, rows[i].is_secure);
        assert_int_equal(url.is_ipv6, rows[i].is_ipv6);
        assert_int_equal(url.has_port, rows[i].has_port);
        assert_view(url.host, rows[i].host);
        assert_view(url.path, rows[i].path);
        assert_view(url.query, rows[i].query);
    }
}

TEST(refused)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "no scheme"},
        {"localhost:8081", "not known"},
        {"localhost/x:y", "no scheme"},
        {"//h", "no scheme"},
        {"http", "no scheme"},
        {"ftp://h", "not known"},
        {"httpx://h", "not known"},
        {"htt://h", "not known"},
        {"://h", "not known"},
        {"http:h", "needs //"},
        {"http:/h", "needs //"},
        {"http:", "needs //"},
        {"stun://h", "no //"},
        {"http://", "no host"},
        {"http:///p", "no host"},
        {"http://:80", "no host"},
        {"http://?q", "no host"},
        {"stun:", "no host"},
        {"http://u@h", "password"},
        {"http://u:p@h", "password"},
        {"http://h:80@evil", "password"},
        {"http://a b", "space"},
        {"http://h/\x01", "space"},
        {"http://h/\x7f", "space"},
        {"http://b\xc3\xbc"
         "cher",
         "ASCII"},
        {"http://h*", "no host name has"},
        {"http://h%41", "no host name has"},
        {"http://[::1", "no ]"},
        {"http://[]", "no IPv6"},
        {"http://[1:2]", "no IPv6"},
        {"http://[::g]", "no IPv6"},
        {"http://[fe80::1%25eth0]", "no IPv6"},
        {"http://[::1]x", "other than a port"},
        {"http://h:0", "between 1 and 65535"},
        {"http://h:65536", "between 1 and 65535"},
        {"http://h:99999999999999999999", "between 1 and 65535"},
        {"http://h:8a", "not a number between"},
        {"http://h:+8", "not a number between"},
        {"http://h:8:9", "not a number between"},
        {"http://a:b::c", "not a number between"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct url url = {.port = 7};
        assert_int_equal(url_parse(view_text(rows[i].text), &url), ACTR_EINVALID);
        if (!strstr(actr_errmsg(), rows[i].why))
            fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].text, actr_errmsg(), rows[i].why);
        assert_int_equal(url.port, 7);
    }
}

TEST(lengths)
{
    char text[URL_LEN_MAX + 2];
    struct url url;
    memset(text, 'a', sizeof(text));
    memcpy(text, "http://h/", 9);
    assert_int_equal(url_parse(actr_view_of(text, URL_LEN_MAX), &url), 0);
    assert_int_equal(url.path.len, URL_LEN_MAX - 8);
    assert_int_equal(url_parse(actr_view_of(text, URL_LEN_MAX + 1), &url), ACTR_EINVALID);
    text[8] = 'a';
    assert_int_equal(url_parse(actr_view_of(text, 7 + URL_HOST_MAX), &url), 0);
    assert_int_equal(url_parse(actr_view_of(text, 7 + URL_HOST_MAX + 1), &url), ACTR_EINVALID);
}

/* A NUL is a byte like any other that no URL has. */
TEST(an_ipv6_address_has_a_length)
{
    struct url url;
    char text[128] = "ws://[0000:0000:0000:0000:0000:ffff:255.255.255.255]/";
    assert_int_equal(url_parse(view_text(text), &url), 0);
    assert_int_equal(url.host.len, 45);
    assert_int_equal(
        url_parse(view_text("ws://[00000:0000:0000:0000:0000:ffff:255.255.255.255]/"), &url),
        ACTR_EINVALID);
}

TEST(nul_inside)
{
    struct url url;
    assert_int_equal(url_parse(actr_view_of("http://h\0x", 10), &url), ACTR_EINVALID);
}

/* Views stay inside the text, whatever it is; the copy on the heap lets a sanitizer watch. */
TEST(any_text_is_cut_inside_its_bounds)
{
    static const char alphabet[] = "htp:/wsun[]@?#.0169af-";
    uint64_t state = harness_seed();
    for (int round = 0; round < 20000; round++) {
        size_t len = harness_random(&state) % 24;
        char *text = malloc(len + 7);
        assert_non_null(text);
        size_t at = 0;
        if (harness_random(&state) % 2) {
            memcpy(text, "http://", 7);
            at = 7;
        }
        for (size_t i = 0; i < len && at < len + 7; i++)
            text[at++] = alphabet[harness_random(&state) % (sizeof(alphabet) - 1)];
        struct url url;
        if (url_parse(actr_view_of(text, at), &url) == 0) {
            const uint8_t *start = (const uint8_t *)text, *end = start + at;
            assert_true(url.host.len > 0 && url.port > 0);
            assert_true(url.host.ptr >= start && url.host.ptr + url.host.len <= end);
            assert_true(url.path.ptr >= start && url.path.ptr + url.path.len <= end);
            assert_true(url.query.len == 0 || url.query.ptr + url.query.len <= end);
        }
        free(text);
    }
}
