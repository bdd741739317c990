// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What actors say to each other through the server: it decides who offers, and passes the rest on.
 *
 * Loop thread. */
#pragma once

#include <stdbool.h>

#include <actr/id.h>

#include "visitor.h"

/* One end of a pair. */
struct broker_party {
    const struct actr_id *id;
    bool want_answer; /* connected with webrtc_role=answer */
};

/* Which of two offers: the one that does not prefer to answer where exactly one does; otherwise the
 * greater by realm, serial, manufacturer, name. True: `a`. The same whoever asks. */
bool broker_is_offerer(const struct broker_party *a, const struct broker_party *b);

/* Takes a relay (flow SIGNALING_FLOW_RELAY). A visitor may be gone afterwards, this one or the
 * target's. */
void broker_relay(struct visitor *visitor, const struct signaling_envelope *envelope);
