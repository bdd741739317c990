// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Questions and answers of mDNS.
 *
 * Names in a message may point back into it (RFC 1035 §4.1.4). A pointer must lead to a label, not
 * to another pointer, and to before the place where the name began or the last pointer led: so
 * every step goes backwards, and takes a label of the wanted name with it, or ends. A message that
 * breaks a rule is read up to there: what it said before counts, because anybody on the link may
 * answer in any case.
 *
 * Pure. Must never read outside the packet, nor recurse over it. */
#include "hyper/wire/webrtc/mdns_message.h"

#include <string.h>
#include <strings.h>

#include "base/cursor.h"

#define MDNS_HEADER_LEN 12
#define MDNS_LABEL_MAX 63
#define MDNS_TYPE_A 1
#define MDNS_TYPE_AAAA 28
#define MDNS_CLASS_IN 1
#define MDNS_CLASS_FLAG 0x8000u /* question: answer me alone; answer: replace what you know */
#define MDNS_IS_RESPONSE 0x8000u
#define MDNS_POINTER 0xc0

static size_t mdns_put_u16(uint8_t *buf, size_t at, unsigned value)
{
    buf[at] = (uint8_t)(value >> 8);
    buf[at + 1] = (uint8_t)value;
    return at + 2;
}

/* Labels with their lengths, and the empty one. 0: impossible. */
static size_t mdns_put_name(uint8_t *buf, size_t at, const char *name)
{
    if (strlen(name) > MDNS_NAME_MAX - 1)
        return 0;
    while (*name != '\0') {
        size_t len = strcspn(name, ".");
        if (len == 0 || len > MDNS_LABEL_MAX)
            return 0;
        buf[at++] = (uint8_t)len;
        memcpy(buf + at, name, len);
        at += len;
        name += len;
        if (*name == '.')
            name++;
    }
    buf[at++] = 0;
    return at;
}

size_t mdns_write_question(uint16_t id, const char *name, uint8_t buf[MDNS_QUESTION_MAX])
{
    size_t at = MDNS_HEADER_LEN;
    memset(buf, 0, MDNS_HEADER_LEN);
    mdns_put_u16(buf, 0, id);
    mdns_put_u16(buf, 4, 2); /* questions */
    size_t end = *name != '\0' ? mdns_put_name(buf, at, name) : 0;
    if (end == 0)
        return 0;
    at = mdns_put_u16(buf, end, MDNS_TYPE_A);
    at = mdns_put_u16(buf, at, MDNS_CLASS_FLAG | MDNS_CLASS_IN);
    at = mdns_put_u16(buf, at, MDNS_POINTER << 8 | MDNS_HEADER_LEN); /* the same name */
    at = mdns_put_u16(buf, at, MDNS_TYPE_AAAA);
    return mdns_put_u16(buf, at, MDNS_CLASS_FLAG | MDNS_CLASS_IN);
}

/* Follows a pointer to the next label. False: there is none, or the name is broken. *limit: where a
 * pointer must lead below. */
static bool mdns_next_label(struct actr_view packet, size_t *at, size_t *limit,
                            struct actr_view *ret_label)
{
    if (*at < packet.len && (packet.ptr[*at] & MDNS_POINTER) == MDNS_POINTER) {
        if (packet.len - *at < 2)
            return false;
        size_t to = (size_t)(packet.ptr[*at] & ~MDNS_POINTER) << 8 | packet.ptr[*at + 1];
        if (to >= *limit)
            return false;
        *at = *limit = to;
    }
    if (*at >= packet.len || packet.ptr[*at] > MDNS_LABEL_MAX)
        return false;
    size_t len = packet.ptr[*at];
    if (len == 0 || len > packet.len - *at - 1)
        return false;
    *ret_label = actr_view_of(packet.ptr + *at + 1, len);
    *at += 1 + len;
    return true;
}

/* Is it this name that begins at `at`? */
static bool mdns_is_name(struct actr_view packet, size_t at, const char *name)
{
    size_t limit = at;
    struct actr_view label;
    while (mdns_next_label(packet, &at, &limit, &label)) {
        size_t len = strcspn(name, ".");
        if (len != label.len || strncasecmp(name, (const char *)label.ptr, len) != 0)
            return false;
        name += len;
        if (*name == '.')
            name++;
        else if (*name == '\0')
            break;
    }
    return *name == '\0' && at < packet.len && packet.ptr[at] == 0;
}

/* Over a name where it stands. */
static void mdns_skip_name(struct cursor *cursor)
{
    for (;;) {
        uint8_t len = cursor_u8(cursor);
        if (cursor->failed || len == 0)
            return;
        if ((len & MDNS_POINTER) == MDNS_POINTER) {
            cursor_u8(cursor);
            return;
        }
        if (len > MDNS_LABEL_MAX)
            cursor->failed = true;
        else
            cursor_bytes(cursor, len);
    }
}

static bool mdns_take_address(unsigned type, struct actr_view data, struct net_address *ret_address)
{
    size_t len = type == MDNS_TYPE_A ? 4 : 16;
    if ((type != MDNS_TYPE_A && type != MDNS_TYPE_AAAA) || data.len != len)
        return false;
    struct net_address address = {.is_ipv6 = len == 16};
    memcpy(address.bytes, data.ptr, len);
    *ret_address = address;
    return true;
}

bool mdns_read_answer(struct actr_view packet, const char *name, struct net_address *ret_address)
{
    struct cursor cursor = cursor_of(packet);
    cursor_u16be(&cursor); /* the id: multicast answers have none */
    unsigned flags = cursor_u16be(&cursor);
    unsigned questions = cursor_u16be(&cursor);
    unsigned records = cursor_u16be(&cursor);
    records += cursor_u16be(&cursor);
    records += cursor_u16be(&cursor);
    if (!(flags & MDNS_IS_RESPONSE))
        return false;
    for (; questions > 0 && !cursor.failed; questions--) {
        mdns_skip_name(&cursor);
        cursor_bytes(&cursor, 4);
    }
    for (; records > 0 && !cursor.failed; records--) {
        size_t at = packet.len - cursor_left(&cursor);
        mdns_skip_name(&cursor);
        unsigned type = cursor_u16be(&cursor);
        unsigned class = cursor_u16be(&cursor);
        cursor_bytes(&cursor, 4); /* how long it is good for */
        struct actr_view data = cursor_bytes(&cursor, cursor_u16be(&cursor));
        if (!cursor.failed && (class & ~MDNS_CLASS_FLAG) == MDNS_CLASS_IN &&
            mdns_is_name(packet, at, name) && mdns_take_address(type, data, ret_address))
            return true;
    }
    return false;
}
