// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The owner of a gatherer under test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyper/wire/webrtc/gatherer.h"

#define GATHERED_CANDIDATES_MAX 32

struct gather_world;

/* What a gatherer has told. */
struct gathered {
    struct gatherer *gatherer;
    struct candidate candidates[GATHERED_CANDIDATES_MAX];
    uint16_t preferences[GATHERED_CANDIDATES_MAX];
    size_t count;
    unsigned done, troubles, lost, relayed, relayed_ends, resolved;
    int trouble_code, lost_code;
    char trouble[256];
    struct net_address relayed_by, relayed_from, lost_address, resolved_address;
    bool was_found;
    char data[2048];
    size_t data_len;
    bool frees_itself; /* at its next event */
};

/* Makes a gatherer and starts it. */
void gathered_begin(struct gathered *gathered, const struct gatherer_options *options);

/* How many candidates of that type; NULL text: any address. */
unsigned gathered_has(const struct gathered *gathered, enum candidate_type type, const char *text);

/* Probes of all kinds through its relay; is_udp: the way to the server has a largest datagram. */
void gathered_probes(struct gathered *gathered, struct gather_world *world,
                     const struct net_address *relayed, const struct net_address *peer,
                     bool is_udp);
