// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* check: good texts, and the reasons for bad ones. */
#include "config/check.h"

#include <string.h>

#include "harness.h"

#include "config/schema.h"

#define KEY "GX9rI+FshTLGq8g4+s1ep4m+DHaykgM0A5v6iz02jWE="

static const struct {
    schema_check_fn *check;
    const char *text, *why; /* NULL: good */
} rows[] = {
    {check_not_empty, "a", NULL},
    {check_not_empty, "", "it is empty"},
    {check_url_ws, "ws://h", NULL},
    {check_url_ws, "WSS://h:1/p?q", NULL},
    {check_url_ws, "http://h", "neither ws:// nor wss://"},
    {check_url_ws, "ws://", "no host"},
    {check_url_http, "http://h", NULL},
    {check_url_http, "https://[::1]:8081/ais", NULL},
    {check_url_http, "ws://h", "neither http:// nor https://"},
    {check_url_http, "http://h:0", "port"},
    {check_url_stun, "stun:h", NULL},
    {check_url_stun, "stuns:h:5349", NULL},
    {check_url_stun, "turn:h", "neither stun: nor stuns:"},
    {check_url_stun, "stun://h", "no //"},
    {check_url_turn, "turn:h?transport=tcp", NULL},
    {check_url_turn, "turns:h", NULL},
    {check_url_turn, "stun:h", "neither turn: nor turns:"},
    {check_url_or_path, "/a/b", NULL},
    {check_url_or_path, "https://h/a", NULL},
    {check_url_or_path, "a/b", "no scheme"},
    {check_url_or_path, "ws://h", "neither http:// nor https://"},
    {check_ip, "0.0.0.0", NULL},
    {check_ip, "::", NULL},
    {check_ip, "2001:db8::1", NULL},
    {check_ip, "[::1]", "no IP address"},
    {check_ip, "1.2.3", "no IP address"},
    {check_ip, "1.2.3.256", "no IP address"},
    {check_ip, "localhost", "no IP address"},
    {check_ip, "", "no IP address"},
    {check_host, "localhost", NULL},
    {check_host, "192.0.2.1", NULL},
    {check_host, "[::1]", NULL},
    {check_host, "::1", "needs [ and ]"},
    {check_host, "h:1", "more than a host"},
    {check_host, "h:", "more than a host"},
    {check_host, "h/", "more than a host"},
    {check_host, "h?x", "more than a host"},
    {check_host, "h#x", "more than a host"},
    {check_host, "a b", "space"},
    {check_host, "u@h", "user name"},
    {check_host, "", "no host"},
    {check_header, "a secret of ~ 3 words!", NULL},
    {check_header, "", "it is empty"},
    {check_header, "a\tb", "HTTP header"},
    {check_header, "a\nb: c", "HTTP header"},
    {check_header, "\x7f", "HTTP header"},
    {check_header, "\xc3\xbc", "HTTP header"},
    {check_type, "acme:EchoService:1.0.0", NULL},
    {check_type, "acme:EchoService", ""},
    {check_type, ":EchoService:1", ""},
    {check_type, "acme:Echo Service:1", ""},
    {check_name, "acme", NULL},
    {check_name, "a23456789012345678901234567890ab", NULL},
    {check_name, "", ""},
    {check_name, "9acme", ""},
    {check_name, "acme:x", ""},
    {check_key, KEY, NULL},
    {check_key, "", "32 bytes"},
    {check_key, "AAAA", "32 bytes"},
    {check_key, KEY " ", "32 bytes"},
    {check_key, KEY KEY, "32 bytes"},
    {check_permission, "allow", NULL},
    {check_permission, "DENY", NULL},
    {check_permission, "alloww", "neither allow nor deny"},
    {check_permission, "", "neither allow nor deny"},
};

TEST(good_and_bad_texts)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = rows[i].check(rows[i].text);
        if (!why != !rows[i].why || (why && !strstr(why, rows[i].why)))
            fail_msg("\"%s\": %s instead of %s", rows[i].text, why ? why : "good",
                     rows[i].why ? rows[i].why : "good");
    }
}

/* They come from files of up to 1 MiB. */
TEST(long_texts)
{
    static char text[100000];
    static schema_check_fn *const bounded[] = {check_url_ws, check_ip,  check_host,      check_type,
                                               check_name,   check_key, check_permission};
    memset(text, 'a', sizeof(text) - 1);
    for (size_t i = 0; i < sizeof(bounded) / sizeof(bounded[0]); i++)
        assert_non_null(bounded[i](text));
}
