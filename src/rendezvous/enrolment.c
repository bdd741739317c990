// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The decisions of the identity service.
 *
 * A linked actor is what it says it is, so its realm's secret is what keeps strangers out. A
 * registration lives as long as its newest renewal token, which always outlives its credential.
 *
 * Codes matter to those who read them: 401 makes a node register anew, and 403 makes it give up
 * until somebody changes something, so each is given for that reason alone.
 *
 * Loop thread. Must never put a secret or a token into an error detail. */
#include "enrolment.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "issuer.h"
#include "sys/crypto.h"

static uint32_t refuse(uint32_t code, const char *why)
{
    (void)!err_origin(ACTR_EPERMISSION, "%s", why);
    return code;
}

/* An error of ours, whose detail is set. */
static uint32_t fail(int error)
{
    return error == ACTR_ESTATE ? 503 : error == ACTR_EINVALID ? 400 : 500;
}

/* ---- Registration ---- */

/* The realm as it is, or as it will be when registrations bring realms into being. */
static uint32_t find_realm(const struct rendezvous *rendezvous, uint32_t id, uint64_t now_s,
                           struct realm *ret_realm, bool *ret_is_new)
{
    const struct rendezvous_options *options = &rendezvous->options;
    const struct realm *known = realms_find(&rendezvous->realms, id);
    *ret_is_new = !known;
    if (known) {
        *ret_realm = *known;
        return known->is_enabled ? 0 : refuse(403, "Realm validation failed: realm is disabled");
    }
    if (id == 0 || (!options->want_any_realm && !options->is_open))
        return refuse(403, "Realm validation failed: realm does not exist");
    if (realms_count(&rendezvous->realms) >= REALMS_MAX)
        return refuse(503, "no room for another realm");
    realm_init(ret_realm, id);
    if (!options->any_secret || options->is_open)
        return 0;
    int r = realm_set_secret(ret_realm, view_text(options->any_secret), now_s);
    return r < 0 ? fail(r) : 0;
}

static uint32_t check_secret(const struct realm *realm, const char *secret, uint64_t now_s)
{
    enum realm_verdict verdict;
    int r = realm_check_secret(realm, secret, now_s, &verdict);
    if (r < 0)
        return fail(r);
    switch (verdict) {
    case REALM_SECRET_MISSING:
        return refuse(403, "Realm secret required");
    case REALM_SECRET_WRONG:
        return refuse(403, "Invalid realm secret");
    case REALM_SECRET_GOOD:
    case REALM_SECRET_NOT_ASKED:
        break;
    }
    return 0;
}

static uint32_t check_mode(const struct ais_register_request *request)
{
    if (!request->has_auth_mode || request->auth_mode != AIS_AUTH_LINKED)
        return refuse(403, "this server verifies no packages: only auth_mode LINKED can register");
    if (request->manifest_raw.ptr || request->mfr_signature.ptr || request->proof_signature.ptr ||
        request->proof_nonce.ptr || request->has_proof_signed_at)
        return refuse(400, "auth_mode LINKED excludes manifest_raw, mfr_signature and the "
                           "manufacturer_auth fields");
    return 0;
}

static bool starts_with(struct actr_view text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len > len && memcmp(text.ptr, prefix, len) == 0;
}

static uint32_t check_content(const struct ais_register_request *request)
{
    struct actr_view address = request->ws_address;
    for (size_t i = 0; i < request->acl_count; i++)
        if (request->acl[i].realm_kind == ACL_RULE_REALM_NOT_ANY)
            return refuse(400, "an acl rule says any_realm = false: name a realm, or none for the "
                               "actor's own");
    if (address.len > REGISTRY_WS_ADDRESS_MAX ||
        (address.len > 0 && !starts_with(address, "ws://") && !starts_with(address, "wss://")))
        return refuse(400, "ws_address is no ws:// or wss:// address, or too long");
    return 0;
}

uint32_t enrolment_check(struct rendezvous *rendezvous, const struct ais_register_request *request,
                         const char *secret, struct realm *ret_realm)
{
    uint64_t now_s = rendezvous_now_s(rendezvous);
    bool is_new = false;
    uint32_t code = find_realm(rendezvous, request->realm, now_s, ret_realm, &is_new);
    if (code == 0 && !rendezvous->options.is_open) {
        code = check_secret(ret_realm, secret, now_s);
        if (code == 0)
            code = check_mode(request);
    }
    if (code == 0)
        code = check_content(request);
    if (code == 0 && !is_new)
        ret_realm->id = 0;
    return code;
}

/* ---- What they are given ---- */

void enrolment_deinit(struct enrolment *enrolment)
{
    actr_bytes_unref(enrolment->entry.profile);
    actr_bytes_unref(enrolment->entry.ws_address);
    actr_bytes_unref(enrolment->response);
    *enrolment = (struct enrolment){0};
}

static int digest_token(const struct issuer_token *token, struct registry_token *ret_token)
{
    ret_token->expires_at_s = token->expires_at_s;
    return crypto_sha256(actr_view_of(token->bytes, ISSUER_TOKEN_LEN), ret_token->digest);
}

/* The credential and the message that carries it. */
static int grant(const struct rendezvous *rendezvous, const struct actr_id *id,
                 const struct issuer_token *token, struct actr_bytes *ret_response)
{
    struct issuer_grant given;
    int r = issuer_grant(&rendezvous->issuer, id, token, rendezvous_now_s(rendezvous), &given);
    if (r < 0)
        return r;
    struct ais_response response = {.result = AIS_RESULT_SUCCESS, .success = given.registration};
    struct actr_bytes bytes = ais_response_encode(&response);
    issuer_grant_deinit(&given);
    if (actr_bytes_failed(bytes))
        return err_origin(ACTR_ENOMEM, "registration: out of memory");
    *ret_response = bytes;
    return 0;
}

/* Fills in the entry of a new actor; its parts may be failed values. */
static int make_entry(struct rendezvous *rendezvous, const struct ais_register_request *request,
                      struct issuer_token *token, struct registry_entry *entry)
{
    uint64_t now_ms = loop_wall_ms(rendezvous->base.loop);
    entry->id = (struct actr_id){.realm = request->realm, .type = request->type};
    entry->id.serial = issuer_serial(&rendezvous->issuer, now_ms);
    entry->profile = registry_profile(request);
    if (request->ws_address.len > 0)
        entry->ws_address = actr_bytes_copy(request->ws_address);
    if (actr_bytes_failed(entry->profile) || actr_bytes_failed(entry->ws_address))
        return err_origin(ACTR_ENOMEM, "registration: out of memory");
    int r = registry_check_room(&rendezvous->registry, entry->profile.len);
    if (r == 0)
        r = issuer_token_new(&rendezvous->issuer, &entry->id, now_ms / 1000, token);
    if (r == 0)
        r = digest_token(token, &entry->tokens[0]);
    entry->expires_at_s = token->expires_at_s;
    return r;
}

uint32_t enrolment_issue(struct rendezvous *rendezvous, const struct ais_register_request *request,
                         struct enrolment *ret_enrolment)
{
    struct enrolment enrolment = {.is_changed = true};
    struct issuer_token token = {0};
    int r = make_entry(rendezvous, request, &token, &enrolment.entry);
    if (r == 0)
        r = grant(rendezvous, &enrolment.entry.id, &token, &enrolment.response);
    explicit_bzero(&token, sizeof(token));
    if (r < 0) {
        enrolment_deinit(&enrolment);
        return fail(r);
    }
    *ret_enrolment = enrolment;
    return 0;
}

/* ---- Renewal ---- */

/* The kept token that these bytes are, unexpired; NULL: none. */
static const struct registry_token *find_token(const struct registry_token *tokens,
                                               const struct registry_token *wanted, uint64_t now_s)
{
    const struct registry_token *found = NULL;
    for (size_t i = 0; i < REGISTRY_TOKENS; i++)
        if (crypto_equal(tokens[i].digest, wanted->digest, sizeof(wanted->digest)) &&
            now_s < tokens[i].expires_at_s)
            found = &tokens[i];
    return found;
}

static int renew(struct rendezvous *rendezvous, const struct issuer_token *token,
                 struct enrolment *enrolment)
{
    struct registry_entry *entry = &enrolment->entry;
    struct issuer_token next = {0};
    struct registry_token kept = {0};
    uint64_t now_s = rendezvous_now_s(rendezvous);
    int r = issuer_token_next(&rendezvous->issuer, &entry->id, token, now_s, &next);
    if (r == 0)
        r = digest_token(&next, &kept);
    if (r == 0)
        r = grant(rendezvous, &entry->id, &next, &enrolment->response);
    explicit_bzero(&next, sizeof(next));
    if (r < 0 || find_token(entry->tokens, &kept, now_s))
        return r;
    enrolment->is_changed = true;
    struct registry_token old = {.expires_at_s = token->expires_at_s};
    r = crypto_sha256(actr_view_of(token->bytes, ISSUER_TOKEN_LEN), old.digest);
    entry->tokens[0] = kept;
    entry->tokens[1] = old;
    entry->expires_at_s = kept.expires_at_s;
    return r;
}

/* Open mode: the token follows from the serial, and the actor need not be known. */
static uint32_t renew_open(struct rendezvous *rendezvous, const struct ais_renew_request *request,
                           struct issuer_token *token, struct enrolment *enrolment)
{
    uint8_t given[ISSUER_TOKEN_LEN];
    memcpy(given, token->bytes, sizeof(given));
    enrolment->entry.id = request->id;
    int r =
        issuer_token_new(&rendezvous->issuer, &request->id, rendezvous_now_s(rendezvous), token);
    if (r < 0)
        return fail(r);
    if (!crypto_equal(given, token->bytes, sizeof(given)))
        return refuse(401, "renewal token rejected");
    r = grant(rendezvous, &request->id, token, &enrolment->response);
    return r < 0 ? fail(r) : 0;
}

/* A realm that a registration would bring into being is not closed to its actors: the server has
 * forgotten it, and their tokens with it, and they shall register. */
static bool is_realm_closed(const struct rendezvous *rendezvous, uint32_t id)
{
    bool is_coming = rendezvous->options.want_any_realm && !realms_find(&rendezvous->realms, id);
    return !is_coming && !realms_is_usable(&rendezvous->realms, id);
}

static uint32_t renew_strict(struct rendezvous *rendezvous, const struct ais_renew_request *request,
                             struct issuer_token *token, struct enrolment *enrolment)
{
    struct registry_token wanted = {0};
    if (is_realm_closed(rendezvous, request->id.realm))
        return refuse(403, "Realm validation failed: realm does not exist or is disabled");
    int r = digest_token(token, &wanted);
    if (r < 0)
        return fail(r);
    const struct registry_actor *actor = registry_find(&rendezvous->registry, &request->id);
    const struct registry_token *kept =
        actor ? find_token(actor->tokens, &wanted, rendezvous_now_s(rendezvous)) : NULL;
    if (!kept)
        return refuse(401, "renewal token rejected");
    token->expires_at_s = kept->expires_at_s;
    registry_entry_of(actor, &enrolment->entry);
    enrolment->entry.profile = actr_bytes_ref(enrolment->entry.profile);
    enrolment->entry.ws_address = actr_bytes_ref(enrolment->entry.ws_address);
    r = renew(rendezvous, token, enrolment);
    return r < 0 ? fail(r) : 0;
}

uint32_t enrolment_renew(struct rendezvous *rendezvous, const struct ais_renew_request *request,
                         struct enrolment *ret_enrolment)
{
    struct enrolment enrolment = {0};
    struct issuer_token token = {0};
    if (request->renewal_token.len != ISSUER_TOKEN_LEN)
        return refuse(401, "renewal token rejected");
    memcpy(token.bytes, request->renewal_token.ptr, ISSUER_TOKEN_LEN);
    uint32_t code = rendezvous->options.is_open
                        ? renew_open(rendezvous, request, &token, &enrolment)
                        : renew_strict(rendezvous, request, &token, &enrolment);
    explicit_bzero(&token, sizeof(token));
    if (code != 0)
        enrolment_deinit(&enrolment);
    else
        *ret_enrolment = enrolment;
    return code;
}
