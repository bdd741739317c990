// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An association that writes down what it is given. There is one. */
#pragma once

#include "harness.h"
#include "hyper/wire/webrtc/association.h"

static struct {
    struct association base;
    const struct association_events *events;
    void *owner;
    bool is_started;
    bool is_waiting; /* for the end of a burst */
    size_t count;
    uint8_t bytes[16]; /* the second of each datagram */
} association;

static inline const struct fingerprint *association_has_fingerprint(const struct association *base)
{
    static const struct fingerprint fingerprint = {.hash = FINGERPRINT_SHA256};
    (void)base;
    return &fingerprint;
}

static inline uint32_t association_has_message_len_max(const struct association *base)
{
    (void)base;
    return 65536;
}

static inline int association_begins(struct association *base, const struct association_peer *peer)
{
    (void)base, (void)peer;
    return 0;
}

static inline void association_starts(struct association *base, uint64_t now_us)
{
    (void)base, (void)now_us;
    association.is_started = true;
}

static inline bool association_receives(struct association *base, struct actr_view datagram,
                                        uint64_t now_us)
{
    (void)base, (void)now_us;
    assert_true(association.is_started && association.count < sizeof(association.bytes));
    association.bytes[association.count++] = datagram.ptr[1];
    association.is_waiting = true;
    return true;
}

static inline void association_receives_end(struct association *base)
{
    (void)base;
    association.is_waiting = false;
}

static inline uint64_t association_has_deadline(const struct association *base)
{
    (void)base;
    return UINT64_MAX;
}

static inline uint64_t association_ticks(struct association *base, uint64_t now_us)
{
    (void)base, (void)now_us;
    return UINT64_MAX;
}

/* The path is in doubt, or another one. */
static inline void association_hears(struct association *base)
{
    (void)base;
}

static inline void association_goes(struct association *base)
{
    (void)base;
}

static inline void association_has_stats(struct association *base,
                                         struct association_stats *ret_stats)
{
    (void)base;
    *ret_stats = (struct association_stats){0};
}

static const struct association_ops association_ops = {
    .fingerprint = association_has_fingerprint,
    .message_len_max = association_has_message_len_max,
    .begin = association_begins,
    .start = association_starts,
    .receive = association_receives,
    .receive_end = association_receives_end,
    .deadline = association_has_deadline,
    .tick = association_ticks,
    .path_doubted = association_hears,
    .path_changed = association_hears,
    .stats = association_has_stats,
    .free = association_goes,
};

static inline int association_is_made(struct association_factory *factory,
                                      const struct association_events *events, void *owner,
                                      struct association **ret_association)
{
    (void)factory;
    association.events = events;
    association.owner = owner;
    association.base.ops = &association_ops;
    *ret_association = &association.base;
    return 0;
}

static struct association_factory association_factory = {.make = association_is_made};
