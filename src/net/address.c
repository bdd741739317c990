// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Transport addresses: text and system forms of one value.
 *
 * The text forms are those of inet_pton and inet_ntop, which read and write RFC 4291 and 5952; the
 * system forms exist for both kinds of socket, since one IPv6 socket may also speak IPv4.
 * Pure; any thread. */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static const uint8_t address_mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 §2.5.5.2 */

/* A mapped address becomes the IPv4 one that it stands for. */
static void address_set_v6(struct net_address *address, const uint8_t bytes[16])
{
    address->is_ipv6 = memcmp(bytes, address_mapped, sizeof(address_mapped)) != 0;
    if (address->is_ipv6)
        memcpy(address->bytes, bytes, 16);
    else
        memcpy(address->bytes, bytes + 12, 4);
}

bool net_address_parse(struct actr_view text, uint16_t port, struct net_address *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    struct net_address address = {.port = port};
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, bytes) == 1)
        memcpy(address.bytes, bytes, 4);
    else if (inet_pton(AF_INET6, copy, bytes) == 1)
        address_set_v6(&address, bytes);
    else
        return false;
    *ret_address = address;
    return true;
}

const char *net_address_host(const struct net_address *address, char text[NET_ADDRESS_TEXT_MAX])
{
    inet_ntop(address->is_ipv6 ? AF_INET6 : AF_INET, address->bytes, text, NET_ADDRESS_TEXT_MAX);
    return text;
}

const char *net_address_text(const struct net_address *address, char text[NET_ADDRESS_TEXT_MAX])
{
    char host[NET_ADDRESS_TEXT_MAX];
    net_address_host(address, host);
    if (!address->is_ipv6)
        snprintf(text, NET_ADDRESS_TEXT_MAX, "%.15s:%u", host, address->port);
    else if (address->scope)
        snprintf(text, NET_ADDRESS_TEXT_MAX, "[%.45s%%%u]:%u", host, address->scope, address->port);
    else
        snprintf(text, NET_ADDRESS_TEXT_MAX, "[%.45s]:%u", host, address->port);
    return text;
}

bool net_address_is_any(const struct net_address *address)
{
    static const uint8_t zero[16];
    return memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

bool net_address_is_loopback(const struct net_address *address)
{
    static const uint8_t one[16] = {[15] = 1};
    return address->is_ipv6 ? memcmp(address->bytes, one, sizeof(one)) == 0
                            : address->bytes[0] == 127;
}

bool net_address_is_link_local(const struct net_address *address)
{
    const uint8_t *bytes = address->bytes;
    return address->is_ipv6 ? bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80
                            : bytes[0] == 169 && bytes[1] == 254;
}

bool net_address_is_multicast(const struct net_address *address)
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    if (address->is_ipv6)
        return address->bytes[0] == 0xff;
    return (address->bytes[0] & 0xf0) == 0xe0 || memcmp(address->bytes, broadcast, 4) == 0;
}

bool net_address_from_sockaddr(const struct sockaddr *from, struct net_address *ret_address)
{
    struct net_address address = {0};
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
        address.port = ntohs(v4->sin_port);
        memcpy(address.bytes, &v4->sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
        address.port = ntohs(v6->sin6_port);
        address_set_v6(&address, v6->sin6_addr.s6_addr);
        if (address.is_ipv6 && net_address_is_link_local(&address))
            address.scope = v6->sin6_scope_id;
    } else {
        return false;
    }
    *ret_address = address;
    return true;
}

size_t net_address_to_sockaddr(const struct net_address *address, bool is_ipv6,
                               struct sockaddr_storage *ret_to)
{
    memset(ret_to, 0, sizeof(*ret_to));
    if (!is_ipv6) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)ret_to;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address->port);
        memcpy(&v4->sin_addr, address->bytes, 4);
        return address->is_ipv6 ? 0 : sizeof(*v4);
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)ret_to;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address->port);
    v6->sin6_scope_id = address->scope;
    if (address->is_ipv6) {
        memcpy(v6->sin6_addr.s6_addr, address->bytes, 16);
    } else {
        memcpy(v6->sin6_addr.s6_addr, address_mapped, sizeof(address_mapped));
        memcpy(v6->sin6_addr.s6_addr + 12, address->bytes, 4);
    }
    return sizeof(*v6);
}
