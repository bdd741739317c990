// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/ice/candidate.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"

/* As browsers and other stacks write them, and what we write for the same. */
static const struct {
    const char *text, *ours; /* NULL: the same */
    enum candidate_type type;
    const char *host;
    uint16_t port;
} samples[] = {
    /* the existing system, from a capture */
    {"candidate:734406589 1 udp 2130706431 10.77.0.2 47156 typ host", NULL, CANDIDATE_HOST,
     "10.77.0.2", 47156},
    /* RFC 8839 §5.1 */
    {"a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998",
     "candidate:2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998",
     CANDIDATE_SRFLX, "192.0.2.3", 45664},
    /* Chrome */
    {"candidate:842163049 1 udp 1677729535 198.51.100.17 52314 typ srflx raddr 0.0.0.0 rport 0 "
     "generation 0 ufrag Pq3x network-cost 999",
     "candidate:842163049 1 udp 1677729535 198.51.100.17 52314 typ srflx raddr 0.0.0.0 rport 0",
     CANDIDATE_SRFLX, "198.51.100.17", 52314},
    {"candidate:1 1 udp 41885439 203.0.113.9 61000 typ relay raddr 198.51.100.17 rport 52314 "
     "generation 0 ufrag Pq3x network-id 1 network-cost 10",
     "candidate:1 1 udp 41885439 203.0.113.9 61000 typ relay raddr 198.51.100.17 rport 52314",
     CANDIDATE_RELAY, "203.0.113.9", 61000},
    /* Firefox: an upper-case transport and an IPv6 address */
    {"candidate:0 1 UDP 2122252543 2001:db8::17 56010 typ host",
     "candidate:0 1 udp 2122252543 2001:db8::17 56010 typ host", CANDIDATE_HOST, "2001:db8::17",
     56010},
    /* libdatachannel: the attribute with its line end */
    {"a=candidate:1 1 UDP 2114977791 192.0.2.10 40001 typ host\r\n",
     "candidate:1 1 udp 2114977791 192.0.2.10 40001 typ host", CANDIDATE_HOST, "192.0.2.10", 40001},
    /* Pion: a prflx one without where it came from, and no prefix */
    {"3148651001 1 udp 1862270975 192.0.2.77 4000 typ prflx",
     "candidate:3148651001 1 udp 1862270975 192.0.2.77 4000 typ prflx raddr 0.0.0.0 rport 0",
     CANDIDATE_PRFLX, "192.0.2.77", 4000},
    /* aiortc: a foundation of 32 characters */
    {"candidate:9a3c7d0f1b2e4a5697887766554433ff 1 udp 2130706431 192.0.2.44 33001 typ host", NULL,
     CANDIDATE_HOST, "192.0.2.44", 33001},
};

static int parse(const char *text, struct candidate *ret_candidate)
{
    return candidate_parse(view_text(text), ret_candidate);
}

TEST(candidate_reads_what_other_stacks_write)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct candidate candidate, again;
        char text[CANDIDATE_TEXT_MAX], host[NET_ADDRESS_TEXT_MAX];
        assert_int_equal(parse(samples[i].text, &candidate), 0);
        assert_int_equal(candidate.type, samples[i].type);
        assert_string_equal(net_address_host(&candidate.address, host), samples[i].host);
        assert_int_equal(candidate.address.port, samples[i].port);
        assert_string_equal(candidate.name, "");
        size_t len = candidate_format(&candidate, text);
        assert_string_equal(text, samples[i].ours ? samples[i].ours : samples[i].text);
        assert_int_equal(len, strlen(text));
        assert_int_equal(parse(text, &again), 0);
        assert_memory_equal(&again, &candidate, sizeof(again));
    }
}

TEST(candidate_reads_related_addresses_and_skips_extensions)
{
    struct candidate candidate;
    char host[NET_ADDRESS_TEXT_MAX];
    assert_int_equal(parse("candidate:2 1 udp 7 192.0.2.3 45664 typ srflx x-odd value rport 8998 "
                           "raddr 203.0.113.141 generation",
                           &candidate),
                     0);
    assert_string_equal(net_address_host(&candidate.related, host), "203.0.113.141");
    assert_int_equal(candidate.related.port, 8998);
    assert_int_equal(candidate.priority, 7);
    assert_string_equal(candidate.foundation, "2");
    assert_int_equal(
        parse("candidate:2 1 udp 7 192.0.2.3 45664 typ srflx raddr hidden rport 1", &candidate), 0);
    assert_true(net_address_is_any(&candidate.related));
}

TEST(candidate_reads_names_of_the_link)
{
    static const char text[] = "candidate:1 1 udp 2113937151 "
                               "1f4712db-ea17-4bcf-a596-105139dfd8bf.local 54596 typ host";
    struct candidate candidate;
    char again[CANDIDATE_TEXT_MAX];
    assert_int_equal(parse(text, &candidate), 0);
    assert_string_equal(candidate.name, "1f4712db-ea17-4bcf-a596-105139dfd8bf.local");
    assert_true(net_address_is_any(&candidate.address));
    assert_int_equal(candidate.address.port, 54596);
    candidate_format(&candidate, again);
    assert_string_equal(again, text);
}

TEST(candidate_tells_useless_from_malformed)
{
    static const char *const useless[] = {
        "candidate:1 1 tcp 1518280447 192.0.2.3 9 typ host tcptype active",
        "candidate:1 2 udp 2130706430 192.0.2.3 5001 typ host",
        "candidate:1 1 udp 2130706430 192.0.2.3 5001 typ satellite",
        "candidate:1 1 udp 2130706430 peer.example.org 5001 typ host",
        "candidate:1 1 udp 2130706430 .local 5001 typ host",
        "candidate:1 1 udp 2130706430 a_b.local 5001 typ host",
        "candidate:1 1 udp 2130706430 192.0.2.3 0 typ host",
        "candidate:1 1 udp 2130706430 0.0.0.0 5001 typ host",
        "candidate:1 1 udp 2130706430 224.0.0.251 5353 typ host",
        "candidate:1 1 udp 2130706430 fe80::1%eth0 5001 typ host"};
    static const char *const malformed[] = {
        "",
        " ",
        "candidate:",
        "candidate:1",
        "candidate:1 1 udp 2130706430 192.0.2.3 5001",
        "candidate:1 1 udp 2130706430 192.0.2.3 5001 typ",
        "candidate:1 1 udp 2130706430 192.0.2.3 5001 type host",
        "candidate:1 x udp 2130706430 192.0.2.3 5001 typ host",
        "candidate:1 0 udp 2130706430 192.0.2.3 5001 typ host",
        "candidate:1 257 udp 2130706430 192.0.2.3 5001 typ host",
        "candidate:1 1 udp -1 192.0.2.3 5001 typ host",
        "candidate:1 1 udp 4294967296 192.0.2.3 5001 typ host",
        "candidate:1 1 udp 2130706430 192.0.2.3 65536 typ host",
        "candidate:1 1 udp 2130706430 192.0.2.3 port typ host",
        "candidate:\x01 1 udp 2130706430 192.0.2.3 5001 typ host",
        "candidate:123456789012345678901234567890123 1 udp 2130706430 192.0.2.3 5001 typ host"};
    struct candidate candidate = {.priority = 4711};
    for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++)
        assert_int_equal(parse(useless[i], &candidate), ACTR_ENOTIMPL);
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
        assert_int_equal(parse(malformed[i], &candidate), ACTR_EINVALID);
    assert_int_equal(candidate.priority, 4711);
}

TEST(candidate_longest_text_fits)
{
    struct candidate candidate = {.type = CANDIDATE_SRFLX, .priority = UINT32_MAX};
    char text[CANDIDATE_TEXT_MAX];
    memset(candidate.foundation, 'f', CANDIDATE_FOUNDATION_MAX - 1);
    memset(candidate.name, 'n', CANDIDATE_NAME_MAX - 1);
    memcpy(candidate.name + CANDIDATE_NAME_MAX - 7, ".local", 7);
    memset(candidate.related.bytes, 0xff, 16);
    candidate.related.is_ipv6 = true;
    candidate.address.port = candidate.related.port = UINT16_MAX;
    struct candidate again;
    candidate_format(&candidate, text);
    assert_int_equal(parse(text, &again), 0);
    assert_memory_equal(&again, &candidate, sizeof(again));
}

TEST(candidate_priorities_are_those_of_the_standard)
{
    assert_int_equal(candidate_priority(CANDIDATE_HOST, 65535), 2130706431u);
    assert_int_equal(candidate_priority(CANDIDATE_SRFLX, 65535), 1694498815u);
    assert_int_equal(candidate_priority(CANDIDATE_PRFLX, 65535), 1862270975u);
    assert_int_equal(candidate_priority(CANDIDATE_PRFLX, 1), 0x6e0001ffu); /* RFC 5769 §2.1 */
    assert_int_equal(candidate_priority(CANDIDATE_RELAY, 65535), 16777215u);
    assert_string_equal(candidate_type_name(CANDIDATE_PRFLX), "prflx");
}
