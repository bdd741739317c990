// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the server has counted since it started, and its exposition as Prometheus text (version
 * 0.0.4).
 *
 * Loop thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

/* X(member, name without prefix, help) */
#define COUNTERS_LIST(X)                                                                           \
    X(registrations, "registrations_total", "Actors registered.")                                  \
    X(registrations_refused, "registrations_refused_total", "Registrations answered by an error.") \
    X(renewals, "renewals_total", "Credentials renewed.")                                          \
    X(renewals_refused, "renewals_refused_total", "Renewals answered by an error.")                \
    X(upgrades, "upgrades_total", "Signaling sockets accepted.")                                   \
    X(upgrades_refused, "upgrades_refused_total", "Signaling sockets refused.")                    \
    X(displaced, "displaced_total", "Sockets closed because their actor connected again.")         \
    X(slow, "slow_consumers_total", "Sockets closed because they did not read.")                   \
    X(messages, "messages_total", "Messages received on signaling sockets.")                       \
    X(messages_undecodable, "messages_undecodable_total", "Of these: not an envelope.")            \
    X(messages_limited, "messages_limited_total", "Of these: dropped, over the rate.")             \
    X(requests, "requests_total", "Requests answered.")                                            \
    X(requests_refused, "requests_refused_total", "Requests answered by an error.")                \
    X(relays, "relays_total", "Messages passed from one actor to another.")                        \
    X(relays_refused, "relays_refused_total", "Messages to actors that were not passed.")          \
    X(ledger_failures, "ledger_failures_total", "Changes that could not be stored.")               \
    X(stun_requests, "stun_requests_total", "STUN binding requests answered.")

struct counters {
#define COUNTERS_MEMBER(member, name, help) uint64_t member;
    COUNTERS_LIST(COUNTERS_MEMBER)
#undef COUNTERS_MEMBER
};

/* How things stand now. */
struct counters_gauge {
    const char *name; /* without prefix */
    const char *help;
    uint64_t value;
};

/* The exposition. A failed value when memory has run out. */
struct actr_bytes counters_text(const struct counters *counters,
                                const struct counters_gauge *gauges, size_t gauge_count);
