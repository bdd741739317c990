// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Wiring, the events: each table carries what one part reports to the parts that act on it, in one
 * line where possible.
 *
 * What is worth telling people becomes a log line or a hook here, because the layers
 * below do not log above debug. Loop thread. */
#include "hyper/lifecycle/wiring_events.h"

#include <stdio.h>

#include "base/bytes.h"
#include "hyper/lifecycle/mailbox_pump.h"
#include "hyper/lifecycle/node.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/transport/peer_transport.h"
#include "mailbox/mailbox.h"
#include "runtime/dispatch.h"
#include "sys/cpu_load.h"

/* Signaling ---------------------------------------------------------------------------------- */

static void wiring_adopt_turn(struct actr_node *node)
{
    const struct signaling_identity *identity = signaling_identity(node->signaling);
    if (!node->coordinator || identity->turn_username.len == 0)
        return;
    if (coordinator_set_turn(node->coordinator, (const char *)identity->turn_username.ptr,
                             (const char *)identity->turn_password.ptr) < 0)
        log_warn(&node->log, "webrtc.turn", "%s", actr_errmsg());
}

static void wiring_on_registered(void *owner, const struct actr_id *id, uint64_t generation)
{
    struct actr_node *node = owner;
    char text[ACTR_ID_STR_MAX];
    log_info(&node->log, "node.registered", "id=%s generation=%llu", actr_id_format(id, text),
             (unsigned long long)generation);
    lock_take(&node->lock);
    node->id = *id;
    lock_give(&node->lock);
    node_adopt_id(node, id);
    if (node->coordinator) {
        coordinator_set_identity(node->coordinator, id);
        coordinator_on_linked(node->coordinator, false);
    }
    wiring_adopt_turn(node);
    /* The socket of the old identity is gone without a word. */
    hooks_on_signaling(&node->hooks, ACTR_HOOK_SIGNALING_DISCONNECTED, 0, ACTR_EUNAVAILABLE,
                       "this node registered anew");
    hooks_on_credential(&node->hooks, ACTR_HOOK_CREDENTIAL_RENEWED,
                        signaling_identity(node->signaling)->expires_at_s);
    if (generation == 1)
        return;
    peer_transport_reset(node->transport, "this node has a new identity");
    peer_gate_on_identity(node->peer_gate, "this node has a new identity");
}

static void wiring_on_credential_renewed(void *owner, uint64_t expires_at_s)
{
    struct actr_node *node = owner;
    wiring_adopt_turn(node);
    hooks_on_credential(&node->hooks, ACTR_HOOK_CREDENTIAL_RENEWED, expires_at_s);
}

static void wiring_on_credential_expiring(void *owner, uint64_t expires_at_s)
{
    struct actr_node *node = owner;
    hooks_on_credential(&node->hooks, ACTR_HOOK_CREDENTIAL_EXPIRING, expires_at_s);
}

static void wiring_on_connecting(void *owner, uint32_t attempt)
{
    struct actr_node *node = owner;
    hooks_on_signaling(&node->hooks, ACTR_HOOK_SIGNALING_CONNECTING, attempt, 0, "");
}

static void wiring_on_connected(void *owner)
{
    struct actr_node *node = owner;
    hooks_on_signaling(&node->hooks, ACTR_HOOK_SIGNALING_CONNECTED, 0, 0, "");
    log_info(&node->log, "signaling.connected", "url=%s", node->config->signaling.url);
    if (node->coordinator)
        coordinator_on_linked(node->coordinator, true);
    if (node->life.direction == NODE_UP && node->life.is_stepping &&
        node->life.height == NODE_SIGNALING)
        node_step_done(node, 0, "");
}

static void wiring_report_signaling(struct actr_node *node, int code, const char *detail)
{
    char context[160];
    snprintf(context, sizeof(context), "url=%s", node->config->signaling.url);
    hooks_on_error(&node->hooks, ACTR_ERROR_SIGNALING, code, detail, context);
}

static void wiring_on_disconnected(void *owner, int code, const char *detail)
{
    struct actr_node *node = owner;
    log_warn(&node->log, "signaling.disconnected", "%s", detail);
    if (node->coordinator)
        coordinator_on_linked(node->coordinator, false);
    hooks_on_signaling(&node->hooks, ACTR_HOOK_SIGNALING_DISCONNECTED, 0, code, detail);
    wiring_report_signaling(node, code, detail);
}

static void wiring_on_signaling_error(void *owner, int code, const char *detail)
{
    struct actr_node *node = owner;
    log_warn(&node->log, "signaling.error", "code=%d %s", code, detail);
    wiring_report_signaling(node, code, detail);
}

static void wiring_on_signaling_failed(void *owner, int code, const char *detail)
{
    node_step_done(owner, code, detail);
}

static void wiring_on_signaling_stopped(void *owner)
{
    struct actr_node *node = owner;
    bool was_starting = node->life.direction == NODE_UP;
    node_step_done(node, was_starting ? ACTR_ECANCELED : 0, "stopped");
}

static void wiring_on_relay(void *owner, const struct relay *relay)
{
    struct actr_node *node = owner;
    if (node->coordinator)
        coordinator_on_relay(node->coordinator, relay);
}

static void wiring_on_relay_refused(void *owner, const struct actr_id *target, int code,
                                    const char *detail)
{
    struct actr_node *node = owner;
    char id[ACTR_ID_STR_MAX];
    log_debug(&node->log, "relay.refused", "to=%s code=%s %s", actr_id_format(target, id),
              actr_errname(code), detail);
    if (node->coordinator)
        coordinator_on_refused(node->coordinator, target, code);
}

static void wiring_load(void *owner, struct signaling_load *ret_load)
{
    struct actr_node *node = owner;
    uint32_t max = node->mailbox->limits.count_max;
    double backlog = (double)(node->mailbox->count + node->mailbox->taken) / (double)max;
    ret_load->backlog = backlog > 1 ? 1 : backlog;
    ret_load->cpu = cpu_load();
}

const struct signaling_events wiring_signaling_events = {
    .on_registered = wiring_on_registered,
    .on_connecting = wiring_on_connecting,
    .on_connected = wiring_on_connected,
    .on_disconnected = wiring_on_disconnected,
    .on_credential_renewed = wiring_on_credential_renewed,
    .on_credential_expiring = wiring_on_credential_expiring,
    .on_error = wiring_on_signaling_error,
    .on_failed = wiring_on_signaling_failed,
    .on_stopped = wiring_on_signaling_stopped,
    .on_relay = wiring_on_relay,
    .on_relay_refused = wiring_on_relay_refused,
    .load = wiring_load,
};

/* Mailbox ------------------------------------------------------------------------------------ */

static void wiring_on_mail(void *owner)
{
    struct actr_node *node = owner;
    mailbox_pump_on_ready(node->pump);
}

static void wiring_on_room(void *owner, const struct actr_id *peer)
{
    struct actr_node *node = owner;
    if (node->inbound)
        inbound_gate_on_room(node->inbound, peer);
}

static void wiring_on_answer(void *owner, const struct actr_id *caller,
                             const struct mailbox_answer *answer, uint64_t age_us)
{
    struct actr_node *node = owner;
    const struct dispatch_result result = {.code = answer->code,
                                           .retry_after_ms = answer->retry_after_ms,
                                           .payload = answer->payload,
                                           .message = answer->text};
    if (dispatch_restore(node->dispatch, caller, answer->request_id, &result,
                         loop_now_us(node->loop), age_us) < 0)
        log_warn(&node->log, "mailbox.answer_forgotten", "%s", actr_errmsg());
}

static void wiring_on_mailbox_open(void *owner, int code, const char *detail)
{
    struct actr_node *node = owner;
    if (code == 0 && node->mailbox->is_durable)
        log_info(&node->log, "mailbox.open", "path=%s messages=%u bytes=%llu",
                 node->config->storage.mailbox_path, node->mailbox->count,
                 (unsigned long long)node->mailbox->bytes);
    node_on_mailbox_open(node, code, detail);
}

static void wiring_on_refused(void *owner, const struct mailbox_origin *origin,
                              struct actr_view envelope, int code)
{
    struct actr_node *node = owner;
    log_debug(&node->log, "mailbox.refused", "code=%d", code);
    if (node->inbound)
        inbound_gate_on_refused(node->inbound, origin, envelope);
    mailbox_pump_on_ready(node->pump); /* there is one less to wait for */
}

static void wiring_on_trouble(void *owner, int code, const char *detail)
{
    struct actr_node *node = owner;
    if (code == 0) {
        log_info(&node->log, "mailbox.recovered", "path=%s", node->config->storage.mailbox_path);
        return;
    }
    log_error(&node->log, "mailbox.trouble", "code=%d %s", code, detail);
    hooks_on_error(&node->hooks, ACTR_ERROR_STORAGE, code, detail, "");
}

static void wiring_on_mailbox_stopped(void *owner)
{
    node_on_mailbox_stopped(owner);
}

const struct mailbox_events wiring_mailbox_events = {
    .on_answer = wiring_on_answer,
    .on_open = wiring_on_mailbox_open,
    .on_ready = wiring_on_mail,
    .on_room = wiring_on_room,
    .on_refused = wiring_on_refused,
    .on_trouble = wiring_on_trouble,
    .on_stopped = wiring_on_mailbox_stopped,
};

void wiring_on_handler_error(void *owner, int code, const char *text)
{
    struct actr_node *node = owner;
    hooks_on_error(&node->hooks, ACTR_ERROR_HANDLER, code, text, "");
}

/* A failure between us and `peer`. */
static void wiring_report_transport(struct actr_node *node, const struct actr_id *peer, int code,
                                    const char *detail)
{
    char context[sizeof("peer=") + ACTR_ID_STR_MAX], id[ACTR_ID_STR_MAX];
    snprintf(context, sizeof(context), "peer=%s", actr_id_format(peer, id));
    hooks_on_error(&node->hooks, ACTR_ERROR_TRANSPORT, code, detail, context);
}

/* Lanes -------------------------------------------------------------------------------------- */

static void wiring_on_message(void *owner, struct dest_transport *from, uint64_t session,
                              bool verified, enum wire_kind kind, enum actr_payload_type type,
                              struct actr_bytes message)
{
    struct actr_node *node = owner;
    inbound_gate_on_message(node->inbound, from, session, verified, kind, type, message);
}

static void wiring_on_excess(void *owner, struct dest_transport *from, uint64_t session,
                             bool verified, enum actr_payload_type type,
                             const struct excess *excess)
{
    struct actr_node *node = owner;
    inbound_gate_on_excess(node->inbound, from, session, verified, type, excess);
}

static void wiring_on_ready(void *owner, struct dest_transport *dest, uint64_t session)
{
    struct actr_node *node = owner;
    peer_gate_on_ready(node->peer_gate, dest, session);
}

static void wiring_on_proven(void *owner, struct dest_transport *dest, uint64_t session)
{
    struct actr_node *node = owner;
    peer_gate_on_proven(node->peer_gate, dest, session);
}

static void wiring_on_writable(void *owner, struct dest_transport *dest)
{
    struct actr_node *node = owner;
    peer_gate_on_writable(node->peer_gate, dest);
}

static void wiring_on_stall(void *owner, struct dest_transport *dest, uint64_t session)
{
    struct actr_node *node = owner;
    peer_gate_on_stall(node->peer_gate, dest, session);
}

static void wiring_on_unreachable(void *owner, struct dest_transport *dest, int code,
                                  const char *detail)
{
    struct actr_node *node = owner;
    char id[ACTR_ID_STR_MAX];
    log_debug(&node->log, "peer.unreachable", "peer=%s %s",
              actr_id_format(dest_transport_id(dest), id), detail);
    wiring_report_transport(node, dest_transport_id(dest), code, detail);
    peer_gate_on_unreachable(node->peer_gate, dest, code, detail);
}

static void wiring_on_wire(void *owner, struct dest_transport *dest, uint64_t session, int code,
                           const char *detail)
{
    struct actr_node *node = owner;
    char id[ACTR_ID_STR_MAX];
    if (code < 0) {
        log_debug(&node->log, "peer.lost", "peer=%s session=%llu %s",
                  actr_id_format(dest_transport_id(dest), id), (unsigned long long)session, detail);
        wiring_report_transport(node, dest_transport_id(dest), code, detail);
    }
    peer_gate_on_wire(node->peer_gate, dest, session, code, detail);
}

static void wiring_on_transport_closed(void *owner)
{
    struct actr_node *node = owner;
    /* What holds destinations goes before they do. */
    inbound_gate_free(node->inbound);
    peer_gate_free(node->peer_gate);
    node->inbound = NULL;
    node->peer_gate = NULL;
    node->transport = NULL;
    node_on_closing_done(node);
}

const struct lane_events wiring_lane_events = {
    .on_message = wiring_on_message,
    .on_excess = wiring_on_excess,
    .on_ready = wiring_on_ready,
    .on_proven = wiring_on_proven,
    .on_writable = wiring_on_writable,
    .on_stall = wiring_on_stall,
    .on_unreachable = wiring_on_unreachable,
    .on_wire = wiring_on_wire,
    .on_closed = wiring_on_transport_closed,
};

/* Gates -------------------------------------------------------------------------------------- */

static void wiring_on_tell_failed(void *owner, const struct actr_id *to, int code,
                                  const char *detail)
{
    struct actr_node *node = owner;
    char id[ACTR_ID_STR_MAX];
    log_warn(&node->log, "tell.failed", "to=%s %s", actr_id_format(to, id), detail);
    wiring_report_transport(node, to, code, detail);
}

const struct peer_gate_events wiring_gate_events = {.on_tell_failed = wiring_on_tell_failed};

static void wiring_on_drop(void *owner, enum inbound_gate_drop reason, const struct actr_id *from,
                           const char *detail)
{
    static const char *const names[INBOUND_DROP_COUNT] = {"undecodable", "direction", "unverified",
                                                          "late",        "no_taker",  "refused",
                                                          "invalid",     "too_long"};
    struct actr_node *node = owner;
    char id[ACTR_ID_STR_MAX];
    log_warn(&node->log, "inbound.dropped", "reason=%s from=%s%s%s", names[reason],
             actr_id_format(from, id), detail[0] ? " " : "", detail);
}

const struct inbound_gate_events wiring_inbound_events = {.on_drop = wiring_on_drop};

/* Listener and dialer ------------------------------------------------------------------------ */

static void wiring_verify(void *owner, struct ws_verification *verification)
{
    struct actr_node *node = owner;
    directory_verify(&node->directory, verification);
}

static void wiring_verify_cancel(void *owner, struct ws_verification *verification)
{
    struct actr_node *node = owner;
    directory_verify_cancel(&node->directory, verification);
}

static void wiring_on_accepted(void *owner, struct wire *wire)
{
    struct actr_node *node = owner;
    peer_transport_accept(node->transport, wire);
}

static void wiring_on_rejected(void *owner, const struct actr_id *peer, int code,
                               const char *detail)
{
    struct actr_node *node = owner;
    char id[ACTR_ID_STR_MAX] = "unknown";
    if (peer)
        actr_id_format(peer, id);
    log_warn(&node->log, "peer.rejected", "peer=%s code=%d %s", id, code, detail);
}

static void wiring_on_listener_closed(void *owner)
{
    struct actr_node *node = owner;
    node->listener = NULL;
    node_on_closing_done(node);
}

const struct ws_server_events wiring_listener_events = {
    .verify = wiring_verify,
    .verify_cancel = wiring_verify_cancel,
    .on_accepted = wiring_on_accepted,
    .on_rejected = wiring_on_rejected,
    .on_closed = wiring_on_listener_closed,
};

const char *wiring_resolve(void *owner, struct ws_address *address)
{
    struct actr_node *node = owner;
    return directory_resolve(&node->directory, address);
}

void wiring_resolve_cancel(void *owner, struct ws_address *address)
{
    struct actr_node *node = owner;
    directory_resolve_cancel(&node->directory, address);
}

int wiring_identity(void *owner, struct ws_identity *ret_identity)
{
    struct actr_node *node = owner;
    const struct signaling_identity *identity = signaling_identity(node->signaling);
    if (!identity)
        return err_origin(ACTR_ESTATE, "this node is not registered");
    ret_identity->id = identity->id;
    ret_identity->credential = actr_bytes_view(identity->credential);
    return 0;
}

/* WebRTC ------------------------------------------------------------------------------------- */

static int wiring_relay(void *owner, struct relay *relay)
{
    struct actr_node *node = owner;
    return signaling_relay(node->signaling, relay);
}

static void wiring_on_webrtc(void *owner, const struct coordinator_news *news)
{
    struct actr_node *node = owner;
    hooks_on_webrtc(&node->hooks, news);
}

const struct coordinator_events wiring_coordinator_events = {
    .relay = wiring_relay,
    .on_accepted = wiring_on_accepted,
    .on_news = wiring_on_webrtc,
};
