// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* See pledge.h: the promises, one by one. */
#include "pledge.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "harness.h"

#define BODY_SPREAD 3500u

bool pledge_blame(struct pledge *pledge, const char *format, ...)
{
    va_list args;
    if (pledge->fault[0])
        return false;
    va_start(args, format);
    vsnprintf(pledge->fault, sizeof(pledge->fault), format, args);
    va_end(args);
    return false;
}

/* Messages ----------------------------------------------------------------------------------- */

unsigned pledge_add(struct pledge *pledge)
{
    assert_true(pledge->count < PLEDGE_MAX);
    pledge->entries[pledge->count] = (struct pledge_entry){0};
    return pledge->count++;
}

static size_t body_fill(unsigned number, uint8_t body[4 + BODY_SPREAD])
{
    size_t len = 4 + (number * 2654435761u >> 8) % BODY_SPREAD;
    memcpy(body, &number, 4);
    for (size_t i = 4; i < len; i++)
        body[i] = (uint8_t)(number * 31 + i);
    return len;
}

struct actr_bytes pledge_body(unsigned number)
{
    uint8_t body[4 + BODY_SPREAD];
    size_t len = body_fill(number, body);
    return actr_bytes_copy(actr_view_of(body, len));
}

struct pledge_entry *pledge_find(struct pledge *pledge, struct actr_view view)
{
    uint8_t body[4 + BODY_SPREAD];
    unsigned number = PLEDGE_MAX;
    if (view.len >= 4)
        memcpy(&number, view.ptr, 4);
    if (number >= pledge->count) {
        pledge_blame(pledge, "a body that nobody sent");
        return NULL;
    }
    if (!view_equal(view, actr_view_of(body, body_fill(number, body)))) {
        pledge_blame(pledge, "the body of %u has changed", number);
        return NULL;
    }
    return &pledge->entries[number];
}

void pledge_rest(struct pledge *pledge, bool is_well)
{
    for (unsigned i = 0; i < pledge->count; i++) {
        struct pledge_entry *entry = &pledge->entries[i];
        if (entry->state == PLEDGE_PUSHED && (is_well || !entry->is_letter))
            entry->state = PLEDGE_ACCEPTED;
        if (is_well && entry->end != PLEDGE_OPEN)
            entry->is_settled = true;
    }
}

/* Promises ----------------------------------------------------------------------------------- */

static bool check_deliveries(struct pledge *pledge, const struct pledge_entry *entry)
{
    unsigned number = (unsigned)(entry - pledge->entries);
    uint32_t least = entry->deliveries + (entry->is_held && !entry->is_excused);
    uint32_t most = entry->deliveries + 1;
    if (entry->rows == 0 || (entry->row_deliveries >= least && entry->row_deliveries <= most))
        return true;
    return pledge_blame(pledge, "%u was delivered %u to %u times, the disk says %u", number, least,
                        most, entry->row_deliveries);
}

/* One that nobody has finished: in the mailbox, or dead because it killed too often. */
static bool check_open(struct pledge *pledge, const struct pledge_entry *entry)
{
    unsigned number = (unsigned)(entry - pledge->entries);
    bool may_be_dead = entry->is_suspect && entry->deliveries >= pledge->deliveries_max;
    if (entry->letters > 0 && !may_be_dead)
        return pledge_blame(pledge, "%u became a dead letter", number);
    if (entry->rows + entry->letters > 1 || entry->answers > 0)
        return pledge_blame(pledge, "%u: %u rows, %u letters, %u answers", number, entry->rows,
                            entry->letters, entry->answers);
    if (entry->state == PLEDGE_ACCEPTED && entry->rows + entry->letters == 0)
        return pledge_blame(pledge, "%u was accepted and is lost", number);
    return true;
}

/* One that was finished: `places` is where it may be instead, one of which it always has. */
static bool check_end(struct pledge *pledge, const struct pledge_entry *entry)
{
    unsigned number = (unsigned)(entry - pledge->entries);
    unsigned letters = entry->end == PLEDGE_BURIED, answers = entry->end == PLEDGE_ANSWERED;
    if (entry->is_settled && entry->rows > 0)
        return pledge_blame(pledge, "%u is back", number);
    if (entry->letters > letters || entry->answers > answers)
        return pledge_blame(pledge, "%u: %u letters, %u answers", number, entry->letters,
                            entry->answers);
    if (letters + answers > 0 && entry->rows + entry->letters + entry->answers != 1)
        return pledge_blame(pledge, "%u: %u rows, %u letters, %u answers", number, entry->rows,
                            entry->letters, entry->answers);
    return true;
}

static bool check_letter(struct pledge *pledge, const struct pledge_entry *entry)
{
    unsigned number = (unsigned)(entry - pledge->entries);
    if (entry->rows + entry->answers > 0 || entry->letters > 1)
        return pledge_blame(pledge, "the letter %u is elsewhere", number);
    if (entry->state == PLEDGE_ACCEPTED && entry->letters == 0)
        return pledge_blame(pledge, "the letter %u is lost", number);
    return true;
}

static bool check_entry(struct pledge *pledge, const struct pledge_entry *entry)
{
    unsigned number = (unsigned)(entry - pledge->entries);
    if (entry->rows > 1)
        return pledge_blame(pledge, "%u is there twice", number);
    if (entry->state == PLEDGE_GONE && entry->rows + entry->letters + entry->answers > 0)
        return pledge_blame(pledge, "%u was gone and is back", number);
    pledge->revived += entry->state == PLEDGE_REFUSED && entry->rows > 0;
    if (entry->is_letter)
        return check_letter(pledge, entry);
    if (!check_deliveries(pledge, entry))
        return false;
    return entry->end == PLEDGE_OPEN ? check_open(pledge, entry) : check_end(pledge, entry);
}

/* Of what came in this life and was not handed out, few were counted. */
static bool check_ahead(struct pledge *pledge)
{
    unsigned ahead = 0, most = 2 * 2 * pledge->ahead_max; /* of two priorities */
    for (unsigned i = 0; i < pledge->count; i++) {
        const struct pledge_entry *entry = &pledge->entries[i];
        ahead += !entry->is_suspect && entry->handed == 0 && entry->rows > 0 &&
                 entry->row_deliveries > 0;
    }
    if (ahead <= most)
        return true;
    return pledge_blame(pledge, "%u messages were counted and not handed out", ahead);
}

bool pledge_check(struct pledge *pledge)
{
    bool is_right = pledge->fault[0] == '\0' && check_ahead(pledge);
    for (unsigned i = 0; i < pledge->count && is_right; i++)
        is_right = check_entry(pledge, &pledge->entries[i]);
    return is_right;
}

unsigned pledge_count_answers(const struct pledge *pledge)
{
    unsigned count = 0;
    for (unsigned i = 0; i < pledge->count; i++)
        count += pledge->entries[i].answers;
    return count;
}

unsigned pledge_count_poisoned(const struct pledge *pledge)
{
    unsigned count = 0;
    for (unsigned i = 0; i < pledge->count; i++)
        count += pledge->entries[i].is_poisoned;
    return count;
}

static void entry_adopt(struct pledge_entry *entry)
{
    bool is_row = entry->rows > 0, is_letter = entry->letters > 0, is_answer = entry->answers > 0;
    entry->is_poisoned =
        entry->is_poisoned || (is_letter && !entry->is_letter && entry->end == PLEDGE_OPEN);
    entry->is_suspect = is_row;
    entry->is_held = entry->is_excused = false;
    entry->handed = 0;
    entry->deliveries = is_row ? entry->row_deliveries : 0;
    entry->is_settled = !is_row;
    entry->state = is_row || is_letter || is_answer ? PLEDGE_ACCEPTED : PLEDGE_GONE;
    entry->end = is_row || entry->is_letter ? PLEDGE_OPEN
                 : is_letter                ? PLEDGE_BURIED
                 : is_answer                ? PLEDGE_ANSWERED
                                            : PLEDGE_ACKED;
}

void pledge_adopt(struct pledge *pledge)
{
    for (unsigned i = 0; i < pledge->count; i++)
        entry_adopt(&pledge->entries[i]);
}
