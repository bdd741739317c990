// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Messages and dead letters as JSON and as text.
 *
 * The bytes come from peers: they are shown, never believed. An envelope that does not decode has
 * null where its parts would be, and is there in full as base64.
 *
 * The main thread. Must never write a control character of a message to a terminal. */
#include "store_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "mailbox/row.h"
#include "protocol/envelope.h"
#include "protocol/id.h"

/* JSON --------------------------------------------------------------------------------------- */

json_t *store_json_text(struct actr_view view)
{
    if (!view.ptr || !text_is_utf8(view))
        return json_null();
    return json_stringn((const char *)view.ptr, view.len);
}

json_t *store_json_id(struct actr_view encoded)
{
    struct actr_id id;
    char text[ACTR_ID_STR_MAX];
    if (!encoded.ptr || id_decode(encoded, &id) < 0)
        return json_null();
    return json_string(actr_id_format(&id, text));
}

json_t *store_json_base64(struct actr_view view)
{
    char *text = mem_alloc(TEXT_BASE64_SIZE(view.len));
    if (!text)
        return NULL;
    text_base64_encode(view.ptr, view.len, text);
    json_t *json = json_string(text);
    mem_free(text);
    return json;
}

json_t *store_json_time(uint64_t wall_ms)
{
    char text[DLQ_TIME_SIZE];
    if (wall_ms == 0)
        return json_null();
    dlq_format_time(wall_ms, text);
    return json_string(text);
}

static const char *direction_name(const struct envelope *envelope)
{
    return envelope->direction == ENVELOPE_TELL ? "tell" : "request";
}

json_t *store_json_message(const struct row *row)
{
    struct envelope envelope = {0};
    struct actr_view bytes = actr_bytes_view(row->message.envelope);
    bool is_whole = envelope_decode(bytes, &envelope) == 0;
    return json_pack(
        "{s:I, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:I, s:o}", "id", (json_int_t)row->message.id,
        "priority", row->message.priority == MAILBOX_HIGH ? "high" : "normal", "received_at",
        store_json_time(row->received_ms), "deliveries", (json_int_t)row->deliveries, "from",
        store_json_id(actr_bytes_view(row->from)), "kind",
        is_whole ? json_string(direction_name(&envelope)) : json_null(), "route",
        store_json_text(envelope.route), "request_id", store_json_text(envelope.request_id),
        "payload_bytes", (json_int_t)envelope.payload.len, "envelope", store_json_base64(bytes));
}

bool store_list_add(struct store_list *list, json_t *object)
{
    bool is_first = list->count++ == 0;
    if (!object || fputs(is_first ? "" : ",\n", list->file) < 0 ||
        json_dumpf(object, list->file, JSON_COMPACT) != 0)
        list->has_failed = true;
    json_decref(object);
    return !list->has_failed;
}

void store_list_begin(struct store_list *list, FILE *file)
{
    *list = (struct store_list){.file = file};
    list->has_failed = fputs("[", file) < 0;
}

void store_list_end(struct store_list *list)
{
    if (fputs("]\n", list->file) < 0)
        list->has_failed = true;
}

bool store_print_json(json_t *object)
{
    bool is_printed = object && json_dumpf(object, stdout, JSON_COMPACT) == 0;
    json_decref(object);
    return is_printed && putchar('\n') != EOF;
}

/* Text --------------------------------------------------------------------------------------- */

void store_print_text(struct actr_view view, size_t len_max)
{
    size_t len = view.len < len_max ? view.len : len_max;
    bool is_utf8 = text_is_utf8(view);
    while (is_utf8 && len < view.len && len > 0 && (view.ptr[len] & 0xc0) == 0x80)
        len--; /* not in the middle of a character */
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = view.ptr[i];
        /* C1 controls are 0xc2 0x80 to 0xc2 0x9f. */
        bool is_control = byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8) ||
                          (byte < 0xa0 && byte >= 0x80 && i > 0 && view.ptr[i - 1] == 0xc2);
        putchar(is_control ? '?' : byte);
    }
    if (len < view.len)
        fputs("...", stdout);
}

void store_print_id(struct actr_view encoded)
{
    struct actr_id id;
    char text[ACTR_ID_STR_MAX];
    if (encoded.ptr && id_decode(encoded, &id) == 0)
        fputs(actr_id_format(&id, text), stdout);
    else
        fputs("-", stdout);
}

/* Time --------------------------------------------------------------------------------------- */

/* Digits and marks of `form` ('0': a digit) at *at, which moves behind them. */
static bool take_form(const char **at, const char *form)
{
    for (; *form; form++, (*at)++) {
        bool fits = *form == '0' ? **at >= '0' && **at <= '9' : **at == *form;
        if (!fits)
            return false;
    }
    return true;
}

static int number_at(const char *text, int len)
{
    int number = 0;
    for (int i = 0; i < len; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

/* The fraction and the offset behind the seconds. */
static bool parse_rest(const char *at, uint64_t *ret_ms, int64_t *ret_offset_s)
{
    *ret_ms = 0;
    *ret_offset_s = 0;
    if (*at == '.') {
        uint64_t unit = 100;
        const char *first = ++at;
        for (; *at >= '0' && *at <= '9'; at++, unit /= 10)
            *ret_ms += (uint64_t)(*at - '0') * unit;
        if (at == first)
            return false;
    }
    if ((*at == 'Z' || *at == 'z') && at[1] == '\0')
        return true;
    const char *sign = at;
    if (*sign != '+' && *sign != '-')
        return false;
    at++;
    if (!take_form(&at, "00:00") || *at)
        return false;
    *ret_offset_s = (number_at(sign + 1, 2) * 60 + number_at(sign + 4, 2)) * 60;
    if (*sign == '-')
        *ret_offset_s = -*ret_offset_s;
    return true;
}

bool store_parse_time(const char *text, char ret_time[DLQ_TIME_SIZE])
{
    const char *at = text;
    uint64_t ms = 0;
    int64_t offset_s = 0;
    struct tm tm = {0};
    if (!take_form(&at, "0000-00-00"))
        return false;
    tm.tm_year = number_at(text, 4) - 1900;
    tm.tm_mon = number_at(text + 5, 2) - 1;
    tm.tm_mday = number_at(text + 8, 2);
    if (*at) {
        if ((*at != 'T' && *at != 't' && *at != ' ') || (at++, !take_form(&at, "00:00:00")) ||
            !parse_rest(at, &ms, &offset_s))
            return false;
        tm.tm_hour = number_at(text + 11, 2);
        tm.tm_min = number_at(text + 14, 2);
        tm.tm_sec = number_at(text + 17, 2);
    }
    struct tm given = tm;
    int64_t seconds = timegm(&tm); /* brings a day that does not exist to one that does */
    if (tm.tm_mday != given.tm_mday || tm.tm_mon != given.tm_mon || tm.tm_hour != given.tm_hour ||
        tm.tm_min != given.tm_min || seconds - offset_s < 0)
        return false;
    dlq_format_time((uint64_t)(seconds - offset_s) * 1000 + ms, ret_time);
    return true;
}
