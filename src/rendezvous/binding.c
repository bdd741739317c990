// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A STUN server that knows one method.
 *
 * A request is answered with XOR-MAPPED-ADDRESS, and with FINGERPRINT when it carried one. Unknown
 * attributes that must be understood get error 420 with their numbers (RFC 8489 §6.3.1). Nothing is
 * authenticated, so credentials in a request are passed over. Everything else is dropped in silence
 * and without state; a datagram must never cost more than one look at its attributes.
 *
 * Pure; never allocates; any thread. */
#include "binding.h"

#include <string.h>

#include "base/crc32.h"
#include "base/cursor.h"

#define HEADER_LEN 20
#define TRANSACTION_LEN 12
#define MAGIC 0x2112a442u
#define FINGERPRINT_XOR 0x5354554eu

#define TYPE_REQUEST 0x0001
#define TYPE_SUCCESS 0x0101
#define TYPE_ERROR 0x0111

#define ATTRIBUTE_ERROR_CODE 0x0009
#define ATTRIBUTE_UNKNOWN 0x000a
#define ATTRIBUTE_XOR_MAPPED 0x0020
#define ATTRIBUTE_FINGERPRINT 0x8028
#define ATTRIBUTE_OPTIONAL 0x8000 /* those from here on may be ignored */

#define UNKNOWN_MAX 4

struct request {
    struct actr_view transaction;
    uint16_t unknown[UNKNOWN_MAX];
    size_t unknown_count;
    bool has_fingerprint;
};

struct writer {
    uint8_t *buf;
    size_t len;
};

static void put_u16(struct writer *writer, uint16_t value)
{
    writer->buf[writer->len++] = (uint8_t)(value >> 8);
    writer->buf[writer->len++] = (uint8_t)value;
}

static void put_u32(struct writer *writer, uint32_t value)
{
    put_u16(writer, (uint16_t)(value >> 16));
    put_u16(writer, (uint16_t)value);
}

static void put_bytes(struct writer *writer, const uint8_t *data, size_t len)
{
    memcpy(writer->buf + writer->len, data, len);
    writer->len += len;
}

/* Attributes that a Binding request may carry and that ask nothing of a server without accounts:
 * USERNAME, MESSAGE-INTEGRITY, REALM, NONCE, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH
 * (RFC 8489 §14), PRIORITY and USE-CANDIDATE (RFC 8445 §16.1). */
static bool is_known(uint16_t type)
{
    static const uint16_t known[] = {0x0006, 0x0008, 0x0014, 0x0015, 0x001c,
                                     0x001d, 0x001e, 0x0024, 0x0025};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i] == type)
            return true;
    return type >= ATTRIBUTE_OPTIONAL;
}

static void note_unknown(struct request *request, uint16_t type)
{
    if (request->unknown_count < UNKNOWN_MAX)
        request->unknown[request->unknown_count++] = type;
}

/* False: the message is damaged. */
static bool read_attributes(struct cursor *cursor, struct actr_view datagram,
                            struct request *request)
{
    while (cursor_left(cursor) > 0 && !request->has_fingerprint) {
        size_t at = datagram.len - cursor_left(cursor);
        uint16_t type = cursor_u16be(cursor);
        uint16_t len = cursor_u16be(cursor);
        struct actr_view value = cursor_bytes(cursor, len);
        cursor_bytes(cursor, (size_t)(-len & 3));
        if (cursor->failed)
            return false;
        if (type == ATTRIBUTE_FINGERPRINT) {
            struct cursor crc = cursor_of(value);
            if (len != 4 || cursor_u32be(&crc) != (crc32_of(datagram.ptr, at) ^ FINGERPRINT_XOR))
                return false;
            request->has_fingerprint = true;
        } else if (!is_known(type)) {
            note_unknown(request, type);
        }
    }
    return cursor_left(cursor) == 0; /* FINGERPRINT is the last one */
}

static bool read_request(struct actr_view datagram, struct request *request)
{
    struct cursor cursor = cursor_of(datagram);
    uint16_t type = cursor_u16be(&cursor);
    uint16_t len = cursor_u16be(&cursor);
    uint32_t magic = cursor_u32be(&cursor);
    request->transaction = cursor_bytes(&cursor, TRANSACTION_LEN);
    if (cursor.failed || type != TYPE_REQUEST || magic != MAGIC || len != cursor_left(&cursor) ||
        len % 4 != 0)
        return false;
    return read_attributes(&cursor, datagram, request);
}

/* RFC 8489 §14.2. */
static void put_mapped(struct writer *writer, const struct binding_source *source)
{
    size_t len = source->is_ipv6 ? 16 : 4;
    put_u16(writer, ATTRIBUTE_XOR_MAPPED);
    put_u16(writer, (uint16_t)(4 + len));
    put_u16(writer, source->is_ipv6 ? 2 : 1);
    put_u16(writer, source->port ^ (MAGIC >> 16));
    for (size_t i = 0; i < len; i++) /* the key is magic and transaction, as they stand at 4 */
        writer->buf[writer->len++] = (uint8_t)(source->address[i] ^ writer->buf[4 + i]);
}

/* RFC 8489 §14.8, §14.13; without a reason phrase. */
static void put_error(struct writer *writer, const struct request *request)
{
    put_u16(writer, ATTRIBUTE_ERROR_CODE);
    put_u16(writer, 4);
    put_u32(writer, 4 << 8 | 20);
    put_u16(writer, ATTRIBUTE_UNKNOWN);
    put_u16(writer, (uint16_t)(2 * request->unknown_count));
    for (size_t i = 0; i < request->unknown_count; i++)
        put_u16(writer, request->unknown[i]);
    if (request->unknown_count % 2 != 0)
        put_u16(writer, 0);
}

static void set_len(struct writer *writer, size_t len)
{
    writer->buf[2] = (uint8_t)((len - HEADER_LEN) >> 8);
    writer->buf[3] = (uint8_t)(len - HEADER_LEN);
}

size_t binding_answer(struct actr_view datagram, const struct binding_source *source,
                      uint8_t answer[BINDING_ANSWER_MAX])
{
    struct request request = {0};
    struct writer writer = {answer, 0};
    if (!read_request(datagram, &request))
        return 0;

    put_u16(&writer, request.unknown_count ? TYPE_ERROR : TYPE_SUCCESS);
    put_u16(&writer, 0);
    put_u32(&writer, MAGIC);
    put_bytes(&writer, request.transaction.ptr, TRANSACTION_LEN);
    if (request.unknown_count)
        put_error(&writer, &request);
    else
        put_mapped(&writer, source);
    set_len(&writer, writer.len);
    if (request.has_fingerprint) {
        set_len(&writer, writer.len + 8); /* the sum covers the length that includes it */
        uint32_t crc = crc32_of(answer, writer.len) ^ FINGERPRINT_XOR;
        put_u16(&writer, ATTRIBUTE_FINGERPRINT);
        put_u16(&writer, 4);
        put_u32(&writer, crc);
    }
    return writer.len;
}
