// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Refusals of a TURN server in words.
 *
 * The ones that somebody can do something about have our own; the rest quote the server, printable
 * ASCII only, because the text ends in a log and comes from outside.
 *
 * Pure. Must never decide what is done about a refusal; that is the client's affair. */
#include "hyper/wire/webrtc/ice/turn_refusal.h"

#include <stdio.h>

#include <actr/error.h>

static const char *turn_refusal_advice(unsigned code)
{
    switch (code) {
    case TURN_TRY_ALTERNATE:
        return "the server wants another one to be used (300), and names none of use";
    case TURN_FAMILY_UNKNOWN:
        return "the server has no relayed addresses of this family (440)";
    case TURN_QUOTA_REACHED:
        return "the server grants this user no further allocation (486)";
    case TURN_NO_CAPACITY:
        return "the server has no capacity left (508)";
    default:
        return NULL;
    }
}

int turn_refusal_describe(unsigned code, struct actr_view reason, char text[TURN_REFUSAL_TEXT_MAX])
{
    const char *advice = turn_refusal_advice(code);
    size_t len =
        (size_t)(advice ? snprintf(text, TURN_REFUSAL_TEXT_MAX, "%s", advice)
                        : snprintf(text, TURN_REFUSAL_TEXT_MAX, "the server refuses (%u)%s", code,
                                   reason.len > 0 ? ": " : ""));
    for (size_t i = 0; !advice && i < reason.len && len + 1 < TURN_REFUSAL_TEXT_MAX; i++)
        text[len++] = (char)(reason.ptr[i] >= ' ' && reason.ptr[i] <= '~' ? reason.ptr[i] : '?');
    text[len] = '\0';
    return code == TURN_FORBIDDEN || code == TURN_WRONG_CREDENTIALS || code == TURN_UNAUTHENTICATED
               ? ACTR_EPERMISSION
               : ACTR_EUNAVAILABLE;
}
