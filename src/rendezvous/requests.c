// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Requests.
 *
 * Before any of them is looked at, three things hold: the source is the actor of the socket, its
 * realm is open, its credential is good. A failure is answered with 403, 403 and 401; 401 is given
 * for nothing else, since nodes take it as a call to renew. What is not known is not answered.
 *
 * Answers are put together in the arena of the turn; nothing here keeps what a request said but the
 * load of a heartbeat.
 *
 * Loop thread. */
#include "requests.h"

#include <string.h>

#include "admission.h"
#include "base/bytes.h"
#include "base/err.h"
#include "pairing.h"
#include "ranking.h"

/* A credential with less of its life left than this share is called in. */
#define RENEW_SHARE 10

struct request {
    struct visitor *visitor;
    const struct signaling_envelope *envelope;
    const struct signaling_request *asked;
};

/* Sends the reply that a request has got. */
static void reply(const struct request *request, struct signaling_reply *answer)
{
    answer->target = request->asked->source;
    request->visitor->rendezvous->counters.requests++;
    visitor_reply(request->visitor, request->envelope, answer);
}

static void refuse(const struct request *request, uint32_t code, const char *message)
{
    request->visitor->rendezvous->counters.requests_refused++;
    visitor_reply_error(request->visitor, request->envelope, code, message);
}

static void *scratch(const struct request *request, size_t size)
{
    return arena_alloc(&request->visitor->rendezvous->arena, size);
}

static struct registry_viewer viewer_of(const struct request *request)
{
    return rendezvous_viewer(request->visitor->rendezvous, &request->asked->source);
}

/* ---- Heartbeat ---- */

/* Peers may claim anything, but a comparison must stay an order. */
static float sane(float value)
{
    return value == value ? value : 0;
}

static void take_load(struct registry_actor *actor, const struct signaling_ping *ping)
{
    bool is_known =
        ping->availability >= SIGNALING_FULL && ping->availability <= SIGNALING_UNAVAILABLE;
    actor->availability = is_known ? (uint8_t)ping->availability : RANKING_UNKNOWN;
    actor->power_reserve = sane(ping->power_reserve);
    actor->backlog = sane(ping->mailbox_backlog);
}

/* Clients of the existing system renew when they are warned, and otherwise only after something has
 * failed. */
static bool needs_renewal(const struct visitor *visitor, uint64_t now_s)
{
    const struct rendezvous *rendezvous = visitor->rendezvous;
    const struct keyring_key *key =
        keyring_find(&rendezvous->keyring, visitor->credential.key_id, now_s);
    if (rendezvous->options.is_open)
        return false;
    return !key || key->retired_at_s != 0 ||
           visitor->credential_expires_at_s < now_s + rendezvous->issuer.ttl_s / RENEW_SHARE;
}

static void on_ping(const struct request *request)
{
    struct visitor *visitor = request->visitor;
    uint64_t now_s = rendezvous_now_s(visitor->rendezvous);
    struct signaling_reply answer = {
        .kind = SIGNALING_PONG,
        .pong = {.seq = now_s,
                 .suggest_interval_s = visitor->rendezvous->issuer.heartbeat_s,
                 .has_suggest_interval = true}};
    if (visitor->actor)
        take_load(visitor->actor, &request->asked->ping);
    if (needs_renewal(visitor, now_s)) {
        answer.pong.has_warning = true;
        answer.pong.warning_message = view_text("the credential or its key ends soon: renew");
    }
    reply(request, &answer);
}

/* ---- Who is there ---- */

static void fill_entry(const struct registry_group *group, struct signaling_type_entry *entry)
{
    const struct service_spec *spec = group->profile.service_spec;
    *entry = (struct signaling_type_entry){.type = group->profile.type};
    if (!spec) {
        entry->name = view_text(group->profile.type.name);
        entry->fingerprint = view_text("unknown");
        return;
    }
    entry->name = spec->name;
    entry->description = spec->description;
    entry->fingerprint = spec->fingerprint;
    entry->tags = spec->tags;
    entry->tag_count = spec->tag_count;
    entry->published_at_s = spec->published_at_s;
    entry->has_published_at = spec->has_published_at;
}

static void on_discovery(const struct request *request)
{
    const struct signaling_discovery *asked = &request->asked->discovery;
    struct registry_viewer viewer = viewer_of(request);
    size_t max = asked->limit < REQUESTS_TYPES_MAX ? asked->limit : REQUESTS_TYPES_MAX;
    const struct registry_group **groups = scratch(request, max * sizeof(groups[0]));
    struct signaling_type_entry *entries = scratch(request, max * sizeof(entries[0]));
    if (!groups || !entries) {
        refuse(request, 500, "out of memory");
        return;
    }
    size_t count = registry_discover(&request->visitor->rendezvous->registry, &viewer,
                                     asked->manufacturer, groups, max);
    for (size_t i = 0; i < count; i++)
        fill_entry(groups[i], &entries[i]);
    struct signaling_reply answer = {
        .kind = SIGNALING_DISCOVERED,
        .discovered = {.result = AIS_RESULT_SUCCESS, .entries = entries, .entry_count = count}};
    reply(request, &answer);
}

static struct ranking_criteria criteria_of(const struct signaling_route_candidates *asked)
{
    struct ranking_criteria criteria = {.is_present = asked->has_criteria,
                                        .count_max = asked->criteria.candidate_count,
                                        .health_max = -1,
                                        .dependency_max = -1};
    for (size_t i = 0; i < asked->criteria.ranking_factor_count; i++)
        if (criteria.factor_count < RANKING_FACTORS_MAX)
            criteria.factors[criteria.factor_count++] = asked->criteria.ranking_factors[i];
    if (asked->criteria.has_health_min)
        criteria.health_max = asked->criteria.health_min;
    if (asked->criteria.has_dependency_min)
        criteria.dependency_max = asked->criteria.dependency_min;
    return criteria;
}

/* Who need not be compared need not be fetched. */
static size_t draw_max(const struct ranking_criteria *criteria)
{
    bool is_plain = criteria->is_present && criteria->factor_count == 0 &&
                    criteria->health_max < 0 && criteria->dependency_max < 0;
    return is_plain && criteria->count_max < REQUESTS_CANDIDATES_MAX ? criteria->count_max
                                                                     : REQUESTS_CANDIDATES_MAX;
}

static void weigh(const struct registry_actor *actor, struct actr_view fingerprint,
                  struct ranking_candidate *candidate)
{
    const struct service_spec *spec = actor->group->profile.service_spec;
    *candidate = (struct ranking_candidate){.actor = (void *)(uintptr_t)actor,
                                            .availability = actor->availability,
                                            .dependency = RANKING_UNKNOWN,
                                            .is_exact = fingerprint.len > 0 && spec &&
                                                        view_equal(spec->fingerprint, fingerprint),
                                            .power_reserve = actor->power_reserve,
                                            .backlog = actor->backlog};
}

/* The candidates that are named, best first; negative: out of memory. */
static int choose(const struct request *request, struct ranking_candidate *candidates)
{
    struct rendezvous *rendezvous = request->visitor->rendezvous;
    const struct signaling_route_candidates *asked = &request->asked->route_candidates;
    struct registry_actor *actors[REQUESTS_CANDIDATES_MAX];
    struct registry_viewer viewer = viewer_of(request);
    struct ranking_criteria criteria = criteria_of(asked);
    int count = registry_candidates(&rendezvous->registry, &viewer, &asked->target_type,
                                    rendezvous_draw(rendezvous), &rendezvous->arena, actors,
                                    draw_max(&criteria));
    for (int i = 0; i < count; i++)
        weigh(actors[i], asked->client_fingerprint, &candidates[i]);
    return count < 0 ? count
                     : (int)ranking_choose(candidates, (size_t)count, &criteria,
                                           rendezvous_draw(rendezvous));
}

static void on_route_candidates(const struct request *request)
{
    struct ranking_candidate candidates[REQUESTS_CANDIDATES_MAX];
    struct signaling_candidates found = {.result = AIS_RESULT_SUCCESS};
    int count = choose(request, candidates);
    struct actr_id *ids = count < 0 ? NULL : scratch(request, (size_t)count * sizeof(ids[0]));
    struct signaling_ws_address *addresses =
        count < 0 ? NULL : scratch(request, (size_t)count * sizeof(addresses[0]));
    if (!ids || !addresses) {
        refuse(request, 500, "out of memory");
        return;
    }
    for (int i = 0; i < count; i++) {
        const struct registry_actor *actor = candidates[i].actor;
        registry_id(actor, &ids[i]);
        if (actor->ws_address.len > 0)
            addresses[found.address_count++] =
                (struct signaling_ws_address){ids[i], actr_bytes_view(actor->ws_address)};
    }
    found.ids = ids;
    found.id_count = (size_t)count;
    found.addresses = addresses;
    struct signaling_reply answer = {.kind = SIGNALING_CANDIDATES, .candidates = found};
    reply(request, &answer);
}

/* ---- Specs and keys ---- */

static void on_get_service_spec(const struct request *request)
{
    struct registry_viewer viewer = viewer_of(request);
    struct signaling_reply answer = {.kind = SIGNALING_SERVICE_SPEC};
    const struct service_spec *spec =
        registry_spec(&request->visitor->rendezvous->registry, &viewer, request->asked->spec_name);
    if (spec) {
        answer.service_spec.result = AIS_RESULT_SUCCESS;
        answer.service_spec.spec = *spec;
    } else {
        answer.service_spec.result = AIS_RESULT_ERROR;
        answer.service_spec.error =
            (struct error_response){404, view_text("no service of that name is known")};
    }
    reply(request, &answer);
}

static void on_get_signing_key(const struct request *request)
{
    const struct rendezvous *rendezvous = request->visitor->rendezvous;
    uint32_t id = request->asked->key_id;
    const struct keyring_key *key =
        rendezvous->options.is_open
            ? keyring_current(&rendezvous->keyring)
            : keyring_find(&rendezvous->keyring, id, rendezvous_now_s(rendezvous));
    if (!key) {
        refuse(request, 404, "no signing key of that number");
        return;
    }
    struct signaling_reply answer = {
        .kind = SIGNALING_SIGNING_KEY,
        .signing_key = {id, actr_view_of(key->public_key, CRYPTO_PUBLIC_LEN)}};
    reply(request, &answer);
}

/* ---- Subscriptions and farewell ---- */

static void on_subscribe(const struct request *request)
{
    struct visitor *visitor = request->visitor;
    struct signaling_reply answer = {.kind = SIGNALING_SUBSCRIBED,
                                     .outcome = {.result = AIS_RESULT_SUCCESS}};
    int r = subscriptions_add(&visitor->rendezvous->subscriptions, &visitor->subscriber,
                              &request->asked->up_type);
    if (r < 0)
        answer.outcome = (struct signaling_outcome){
            AIS_RESULT_ERROR, {r == ACTR_ESTATE ? 429 : 500, view_text(actr_errmsg())}};
    reply(request, &answer);
}

static void on_unsubscribe(const struct request *request)
{
    struct visitor *visitor = request->visitor;
    struct signaling_reply answer = {.kind = SIGNALING_UNSUBSCRIBED,
                                     .outcome = {.result = AIS_RESULT_SUCCESS}};
    subscriptions_remove(&visitor->rendezvous->subscriptions, &visitor->subscriber,
                         &request->asked->up_type);
    reply(request, &answer);
}

static void on_unregister(const struct request *request)
{
    struct visitor *visitor = request->visitor;
    struct signaling_reply answer = {.kind = SIGNALING_UNREGISTERED,
                                     .outcome = {.result = AIS_RESULT_SUCCESS}};
    bool is_own = actr_id_equal(&request->asked->unregister.id, &visitor->id);
    if (!is_own && !visitor->rendezvous->options.is_open)
        answer.outcome = (struct signaling_outcome){
            AIS_RESULT_ERROR, {403, view_text("an actor unregisters itself, and no other")}};
    reply(request, &answer);
    struct registry_actor *actor = visitor->actor;
    if (!is_own || !actor)
        return;
    visitor_linger(visitor);
    rendezvous_forget(visitor->rendezvous, actor);
}

/* ---- All of them ---- */

/* True: the request may be answered; otherwise it has been. */
static bool is_allowed(const struct request *request)
{
    struct visitor *visitor = request->visitor;
    if (visitor->rendezvous->options.is_open)
        return true;
    if (!actr_id_equal(&request->asked->source, &visitor->id)) {
        refuse(request, 403, "source is not the actor of this connection");
        return false;
    }
    if (!realms_is_usable(&visitor->rendezvous->realms, visitor->id.realm)) {
        refuse(request, 403, "Realm validation failed: realm does not exist or is disabled");
        return false;
    }
    int r = visitor_authenticate(visitor, &request->asked->credential);
    if (r == 0)
        return true;
    if (r == ADMISSION_REFUSED) {
        (void)!err_context(ACTR_EPERMISSION, "Credential validation failed");
        refuse(request, 401, actr_errmsg());
    } else {
        refuse(request, 500, "the credential could not be checked");
    }
    return false;
}

static void answer_kind(const struct request *request)
{
    switch (request->asked->kind) {
    case SIGNALING_UNREGISTER:
        on_unregister(request);
        break;
    case SIGNALING_PING:
        on_ping(request);
        break;
    case SIGNALING_DISCOVERY:
        on_discovery(request);
        break;
    case SIGNALING_ROUTE_CANDIDATES:
        on_route_candidates(request);
        break;
    case SIGNALING_GET_SERVICE_SPEC:
        on_get_service_spec(request);
        break;
    case SIGNALING_GET_SIGNING_KEY:
        on_get_signing_key(request);
        break;
    case SIGNALING_SUBSCRIBE_UP:
        on_subscribe(request);
        break;
    case SIGNALING_UNSUBSCRIBE_UP:
        on_unsubscribe(request);
        break;
    case SIGNALING_REQUEST_ERROR:
        log_debug(request->visitor->rendezvous->base.log, "request.error", "code=%u",
                  request->asked->error.code);
        break;
    case SIGNALING_REQUEST_NONE:
        break;
    }
}

void requests_answer(struct visitor *visitor, const struct signaling_envelope *envelope)
{
    struct request request = {visitor, envelope, &envelope->request};
    if (request.asked->kind == SIGNALING_REQUEST_NONE || !is_allowed(&request))
        return;
    answer_kind(&request);
}
