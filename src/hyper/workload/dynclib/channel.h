// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Channel: the shared memory between a node and the process of a library, and the messages in it.
 *
 * Two lanes, each a ring in each direction. On the lane of entries the two sides take turns: the
 * node says INIT, HANDLE or SHUTDOWN, the library answers RESULT, and may ask in between. The other
 * lane is for what other threads of the library ask. Everything that arrives is looked at as if an
 * enemy had sent it: lengths have bounds, positions must be possible, and bytes are copied before
 * they are read.
 *
 * One thread a side and lane and direction. Never blocks; who sleeps does so on the rings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/err.h"
#include "sys/ring.h"

/* Payload of one message; longer ones are refused by both sides. */
#define CHANNEL_LEN_MAX (((size_t)64 << 20) + 65536)

enum channel_lane { CHANNEL_ENTRY, CHANNEL_BACK, CHANNEL_LANES };

/* The node is the one that made it. */
enum channel_side { CHANNEL_NODE, CHANNEL_LIBRARY };

enum channel_kind {
    CHANNEL_INIT = 1, /* node: actr_init() */
    CHANNEL_HANDLE,   /* node: actr_handle() */
    CHANNEL_SHUTDOWN, /* node: actr_shutdown() */
    CHANNEL_ANSWER,   /* node: to INVOKE and RETAIN, with their id */
    CHANNEL_RESULT,   /* library: of having been loaded, and of each entry; code < 0: with a text */
    CHANNEL_INVOKE,   /* library: the functions of its table */
    CHANNEL_RETAIN,
    CHANNEL_RELEASE /* has no answer */
};

struct channel_head {
    uint32_t kind; /* enum channel_kind */
    uint32_t id;
    int32_t code;
    uint32_t len;
    uint64_t token;
};

struct channel_message {
    struct channel_head head;
    struct actr_bytes payload; /* owned */
};

/* One message on its way out. */
struct channel_parcel {
    struct channel_head head; /* len is payload's */
    struct actr_view payload;
    size_t done; /* 0 at first */
};

struct channel {
    struct ring in[CHANNEL_LANES], out[CHANNEL_LANES];
    void *_memory;
    int _bell_fd; /* library: what wakes the node */
    struct {
        struct channel_message message;
        uint8_t *data;
        size_t done; /* of head and payload */
    } _arriving[CHANNEL_LANES];
};

/* channel_receive(): no whole message is there. */
#define CHANNEL_NONE 1
/* channel_send(): not all of it has been taken. */
#define CHANNEL_FULL 1

/* Makes the memory; *ret_fd is for the other side, and the caller's. It cannot shrink or grow.
 * ACTR_EIO. */
int channel_create(struct channel *channel, int *ret_fd) ACTR_MUST_CHECK;
/* The other side. bell_fd: written to when the node sleeps; does not block. ACTR_EIO. */
int channel_join(struct channel *channel, int fd, int bell_fd) ACTR_MUST_CHECK;
void channel_deinit(struct channel *channel);

/* Any memory of channel_size() bytes, zeroed before the first side is made of it; aligned to 64. */
size_t channel_size(void);
void channel_init(struct channel *channel, void *memory, enum channel_side side);
/* Gives back what had arrived by half. */
void channel_clear(struct channel *channel);

/* 0: *ret_message is the caller's. CHANNEL_NONE. ACTR_EDECODE: the other side breaks the rules.
 * ACTR_ENOMEM: it stays where it is. */
int channel_receive(struct channel *channel, enum channel_lane lane,
                    struct channel_message *ret_message) ACTR_MUST_CHECK;
/* Sends what there is room for. 0: all of it. CHANNEL_FULL: again with the same parcel.
 * ACTR_EINVALID: longer than CHANNEL_LEN_MAX. ACTR_EDECODE as above. */
int channel_send(struct channel *channel, enum channel_lane lane,
                 struct channel_parcel *parcel) ACTR_MUST_CHECK;
