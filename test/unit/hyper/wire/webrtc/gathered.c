// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The owner of a gatherer under test: it writes down what it hears. */
#include "gathered.h"

#include <stdio.h>
#include <string.h>

#include "gather_world.h"
#include "harness.h"

static void gathered_event(struct gathered *gathered)
{
    if (gathered->frees_itself)
        gathered->gatherer = gatherer_free(gathered->gatherer);
    gathered->frees_itself = false;
}

static void on_candidate(void *owner, const struct candidate *candidate, uint16_t preference)
{
    struct gathered *gathered = owner;
    assert_true(gathered->count < GATHERED_CANDIDATES_MAX);
    assert_true(gathered->done == 0 || candidate->type == CANDIDATE_RELAY);
    gathered->preferences[gathered->count] = preference;
    gathered->candidates[gathered->count++] = *candidate;
    gathered_event(gathered);
}

static void on_done(void *owner)
{
    struct gathered *gathered = owner;
    gathered->done++;
    gathered_event(gathered);
}

static void on_trouble(void *owner, int code, const char *detail)
{
    struct gathered *gathered = owner;
    gathered->troubles++;
    gathered->trouble_code = code;
    snprintf(gathered->trouble, sizeof(gathered->trouble), "%s", detail);
    gathered_event(gathered);
}

static void on_relayed(void *owner, const struct net_address *relayed,
                       const struct net_address *remote, struct actr_view bytes)
{
    struct gathered *gathered = owner;
    gathered->relayed++;
    gathered->relayed_by = *relayed;
    gathered->relayed_from = *remote;
    assert_true(bytes.len < sizeof(gathered->data));
    memcpy(gathered->data, bytes.ptr, bytes.len);
    gathered->data[bytes.len] = '\0';
    gathered->data_len = bytes.len;
    gathered_event(gathered);
}

static void on_relayed_end(void *owner)
{
    struct gathered *gathered = owner;
    gathered->relayed_ends++;
}

static void on_relay_lost(void *owner, const struct net_address *relayed, int code,
                          const char *detail)
{
    struct gathered *gathered = owner;
    gathered->lost++;
    gathered->lost_code = code;
    gathered->lost_address = *relayed;
    snprintf(gathered->trouble, sizeof(gathered->trouble), "%s", detail);
    gathered_event(gathered);
}

static const struct gatherer_events gathered_events = {
    .on_candidate = on_candidate,
    .on_done = on_done,
    .on_trouble = on_trouble,
    .on_relayed = on_relayed,
    .on_relayed_end = on_relayed_end,
    .on_relay_lost = on_relay_lost,
};

void gathered_begin(struct gathered *gathered, const struct gatherer_options *options)
{
    *gathered = (struct gathered){0};
    gathered->gatherer = gatherer_new(options, &gathered_events, gathered);
    assert_non_null(gathered->gatherer);
    gatherer_start(gathered->gatherer);
    assert_int_equal(gathered->count, 0);
}

unsigned gathered_has(const struct gathered *gathered, enum candidate_type type, const char *text)
{
    unsigned count = 0;
    char buf[NET_ADDRESS_TEXT_MAX];
    for (size_t i = 0; i < gathered->count; i++)
        if (gathered->candidates[i].type == type &&
            (!text || strcmp(net_address_text(&gathered->candidates[i].address, buf), text) == 0))
            count++;
    return count;
}

void gathered_probes(struct gathered *gathered, struct gather_world *world,
                     const struct net_address *relayed, const struct net_address *peer, bool is_udp)
{
    static uint8_t bytes[WORLD_DATAGRAM_MAX];
    struct actr_view small = actr_view_of(bytes, sizeof(bytes) - 100),
                     large = actr_view_of(bytes, sizeof(bytes));
    struct net_address other = *relayed;
    world->peer_data.port = 0;
    other.port++;
    assert_true(gatherer_probe_relayed(gathered->gatherer, &other, peer, small));
    assert_int_equal(world->peer_data.port, 0);
    assert_true(gatherer_probe_relayed(gathered->gatherer, relayed, peer, small));
    assert_true(net_address_equal(&world->peer_data, peer));
    assert_int_equal(world->probes > 0, is_udp);
    assert_int_equal(gatherer_probe_relayed(gathered->gatherer, relayed, peer, large), !is_udp);
}
