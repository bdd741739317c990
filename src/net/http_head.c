// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The head of an HTTP/1.1 message.
 *
 * The bytes are copied once, into memory of the head, up to and including the empty line; parsing
 * puts NULs over delimiters and moves fields together, so that a lookup is a walk over text. A head
 * is short and looked up a few times: a walk beats a table. A whole head ends in CRLF CRLF and
 * holds no NUL, which is what lets text functions run over it.
 *
 * Any thread. Must never look beyond len, and never trust that a peer keeps to the grammar. */
#include "net/http_head.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"

#define HTTP_HEAD_CAP_FIRST 512

/* RFC 9110 §5.6.2 */
static bool http_head_is_token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool http_head_is_value_char(unsigned char c)
{
    return c == '\t' || (c >= ' ' && c != 0x7f);
}

void http_head_deinit(struct http_head *head)
{
    mem_free(head->text);
    *head = (struct http_head){0};
}

static int http_head_reserve(struct http_head *head, size_t len)
{
    size_t cap = head->cap ? head->cap : HTTP_HEAD_CAP_FIRST;
    while (cap < len)
        cap *= 2;
    if (cap == head->cap)
        return 0;
    char *text = mem_resize(head->text, cap);
    if (!text)
        return err_origin(ACTR_ENOMEM, "http: no memory for a head");
    head->text = text;
    head->cap = (uint32_t)cap;
    return 0;
}

/* Garbage is refused as it comes, not after 16 KiB of it. */
static bool http_head_is_plausible(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!http_head_is_value_char((unsigned char)text[i]) && text[i] != '\r' && text[i] != '\n')
            return false;
    return true;
}

int http_head_feed(struct http_head *head, struct actr_view view, size_t *ret_used)
{
    size_t skipped = 0;
    /* RFC 9112 §2.2: empty lines before a request are ignored. */
    if (head->len == 0)
        while (skipped < view.len && (view.ptr[skipped] == '\r' || view.ptr[skipped] == '\n'))
            skipped++;
    size_t room = HTTP_HEAD_MAX - head->len;
    size_t take = view.len - skipped < room ? view.len - skipped : room;
    *ret_used = skipped;
    if (take == 0)
        return room == 0 ? HTTP_HEAD_TOO_LARGE : HTTP_HEAD_MORE;

    int r = http_head_reserve(head, head->len + take);
    if (r < 0)
        return r;
    memcpy(head->text + head->len, view.ptr + skipped, take);

    size_t from = head->len > 3 ? head->len - 3 : 0;
    const char *end = memmem(head->text + from, head->len + take - from, "\r\n\r\n", 4);
    size_t len = end ? (size_t)(end - head->text) + 4 : head->len + take;
    if (!http_head_is_plausible(head->text + head->len, len - head->len))
        return err_origin(ACTR_EDECODE, "http: control characters in a head");
    *ret_used += len - head->len;
    head->len = (uint32_t)len;
    if (end)
        return 0;
    return len == HTTP_HEAD_MAX ? HTTP_HEAD_TOO_LARGE : HTTP_HEAD_MORE;
}

/* Cuts the line that begins at `at` off by a NUL; returns the beginning of the next. The text is
 * known to end in CRLF. NULL: a CR or LF alone. */
static char *http_head_line(char *at)
{
    char *end = at;
    while (*end != '\r' && *end != '\n')
        end++;
    if (end[0] != '\r' || end[1] != '\n')
        return NULL;
    *end = '\0';
    return end + 2;
}

/* "name: value" to name, NUL, value, NUL at `to`. Returns the place after it, NULL on bad grammar.
 * Never writes beyond what it has read. */
static char *http_head_field(char *line, char *to)
{
    char *colon = line;
    for (; http_head_is_token_char((unsigned char)*colon); colon++)
        *to++ = (char)(*colon >= 'A' && *colon <= 'Z' ? *colon + ('a' - 'A') : *colon);
    if (colon == line || *colon != ':')
        return NULL;
    *to++ = '\0';

    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        len--;
    memmove(to, value, len);
    to[len] = '\0';
    return to + len + 1;
}

/* All lines after the start line. */
static int http_head_fields(struct http_head *head, char *line)
{
    char *to = line;
    head->fields = line;
    for (unsigned count = 0;; count++) {
        char *next = http_head_line(line);
        if (!next)
            return err_origin(ACTR_EDECODE, "http: line does not end in CRLF");
        if (*line == '\0')
            break;
        if (count == HTTP_HEAD_FIELD_MAX)
            return HTTP_HEAD_TOO_LARGE;
        to = http_head_field(line, to);
        if (!to)
            return err_origin(ACTR_EDECODE, "http: malformed field");
        line = next;
    }
    *to = '\0';
    return 0;
}

/* "HTTP/1.x" */
static int http_head_version(struct http_head *head, const char *text, size_t len)
{
    if (len != 8 || memcmp(text, "HTTP/1.", 7) != 0 || text[7] < '0' || text[7] > '9')
        return err_origin(ACTR_EDECODE, "http: not HTTP/1");
    head->is_http10 = text[7] == '0';
    return 0;
}

/* RFC 9112 §3.2: origin-form, absolute-form (its authority is dropped; Host says the same), or the
 * asterisk. */
static int http_head_target(struct http_head *head, char *target)
{
    for (const char *at = target; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || *at == '#')
            return err_origin(ACTR_EDECODE, "http: bytes in the request target that no URL has");
    if (strncasecmp(target, "http://", 7) == 0 || strncasecmp(target, "https://", 8) == 0) {
        char *authority = strstr(target, "//") + 2;
        target = authority + strcspn(authority, "/?");
        if (*target != '/') {
            /* No path: the '/' goes over the last byte of the authority. */
            *--target = '/';
        }
    }
    if (target[0] != '/' && strcmp(target, "*") != 0)
        return err_origin(ACTR_EDECODE, "http: request target is no path");
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    head->path = target;
    head->query = query ? query : "";
    return 0;
}

int http_head_parse_request(struct http_head *head)
{
    char *line = head->text;
    char *next = http_head_line(line);
    if (!next)
        return err_origin(ACTR_EDECODE, "http: line does not end in CRLF");
    char *target = line;
    while (http_head_is_token_char((unsigned char)*target))
        target++;
    if (target == line || *target != ' ')
        return err_origin(ACTR_EDECODE, "http: malformed request line");
    *target++ = '\0';
    char *version = strchr(target, ' ');
    if (!version)
        return err_origin(ACTR_EDECODE, "http: malformed request line");
    *version++ = '\0';
    head->method = line;
    int r = http_head_version(head, version, strlen(version));
    if (r == 0)
        r = http_head_target(head, target);
    return r == 0 ? http_head_fields(head, next) : r;
}

int http_head_parse_response(struct http_head *head)
{
    char *next = http_head_line(head->text);
    if (!next)
        return err_origin(ACTR_EDECODE, "http: line does not end in CRLF");
    const char *line = head->text;
    size_t len = strlen(line);
    /* "HTTP/1.1 200 reason"; some leave the reason and its space out. */
    if (len < 12 || line[8] != ' ' || (len > 12 && line[12] != ' '))
        return err_origin(ACTR_EDECODE, "http: malformed status line");
    unsigned status = 0;
    for (unsigned i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return err_origin(ACTR_EDECODE, "http: malformed status line");
        status = status * 10 + (unsigned)(line[i] - '0');
    }
    if (status < 100 || status > 599)
        return err_origin(ACTR_EDECODE, "http: no such status");
    head->status = (uint16_t)status;
    int r = http_head_version(head, line, 8);
    return r == 0 ? http_head_fields(head, next) : r;
}

/* The first value of `name` among the fields from `at` on. */
static const char *http_head_from(const char *at, const char *name)
{
    while (*at) {
        const char *value = at + strlen(at) + 1;
        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

const char *http_head_find(const struct http_head *head, const char *name)
{
    return http_head_from(head->fields, name);
}

const char *http_head_next(const char *name, const char *value)
{
    return http_head_from(value + strlen(value) + 1, name);
}

static bool http_head_list_has(const char *list, const char *token)
{
    size_t token_len = strlen(token);
    for (;;) {
        list += strspn(list, " \t,");
        size_t len = strcspn(list, " \t,;");
        if (len == 0 && *list == '\0')
            return false;
        if (len == token_len && strncasecmp(list, token, len) == 0)
            return true;
        list += strcspn(list, ",");
    }
}

bool http_head_has_token(const struct http_head *head, const char *name, const char *token)
{
    const char *value = http_head_find(head, name);
    for (; value; value = http_head_next(name, value))
        if (http_head_list_has(value, token))
            return true;
    return false;
}

bool http_head_is_name(const char *name)
{
    if (*name == '\0')
        return false;
    for (; *name; name++)
        if (!http_head_is_token_char((unsigned char)*name))
            return false;
    return true;
}

bool http_head_is_value(const char *value)
{
    size_t len = strlen(value);
    if (len > 0 && (strchr(" \t", value[0]) || strchr(" \t", value[len - 1])))
        return false;
    for (; *value; value++)
        if (!http_head_is_value_char((unsigned char)*value))
            return false;
    return true;
}
