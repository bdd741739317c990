// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The frame of a data channel lane, and messages that span several.
 *
 *     0 … 3  id of the message, unsigned, big-endian: counts up by 1 in each lane and wraps
 *     4 … 5  index of the fragment, from 0
 *     6 … 7  how many fragments the message has, at least 1
 *     8 …    body, 0 to 65,527 bytes
 *
 * Every message has the header, also one in a single frame. Fragments of several messages may be
 * mixed; their bodies may have any lengths. A lane is one fragment_receiver at its receiving end
 * and a count of ids at its sending end.
 *
 * Pure: time is an argument. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/list.h"

#define FRAGMENT_HEADER_LEN 8
#define FRAGMENT_BODY_MAX 65527
/* What we cut at: a fragment in the way of a small message costs it little. */
#define FRAGMENT_BODY_LEN 16384
#define FRAGMENT_COUNT_MAX 65535

/* ---- sending ---- */

/* A message on its way out; embedded. */
struct fragment_cutter {
    struct actr_bytes message;
    size_t body_len, at;
    uint32_t id, index, count;
};

/* Begins to cut; consumes message. frame_len_max: the longest frame that the peer takes, header
 * included. Bodies are of FRAGMENT_BODY_LEN bytes, or as few more as the number of fragments
 * demands. ACTR_EINVALID (65,535 frames do not suffice, or not even a header fits), ACTR_ENOMEM (a
 * failed value): there is nothing to end then. */
int fragment_begin(struct fragment_cutter *cutter, uint32_t id, size_t frame_len_max,
                   struct actr_bytes message) ACTR_MUST_CHECK;

#define FRAGMENT_DONE 1 /* there was none left */

/* The next frame, a reference. A message of one frame is not copied when it has headroom and no
 * other holder; longer ones are copied once. 0, FRAGMENT_DONE, ACTR_ENOMEM (may be asked again, but
 * for a message of one frame, which is lost). */
int fragment_next(struct fragment_cutter *cutter, struct actr_bytes *ret_frame) ACTR_MUST_CHECK;

/* Harmless when done, ended or zeroed. */
void fragment_end(struct fragment_cutter *cutter);

/* ---- receiving ---- */

/* What incomplete messages of several receivers may take together; beyond it the one of them all
 * that waits for longest is dropped. Embedded. */
struct fragment_total {
    size_t bytes_max, bytes_held;
    struct list parts; /* of all, the one touched last first */
};

void fragment_total_init(struct fragment_total *total, size_t bytes_max);
/* As fragment_expire(), for all of them. */
uint64_t fragment_total_expire(struct fragment_total *total, uint64_t now_us);

struct fragment_options {
    struct fragment_total *total; /* NULL: none; outlives what it counts */
    size_t message_len_max;       /* of longer ones only the ends are kept */
    size_t bytes_max;         /* memory of all incomplete messages; beyond it the one that waits for
                                 longest is dropped */
    size_t message_count_max; /* incomplete ones, likewise; 0: 64 */
    uint64_t expiry_us;       /* without a fragment an incomplete message is dropped after it */
};

struct fragment_stats {
    uint64_t frames, messages; /* whole ones */
    uint64_t malformed;        /* frames: short, no such index, another count than before */
    uint64_t repeated;         /* frames: that index was there */
    uint64_t late;             /* frames of messages that had been dropped */
    uint64_t dropped;          /* messages: no room, expired */
    uint64_t too_long;         /* messages, whole but for their middle */
    size_t bytes_held;         /* memory of incomplete messages */
    uint32_t incomplete;       /* messages */
};

#define FRAGMENT_DROPPED_MAX 64

/* Of a message that was too long, what is handed up: its beginning and its end, joined. */
struct fragment_excess {
    size_t len;      /* of the message as it was sent */
    size_t head_len; /* bytes of the beginning; the others are its end */
};

/* Of a message that is too long the first and the last two fragments' bodies are kept: the last one
 * may be a few bytes. */
#define FRAGMENT_ENDS_MAX ((size_t)3 * (FRAGMENT_HEADER_LEN + FRAGMENT_BODY_MAX))

/* Embedded. */
struct fragment_receiver {
    struct fragment_options options;
    struct fragment_stats stats;
    struct list parts; /* incomplete messages, the one touched last first */
    /* Ids of those dropped last, so that what still comes of them does not begin them anew. */
    uint32_t dropped[FRAGMENT_DROPPED_MAX];
    size_t dropped_count, dropped_next;
    struct fragment_excess excess; /* of the last FRAGMENT_TOO_LONG */
};

void fragment_receiver_init(struct fragment_receiver *receiver,
                            const struct fragment_options *options);
/* Drops what is incomplete. */
void fragment_receiver_deinit(struct fragment_receiver *receiver);

#define FRAGMENT_WHOLE 1
#define FRAGMENT_TOO_LONG 2

/* Takes a frame; consumes it. FRAGMENT_WHOLE: *ret_message is a message, a part of the frame itself
 * when it was the only one, else a copy. FRAGMENT_TOO_LONG: every fragment of a message over
 * message_len_max has come; *ret_message is its beginning and its end, what receiver->excess says.
 * 0: not yet, or the frame was of no use, which is counted. ACTR_ENOMEM: the message is lost. */
int fragment_receive(struct fragment_receiver *receiver, struct actr_bytes frame, uint64_t now_us,
                     struct actr_bytes *ret_message) ACTR_MUST_CHECK;

/* Drops what has expired; returns when to come again (UINT64_MAX: nothing is incomplete). Done by
 * fragment_receive() too. */
uint64_t fragment_expire(struct fragment_receiver *receiver, uint64_t now_us);
