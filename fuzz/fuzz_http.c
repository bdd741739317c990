// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HTTP/1.1 messages: whatever they are, what is read does not depend on how the stream is cut. The
 * first byte says where it is cut and which side is reading. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "net/builder.h"
#include "net/http_body.h"
#include "net/http_date.h"
#include "net/http_head.h"

enum { CONTENT_MAX = 1 << 20 };

struct outcome {
    int head, body; /* results */
    size_t used;
    struct builder content;
};

/* Reads a message in steps; `first` bytes at the beginning, then `step` at a time. */
static void read_message(struct actr_view data, size_t first, size_t step, bool is_response,
                         struct outcome *outcome)
{
    struct http_head head = {0};
    struct http_body body;
    size_t at = 0, end = first < data.len ? first : data.len, used;
    struct actr_view part;

    *outcome = (struct outcome){.head = HTTP_HEAD_MORE, .body = HTTP_BODY_MORE};
    while (outcome->head == HTTP_HEAD_MORE && at < data.len) {
        outcome->head = http_head_feed(&head, actr_view_of(data.ptr + at, end - at), &used);
        fuzz_check(used <= end - at, "a head used more than there was");
        at += used;
        if (outcome->head == HTTP_HEAD_MORE)
            end = data.len - end < step ? data.len : end + step;
    }
    if (outcome->head == 0)
        outcome->head =
            is_response ? http_head_parse_response(&head) : http_head_parse_request(&head);
    if (outcome->head == 0)
        outcome->body = is_response ? http_body_init_response(&body, &head)
                                    : http_body_init_request(&body, &head);
    if (outcome->head == 0 && outcome->body == 0)
        do {
            outcome->body =
                http_body_feed(&body, actr_view_of(data.ptr + at, end - at), &used, &part);
            fuzz_check(used <= end - at && part.len <= used, "a body used more than there was");
            at += used;
            fuzz_check(builder_append(&outcome->content, part, CONTENT_MAX) == 0, "no memory");
            if (at == end && end < data.len)
                end = data.len - end < step ? data.len : end + step;
        } while (outcome->body == HTTP_BODY_MORE && at < data.len);
    outcome->used = at;
    http_head_deinit(&head);
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
    return a->head == b->head && a->body == b->body && a->content.len == b->content.len &&
           (a->content.len == 0 || memcmp(a->content.data, b->content.data, a->content.len) == 0) &&
           (a->head != 0 || a->body < 0 || a->used == b->used);
}

static void check_date(struct actr_view data)
{
    char text[64];
    int64_t date, again;
    size_t len = data.len < sizeof(text) - 1 ? data.len : sizeof(text) - 1;
    memcpy(text, data.ptr, len);
    text[len] = '\0';
    if (!http_date_parse(text, 1800000000, &date))
        return;
    http_date_format(date, text);
    fuzz_check(http_date_parse(text, 1800000000, &again) && date == again, "another date");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct outcome whole, cut, drops;
    if (len == 0)
        return 0;
    struct actr_view message = {data + 1, len - 1};
    bool is_response = data[0] & 1;
    read_message(message, message.len, 1, is_response, &whole);
    read_message(message, data[0] >> 1, 7, is_response, &cut);
    read_message(message, 1, 1, is_response, &drops);
    fuzz_check(is_same(&whole, &cut) && is_same(&whole, &drops), "a cut makes a difference");
    builder_deinit(&whole.content);
    builder_deinit(&cut.content);
    builder_deinit(&drops.content);
    check_date(message);
    return 0;
}
