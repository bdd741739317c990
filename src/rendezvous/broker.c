// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Relays and the arbitration of roles.
 *
 * Who relays is the actor of the socket, and says so; the two ends of a negotiation are the two
 * ends of the relay. Assignments come from here alone: a forged one would tear down the session of
 * those who believe it. A payload is passed on byte by byte, without the sender's credential, which
 * is nobody else's business.
 *
 * Relays of one socket to another keep their order. A relay that cannot be delivered is answered;
 * nothing waits for a target that is not there.
 *
 * Loop thread. */
#include "broker.h"

#include <string.h>

#include "admission.h"
#include "base/bytes.h"
#include "base/err.h"
#include "pairing.h"

static void refuse(struct visitor *visitor, const struct signaling_envelope *envelope,
                   uint32_t code, const char *message)
{
    visitor->rendezvous->counters.relays_refused++;
    visitor_reply_error(visitor, envelope, code, message);
}

/* ---- Roles ---- */

static int compare_ids(const struct actr_id *a, const struct actr_id *b)
{
    if (a->realm != b->realm)
        return a->realm < b->realm ? -1 : 1;
    if (a->serial != b->serial)
        return a->serial < b->serial ? -1 : 1;
    int order = strcmp(a->type.manufacturer, b->type.manufacturer);
    return order != 0 ? order : strcmp(a->type.name, b->type.name);
}

bool broker_is_offerer(const struct broker_party *a, const struct broker_party *b)
{
    if (a->want_answer != b->want_answer)
        return b->want_answer;
    return compare_ids(a->id, b->id) > 0;
}

/* As if the other party had sent it: every client takes that for its peer. */
static void assign(struct visitor *visitor, const struct signaling_envelope *asked,
                   const struct broker_party *self, const struct broker_party *peer)
{
    struct signaling_envelope envelope = {
        .traceparent = asked->traceparent,
        .tracestate = asked->tracestate,
        .flow = SIGNALING_FLOW_RELAY,
        .relay = {.source = *peer->id,
                  .target = *self->id,
                  .kind = RELAY_ROLE_ASSIGNMENT,
                  .role_assignment = {.is_offerer = broker_is_offerer(self, peer)}}};
    visitor_send(visitor, &envelope);
}

static void arbitrate(struct visitor *visitor, struct visitor *peer,
                      const struct signaling_envelope *envelope)
{
    struct broker_party from = {&envelope->relay.source, visitor->want_answer};
    struct broker_party to = {&envelope->relay.target, peer->want_answer};
    log_debug(visitor->rendezvous->base.log, "relay.roles", "from=%s to=%s offerer=%s",
              actr_id_format(from.id, (char[ACTR_ID_STR_MAX]){0}),
              actr_id_format(to.id, (char[ACTR_ID_STR_MAX]){0}),
              broker_is_offerer(&from, &to) ? "from" : "to");
    assign(peer, envelope, &to, &from);
    assign(visitor, envelope, &from, &to);
}

/* ---- Passing on ---- */

static void forward(struct visitor *target, const struct signaling_envelope *envelope)
{
    struct signaling_envelope passed = {.traceparent = envelope->traceparent,
                                        .tracestate = envelope->tracestate,
                                        .flow = SIGNALING_FLOW_RELAY,
                                        .relay = envelope->relay};
    passed.relay.credential = (struct credential){0};
    visitor_send(target, &passed);
}

/* ---- Checks ---- */

/* Does the socket speak for the relay's source? Otherwise it has been told. */
static bool is_authentic(struct visitor *visitor, const struct signaling_envelope *envelope)
{
    if (!actr_id_equal(&envelope->relay.source, &visitor->id)) {
        refuse(visitor, envelope, 403, "relay.source is not the actor of this connection");
        return false;
    }
    if (!realms_is_usable(&visitor->rendezvous->realms, visitor->id.realm)) {
        refuse(visitor, envelope, 403,
               "Realm validation failed: realm does not exist or is disabled");
        return false;
    }
    int r = visitor_authenticate(visitor, &envelope->relay.credential);
    if (r == ADMISSION_REFUSED) {
        (void)!err_context(ACTR_EPERMISSION, "Credential validation failed");
        refuse(visitor, envelope, 401, actr_errmsg());
    } else if (r < 0) {
        refuse(visitor, envelope, 500, "the credential could not be checked");
    }
    return r == 0;
}

static bool is_well_formed(struct visitor *visitor, const struct signaling_envelope *envelope)
{
    const struct relay *relay = &envelope->relay;
    if (relay->kind == RELAY_ROLE_ASSIGNMENT) {
        refuse(visitor, envelope, 403, "roles are assigned by the server");
        return false;
    }
    if (relay->kind == RELAY_ROLE_NEGOTIATION &&
        (!actr_id_equal(&relay->role_negotiation.from, &relay->source) ||
         !actr_id_equal(&relay->role_negotiation.to, &relay->target))) {
        refuse(visitor, envelope, 403,
               "a role is negotiated between relay.source and relay.target");
        return false;
    }
    return true;
}

static bool sees(const struct rendezvous *rendezvous, const struct actr_id *viewer_id,
                 const struct registry_actor *actor)
{
    struct registry_viewer viewer = rendezvous_viewer(rendezvous, viewer_id);
    return registry_sees(&viewer, actor->group);
}

/* Whoever may see the target may talk to it, and so may those whom the target turned to first. */
static bool is_permitted(struct visitor *visitor, const struct signaling_envelope *envelope,
                         struct registry_actor *target)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    if (sees(rendezvous, &visitor->id, target))
        return true;
    return envelope->relay.kind != RELAY_ROLE_NEGOTIATION &&
           pairing_has(&rendezvous->pairing, target, visitor->actor);
}

/* Lets the target answer where its own rules would not. */
static int open_return_path(struct visitor *visitor, struct registry_actor *target)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    struct actr_id id;
    registry_id(target, &id);
    if (sees(rendezvous, &id, visitor->actor))
        return 0;
    return pairing_add(&rendezvous->pairing, visitor->actor, target);
}

static void deliver(struct visitor *visitor, const struct signaling_envelope *envelope,
                    struct registry_actor *target)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    if (envelope->relay.kind != RELAY_ROLE_NEGOTIATION) {
        rendezvous->counters.relays++;
        forward(target->visitor, envelope);
        return;
    }
    if (visitor->actor && open_return_path(visitor, target) < 0) {
        refuse(visitor, envelope, 500, "out of memory");
        return;
    }
    rendezvous->counters.relays++;
    arbitrate(visitor, target->visitor, envelope);
}

void broker_relay(struct visitor *visitor, const struct signaling_envelope *envelope)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    bool is_open = rendezvous->options.is_open;
    if (envelope->relay.kind == RELAY_NONE)
        return;
    if (!is_open && (!is_authentic(visitor, envelope) || !is_well_formed(visitor, envelope)))
        return;
    struct registry_actor *target = registry_find(&rendezvous->registry, &envelope->relay.target);
    if (target && !is_open && !is_permitted(visitor, envelope, target))
        refuse(visitor, envelope, 403, "ACL policy denies relay to target actor");
    else if (!target || !target->visitor)
        refuse(visitor, envelope, 404, "the target is not connected");
    else
        deliver(visitor, envelope, target);
}
