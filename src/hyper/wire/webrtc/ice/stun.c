// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* STUN messages, read in place and written into a buffer of the caller.
 *
 * stun_parse() walks over all attributes once; after it every length in the message is known to be
 * good, so that the walks of stun_find() need no checks of their own. What follows the integrity is
 * never shown to anybody: whoever sits between could have put it there.
 *
 * The integrity covers the message up to itself, under a header whose length ends with it; it is
 * computed over a copy on the stack, since packets are short and not ours to change.
 *
 * Pure; any thread. Must never allocate, nor compare a digest other than in constant time. */
#include "hyper/wire/webrtc/ice/stun.h"

#include <string.h>

#include "base/crc32.h"
#include "base/err.h"
#include "sys/crypto.h"

#define STUN_ATTRIBUTE_HEADER_LEN 4
#define STUN_OPTIONAL 0x8000 /* attributes from here on may be ignored (RFC 8489 §14) */
#define STUN_FINGERPRINT_XOR 0x5354554eu
#define STUN_FINGERPRINT_LEN 4
#define STUN_SHA256_LEN_MIN 16 /* a truncated digest (RFC 8489 §14.6) */

#define STUN_FAMILY_IPV4 1
#define STUN_FAMILY_IPV6 2

static uint16_t stun_u16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

static uint32_t stun_u32(const uint8_t *at)
{
    return (uint32_t)stun_u16(at) << 16 | stun_u16(at + 2);
}

static void stun_set_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void stun_set_u32(uint8_t *at, uint32_t value)
{
    stun_set_u16(at, value >> 16);
    stun_set_u16(at + 2, value & 0xffff);
}

static size_t stun_padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* The message up to `at`, as if `tail_len` more bytes ended it. `buf` has room for all of it. */
static struct actr_view stun_covered(struct actr_view packet, size_t at, size_t tail_len,
                                     uint8_t buf[STUN_PACKET_MAX])
{
    memcpy(buf, packet.ptr, at);
    stun_set_u16(buf + 2, at + tail_len - STUN_HEADER_LEN);
    return actr_view_of(buf, at);
}

bool stun_is(struct actr_view packet)
{
    return packet.len >= STUN_HEADER_LEN && packet.ptr[0] < 4 &&
           stun_u32(packet.ptr + 4) == STUN_MAGIC;
}

bool stun_is_request(struct actr_view packet)
{
    return (packet.ptr[0] & 1) == 0 && (packet.ptr[1] & 0x10) == 0; /* RFC 8489 §5 */
}

/* The types that stun.h names. */
static bool stun_is_known(unsigned type)
{
    static const uint16_t known[] = {STUN_MAPPED_ADDRESS,
                                     STUN_USERNAME,
                                     STUN_MESSAGE_INTEGRITY,
                                     STUN_ERROR_CODE,
                                     STUN_UNKNOWN_ATTRIBUTES,
                                     STUN_CHANNEL_NUMBER,
                                     STUN_LIFETIME,
                                     STUN_XOR_PEER_ADDRESS,
                                     STUN_DATA_BYTES,
                                     STUN_REALM,
                                     STUN_NONCE,
                                     STUN_XOR_RELAYED_ADDRESS,
                                     STUN_EVEN_PORT,
                                     STUN_REQUESTED_TRANSPORT,
                                     STUN_MESSAGE_INTEGRITY_SHA256,
                                     STUN_PASSWORD_ALGORITHM,
                                     STUN_USERHASH,
                                     STUN_XOR_MAPPED_ADDRESS,
                                     STUN_PRIORITY,
                                     STUN_USE_CANDIDATE,
                                     STUN_REQUESTED_ADDRESS_FAMILY};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i] == type)
            return true;
    }
    return false;
}

static bool stun_is_closed(const struct stun_message *message)
{
    return message->integrity_at != 0 || message->integrity_sha256_at != 0;
}

/* Takes note of the attribute at `at`; its length is within the packet. */
static int stun_parse_attribute(struct stun_message *message, size_t at, unsigned type, size_t len)
{
    switch (type) {
    case STUN_MESSAGE_INTEGRITY:
        if (len != CRYPTO_SHA1_LEN)
            return err_origin(ACTR_EDECODE, "stun: an integrity of %zu bytes", len);
        if (!stun_is_closed(message))
            message->integrity_at = at;
        return 0;
    case STUN_MESSAGE_INTEGRITY_SHA256:
        if (len < STUN_SHA256_LEN_MIN || len > CRYPTO_SHA256_LEN || len % 4 != 0)
            return err_origin(ACTR_EDECODE, "stun: an integrity of %zu bytes", len);
        if (!message->integrity_sha256_at)
            message->integrity_sha256_at = at;
        return 0;
    case STUN_FINGERPRINT: {
        const uint8_t *packet = message->packet.ptr;
        if (len != STUN_FINGERPRINT_LEN ||
            at + STUN_ATTRIBUTE_HEADER_LEN + len != message->packet.len)
            return err_origin(ACTR_EDECODE, "stun: the fingerprint is not the end");
        if (stun_u32(packet + at + STUN_ATTRIBUTE_HEADER_LEN) !=
            (crc32_of(packet, at) ^ STUN_FINGERPRINT_XOR))
            return err_origin(ACTR_EDECODE, "stun: wrong fingerprint");
        message->fingerprint_at = at;
        return 0;
    }
    default:
        if (type < STUN_OPTIONAL && !stun_is_closed(message) && !stun_is_known(type) &&
            message->unknown_count < sizeof(message->unknown) / sizeof(message->unknown[0]))
            message->unknown[message->unknown_count++] = (uint16_t)type;
        return 0;
    }
}

int stun_parse(struct actr_view packet, struct stun_message *ret_message)
{
    if (!stun_is(packet) || packet.len > STUN_PACKET_MAX)
        return err_origin(ACTR_EDECODE, "stun: not a message");
    if (packet.len % 4 != 0 || stun_u16(packet.ptr + 2) != packet.len - STUN_HEADER_LEN)
        return err_origin(ACTR_EDECODE, "stun: %zu bytes, another length is told", packet.len);

    unsigned type = stun_u16(packet.ptr);
    struct stun_message message = {
        .packet = packet,
        .class = (enum stun_class)((type >> 7 & 2) | (type >> 4 & 1)),
        .method = (uint16_t)((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80)),
        .transaction = packet.ptr + 8};
    for (size_t at = STUN_HEADER_LEN; at < packet.len;) {
        /* Everything is a multiple of four: a header is always whole. */
        size_t len = stun_u16(packet.ptr + at + 2);
        if (stun_padded(len) > packet.len - at - STUN_ATTRIBUTE_HEADER_LEN)
            return err_origin(ACTR_EDECODE, "stun: an attribute of %zu bytes leaves the message",
                              len);
        int r = stun_parse_attribute(&message, at, stun_u16(packet.ptr + at), len);
        if (r < 0)
            return r;
        at += STUN_ATTRIBUTE_HEADER_LEN + stun_padded(len);
    }
    *ret_message = message;
    return 0;
}

bool stun_find(const struct stun_message *message, uint16_t type, struct actr_view *ret_value)
{
    const uint8_t *packet = message->packet.ptr;
    for (size_t at = STUN_HEADER_LEN; at < message->packet.len;) {
        unsigned found = stun_u16(packet + at);
        size_t len = stun_u16(packet + at + 2);
        if (found == STUN_MESSAGE_INTEGRITY || found == STUN_MESSAGE_INTEGRITY_SHA256)
            return false;
        if (found == type) {
            *ret_value = actr_view_of(packet + at + STUN_ATTRIBUTE_HEADER_LEN, len);
            return true;
        }
        at += STUN_ATTRIBUTE_HEADER_LEN + stun_padded(len);
    }
    return false;
}

bool stun_find_u32(const struct stun_message *message, uint16_t type, uint32_t *ret_value)
{
    struct actr_view value;
    if (!stun_find(message, type, &value) || value.len != 4)
        return false;
    *ret_value = stun_u32(value.ptr);
    return true;
}

bool stun_find_u64(const struct stun_message *message, uint16_t type, uint64_t *ret_value)
{
    struct actr_view value;
    if (!stun_find(message, type, &value) || value.len != 8)
        return false;
    *ret_value = (uint64_t)stun_u32(value.ptr) << 32 | stun_u32(value.ptr + 4);
    return true;
}

static bool stun_is_xored(uint16_t type)
{
    return type == STUN_XOR_MAPPED_ADDRESS || type == STUN_XOR_PEER_ADDRESS ||
           type == STUN_XOR_RELAYED_ADDRESS;
}

/* XORs port and address with cookie and transaction, which lie one after the other in the header
 * (RFC 8489 §14.2). */
static void stun_xor_address(struct net_address *address, const uint8_t *header)
{
    size_t len = address->is_ipv6 ? 16 : 4;
    address->port = (uint16_t)(address->port ^ (STUN_MAGIC >> 16));
    for (size_t i = 0; i < len; i++)
        address->bytes[i] ^= header[4 + i];
}

bool stun_find_address(const struct stun_message *message, uint16_t type,
                       struct net_address *ret_address)
{
    struct actr_view value;
    if (!stun_find(message, type, &value) || value.len < 4)
        return false;
    bool is_ipv6 = value.ptr[1] == STUN_FAMILY_IPV6;
    if ((!is_ipv6 && value.ptr[1] != STUN_FAMILY_IPV4) || value.len != (is_ipv6 ? 20 : 8))
        return false;
    struct net_address address = {.is_ipv6 = is_ipv6, .port = stun_u16(value.ptr + 2)};
    memcpy(address.bytes, value.ptr + 4, value.len - 4);
    if (stun_is_xored(type))
        stun_xor_address(&address, message->packet.ptr);
    *ret_address = address;
    return true;
}

bool stun_find_error(const struct stun_message *message, unsigned *ret_code,
                     struct actr_view *ret_reason)
{
    struct actr_view value;
    if (!stun_find(message, STUN_ERROR_CODE, &value) || value.len < 4)
        return false;
    unsigned hundreds = value.ptr[2] & 7, rest = value.ptr[3];
    if (hundreds < 3 || hundreds > 6 || rest > 99)
        return false;
    *ret_code = 100 * hundreds + rest;
    *ret_reason = actr_view_of(value.ptr + 4, value.len - 4);
    return true;
}

bool stun_verify(const struct stun_message *message, struct actr_view key)
{
    uint8_t buf[STUN_PACKET_MAX], digest[CRYPTO_SHA1_LEN];
    size_t at = message->integrity_at;
    if (!at)
        return false;
    struct actr_view covered =
        stun_covered(message->packet, at, STUN_ATTRIBUTE_HEADER_LEN + CRYPTO_SHA1_LEN, buf);
    return crypto_hmac_sha1(key, covered, digest) == 0 &&
           crypto_equal(digest, message->packet.ptr + at + STUN_ATTRIBUTE_HEADER_LEN,
                        sizeof(digest));
}

bool stun_verify_sha256(const struct stun_message *message, struct actr_view key)
{
    uint8_t buf[STUN_PACKET_MAX], digest[CRYPTO_SHA256_LEN];
    size_t at = message->integrity_sha256_at;
    if (!at)
        return false;
    size_t len = stun_u16(message->packet.ptr + at + 2);
    struct actr_view covered =
        stun_covered(message->packet, at, STUN_ATTRIBUTE_HEADER_LEN + len, buf);
    return crypto_hmac_sha256(key, covered, digest) == 0 &&
           crypto_equal(digest, message->packet.ptr + at + STUN_ATTRIBUTE_HEADER_LEN, len);
}

/* Room for `len` more bytes, zeroed; NULL and failed: there is none. */
static uint8_t *stun_grow(struct stun_writer *writer, size_t len)
{
    if (writer->failed || len > writer->size - writer->len) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *at = writer->buf + writer->len;
    memset(at, 0, len);
    writer->len += len;
    return at;
}

/* The value of a fresh attribute, padded with zeros, and counted in the header; NULL: failed. */
static uint8_t *stun_grow_attribute(struct stun_writer *writer, unsigned type, size_t len)
{
    if (len > STUN_PACKET_MAX) /* so that the sum below cannot wrap */
        writer->failed = true;
    uint8_t *at = stun_grow(writer, STUN_ATTRIBUTE_HEADER_LEN + stun_padded(len));
    if (!at)
        return NULL;
    stun_set_u16(at, type);
    stun_set_u16(at + 2, len);
    stun_set_u16(writer->buf + 2, writer->len - STUN_HEADER_LEN);
    return at + STUN_ATTRIBUTE_HEADER_LEN;
}

void stun_begin(struct stun_writer *writer, void *buf, size_t size, enum stun_class class,
                uint16_t method, const uint8_t transaction[STUN_TRANSACTION_LEN])
{
    *writer = (struct stun_writer){buf, size < STUN_PACKET_MAX ? size : STUN_PACKET_MAX, 0, false};
    uint8_t *at = stun_grow(writer, STUN_HEADER_LEN);
    if (!at)
        return;
    unsigned bits = (unsigned)class;
    stun_set_u16(at, (method & 0xfu) | (method & 0x70u) << 1 | (method & 0xf80u) << 2 |
                         (bits & 1) << 4 | (bits & 2) << 7);
    stun_set_u32(at + 4, STUN_MAGIC);
    memcpy(at + 8, transaction, STUN_TRANSACTION_LEN);
}

void stun_put(struct stun_writer *writer, uint16_t type, struct actr_view value)
{
    uint8_t *at = stun_grow_attribute(writer, type, value.len);
    if (at && value.len > 0)
        memcpy(at, value.ptr, value.len);
}

void stun_put_u32(struct stun_writer *writer, uint16_t type, uint32_t value)
{
    uint8_t *at = stun_grow_attribute(writer, type, 4);
    if (at)
        stun_set_u32(at, value);
}

void stun_put_u64(struct stun_writer *writer, uint16_t type, uint64_t value)
{
    uint8_t *at = stun_grow_attribute(writer, type, 8);
    if (!at)
        return;
    stun_set_u32(at, (uint32_t)(value >> 32));
    stun_set_u32(at + 4, (uint32_t)value);
}

void stun_put_address(struct stun_writer *writer, uint16_t type, const struct net_address *address)
{
    struct net_address copy = *address;
    size_t len = copy.is_ipv6 ? 16 : 4;
    uint8_t *at = stun_grow_attribute(writer, type, 4 + len);
    if (!at)
        return;
    if (stun_is_xored(type))
        stun_xor_address(&copy, writer->buf);
    at[1] = copy.is_ipv6 ? STUN_FAMILY_IPV6 : STUN_FAMILY_IPV4;
    stun_set_u16(at + 2, copy.port);
    memcpy(at + 4, copy.bytes, len);
}

void stun_put_error(struct stun_writer *writer, unsigned code, const char *reason)
{
    size_t len = strlen(reason);
    uint8_t *at = stun_grow_attribute(writer, STUN_ERROR_CODE, 4 + len);
    if (!at)
        return;
    at[2] = (uint8_t)(code / 100);
    at[3] = (uint8_t)(code % 100);
    memcpy(at + 4, reason, len);
}

void stun_put_integrity(struct stun_writer *writer, struct actr_view key)
{
    size_t covered = writer->len;
    uint8_t *at = stun_grow_attribute(writer, STUN_MESSAGE_INTEGRITY, CRYPTO_SHA1_LEN);
    if (at && crypto_hmac_sha1(key, actr_view_of(writer->buf, covered), at) < 0)
        writer->failed = true;
}

void stun_put_integrity_sha256(struct stun_writer *writer, struct actr_view key)
{
    size_t covered = writer->len;
    uint8_t *at = stun_grow_attribute(writer, STUN_MESSAGE_INTEGRITY_SHA256, CRYPTO_SHA256_LEN);
    if (at && crypto_hmac_sha256(key, actr_view_of(writer->buf, covered), at) < 0)
        writer->failed = true;
}

void stun_put_fingerprint(struct stun_writer *writer)
{
    size_t covered = writer->len;
    uint8_t *at = stun_grow_attribute(writer, STUN_FINGERPRINT, STUN_FINGERPRINT_LEN);
    if (at)
        stun_set_u32(at, crc32_of(writer->buf, covered) ^ STUN_FINGERPRINT_XOR);
}

struct actr_view stun_end(struct stun_writer *writer)
{
    return writer->failed ? actr_view_of(NULL, 0) : actr_view_of(writer->buf, writer->len);
}
