// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Transport addresses of IP: an address and a UDP or TCP port, as a plain value. Zeroed is
 * "0.0.0.0:0". IPv4 is always in its own form, never mapped into IPv6. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <actr/bytes.h>

struct sockaddr;
struct sockaddr_storage;

#define NET_ADDRESS_TEXT_MAX 72 /* "[…%4294967295]:65535", and the NUL */

struct net_address {
    uint8_t bytes[16]; /* in network order; 4 of them, the rest 0, or 16 */
    uint32_t scope;    /* of a link-local IPv6 address: index of the interface; else 0 */
    uint16_t port;     /* in host order */
    bool is_ipv6;
};

static inline bool net_address_same_host(const struct net_address *a, const struct net_address *b)
{
    return a->is_ipv6 == b->is_ipv6 && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static inline bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
    return a->port == b->port && net_address_same_host(a, b);
}

/* Numeric text without a port and without brackets: "192.0.2.1", "2001:db8::1". False: it is not
 * an address of either family (names are not looked up); *ret_address is untouched then. */
bool net_address_parse(struct actr_view text, uint16_t port, struct net_address *ret_address);

/* The text of the address alone (RFC 5952), without port, brackets or zone. Returns `text`. */
const char *net_address_host(const struct net_address *address, char text[NET_ADDRESS_TEXT_MAX]);

/* For people: "192.0.2.1:5000", "[2001:db8::1]:5000". Returns `text`. */
const char *net_address_text(const struct net_address *address, char text[NET_ADDRESS_TEXT_MAX]);

/* 0.0.0.0 or ::, whatever the port. */
bool net_address_is_any(const struct net_address *address);
bool net_address_is_loopback(const struct net_address *address);
bool net_address_is_link_local(const struct net_address *address);
bool net_address_is_multicast(const struct net_address *address); /* or broadcast */

/* From what the system gives; a mapped IPv4 address becomes one. False: another family. */
bool net_address_from_sockaddr(const struct sockaddr *from, struct net_address *ret_address);

/* For a socket of `is_ipv6`: an IPv4 address is mapped for an IPv6 one. Returns the length; 0: an
 * IPv6 address does not go into an IPv4 socket. */
size_t net_address_to_sockaddr(const struct net_address *address, bool is_ipv6,
                               struct sockaddr_storage *ret_to);
