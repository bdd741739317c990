// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The server of the tests. */
#include "fake_server.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "harness.h"
#include "protocol/ais.h"
#include "protocol/credential.h"
#include "sys/crypto.h"

#define ARENA_MAX ((size_t)4 * 1024 * 1024)

/* ---- The identity service ---- */

struct grant {
    struct actr_bytes claims, signed_claims;
    uint8_t signature[CRYPTO_SIGNATURE_LEN];
    uint64_t expires_at_s;
};

static uint64_t server_now_s(const struct fake_server *server)
{
    return (uint64_t)((int64_t)(loop_wall_ms(server->loop) / 1000) + server->skew_s);
}

/* False: out of memory. */
static bool server_sign(struct crypto_signer *signer, const struct actr_id *id,
                        uint64_t expires_at_s, struct grant *ret_grant)
{
    char text[ACTR_ID_STR_MAX];
    const struct claims claims = {.realm = id->realm,
                                  .actor_id = view_text(actr_id_format(id, text)),
                                  .expires_at_s = expires_at_s};
    ret_grant->expires_at_s = expires_at_s;
    ret_grant->claims = claims_encode(&claims);
    if (actr_bytes_failed(ret_grant->claims))
        return false;
    return crypto_sign(signer, actr_bytes_view(ret_grant->claims), ret_grant->signature) == 0;
}

static struct credential grant_credential(const struct fake_server *server,
                                          const struct grant *grant)
{
    return (struct credential){.key_id = server->key_id,
                               .claims = actr_bytes_view(grant->claims),
                               .signature =
                                   actr_view_of(grant->signature, sizeof grant->signature)};
}

struct actr_bytes fake_server_credential(struct fake_server *server, const struct actr_id *id,
                                         uint64_t expires_at_s)
{
    struct grant grant = {0};
    assert_true(server_sign(server->signer, id, expires_at_s, &grant));
    const struct credential credential = grant_credential(server, &grant);
    struct actr_bytes encoded = credential_encode(&credential);
    actr_bytes_unref(grant.claims);
    return encoded;
}

static struct actr_bytes server_grant(struct fake_server *server, enum fake_answer answer,
                                      const struct actr_id *id)
{
    struct grant grant = {0};
    struct actr_id named = *id;
    struct actr_bytes body = {.len = 1};
    if (answer == FAKE_OTHER_CLAIMS)
        named.serial += 1000;
    if (server_sign(answer == FAKE_FORGED ? server->forger : server->signer, &named,
                    server_now_s(server) + server->ttl_s, &grant)) {
        const struct ais_response response = {
            .result = AIS_RESULT_SUCCESS,
            .success = {.id = *id,
                        .credential = grant_credential(server, &grant),
                        .turn = {.username = view_text("u"), .password = view_text("p")},
                        .signing_pubkey = actr_view_of(server->pubkey, sizeof server->pubkey),
                        .signing_key_id = server->key_id + (answer == FAKE_OTHER_KEY_ID),
                        .renewal_token = actr_view_of(server->token, sizeof server->token),
                        .has_credential_expires_at = true,
                        .credential_expires_at_s = (int64_t)grant.expires_at_s,
                        .has_renewal_token_expires_at = true,
                        .renewal_token_expires_at_s = (int64_t)grant.expires_at_s + 86400,
                        .heartbeat_interval_s = server->heartbeat_s},
        };
        body = ais_response_encode(&response);
    }
    actr_bytes_unref(grant.claims);
    return body;
}

static void server_answer(struct fake_server *server, struct fake_http *http,
                          struct fake_exchange *exchange, const struct actr_id *id)
{
    struct ais_response response = {0};
    bool is_renewal = exchange == &server->renewing;
    switch (exchange->answer) {
    case FAKE_SILENCE:
        return;
    case FAKE_REFUSE:
        fake_http_fail(http, ACTR_EUNAVAILABLE);
        return;
    case FAKE_STATUS:
        fake_http_answer(http, exchange->code, (struct actr_bytes){0}, exchange->retry_after_s);
        return;
    case FAKE_GARBAGE:
        fake_http_answer(http, 200, actr_bytes_str("<html>"), exchange->retry_after_s);
        return;
    case FAKE_EMPTY:
        fake_http_answer(http, 200, ais_response_encode(&response), -1);
        return;
    case FAKE_ERROR:
        response.result = AIS_RESULT_ERROR;
        response.error = (struct error_response){exchange->code, view_text("as told")};
        fake_http_answer(http, is_renewal ? exchange->code : 200, ais_response_encode(&response),
                         exchange->retry_after_s);
        return;
    case FAKE_GRANT:
    case FAKE_FORGED:
    case FAKE_OTHER_CLAIMS:
    case FAKE_OTHER_KEY_ID:
        break;
    }
    struct actr_bytes body = server_grant(server, exchange->answer, id);
    if (actr_bytes_failed(body))
        fake_http_fail(http, ACTR_EUNAVAILABLE);
    else
        fake_http_answer(http, 200, body, -1);
}

static void server_on_register(struct fake_server *server, struct fake_http *http)
{
    struct actr_id id = {.serial = ++server->serial, .realm = server->realm, .type = server->type};
    actr_bytes_unref(server->registration);
    server->registration = actr_bytes_ref(http->body);
    server->registering.count++;
    server_answer(server, http, &server->registering, &id);
}

static void server_on_renew(struct fake_server *server, struct fake_http *http)
{
    struct ais_renew_request request;
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    server->renewing.count++;
    if (ais_renew_request_decode(actr_bytes_view(http->body), &arena, &request) == 0) {
        assert_int_equal(request.renewal_token.len, FAKE_TOKEN_LEN);
        memcpy(server->sent_token, request.renewal_token.ptr, FAKE_TOKEN_LEN);
        server_answer(server, http, &server->renewing, &request.id);
    } else {
        fake_http_fail(http, ACTR_EUNAVAILABLE); /* out of memory */
    }
    arena_deinit(&arena);
}

static void server_on_http(void *user, struct fake_http *http)
{
    struct fake_server *server = user;
    snprintf(server->ais_url, sizeof server->ais_url, "%s", http->url);
    snprintf(server->realm_secret, sizeof server->realm_secret, "%s", http->realm_secret);
    assert_string_equal(http->method, "POST");
    assert_string_equal(http->content_type, "application/x-protobuf");
    assert_string_equal(http->accept, "application/x-protobuf");
    if (strstr(http->url, "/register") != NULL)
        server_on_register(server, http);
    else
        server_on_renew(server, http);
}

/* ---- Signaling ---- */

static void server_on_dial(void *user, struct fake_ws *ws)
{
    struct fake_server *server = user;
    server->dials++;
    snprintf(server->url, sizeof server->url, "%s", ws->url);
    if (server->upgrade_status == 0)
        return;
    if (server->upgrade_status != 101) {
        fake_ws_end(ws, NET_REJECTED, (uint16_t)server->upgrade_status, "refused");
        return;
    }
    server->socket = ws;
    fake_ws_accept(ws);
}

static void server_on_closed(void *user, struct fake_ws *ws)
{
    struct fake_server *server = user;
    if (server->socket == ws) {
        server->socket = NULL;
        server->close_code = ws->close_code;
    }
}

void fake_server_push(struct fake_server *server, const struct signaling_envelope *envelope)
{
    if (server->socket != NULL)
        fake_ws_push(server->socket, signaling_encode(envelope), true);
}

static void server_reply(struct fake_server *server, const struct signaling_envelope *request,
                         struct signaling_reply *reply)
{
    reply->target = request->request.source;
    if (server->error != 0) {
        reply->kind = SIGNALING_REPLY_ERROR;
        reply->error = (struct error_response){server->error, view_text("as told")};
    }
    const struct signaling_envelope envelope = {
        .version = SIGNALING_VERSION,
        .id = view_text("srv-1"),
        .reply_for = request->id,
        .flow = SIGNALING_FLOW_SERVER_TO_ACTR,
        .reply = *reply,
    };
    fake_server_push(server, &envelope);
}

static void server_on_ping(struct fake_server *server, const struct signaling_envelope *envelope)
{
    struct signaling_reply reply = {.kind = SIGNALING_PONG,
                                    .pong = {.seq = 7, .has_warning = server->wants_renewal}};
    server->pings++;
    server->ping = envelope->request.ping;
    server->ping_us = loop_now_us(server->loop);
    if (server->ping_error != 0) {
        reply.kind = SIGNALING_REPLY_ERROR;
        reply.error = (struct error_response){server->ping_error, view_text("as told")};
    }
    if (!server->is_mute_to_pings)
        server_reply(server, envelope, &reply);
}

static void server_on_route(struct fake_server *server, const struct signaling_envelope *envelope)
{
    struct signaling_reply reply = {.kind = SIGNALING_CANDIDATES};
    server->routes++;
    server->criteria = envelope->request.route_candidates.criteria;
    if (server->route_error != 0) {
        reply.candidates.result = AIS_RESULT_ERROR;
        reply.candidates.error = (struct error_response){server->route_error, view_text("no")};
    } else {
        reply.candidates = (struct signaling_candidates){.result = AIS_RESULT_SUCCESS,
                                                         .ids = server->candidates,
                                                         .id_count = server->candidate_count,
                                                         .addresses = server->addresses,
                                                         .address_count = server->address_count};
    }
    server_reply(server, envelope, &reply);
}

static void server_on_key(struct fake_server *server, const struct signaling_envelope *envelope)
{
    uint32_t key_id = envelope->request.key_id;
    struct signaling_reply reply = {
        .kind = SIGNALING_SIGNING_KEY,
        .signing_key = {.key_id = server->foreign_key != 0 ? server->foreign_key : key_id,
                        .pubkey = actr_view_of(server->pubkey, sizeof server->pubkey)}};
    server->key_asks++;
    if (key_id == 0 || key_id > server->key_known_max) {
        reply.kind = SIGNALING_REPLY_ERROR;
        reply.error = (struct error_response){404, view_text("no such key")};
    }
    server_reply(server, envelope, &reply);
}

static void server_on_unregister(struct fake_server *server,
                                 const struct signaling_envelope *envelope)
{
    struct signaling_reply reply = {.kind = SIGNALING_UNREGISTERED,
                                    .outcome = {.result = AIS_RESULT_SUCCESS}};
    server->unregisters++;
    server->unregister.id = envelope->request.unregister.id;
    server_reply(server, envelope, &reply);
}

static void server_on_request(struct fake_server *server, const struct signaling_envelope *envelope)
{
    if (envelope->request.kind == SIGNALING_PING)
        server_on_ping(server, envelope);
    else if (envelope->request.kind == SIGNALING_ROUTE_CANDIDATES)
        server_on_route(server, envelope);
    else if (envelope->request.kind == SIGNALING_GET_SIGNING_KEY)
        server_on_key(server, envelope);
    else if (envelope->request.kind == SIGNALING_UNREGISTER)
        server_on_unregister(server, envelope);
}

static void server_on_message(void *user, struct fake_ws *ws, struct actr_view message)
{
    struct fake_server *server = user;
    struct signaling_envelope envelope;
    struct arena arena;
    server->messages++;
    arena_init(&arena, ARENA_MAX);
    if (!server->is_deaf && signaling_decode(message, &arena, &envelope) == 0) {
        assert_int_equal(envelope.version, SIGNALING_VERSION);
        assert_int_equal(envelope.flow, SIGNALING_FLOW_ACTR_TO_SERVER);
        assert_int_equal(envelope.request.source.serial, server->serial);
        server_on_request(server, &envelope);
    }
    arena_deinit(&arena);
}

static const struct fake_net_events server_events = {
    .on_http = server_on_http,
    .on_dial = server_on_dial,
    .on_message = server_on_message,
    .on_closed = server_on_closed,
};

void fake_server_lose(struct fake_server *server)
{
    struct fake_ws *socket = server->socket;
    server->socket = NULL;
    fake_ws_end(socket, NET_LOST, 0, "reset");
}

void fake_server_close(struct fake_server *server, uint16_t code)
{
    struct fake_ws *socket = server->socket;
    server->socket = NULL;
    fake_ws_end(socket, NET_CLOSED, code, "displaced by new connection");
}

void fake_server_offer(struct fake_server *server, const char *type, uint64_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct actr_id *id = &server->candidates[i];
        *id = (struct actr_id){.serial = first + i, .realm = server->realm};
        assert_int_equal(actr_type_parse(type, &id->type), 0);
    }
    server->candidate_count = count;
}

void fake_server_init(struct fake_server *server, struct loop *loop)
{
    uint8_t seed[CRYPTO_SEED_LEN];
    *server = (struct fake_server){
        .loop = loop,
        .realm = 7,
        .key_id = 1,
        .key_known_max = 1,
        .ttl_s = 3600,
        .heartbeat_s = 30,
        .registering = {.retry_after_s = -1},
        .renewing = {.retry_after_s = -1},
        .upgrade_status = 101,
    };
    fake_net_init(&server->net, loop, &server_events, server);
    memset(server->token, 0x55, sizeof server->token);
    memset(seed, 0x2a, sizeof seed);
    assert_int_equal(crypto_signer_new(seed, &server->signer), 0);
    crypto_signer_public(server->signer, server->pubkey);
    seed[0] = 1;
    assert_int_equal(crypto_signer_new(seed, &server->forger), 0);
}

void fake_server_deinit(struct fake_server *server)
{
    assert_true(list_is_empty(&server->net.https));
    assert_true(list_is_empty(&server->net.sockets));
    crypto_signer_free(server->signer);
    crypto_signer_free(server->forger);
    actr_bytes_unref(server->registration);
}
