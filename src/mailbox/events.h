// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a mailbox tells its owner. See mailbox.h; loop thread. Never inside the call that caused it.
 */
#pragma once

#include <actr/bytes.h>
#include <actr/id.h>

#include "mailbox/message.h"

/* A mailbox that is not durable has neither on_answer, on_refused nor on_trouble. */
struct mailbox_events {
    /* After mailbox_open(), before on_open: an answer that an earlier run gave age_us ago; lent.
     * Not the place to close. */
    void (*on_answer)(void *owner, const struct actr_id *caller,
                      const struct mailbox_answer *answer, uint64_t age_us);
    /* 0: messages may be pushed and taken. Else it is at rest again: ACTR_ECONFIG, ACTR_ESTATE
     * (another node has it), ACTR_EIO, ACTR_ENOMEM; detail says what, why and what to do. */
    void (*on_open)(void *owner, int code, const char *detail);
    void (*on_ready)(void *owner);                            /* there is something to take */
    void (*on_room)(void *owner, const struct actr_id *peer); /* peer NULL: room for everyone */
    /* A message that push() had taken could not be made durable and is gone; of a sync that failed
     * the process may find it on the disk when it starts again. All is lent. */
    void (*on_refused)(void *owner, const struct mailbox_origin *origin, struct actr_view envelope,
                       int code);
    /* code < 0: the disk refuses. What waits to be written is tried again by itself; if nothing
     * does, the next message shows whether it works. 0: it works again. */
    void (*on_trouble)(void *owner, int code, const char *detail);
    void (*on_stopped)(void *owner); /* after mailbox_stop(): at rest */
};
