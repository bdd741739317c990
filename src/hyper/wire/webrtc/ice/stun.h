// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* STUN messages (RFC 8489), with the attributes of ICE (RFC 8445 §16.1) and TURN (RFC 8656 §18).
 *
 * Reading is by views into the packet, with no memory of its own; writing goes into a buffer of the
 * caller. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "net/address.h"

#define STUN_HEADER_LEN 20
#define STUN_TRANSACTION_LEN 12
#define STUN_MAGIC 0x2112a442u
#define STUN_PACKET_MAX 2048 /* what we read and write */

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };

enum stun_method {
    STUN_BINDING = 0x001,
    STUN_ALLOCATE = 0x003,
    STUN_REFRESH = 0x004,
    STUN_SEND = 0x006,
    STUN_DATA = 0x007,
    STUN_CREATE_PERMISSION = 0x008,
    STUN_CHANNEL_BIND = 0x009
};

enum stun_attribute {
    STUN_MAPPED_ADDRESS = 0x0001,
    STUN_USERNAME = 0x0006,
    STUN_MESSAGE_INTEGRITY = 0x0008,
    STUN_ERROR_CODE = 0x0009,
    STUN_UNKNOWN_ATTRIBUTES = 0x000a,
    STUN_CHANNEL_NUMBER = 0x000c,
    STUN_LIFETIME = 0x000d,
    STUN_XOR_PEER_ADDRESS = 0x0012,
    STUN_DATA_BYTES = 0x0013,
    STUN_REALM = 0x0014,
    STUN_NONCE = 0x0015,
    STUN_XOR_RELAYED_ADDRESS = 0x0016,
    STUN_REQUESTED_ADDRESS_FAMILY = 0x0017,
    STUN_EVEN_PORT = 0x0018,
    STUN_REQUESTED_TRANSPORT = 0x0019,
    STUN_MESSAGE_INTEGRITY_SHA256 = 0x001c,
    STUN_PASSWORD_ALGORITHM = 0x001d,
    STUN_USERHASH = 0x001e,
    STUN_XOR_MAPPED_ADDRESS = 0x0020,
    STUN_PRIORITY = 0x0024,
    STUN_USE_CANDIDATE = 0x0025,
    STUN_PASSWORD_ALGORITHMS = 0x8002,
    STUN_ALTERNATE_DOMAIN = 0x8003,
    STUN_SOFTWARE = 0x8022,
    STUN_ALTERNATE_SERVER = 0x8023,
    STUN_FINGERPRINT = 0x8028,
    STUN_ICE_CONTROLLED = 0x8029,
    STUN_ICE_CONTROLLING = 0x802a
};

/* A message that was read. Views point into the packet. */
struct stun_message {
    struct actr_view packet;
    enum stun_class class;
    uint16_t method;
    const uint8_t *transaction;                               /* STUN_TRANSACTION_LEN bytes */
    size_t integrity_at, integrity_sha256_at, fingerprint_at; /* offsets; 0: absent */
    uint16_t unknown[8]; /* comprehension-required attributes that we do not know; further ones
                            are not noted */
    size_t unknown_count;
};

/* Is it STUN, by its first byte and its cookie (RFC 7983 §7)? */
bool stun_is(struct actr_view packet);
/* What is STUN: is it a request, by its type alone? */
bool stun_is_request(struct actr_view packet);

/* Checks the frame: length, attribute lengths, a fingerprint if there is one, and that nothing
 * comes after it. Attributes after an integrity are passed over (RFC 8489 §14.5). ACTR_EDECODE. */
int stun_parse(struct actr_view packet, struct stun_message *ret_message) ACTR_MUST_CHECK;

/* The first attribute of that type before the integrity (those after it are not protected); false:
 * absent. */
bool stun_find(const struct stun_message *message, uint16_t type, struct actr_view *ret_value);
/* The same, of fixed width; false also when the length is wrong. */
bool stun_find_u32(const struct stun_message *message, uint16_t type, uint32_t *ret_value);
bool stun_find_u64(const struct stun_message *message, uint16_t type, uint64_t *ret_value);
/* An address, XORed or not by its type. */
bool stun_find_address(const struct stun_message *message, uint16_t type,
                       struct net_address *ret_address);
/* The code (300…699) and its text; false: absent or malformed. */
bool stun_find_error(const struct stun_message *message, unsigned *ret_code,
                     struct actr_view *ret_reason);

/* MESSAGE-INTEGRITY (HMAC-SHA1) by `key`, in constant time. False: absent or wrong. */
bool stun_verify(const struct stun_message *message, struct actr_view key);
/* MESSAGE-INTEGRITY-SHA256, also truncated to 16 bytes and more. */
bool stun_verify_sha256(const struct stun_message *message, struct actr_view key);

/* Writes a message; a failure (no room) sticks and shows at the end. */
struct stun_writer {
    uint8_t *buf;
    size_t size, len;
    bool failed;
};

void stun_begin(struct stun_writer *writer, void *buf, size_t size, enum stun_class class,
                uint16_t method, const uint8_t transaction[STUN_TRANSACTION_LEN]);
void stun_put(struct stun_writer *writer, uint16_t type, struct actr_view value);
void stun_put_u32(struct stun_writer *writer, uint16_t type, uint32_t value);
void stun_put_u64(struct stun_writer *writer, uint16_t type, uint64_t value);
void stun_put_address(struct stun_writer *writer, uint16_t type, const struct net_address *address);
void stun_put_error(struct stun_writer *writer, unsigned code, const char *reason);
/* Each closes what went before; the fingerprint comes last. */
void stun_put_integrity(struct stun_writer *writer, struct actr_view key);
void stun_put_integrity_sha256(struct stun_writer *writer, struct actr_view key);
void stun_put_fingerprint(struct stun_writer *writer);
/* The message; ptr NULL: it did not fit, or a primitive of the cryptographic library failed. */
struct actr_view stun_end(struct stun_writer *writer);
