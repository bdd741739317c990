// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Sockets and identities.
 *
 * A socket proves who it is once, when it is upgraded; later messages carry the same credential
 * bytes, and comparing them is all the proof they need until they expire. An actor has one socket:
 * a newer one takes its place and the older is closed, since two would each get half of the relays.
 *
 * A frame that is no envelope is counted and dropped, never a reason to close. What a socket has
 * not read is bounded: over RENDEZVOUS_QUEUE_MAX it is closed, so that nobody's memory pays for it.
 *
 * Loop thread. Must never log a query, a credential or the content of a message. */
#include "visitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admission.h"
#include "ais.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "broker.h"
#include "protocol/id.h"
#include "requests.h"
#include "sys/crypto.h"

/* RFC 6455 §7.4.1 */
#define CLOSE_NORMAL 1000
#define CLOSE_POLICY 1008
#define CLOSE_INTERNAL 1011

/* An actor that is back so soon was never away for those who watch for it. */
#define FLAP_US 5000000u

/* A credential that turns out to be wrong costs the server a signature check. */
#define FORGERY_COST 25

/* ---- Sending ---- */

void visitor_send(struct visitor *visitor, struct signaling_envelope *envelope)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    char id[40];
    snprintf(id, sizeof(id), "srv-%s-%" PRIx64, rendezvous->envelope_prefix,
             ++rendezvous->envelope_last);
    envelope->version = SIGNALING_VERSION;
    envelope->id = view_text(id);
    int r = net_ws_send(visitor->ws, signaling_encode(envelope));
    if (r == NET_FULL) {
        rendezvous->counters.slow++;
        visitor_close(visitor, CLOSE_POLICY, "slow consumer");
    } else if (r < 0) {
        visitor_close(visitor, CLOSE_INTERNAL, "out of memory");
    }
}

void visitor_reply(struct visitor *visitor, const struct signaling_envelope *asked,
                   struct signaling_reply *reply)
{
    struct signaling_envelope envelope = {
        .reply_for = asked->id, .flow = SIGNALING_FLOW_SERVER_TO_ACTR, .reply = *reply};
    visitor_send(visitor, &envelope);
}

void visitor_reply_error(struct visitor *visitor, const struct signaling_envelope *asked,
                         uint32_t code, const char *message)
{
    struct signaling_reply reply = {.kind = SIGNALING_REPLY_ERROR,
                                    .error = {code, view_text(message)}};
    reply.target =
        asked->flow == SIGNALING_FLOW_RELAY ? asked->relay.source : asked->request.source;
    visitor_reply(visitor, asked, &reply);
}

static void send_limited(struct visitor *visitor)
{
    struct signaling_envelope envelope = {
        .flow = SIGNALING_FLOW_ERROR,
        .error = {429, view_text("too many messages: this one was dropped")}};
    visitor->rendezvous->counters.messages_limited++;
    visitor_send(visitor, &envelope);
}

/* ---- Presence ---- */

struct arrival {
    struct actr_id id;
    const struct registry_group *group;
};

static void tell_arrival(void *arg, struct visitor *visitor)
{
    const struct arrival *arrival = arg;
    struct registry_viewer viewer = rendezvous_viewer(visitor->rendezvous, &visitor->id);
    if (actr_id_equal(&visitor->id, &arrival->id) || !registry_sees(&viewer, arrival->group))
        return;
    struct signaling_envelope envelope = {
        .flow = SIGNALING_FLOW_SERVER_TO_ACTR,
        .reply = {.target = visitor->id, .kind = SIGNALING_ACTOR_UP, .up_id = arrival->id}};
    visitor_send(visitor, &envelope);
}

static void announce(struct rendezvous *rendezvous, const struct registry_actor *actor)
{
    struct arrival arrival = {.group = actor->group};
    if (actor->gone_at_us && loop_now_us(rendezvous->base.loop) - actor->gone_at_us < FLAP_US)
        return;
    registry_id(actor, &arrival.id);
    subscriptions_each(&rendezvous->subscriptions, &arrival.id.type, tell_arrival, &arrival);
}

/* Takes its actor from it. */
static void visitor_end(struct visitor *visitor)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    visitor->_is_over = true;
    subscriptions_drop(&rendezvous->subscriptions, &visitor->subscriber);
    if (!visitor->actor)
        return;
    registry_detach(&rendezvous->registry, visitor->actor, loop_now_us(rendezvous->base.loop));
    visitor->actor = NULL;
}

void visitor_close(struct visitor *visitor, uint16_t code, const char *reason)
{
    visitor_end(visitor);
    net_ws_close(visitor->ws, code, reason);
}

static void on_linger(struct loop_timer *timer)
{
    struct visitor *visitor = container_of(timer, struct visitor, _linger);
    net_ws_close(visitor->ws, CLOSE_NORMAL, "unregistered");
}

void visitor_linger(struct visitor *visitor)
{
    visitor_end(visitor);
    loop_timer_start(&visitor->_linger, VISITOR_LINGER_US);
}

int visitor_adopt(struct visitor *visitor, struct registry_actor *actor)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    registry_id(actor, &visitor->id);
    if (actor->visitor) {
        rendezvous->counters.displaced++;
        log_info(rendezvous->base.log, "visitor.displaced", "actor=%s",
                 actr_id_format(&visitor->id, (char[ACTR_ID_STR_MAX]){0}));
        visitor_close(actor->visitor, CLOSE_POLICY, "displaced by new connection");
    }
    int r = registry_attach(&rendezvous->registry, actor, visitor);
    if (r < 0)
        return r;
    if (visitor->actor)
        registry_detach(&rendezvous->registry, visitor->actor, loop_now_us(rendezvous->base.loop));
    visitor->actor = actor;
    announce(rendezvous, actor);
    return 0;
}

/* ---- Identity ---- */

static void keep_credential(struct visitor *visitor, const struct credential *credential,
                            struct actr_bytes proof, uint64_t expires_at_s)
{
    actr_bytes_unref(visitor->_proof);
    visitor->_proof = proof;
    visitor->credential.key_id = credential->key_id;
    visitor->credential.claims = actr_view_of(proof.ptr, credential->claims.len);
    visitor->credential.signature =
        actr_view_of(proof.ptr + credential->claims.len, credential->signature.len);
    visitor->credential_expires_at_s = expires_at_s;
}

static struct actr_bytes copy_proof(const struct credential *credential)
{
    uint8_t *data;
    struct actr_bytes proof = bytes_new(credential->claims.len + credential->signature.len, &data);
    if (!data)
        return proof;
    if (credential->claims.len > 0)
        memcpy(data, credential->claims.ptr, credential->claims.len);
    if (credential->signature.len > 0)
        memcpy(data + credential->claims.len, credential->signature.ptr, credential->signature.len);
    return proof;
}

static bool is_kept(const struct visitor *visitor, const struct credential *credential)
{
    return credential->key_id == visitor->credential.key_id &&
           view_equal(credential->claims, visitor->credential.claims) &&
           credential->signature.len == visitor->credential.signature.len &&
           crypto_equal(credential->signature.ptr, visitor->credential.signature.ptr,
                        credential->signature.len);
}

static void charge(struct visitor *visitor, uint32_t cost)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    (void)limiter_bucket_take(&visitor->_bucket, &rendezvous->options.message_rate, cost,
                              loop_now_us(rendezvous->base.loop));
}

int visitor_authenticate(struct visitor *visitor, const struct credential *credential)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    uint64_t now_s = rendezvous_now_s(rendezvous), expires_at_s = 0;
    if (is_kept(visitor, credential)) {
        if (visitor->credential_expires_at_s > now_s)
            return 0;
        (void)!err_origin(ACTR_EPERMISSION, "expired");
        return ADMISSION_REFUSED;
    }
    int r = admission_verify(&rendezvous->keyring, credential, &visitor->id, now_s,
                             &rendezvous->arena, &expires_at_s);
    if (r != 0) {
        charge(visitor, FORGERY_COST);
        return r;
    }
    struct actr_bytes proof = copy_proof(credential);
    if (actr_bytes_failed(proof))
        return err_origin(ACTR_ENOMEM, "credential: out of memory");
    keep_credential(visitor, credential, proof, expires_at_s);
    return 0;
}

/* ---- Receiving ---- */

static bool may_send(struct visitor *visitor)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    return limiter_bucket_take(&visitor->_bucket, &rendezvous->options.message_rate, 1,
                               loop_now_us(rendezvous->base.loop));
}

static void dispatch(struct visitor *visitor, const struct signaling_envelope *envelope)
{
    switch (envelope->flow) {
    case SIGNALING_FLOW_PEER_TO_SERVER:
        ais_on_socket(visitor, envelope);
        return;
    case SIGNALING_FLOW_ACTR_TO_SERVER:
        requests_answer(visitor, envelope);
        return;
    case SIGNALING_FLOW_RELAY:
        broker_relay(visitor, envelope);
        return;
    case SIGNALING_FLOW_NONE:
    case SIGNALING_FLOW_SERVER_TO_ACTR:
    case SIGNALING_FLOW_ERROR:
        return;
    }
}

static void receive(struct visitor *visitor, struct actr_view message)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    struct signaling_envelope envelope;
    rendezvous->counters.messages++;
    if (!may_send(visitor)) {
        send_limited(visitor);
        return;
    }
    arena_reset(&rendezvous->arena);
    int r = signaling_decode(message, &rendezvous->arena, &envelope);
    if (r < 0) {
        rendezvous->counters.messages_undecodable++;
        log_debug(rendezvous->base.log, "visitor.undecodable", "bytes=%zu reason=%s", message.len,
                  actr_errmsg());
        return;
    }
    dispatch(visitor, &envelope);
}

static void on_message(void *user, struct actr_bytes message, bool is_binary)
{
    struct visitor *visitor = user;
    if (visitor->_is_over)
        net_ws_close(visitor->ws, CLOSE_NORMAL, "unregistered");
    else if (is_binary)
        receive(visitor, actr_bytes_view(message));
    actr_bytes_unref(message);
}

static void visitor_free(struct visitor *visitor)
{
    visitor_end(visitor);
    loop_timer_stop(&visitor->_linger);
    limiter_close(&visitor->rendezvous->connecting, visitor->_address);
    list_remove(&visitor->_link);
    visitor->rendezvous->visitor_count--;
    actr_bytes_unref(visitor->_proof);
    mem_free(visitor);
}

static void on_closed(void *user, const struct net_close *why)
{
    struct visitor *visitor = user;
    log_debug(visitor->rendezvous->base.log, "visitor.closed", "actor=%s code=%u reason=%s",
              actr_id_format(&visitor->id, (char[ACTR_ID_STR_MAX]){0}), why->code, why->detail);
    visitor_free(visitor);
}

/* ---- Upgrades ---- */

static const struct net_ws_events visitor_events = {.on_message = on_message,
                                                    .on_closed = on_closed};

/* A socket of an address that has been counted in. */
static struct visitor *visitor_new(struct rendezvous *rendezvous, const char *address,
                                   struct net_ws *ws)
{
    struct visitor *visitor = mem_alloc(sizeof(*visitor));
    if (!visitor) {
        limiter_close(&rendezvous->connecting, address);
        return NULL;
    }
    visitor->rendezvous = rendezvous;
    visitor->ws = ws;
    snprintf(visitor->_address, sizeof(visitor->_address), "%s", address);
    subscriber_init(&visitor->subscriber, visitor);
    loop_timer_init(&visitor->_linger, rendezvous->base.loop, on_linger);
    list_init(&visitor->_link);
    list_push(&rendezvous->visitors, &visitor->_link);
    rendezvous->visitor_count++;
    return visitor;
}

/* Proves the identity that an upgrade claims: 101, or the status to refuse it with. */
static unsigned verify(struct rendezvous *rendezvous, const struct admission *admission,
                       uint64_t *ret_expires_at_s)
{
    uint64_t now_s = rendezvous_now_s(rendezvous);
    if (!admission->has_id || !admission->has_credential)
        return 401;
    int r = admission_verify(&rendezvous->keyring, &admission->credential, &admission->id, now_s,
                             &rendezvous->arena, ret_expires_at_s);
    if (r != 0)
        return r == ADMISSION_REFUSED ? 401 : 500;
    if (!realms_is_usable(&rendezvous->realms, admission->id.realm))
        return 403;
    /* Unregistered, or forgotten with its realm: only a new registration helps. */
    return registry_find(&rendezvous->registry, &admission->id) ? 101 : 401;
}

/* The visitor's actor: known, or in open mode made up on the spot. */
static int take_actor(struct visitor *visitor, const struct admission *admission)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    struct registry_actor *actor = registry_find(&rendezvous->registry, &admission->id);
    if (!actor) {
        int r = ais_add_stub(rendezvous, &admission->id, &actor);
        if (r < 0)
            return r;
    }
    return visitor_adopt(visitor, actor);
}

static int take_identity(struct visitor *visitor, const struct admission *admission,
                         uint64_t expires_at_s)
{
    visitor->want_answer = admission->want_answer;
    if (admission->has_credential) {
        struct actr_bytes proof = copy_proof(&admission->credential);
        if (actr_bytes_failed(proof))
            return err_origin(ACTR_ENOMEM, "credential: out of memory");
        keep_credential(visitor, &admission->credential, proof, expires_at_s);
    }
    return admission->has_id ? take_actor(visitor, admission) : 0;
}

static unsigned enter(struct rendezvous *rendezvous, const struct net_request_info *info,
                      const struct admission *admission, struct net_ws *ws,
                      struct visitor **ret_visitor)
{
    uint64_t expires_at_s = 0;
    unsigned status =
        rendezvous->options.is_open ? 101 : verify(rendezvous, admission, &expires_at_s);
    if (status != 101)
        return status;
    if (!limiter_open(&rendezvous->connecting, info->peer_address))
        return 429;
    struct visitor *visitor = visitor_new(rendezvous, info->peer_address, ws);
    if (!visitor)
        return 503;
    if (take_identity(visitor, admission, expires_at_s) < 0) {
        visitor_free(visitor);
        return 503;
    }
    *ret_visitor = visitor;
    return 101;
}

static unsigned upgrade(struct rendezvous *rendezvous, const struct net_request_info *info,
                        struct net_ws *ws, struct visitor **ret_visitor)
{
    struct admission admission;
    if (strcmp(info->path, "/signaling/ws") != 0 && strcmp(info->path, "/") != 0)
        return 404;
    if (!limiter_admit(&rendezvous->connecting, info->peer_address,
                       loop_now_us(rendezvous->base.loop)))
        return 429;
    arena_reset(&rendezvous->arena);
    int r = admission_parse(info->query, &rendezvous->arena, &admission);
    if (r < 0)
        return r == ACTR_EDECODE ? 400 : 503;
    return enter(rendezvous, info, &admission, ws, ret_visitor);
}

unsigned visitor_accept(struct rendezvous *rendezvous, const struct net_request_info *info,
                        struct net_ws *ws, const struct net_ws_events **ret_events, void **ret_user)
{
    struct visitor *visitor = NULL;
    unsigned status = upgrade(rendezvous, info, ws, &visitor);
    if (status != 101) {
        rendezvous->counters.upgrades_refused++;
        log_debug(rendezvous->base.log, "visitor.refused", "address=%s status=%u",
                  info->peer_address, status);
        return status;
    }
    rendezvous->counters.upgrades++;
    *ret_events = &visitor_events;
    *ret_user = visitor;
    return 101;
}
