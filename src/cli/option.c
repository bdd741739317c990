// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Parsing of options by table.
 *
 * Values that are no text are checked here, with their bounds in the message, so that a command
 * sees only what it can use. Must never print a value that may be a secret: messages name the
 * option.
 *
 * The main thread. */
#include "option.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "config/suggest.h"

#define OPTION_NAME_MAX 32
#define BURST_FACTOR 5 /* when only the rate is given */

static const struct option *find(const struct option *options, size_t count, const char *argument,
                                 size_t name_len)
{
    if (name_len == 2 && memcmp(argument, "-h", 2) == 0) {
        argument = "--help";
        name_len = strlen(argument);
    }
    for (size_t i = 0; i < count; i++)
        if (strlen(options[i].name) == name_len && memcmp(options[i].name, argument, name_len) == 0)
            return &options[i];
    return NULL;
}

static bool take_number(const struct option *option, const char *value, uint64_t *ret_number)
{
    return text_u64(view_text(value), ret_number) && *ret_number >= option->min &&
           *ret_number <= option->max;
}

static bool take_rate(const char *value, struct option_rate *rate)
{
    const char *colon = strchr(value, ':');
    size_t len = colon ? (size_t)(colon - value) : strlen(value);
    if (!text_u32(actr_view_of(value, len), &rate->per_s) || rate->per_s == 0 ||
        rate->per_s > 1000000)
        return false;
    rate->burst = rate->per_s * BURST_FACTOR;
    return !colon || (text_u32(view_text(colon + 1), &rate->burst) && rate->burst > 0);
}

static bool take_item(const struct option *option, const char *value)
{
    struct option_list *list = option->target;
    uint64_t number = 0;
    if (list->count == OPTION_LIST_MAX || !take_number(option, value, &number))
        return false;
    list->items[list->count++] = (uint32_t)number;
    return true;
}

static bool take_value(const struct option *option, const char *value)
{
    switch (option->kind) {
    case OPTION_TEXT:
        *(const char **)option->target = value;
        return value[0] != '\0';
    case OPTION_NUMBER:
        return take_number(option, value, option->target);
    case OPTION_RATE:
        return take_rate(value, option->target);
    case OPTION_LIST:
        return take_item(option, value);
    case OPTION_FLAG:
        break;
    }
    return false;
}

static void explain(const struct option *option, char *why, size_t why_cap)
{
    if (option->kind == OPTION_NUMBER || option->kind == OPTION_LIST)
        snprintf(why, why_cap, "%s takes a number from %" PRIu64 " to %" PRIu64, option->name,
                 option->min, option->max);
    else if (option->kind == OPTION_FLAG)
        snprintf(why, why_cap, "%s takes no value", option->name);
    else
        snprintf(why, why_cap, "%s takes %s", option->name, option->value_name);
}

/* What is no option, and the one that it may have been meant to be. */
static void explain_unknown(const struct option *options, size_t count, const char *argument,
                            size_t name_len, struct text *why)
{
    char name[OPTION_NAME_MAX + 1];
    struct suggest suggest = suggest_for(name);
    text_printf(why, "unexpected argument '%.*s'", (int)name_len, argument);
    if (argument[0] != '-' || name_len > OPTION_NAME_MAX)
        return;
    snprintf(name, sizeof(name), "%.*s", (int)name_len, argument);
    for (size_t i = 0; i < count; i++)
        suggest_offer(&suggest, options[i].name);
    if (suggest.best)
        text_printf(why, "; did you mean '%s'?", suggest.best);
}

bool option_parse(const struct option *options, size_t count, char **argv, char *why,
                  size_t why_cap)
{
    for (char **at = argv; *at; at++) {
        const char *equals = strchr(*at, '=');
        size_t name_len = equals ? (size_t)(equals - *at) : strlen(*at);
        const struct option *option = find(options, count, *at, name_len);
        if (!option) {
            struct text text;
            text_init(&text, why, why_cap);
            explain_unknown(options, count, *at, name_len, &text);
            return false;
        }
        if (option->kind == OPTION_FLAG && !equals) {
            *(bool *)option->target = true;
            continue;
        }
        const char *value = equals ? equals + 1 : at[1];
        if (!value || !take_value(option, value)) {
            explain(option, why, why_cap);
            return false;
        }
        if (!equals)
            at++;
    }
    return true;
}

void option_print_help(const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char head[64];
        snprintf(head, sizeof(head), "%s%s%s", options[i].name, options[i].value_name ? " " : "",
                 options[i].value_name ? options[i].value_name : "");
        printf("  %-28s %s\n", head, options[i].help);
    }
}
