// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/server_url.h"

#include <string.h>

#include "harness.h"

TEST(urls_name_kind_host_port_and_transport)
{
    static const struct {
        const char *text, *host;
        bool is_turn;
        enum server_transport transport;
        uint16_t port;
    } cases[] = {
        {"stun:stun.example.org", "stun.example.org", false, SERVER_UDP, 3478},
        {"stun:192.0.2.1:1000", "192.0.2.1", false, SERVER_UDP, 1000},
        {"STUN:[2001:db8::1]:1000", "2001:db8::1", false, SERVER_UDP, 1000},
        {"turn:host", "host", true, SERVER_UDP, 3478},
        {"turn:host:5?transport=udp", "host", true, SERVER_UDP, 5},
        {"turn:host?transport=TCP", "host", true, SERVER_TCP, 3478},
        {"turns:host", "host", true, SERVER_TLS, 5349},
        {"turns:host:443?transport=tcp", "host", true, SERVER_TLS, 443},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server_url url;
        assert_int_equal(server_url_parse(cases[i].text, &url), 0);
        assert_string_equal(url.host, cases[i].host);
        assert_int_equal(url.is_turn, cases[i].is_turn);
        assert_int_equal(url.transport, cases[i].transport);
        assert_int_equal(url.port, cases[i].port);
    }
}

TEST(what_is_no_such_url_and_what_is_of_no_use_differ)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"", ACTR_EINVALID},
        {"http://host/", ACTR_EINVALID},
        {"turn:", ACTR_EINVALID},
        {"turn:host?transport=sctp", ACTR_EINVALID},
        {"stun:host?transport=udp", ACTR_EINVALID},
        {"stuns:host", ACTR_ENOTIMPL},
        {"turns:host?transport=udp", ACTR_ENOTIMPL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server_url url = {.port = 7};
        assert_int_equal(server_url_parse(cases[i].text, &url), cases[i].code);
        assert_int_equal(url.port, 7);
    }
}

TEST(the_longest_host_fits)
{
    char text[URL_HOST_MAX + 8] = "turn:";
    struct server_url url;
    memset(text + 5, 'h', URL_HOST_MAX);
    assert_int_equal(server_url_parse(text, &url), 0);
    assert_int_equal(strlen(url.host), URL_HOST_MAX);
}
