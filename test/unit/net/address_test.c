// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Addresses: text both ways, system forms both ways, and the kinds. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "harness.h"
#include "net/address.h"

static struct net_address parsed(const char *text)
{
    struct net_address address = {0};
    assert_true(net_address_parse(actr_view_of(text, strlen(text)), 5000, &address));
    return address;
}

static void same_text(const char *text, const char *whole)
{
    char buf[NET_ADDRESS_TEXT_MAX];
    struct net_address address = parsed(text);
    assert_string_equal(net_address_host(&address, buf), text);
    assert_string_equal(net_address_text(&address, buf), whole);
}

TEST(text_goes_both_ways)
{
    same_text("192.0.2.1", "192.0.2.1:5000");
    same_text("2001:db8::1", "[2001:db8::1]:5000");
    struct net_address longest = parsed("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    char buf[NET_ADDRESS_TEXT_MAX];
    longest.scope = UINT32_MAX;
    longest.port = UINT16_MAX;
    assert_string_equal(net_address_text(&longest, buf),
                        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

TEST(what_is_no_address_is_refused)
{
    static const char *const bad[] = {"",       "localhost", "1.2.3",   "1.2.3.4.5", "[::1]",
                                      "::1%lo", "1.2.3.4 ",  "::12345", "256.1.1.1"};
    struct net_address address = {.port = 7};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(net_address_parse(actr_view_of(bad[i], strlen(bad[i])), 1, &address));
    assert_false(net_address_parse(actr_view_of("1.2.3.4\0x", 9), 1, &address));
    assert_int_equal(address.port, 7);
}

TEST(mapped_addresses_become_ipv4)
{
    struct net_address address = parsed("::ffff:192.0.2.1"), plain = parsed("192.0.2.1");
    assert_true(net_address_equal(&address, &plain));
}

TEST(system_forms_go_both_ways)
{
    static const char *const texts[] = {"192.0.2.1", "2001:db8::1"};
    for (size_t i = 0; i < 2; i++) {
        struct net_address address = parsed(texts[i]), back;
        struct sockaddr_storage storage;
        assert_int_equal(net_address_to_sockaddr(&address, true, &storage),
                         sizeof(struct sockaddr_in6));
        assert_true(net_address_from_sockaddr((const struct sockaddr *)&storage, &back));
        assert_true(net_address_equal(&address, &back));
    }
    struct net_address v4 = parsed("192.0.2.1"), v6 = parsed("::1"), back;
    struct sockaddr_storage storage;
    assert_int_equal(net_address_to_sockaddr(&v4, false, &storage), sizeof(struct sockaddr_in));
    assert_true(net_address_from_sockaddr((const struct sockaddr *)&storage, &back));
    assert_true(net_address_equal(&v4, &back));
    assert_int_equal(net_address_to_sockaddr(&v6, false, &storage), 0);
    storage.ss_family = AF_UNIX;
    assert_false(net_address_from_sockaddr((const struct sockaddr *)&storage, &back));
}

TEST(only_link_local_addresses_have_a_scope)
{
    struct net_address link = parsed("fe80::1"), global = parsed("2001:db8::1"), back;
    struct sockaddr_storage storage;
    link.scope = global.scope = 3;
    net_address_to_sockaddr(&link, true, &storage);
    net_address_from_sockaddr((const struct sockaddr *)&storage, &back);
    assert_int_equal(back.scope, 3);
    net_address_to_sockaddr(&global, true, &storage);
    net_address_from_sockaddr((const struct sockaddr *)&storage, &back);
    assert_int_equal(back.scope, 0);
}

TEST(kinds)
{
    struct net_address any4 = parsed("0.0.0.0"), any6 = parsed("::"), lo4 = parsed("127.8.9.1"),
                       lo6 = parsed("::1"), link4 = parsed("169.254.3.4"),
                       link6 = parsed("febf::1"), many4 = parsed("239.1.1.1"),
                       many6 = parsed("ff02::1"), all = parsed("255.255.255.255"),
                       host = parsed("198.51.100.1");
    assert_true(net_address_is_any(&any4) && net_address_is_any(&any6));
    assert_true(net_address_is_loopback(&lo4) && net_address_is_loopback(&lo6));
    assert_true(net_address_is_link_local(&link4) && net_address_is_link_local(&link6));
    assert_true(net_address_is_multicast(&many4) && net_address_is_multicast(&many6));
    assert_true(net_address_is_multicast(&all));
    assert_false(net_address_is_any(&host) || net_address_is_loopback(&host) ||
                 net_address_is_link_local(&host) || net_address_is_multicast(&host));
    assert_false(net_address_is_loopback(&any6) || net_address_is_link_local(&lo6));
}
