// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Wiring: the one file that knows every part.
 *
 * It builds them, joins what one reports to what another does with it, and takes them apart in
 * reverse. No decision is made here: a part that fails to build ends the rung NODE_PARTS, and what
 * was built before is freed. Loop thread. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hyper/inbound/inbound_gate.h"
#include "hyper/lifecycle/mailbox_pump.h"
#include "hyper/lifecycle/node.h"
#include "hyper/lifecycle/wiring_events.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/signaling/signaling.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/wire/webrtc/coordinator.h"
#include "hyper/wire/websocket/dialer.h"
#include "hyper/wire/websocket/server.h"
#include "hyper/workload/workload.h"
#include "mailbox/memory_mailbox.h"
#include "mailbox/sqlite_mailbox.h"
#include "net/socket_net.h"
#include "runtime/dispatch.h"

/* A message on the wire: the envelope of the largest message, and room for the frame. */
#define WIRING_FRAME_ROOM 64

static uint32_t wiring_message_max(const struct actr_node *node)
{
    return node->options.message_bytes_max ? node->options.message_bytes_max : (16u << 20);
}

static int wiring_build_signaling(struct actr_node *node)
{
    const struct runtime_config *config = node->config;
    struct signaling_config options = {
        .ais_url = config->ais_endpoint.url,
        .signaling_url = config->signaling.url,
        .realm_secret = config->deployment.realm_secret,
        .acl = config->acl.rules,
        .acl_count = config->acl.rule_count,
        .has_acl = config->acl.is_present,
        .wants_answer = config->webrtc.prefers_answer,
        .type = node->workload->type,
        .realm = config->deployment.realm_id,
        .expiry_lead_s = node->options.credential_lead_s,
    };
    return signaling_new(node->loop, node->net, &node->log, &options, &wiring_signaling_events,
                         node, &node->signaling);
}

/* On the disk where the configuration says so, else in memory. */
static struct mailbox *wiring_new_mailbox(struct actr_node *node)
{
    const struct sqlite_mailbox_options options = {
        .loop = node->loop,
        .store_loop = node->is_guest ? node->loop : NULL, /* a simulation has one thread */
        .path = node->config->storage.mailbox_path,
        .limits = {.count_max = node->options.mailbox_count_max,
                   .bytes_max = node->options.mailbox_bytes_max},
        .deliveries_max = node->config->storage.max_deliveries,
        .self = &node->env.self,
        .events = &wiring_mailbox_events,
        .owner = node,
    };
    return options.path ? sqlite_mailbox_new(&options)
                        : memory_mailbox_new(node->loop, &options.limits, options.events, node);
}

static int wiring_build_mailbox(struct actr_node *node)
{
    struct dispatch_limits dispatch_limits = {0};
    struct hash_key key;
    loop_random(node->loop, &key, sizeof(key));
    node->mailbox = wiring_new_mailbox(node);
    node->dispatch = dispatch_new(node->acl, &dispatch_limits, &key);
    if (node->mailbox)
        node->mailbox->gauge = &node->hooks.gauge;
    return node->mailbox && node->dispatch ? 0 : err_origin(ACTR_ENOMEM, "node: no memory");
}

static void wiring_ports(const struct runtime_config *config, struct coordinator_options *options)
{
    if (config->webrtc.has_ice_udp_mux_port) {
        options->port = config->webrtc.ice_udp_mux_port;
    } else if (config->webrtc.has_port_range) {
        options->port = config->webrtc.port_range_start;
        options->port_last = config->webrtc.port_range_end;
    }
}

static int wiring_build_webrtc(struct actr_node *node)
{
    const struct runtime_config *config = node->config;
    struct coordinator_options options = {
        .loop = node->loop,
        .log = &node->log,
        .net = node->net,
        .associations = node->associations,
        .stun_urls = {config->webrtc.stun_urls.items, config->webrtc.stun_urls.count},
        .turn_urls = {config->webrtc.turn_urls.items, config->webrtc.turn_urls.count},
        .public_ips = {config->webrtc.public_ips.items, config->webrtc.public_ips.count},
        .no_offload = node->environment.has_no_udp_offload,
        .relay_only = config->webrtc.force_relay,
        .wait_us = {config->webrtc.ice_host_acceptance_min_wait * 1000,
                    config->webrtc.ice_srflx_acceptance_min_wait * 1000,
                    config->webrtc.ice_prflx_acceptance_min_wait * 1000,
                    config->webrtc.ice_relay_acceptance_min_wait * 1000},
    };
    if (node->options.no_webrtc)
        return 0;
    wiring_ports(config, &options);
    int r = coordinator_open(&options, &wiring_coordinator_events, node, &node->coordinator);
    if (r != ACTR_ENOTIMPL)
        return r;
    log_warn(&node->log, "webrtc.absent", "%s", actr_errmsg());
    return 0;
}

static int wiring_build_transport(struct actr_node *node)
{
    struct ws_dialer_options dialer = {
        .loop = node->loop,
        .net = node->net,
        .owner = node,
        .resolve = wiring_resolve,
        .resolve_cancel = wiring_resolve_cancel,
        .identity = wiring_identity,
        .watch = &node->hooks.watch,
        .message_len_max = wiring_message_max(node) + WIRING_FRAME_ROOM,
    };
    node->dialer = ws_dialer_new(&dialer);
    if (!node->dialer)
        return err_origin(ACTR_ENOMEM, "node: no memory");
    int r = wiring_build_webrtc(node);
    if (r < 0)
        return r;
    struct wire_dialer *dialers[PEER_TRANSPORT_DIALERS_MAX]; /* the better kind first */
    size_t count = 0;
    if (node->coordinator)
        dialers[count++] = coordinator_dialer(node->coordinator);
    dialers[count++] = ws_dialer_base(node->dialer);
    struct peer_transport_options transport = {
        .loop = node->loop,
        .dialers = dialers,
        .dialer_count = count,
        .message_len_max = wiring_message_max(node) + WIRING_FRAME_ROOM,
        .events = &wiring_lane_events,
        .owner = node,
    };
    node->transport = peer_transport_new(&transport);
    return node->transport ? 0 : err_origin(ACTR_ENOMEM, "node: no memory");
}

static int wiring_build_gates(struct actr_node *node)
{
    struct peer_gate_options gate = {
        .loop = node->loop,
        .transport = node->transport,
        .message_len_max = node->options.message_bytes_max,
        .events = &wiring_gate_events,
        .owner = node,
    };
    node->peer_gate = peer_gate_new(&gate);
    struct inbound_gate_options inbound = {
        .loop = node->loop,
        .mailbox = node->mailbox,
        .peer_gate = node->peer_gate,
        .transport = node->transport,
        .events = &wiring_inbound_events,
        .owner = node,
    };
    node->inbound = node->peer_gate ? inbound_gate_new(&inbound) : NULL;
    struct mailbox_pump_options pump = {
        .loop = node->loop,
        .log = &node->log,
        .mailbox = node->mailbox,
        .dispatch = node->dispatch,
        .gate = node->peer_gate,
        .workload = node->workload,
        .env = &node->env,
        .in_flight_max = executor_is_keyed(&node->executor) ? SCHEDULER_CAPACITY : 0,
        .keeps_denied = node->config->storage.keep_denied,
        .on_handler_error = wiring_on_handler_error,
        .owner = node,
    };
    node->pump = node->inbound ? mailbox_pump_new(&pump) : NULL;
    return node->pump ? 0 : err_origin(ACTR_ENOMEM, "node: no memory");
}

int wiring_build(struct actr_node *node)
{
    int r = node->is_guest ? 0 : socket_net_new(node->loop, &node->net);
    if (r == 0)
        r = wiring_build_signaling(node);
    if (r == 0) {
        directory_init(&node->directory, node->signaling, node->acl, &node->log);
        r = wiring_build_mailbox(node);
    }
    if (r == 0)
        r = wiring_build_transport(node);
    if (r == 0)
        r = wiring_build_gates(node);
    if (r == 0)
        r = mailbox_open(node->mailbox); /* the last: from here on it must be stopped */
    if (r < 0)
        wiring_free(node);
    return r;
}

void wiring_free(struct actr_node *node)
{
    mailbox_pump_free(node->pump);
    inbound_gate_free(node->inbound);
    peer_gate_free(node->peer_gate);
    if (node->transport)
        peer_transport_free(node->transport); /* never carried anything: the build failed */
    ws_dialer_free(node->dialer);
    coordinator_free(node->coordinator);
    dispatch_free(node->dispatch);
    if (node->mailbox)
        mailbox_close(node->mailbox);
    if (node->signaling)
        directory_deinit(&node->directory);
    signaling_free(node->signaling);
    if (!node->is_guest)
        node->net = socket_net_free(node->net);
    node->pump = NULL;
    node->inbound = NULL;
    node->peer_gate = NULL;
    node->transport = NULL;
    node->dialer = NULL;
    node->coordinator = NULL;
    node->dispatch = NULL;
    node->mailbox = NULL;
    node->signaling = NULL;
}

int wiring_listen(struct actr_node *node)
{
    const struct runtime_config *config = node->config;
    node->ws_address[0] = '\0';
    if (!config->websocket.has_listen_port)
        return 0;
    struct ws_server_options options = {
        .loop = node->loop,
        .net = node->net,
        .host = config->websocket.bind,
        .port = config->websocket.listen_port,
        .tls_cert = config->websocket.tls_cert,
        .tls_key = config->websocket.tls_key,
        .connection_max = node->options.peer_count_max,
        .watch = &node->hooks.watch,
        .message_len_max = wiring_message_max(node) + WIRING_FRAME_ROOM,
    };
    int r = ws_server_open(&options, &wiring_listener_events, node, &node->listener);
    if (r < 0)
        return r;
    snprintf(node->ws_address, sizeof(node->ws_address), "%s://%s:%u",
             config->websocket.tls_cert ? "wss" : "ws", config->websocket.advertised_host,
             ws_server_port(node->listener));
    return 0;
}
