// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Statistics: one snapshot of the counters that the parts keep.
 *
 * Collected on the loop, where the counters live, so that none of them needs to be atomic; other
 * threads post the question and wait for the answer on their own stack. Before the start and after
 * the stop the parts do not exist, and their counts are 0. Any thread. */
#include <string.h>

#include "hyper/inbound/inbound_gate.h"
#include "hyper/lifecycle/mailbox_pump.h"
#include "hyper/lifecycle/node.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/signaling/signaling.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/wire/webrtc/coordinator.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "mailbox/mailbox.h"
#include "runtime/dispatch.h"
#include "sys/waiter.h"

struct stats_request {
    struct loop_post post;
    struct waiter waiter;
    struct actr_node *node;
    struct actr_node_stats stats;
};

static void stats_add_datagrams(const struct coordinator *coordinator,
                                struct actr_node_stats *stats)
{
    struct udp_mux_stats udp;
    coordinator_get_udp_stats(coordinator, &udp);
    stats->datagrams_stray = udp.strays;
    stats->datagrams_dropped = udp.unsendable;
    for (size_t i = 0; i < sizeof(udp.sockets) / sizeof(udp.sockets[0]); i++) {
        stats->datagrams_in += udp.sockets[i].datagrams_in;
        stats->datagrams_out += udp.sockets[i].datagrams_out;
        stats->datagrams_dropped += udp.sockets[i].dropped_out;
    }
}

static void stats_collect(struct actr_node *node, struct actr_node_stats *stats)
{
    memset(stats, 0, sizeof(*stats));
    stats->kept_replies = kept_replies_count(&node->kept);
    stats->calls_failed = node->calls.failed;
    stats->handlers_stuck = node->stuck_count;
    stats->restarts = node->supervisor.restart_count;
    stats->hooks_dropped = node->hooks.actor.dropped + node->hooks.program.dropped;
    stats->hooks_merged = node->hooks.actor.merged + node->hooks.program.merged;
    if (node->coordinator)
        stats_add_datagrams(node->coordinator, stats);
    if (!node->pump || !node->transport)
        return; /* not started, or its peers are gone */
    struct mailbox_pump_stats pump = mailbox_pump_get_stats(node->pump);
    struct peer_gate_stats gate = peer_gate_get_stats(node->peer_gate);
    struct inbound_gate_stats inbound = inbound_gate_get_stats(node->inbound);
    stats->requests_in = pump.requests;
    stats->requests_denied = dispatch_denied_count(node->dispatch);
    stats->requests_deduped = dispatch_repeat_count(node->dispatch);
    stats->replies_out = pump.replies;
    stats->calls_out = gate.calls + gate.tells;
    stats->calls_failed += gate.calls_failed + gate.tells_failed;
    stats->resends = gate.resends;
    for (int i = 0; i < INBOUND_DROP_COUNT; i++)
        stats->frames_dropped += inbound.dropped[i];
    stats->mailbox_count = node->mailbox->count;
    stats->mailbox_bytes = node->mailbox->bytes;
    stats->signaling_up = signaling_is_connected(node->signaling);
    struct peer_transport_stats transport = peer_transport_get_stats(node->transport);
    stats->frames_dropped += transport.frames_dropped;
    stats->peers = transport.wires;
}

static void stats_on_post(struct loop_post *post)
{
    struct stats_request *request = container_of(post, struct stats_request, post);
    stats_collect(request->node, &request->stats);
    waiter_signal(&request->waiter);
}

int actr_node_get_stats(const struct actr_node *node, struct actr_node_stats *ret_stats)
{
    struct actr_node *mutable = (struct actr_node *)(uintptr_t)node;
    size_t size = ret_stats->size;
    if (size < sizeof(size) || size > sizeof(*ret_stats))
        return err_origin(ACTR_EINVALID, "stats: size %zu is not that of the struct", size);
    struct stats_request request = {.node = mutable};
    if (loop_is_current(node->loop)) {
        stats_collect(mutable, &request.stats);
    } else {
        waiter_init(&request.waiter);
        bool posted = loop_post(node->loop, &request.post, stats_on_post);
        if (posted)
            (void)!waiter_wait(&request.waiter, WAITER_FOREVER);
        waiter_deinit(&request.waiter);
        if (!posted)
            return err_origin(ACTR_ESTATE, "stats: the node is closed");
    }
    request.stats.size = size;
    memcpy(ret_stats, &request.stats, size);
    return 0;
}

/* One peer ----------------------------------------------------------------------------------- */

struct peer_stats_request {
    struct loop_post post;
    struct waiter waiter;
    const struct actr_node *node;
    const struct actr_id *peer;
    struct actr_peer_stats stats;
    bool is_found;
};

static void peer_stats_fill(struct actr_peer_stats *stats, const struct connection_stats *from)
{
    *stats = (struct actr_peer_stats){
        .local_type = "",
        .remote_type = "",
        .bytes_in = from->association.bytes_in,
        .bytes_out = from->association.bytes_out,
        .datagrams_in = from->datagrams_in,
        .datagrams_out = from->datagrams_out,
        .retransmissions = from->association.retransmitted,
        .restarts = from->restarts,
        .checks_forged = from->checks_forged,
        .records_dropped = from->association.records_dropped,
        .channels_refused = from->association.channels_refused,
        .rtp_in = from->media_in,
        .rtcp_in = from->media_control,
        .rtp_malformed = from->media_malformed,
    };
    for (size_t i = 0; i < CONNECTION_LANES; i++)
        stats->queued[i] = from->association.queued[i];
    if (!from->has_pair)
        return;
    stats->relayed = from->pair.is_relayed;
    stats->rtt_us = from->pair.rtt_us ? from->pair.rtt_us : from->association.rtt_us;
    stats->local_type = candidate_type_name(from->pair.local.type);
    stats->remote_type = candidate_type_name(from->pair.remote.type);
    net_address_text(&from->pair.local.address, stats->local);
    net_address_text(&from->pair.remote.address, stats->remote);
}

static void peer_stats_collect(struct peer_stats_request *request)
{
    const struct coordinator *coordinator = request->node->coordinator;
    struct connection_stats stats;
    uint64_t recovery_us;

    request->is_found =
        coordinator && coordinator_get_stats(coordinator, request->peer, &stats, &recovery_us);
    if (!request->is_found)
        return;
    peer_stats_fill(&request->stats, &stats);
    request->stats.recovery_left_ms = (recovery_us + 999) / 1000;
    request->stats.has_path = recovery_us == 0;
    request->stats.status = recovery_us == 0 ? ACTR_PEER_CONNECTED : ACTR_PEER_RECOVERING;
}

static void peer_stats_on_post(struct loop_post *post)
{
    struct peer_stats_request *request = container_of(post, struct peer_stats_request, post);
    peer_stats_collect(request);
    waiter_signal(&request->waiter);
}

int actr_node_get_peer_stats(const struct actr_node *node, const struct actr_id *peer,
                             struct actr_peer_stats *ret_stats)
{
    size_t size = ret_stats->size;
    if (size < sizeof(size) || size > sizeof(*ret_stats))
        return err_origin(ACTR_EINVALID, "stats: size %zu is not that of the struct", size);
    struct peer_stats_request request = {.node = node, .peer = peer};
    if (loop_is_current(node->loop)) {
        peer_stats_collect(&request);
    } else {
        waiter_init(&request.waiter);
        bool posted = loop_post(node->loop, &request.post, peer_stats_on_post);
        if (posted)
            (void)!waiter_wait(&request.waiter, WAITER_FOREVER);
        waiter_deinit(&request.waiter);
        if (!posted)
            return err_origin(ACTR_ESTATE, "stats: the node is closed");
    }
    if (!request.is_found)
        return err_origin(ACTR_ENOTFOUND, "stats: no WebRTC session with that peer");
    request.stats.size = size;
    memcpy(ret_stats, &request.stats, size);
    return 0;
}
