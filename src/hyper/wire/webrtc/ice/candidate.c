// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* ICE candidates as text, and their priority.
 *
 * The text comes from a stranger. It is split at blanks; each field is judged by itself, and the
 * result is written only when all of them are good. What is well formed but of no use to us (TCP,
 * another component, a name that only DNS knows, an address nobody can send to) is told apart from
 * what is malformed: the first is every day's business with browsers, the second is not.
 *
 * Pure; any thread; never allocates. */
#include "hyper/wire/webrtc/ice/candidate.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/text.h"

#define CANDIDATE_COMPONENT_MAX 256 /* RFC 8445 §5.1.2.1 */

static const struct {
    const char *name;
    uint32_t preference; /* RFC 8445 §5.1.2.2 */
} candidate_types[] = {[CANDIDATE_HOST] = {"host", 126},
                       [CANDIDATE_SRFLX] = {"srflx", 100},
                       [CANDIDATE_PRFLX] = {"prflx", 110},
                       [CANDIDATE_RELAY] = {"relay", 0}};

#define CANDIDATE_TYPE_COUNT (sizeof(candidate_types) / sizeof(candidate_types[0]))

static bool candidate_is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Cuts the next field off *text; empty at the end. */
static struct actr_view candidate_field(struct actr_view *text)
{
    size_t from = 0;
    while (from < text->len && candidate_is_blank(text->ptr[from]))
        from++;
    size_t to = from;
    while (to < text->len && !candidate_is_blank(text->ptr[to]))
        to++;
    struct actr_view field = actr_view_of(text->ptr + from, to - from);
    *text = actr_view_of(text->ptr + to, text->len - to);
    return field;
}

static bool candidate_is(struct actr_view field, const char *word)
{
    return field.len == strlen(word) && strncasecmp((const char *)field.ptr, word, field.len) == 0;
}

/* The next field as a number of at most `max`. */
static bool candidate_number(struct actr_view *text, uint32_t max, uint32_t *ret_value)
{
    return text_u32(candidate_field(text), ret_value) && *ret_value <= max;
}

static bool candidate_skip(struct actr_view *text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (text->len < len || memcmp(text->ptr, prefix, len) != 0)
        return false;
    *text = actr_view_of(text->ptr + len, text->len - len);
    return true;
}

static bool candidate_is_visible(struct actr_view field)
{
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] <= ' ' || field.ptr[i] > '~')
            return false;
    }
    return field.len > 0;
}

/* A name of one machine of the own link (RFC 6762 §3), in the characters of host names. */
static bool candidate_is_local_name(struct actr_view field)
{
    static const char suffix[] = ".local";
    size_t suffix_len = sizeof(suffix) - 1;
    if (field.len <= suffix_len || field.len >= CANDIDATE_NAME_MAX ||
        !candidate_is(actr_view_of(field.ptr + field.len - suffix_len, suffix_len), suffix))
        return false;
    for (size_t i = 0; i < field.len; i++) {
        uint8_t byte = field.ptr[i];
        bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (!is_letter && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '.')
            return false;
    }
    return true;
}

/* False: nobody can be sent to there. */
static bool candidate_set_address(struct candidate *candidate, struct actr_view field,
                                  uint16_t port)
{
    if (net_address_parse(field, port, &candidate->address))
        return port != 0 && !net_address_is_any(&candidate->address) &&
               !net_address_is_multicast(&candidate->address);
    if (!candidate_is_local_name(field))
        return false;
    memcpy(candidate->name, field.ptr, field.len);
    candidate->address.port = port;
    return port != 0;
}

static bool candidate_set_type(struct candidate *candidate, struct actr_view field)
{
    for (size_t i = 0; i < CANDIDATE_TYPE_COUNT; i++) {
        if (candidate_is(field, candidate_types[i].name)) {
            candidate->type = (enum candidate_type)i;
            return true;
        }
    }
    return false;
}

/* Pairs of name and value up to the end; those that we do not know are skipped (RFC 8839 §5.1). */
static void candidate_read_extensions(struct candidate *candidate, struct actr_view text)
{
    struct actr_view name, value;
    struct actr_view host = {NULL, 0};
    uint32_t port = 0, number;
    while ((name = candidate_field(&text)).len > 0) {
        value = candidate_field(&text);
        if (candidate_is(name, "raddr"))
            host = value;
        else if (candidate_is(name, "rport") && text_u32(value, &number) && number <= UINT16_MAX)
            port = number;
    }
    /* It is for people to read: one that is no address (a name, hidden) is none. */
    (void)net_address_parse(host, (uint16_t)port, &candidate->related);
}

int candidate_parse(struct actr_view text, struct candidate *ret_candidate)
{
    struct candidate candidate = {0};
    uint32_t component, port;
    (void)candidate_skip(&text, "a=");
    (void)candidate_skip(&text, "candidate:");

    struct actr_view foundation = candidate_field(&text);
    if (!candidate_is_visible(foundation) || foundation.len >= CANDIDATE_FOUNDATION_MAX)
        return err_origin(ACTR_EINVALID, "candidate: no foundation");
    memcpy(candidate.foundation, foundation.ptr, foundation.len);
    if (!candidate_number(&text, CANDIDATE_COMPONENT_MAX, &component) || component == 0)
        return err_origin(ACTR_EINVALID, "candidate: no component");
    struct actr_view transport = candidate_field(&text);
    if (!candidate_number(&text, UINT32_MAX, &candidate.priority))
        return err_origin(ACTR_EINVALID, "candidate: no priority");
    struct actr_view host = candidate_field(&text);
    if (!candidate_is_visible(host) || !candidate_number(&text, UINT16_MAX, &port))
        return err_origin(ACTR_EINVALID, "candidate: no address and port");
    if (!candidate_is(candidate_field(&text), "typ"))
        return err_origin(ACTR_EINVALID, "candidate: no type");
    struct actr_view type = candidate_field(&text);
    if (!candidate_is_visible(type))
        return err_origin(ACTR_EINVALID, "candidate: no type");

    if (component != 1 || !candidate_is(transport, "udp"))
        return err_origin(ACTR_ENOTIMPL, "candidate: not of UDP and component 1");
    if (!candidate_set_type(&candidate, type))
        return err_origin(ACTR_ENOTIMPL, "candidate: a type that is not known");
    if (!candidate_set_address(&candidate, host, (uint16_t)port))
        return err_origin(ACTR_ENOTIMPL, "candidate: nobody can send there");
    candidate_read_extensions(&candidate, text);
    *ret_candidate = candidate;
    return 0;
}

size_t candidate_format(const struct candidate *candidate, char text[CANDIDATE_TEXT_MAX])
{
    char host[NET_ADDRESS_TEXT_MAX];
    const char *shown =
        candidate->name[0] ? candidate->name : net_address_host(&candidate->address, host);
    struct text out;
    text_init(&out, text, CANDIDATE_TEXT_MAX);
    text_printf(&out, "candidate:%s 1 udp %u %s %u typ %s", candidate->foundation,
                candidate->priority, shown, candidate->address.port,
                candidate_type_name(candidate->type));
    if (candidate->type != CANDIDATE_HOST) { /* RFC 8839 §5.1: it must be there then */
        struct net_address related = candidate->related;
        if (net_address_is_any(&related))
            related = (struct net_address){.is_ipv6 = candidate->address.is_ipv6};
        text_printf(&out, " raddr %s rport %u", net_address_host(&related, host), related.port);
    }
    return out.len;
}

uint32_t candidate_priority(enum candidate_type type, uint16_t local_preference)
{
    return candidate_types[type].preference << 24 | (uint32_t)local_preference << 8 | (256 - 1);
}

const char *candidate_type_name(enum candidate_type type)
{
    return candidate_types[type].name;
}
