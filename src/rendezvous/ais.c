// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Registration and renewal over HTTP.
 *
 * A registration is answered after its actor is in the ledger, so that no credential is out that a
 * restart would not honour; so is a renewal that changes the token. Errors of a registration travel
 * in a message with status 200, since clients discard other bodies; those of a renewal have the
 * status of their code.
 *
 * Must never log a request, a secret or a token.
 *
 * Loop thread. */
#include "ais.h"

#include <inttypes.h>

#include "answer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "enrolment.h"
#include "visitor.h"

#define RETRY_AFTER_S 1
#define STUB_TTL_S 86400

/* A registration or renewal whose rows are being written. */
struct pending {
    struct rendezvous *rendezvous;
    struct answer_later later;
    struct enrolment enrolment;
    struct realm realm; /* comes into being with the actor; id 0: it is there */
    bool is_renewal;
};

/* ---- Answers ---- */

static void respond(struct net_request *request, unsigned status, struct actr_bytes body)
{
    answer_send(request, &(struct answer){
                             .status = status,
                             .content_type = ANSWER_PROTOBUF,
                             .body = body,
                             .retry_after_s = status == 429 || status == 503 ? RETRY_AFTER_S : 0,
                         });
}

static struct actr_bytes encode_error(uint32_t code, const char *message)
{
    struct ais_response response = {.result = AIS_RESULT_ERROR,
                                    .error = {code, view_text(message)}};
    return ais_response_encode(&response);
}

static void refuse_registration(struct rendezvous *rendezvous, struct net_request *request,
                                uint32_t code, const char *message)
{
    rendezvous->counters.registrations_refused++;
    log_info(rendezvous->base.log, "register.refused", "code=%" PRIu32 " reason=%s", code, message);
    answer_send(request, &(struct answer){
                             .status = 200,
                             .content_type = ANSWER_PROTOBUF,
                             .body = encode_error(code, message),
                             .retry_after_s = code == 429 || code == 503 ? RETRY_AFTER_S : 0,
                         });
}

static void refuse_renewal(struct rendezvous *rendezvous, struct net_request *request,
                           uint32_t code, const char *message)
{
    rendezvous->counters.renewals_refused++;
    log_info(rendezvous->base.log, "renew.refused", "code=%" PRIu32 " reason=%s", code, message);
    respond(request, code, encode_error(code, message));
}

/* ---- Once the ledger has written ---- */

static void pending_free(struct pending *pending)
{
    enrolment_deinit(&pending->enrolment);
    mem_free(pending);
}

/* 0, or what to tell instead. */
static uint32_t enter_actor(struct rendezvous *rendezvous, const struct pending *pending)
{
    struct registry_actor *actor = NULL;
    int r = 0;
    if (pending->realm.id != 0 && !realms_find(&rendezvous->realms, pending->realm.id))
        r = realms_put(&rendezvous->realms, &pending->realm);
    if (r == 0)
        r = registry_add(&rendezvous->registry, &pending->enrolment.entry, &actor);
    return r == 0 ? 0 : 503;
}

static void enter_tokens(struct rendezvous *rendezvous, const struct registry_entry *entry)
{
    struct registry_actor *actor = registry_find(&rendezvous->registry, &entry->id);
    if (!actor)
        return; /* it has unregistered meanwhile */
    for (size_t i = 0; i < REGISTRY_TOKENS; i++)
        actor->tokens[i] = entry->tokens[i];
    registry_set_expiry(&rendezvous->registry, actor, entry->expires_at_s);
}

static void finish_registration(struct pending *pending, struct net_request *request, uint32_t code)
{
    struct rendezvous *rendezvous = pending->rendezvous;
    const struct registry_entry *entry = &pending->enrolment.entry;
    if (code == 0)
        code = enter_actor(rendezvous, pending);
    if (code != 0) {
        if (request)
            refuse_registration(rendezvous, request, code, "the registration could not be stored");
        return;
    }
    rendezvous->counters.registrations++;
    log_info(rendezvous->base.log, "register.done", "actor=%s",
             actr_id_format(&entry->id, (char[ACTR_ID_STR_MAX]){0}));
    if (request)
        respond(request, 200, actr_bytes_ref(pending->enrolment.response));
}

static void finish_renewal(struct pending *pending, struct net_request *request, uint32_t code)
{
    struct rendezvous *rendezvous = pending->rendezvous;
    if (code != 0) {
        if (request)
            refuse_renewal(rendezvous, request, code, "the renewal could not be stored");
        return;
    }
    enter_tokens(rendezvous, &pending->enrolment.entry);
    rendezvous->counters.renewals++;
    if (request)
        respond(request, 200, actr_bytes_ref(pending->enrolment.response));
}

static void on_kept(void *owner, int result)
{
    struct pending *pending = owner;
    struct net_request *request = answer_resume(&pending->later);
    if (result < 0) {
        pending->rendezvous->counters.ledger_failures++;
        log_error(pending->rendezvous->base.log, "ledger.failed", "what=%s reason=%s",
                  pending->is_renewal ? "renewal" : "registration", actr_strerror(result));
    }
    if (pending->is_renewal)
        finish_renewal(pending, request, result < 0 ? 503 : 0);
    else
        finish_registration(pending, request, result < 0 ? 503 : 0);
    pending_free(pending);
}

/* Consumes the enrolment, on success only. */
static int keep(struct rendezvous *rendezvous, struct net_request *request,
                struct enrolment *enrolment, const struct realm *realm, bool is_renewal)
{
    struct pending *pending = mem_alloc(sizeof(*pending));
    struct ledger_write *write = pending ? ledger_write_new(on_kept, pending) : NULL;
    int r = write ? registry_write(&enrolment->entry, write)
                  : err_origin(ACTR_ENOMEM, "registration: out of memory");
    if (r == 0 && realm && realm->id != 0)
        r = realm_write(realm, false, write);
    if (r < 0) {
        ledger_write_free(write);
        mem_free(pending);
        return r;
    }
    pending->rendezvous = rendezvous;
    pending->enrolment = *enrolment;
    pending->is_renewal = is_renewal;
    if (realm)
        pending->realm = *realm;
    answer_defer(&pending->later, rendezvous, request);
    ledger_submit(rendezvous->base.ledger, write);
    return 0;
}

/* ---- Requests ---- */

static bool is_within_rate(struct rendezvous *rendezvous, const struct net_request_info *info)
{
    return limiter_admit(&rendezvous->registering, info->peer_address,
                         loop_now_us(rendezvous->base.loop));
}

static void refuse_undecodable(struct rendezvous *rendezvous, struct net_request *request,
                               int error)
{
    if (!rendezvous->options.is_open) {
        refuse_registration(rendezvous, request, error == ACTR_ENOMEM ? 503 : 400, actr_errmsg());
        return;
    }
    rendezvous->counters.registrations_refused++;
    answer_send(request, &(struct answer){
                             .status = 400,
                             .content_type = ANSWER_JSON,
                             .body = actr_bytes_str("{\"error\":\"no RegisterRequest\"}"),
                         });
}

void ais_register(struct rendezvous *rendezvous, struct net_request *request,
                  const struct net_request_info *info)
{
    struct ais_register_request asked;
    struct realm realm;
    struct enrolment enrolment = {0};
    if (!is_within_rate(rendezvous, info)) {
        refuse_registration(rendezvous, request, 429,
                            "too many registrations from this address; retry in a second");
        return;
    }
    int r = ais_register_request_decode(actr_bytes_view(info->body), &rendezvous->arena, &asked);
    if (r < 0) {
        refuse_undecodable(rendezvous, request, r);
        return;
    }
    const char *secret = net_request_header(request, "x-actrix-realm-secret");
    uint32_t code = enrolment_check(rendezvous, &asked, secret, &realm);
    if (code == 0)
        code = enrolment_issue(rendezvous, &asked, &enrolment);
    if (code == 0 && keep(rendezvous, request, &enrolment, &realm, false) < 0) {
        enrolment_deinit(&enrolment);
        code = 503;
    }
    if (code != 0)
        refuse_registration(rendezvous, request, code, actr_errmsg());
}

void ais_renew(struct rendezvous *rendezvous, struct net_request *request,
               const struct net_request_info *info)
{
    struct ais_renew_request asked;
    struct enrolment enrolment = {0};
    if (!is_within_rate(rendezvous, info)) {
        refuse_renewal(rendezvous, request, 429,
                       "too many renewals from this address; retry in a second");
        return;
    }
    int r = ais_renew_request_decode(actr_bytes_view(info->body), &rendezvous->arena, &asked);
    if (r < 0) {
        refuse_renewal(rendezvous, request, r == ACTR_ENOMEM ? 503 : 400, actr_errmsg());
        return;
    }
    uint32_t code = enrolment_renew(rendezvous, &asked, &enrolment);
    if (code != 0) {
        refuse_renewal(rendezvous, request, code, actr_errmsg());
        return;
    }
    if (!enrolment.is_changed) {
        rendezvous->counters.renewals++;
        respond(request, 200, actr_bytes_ref(enrolment.response));
        enrolment_deinit(&enrolment);
        return;
    }
    if (keep(rendezvous, request, &enrolment, NULL, true) < 0) {
        enrolment_deinit(&enrolment);
        refuse_renewal(rendezvous, request, 503, actr_errmsg());
    }
}

/* ---- Open mode, and its refusal ---- */

int ais_add_stub(struct rendezvous *rendezvous, const struct actr_id *id,
                 struct registry_actor **ret_actor)
{
    struct ais_register_request request = {.type = id->type, .realm = id->realm};
    struct registry_entry entry = {.id = *id, .profile = registry_profile(&request)};
    if (actr_bytes_failed(entry.profile))
        return err_origin(ACTR_ENOMEM, "registration: out of memory");
    entry.expires_at_s = rendezvous_now_s(rendezvous) + STUB_TTL_S;
    int r = registry_check_room(&rendezvous->registry, entry.profile.len);
    if (r == 0)
        r = registry_add(&rendezvous->registry, &entry, ret_actor);
    actr_bytes_unref(entry.profile);
    return r;
}

/* Whoever registers on a socket has no id yet; answers go to nobody in particular. */
static struct actr_id nobody(void)
{
    return (struct actr_id){.type = {.manufacturer = "temp", .name = "temp", .version = "1.0.0"}};
}

/* The answer to a registration on a socket in open mode; its views point into the enrolment. */
static uint32_t register_on_socket(struct visitor *visitor,
                                   const struct ais_register_request *request,
                                   struct enrolment *enrolment)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    struct registry_actor *actor = NULL;
    struct realm realm;
    uint32_t code = enrolment_check(rendezvous, request, NULL, &realm);
    if (code == 0)
        code = enrolment_issue(rendezvous, request, enrolment);
    if (code != 0)
        return code;
    if (registry_add(&rendezvous->registry, &enrolment->entry, &actor) < 0 ||
        visitor_adopt(visitor, actor) < 0 ||
        (realm.id != 0 && realms_put(&rendezvous->realms, &realm) < 0))
        return 503;
    return 0;
}

void ais_on_socket(struct visitor *visitor, const struct signaling_envelope *envelope)
{
    struct rendezvous *rendezvous = visitor->rendezvous;
    struct enrolment enrolment = {0};
    struct signaling_reply reply = {.target = nobody(), .kind = SIGNALING_REGISTERED};
    if (!envelope->register_request)
        return;
    uint32_t code = 410;
    if (!rendezvous->options.is_open)
        (void)!err_origin(ACTR_EPERMISSION, "register over HTTP: POST /ais/register");
    else
        code = register_on_socket(visitor, envelope->register_request, &enrolment);
    if (code == 0 && ais_response_decode(actr_bytes_view(enrolment.response), &rendezvous->arena,
                                         &reply.registered) < 0)
        code = 500;
    if (code != 0)
        reply.registered = (struct ais_response){.result = AIS_RESULT_ERROR,
                                                 .error = {code, view_text(actr_errmsg())}};
    else
        reply.target = enrolment.entry.id;
    visitor_reply(visitor, envelope, &reply);
    enrolment_deinit(&enrolment);
}
