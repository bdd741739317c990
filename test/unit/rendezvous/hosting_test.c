// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/hosting.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <actr/rendezvous.h>

#include "base/bytes.h"
#include "harness.h"
#include "live.h"

#define ECHO "acme:echo:1.0.0"
#define CLIENT "acme:client:1.0.0"

static struct live live;

static void join(const char *type, struct live_actor *actor)
{
    assert_int_equal(live_register(&live, type, actor), 0);
    assert_int_equal(live_connect(&live, actor), 101);
}

/* ---- At the door ---- */

/* The status for a registered actor whose credential says this; NULL: his own id. */
static unsigned knock(const uint8_t *seed, const char *claimed, uint32_t realm, int ttl_s)
{
    struct live_actor actor;
    char query[2048], text[ACTR_ID_STR_MAX];
    assert_int_equal(live_register(&live, ECHO, &actor), 0);
    actr_id_format(&actor.id, text);
    struct forged forged = forge_credential(seed, claimed ? claimed : text, realm,
                                            live_now_s() + (uint64_t)(int64_t)ttl_s);
    struct credential credential = forged_credential(&forged);
    forge_query(text, &credential, query, sizeof(query));
    unsigned status = live_upgrade(&live, "/signaling/ws", query, &actor.fd);
    forged_deinit(&forged);
    live_actor_deinit(&actor);
    return status;
}

TEST(hosting_good_credential)
{
    live_open(&live);
    assert_int_equal(knock(forge_seed, NULL, LIVE_REALM, 60), 101);
    live_close(&live);
}

TEST(hosting_wrong_signature)
{
    live_open(&live);
    assert_int_equal(knock(forge_other_seed, NULL, LIVE_REALM, 60), 401);
    live_close(&live);
}

TEST(hosting_expired_claims)
{
    live_open(&live);
    assert_int_equal(knock(forge_seed, NULL, LIVE_REALM, -1), 401);
    live_close(&live);
}

TEST(hosting_foreign_realm)
{
    live_open(&live);
    assert_int_equal(knock(forge_seed, NULL, LIVE_REALM + 1, 60), 401);
    live_close(&live);
}

TEST(hosting_actor_id_mismatch)
{
    live_open(&live);
    assert_int_equal(knock(forge_seed, "1@101/acme:echo:1.0.0", LIVE_REALM, 60), 401);
    live_close(&live);
}

TEST(hosting_raw_plus_in_base64)
{
    char query[2048], text[ACTR_ID_STR_MAX];
    struct live_actor actor;
    char *plus = NULL;
    int fd = -1;
    live_open(&live);
    assert_int_equal(live_register(&live, ECHO, &actor), 0);
    for (uint64_t later_s = 0; !plus; later_s++) { /* until the signature has a plus in it */
        forged_deinit(&actor.proof);
        actor.proof = forge_good(&actor.id, live_now_s() + 60 + later_s);
        struct credential credential = forged_credential(&actor.proof);
        forge_query(actr_id_format(&actor.id, text), &credential, query, sizeof(query));
        plus = strstr(query, "%2B");
    }
    assert_int_equal(live_upgrade(&live, "/signaling/ws", query, &fd), 101);
    close(fd);
    *plus = '+';
    memmove(plus + 1, plus + 3, strlen(plus + 3) + 1);
    assert_int_equal(live_upgrade(&live, "/signaling/ws", query, &fd), 401);
    live_actor_deinit(&actor);
    live_close(&live);
}

TEST(hosting_malformed_escape_in_the_query)
{
    int fd = -1;
    live_open(&live);
    assert_int_equal(live_upgrade(&live, "/", "actor_id=%4", &fd), 400);
    live_close(&live);
}

TEST(hosting_two_sockets_same_id)
{
    struct live_actor actor;
    live_open(&live);
    join(ECHO, &actor);
    int old = actor.fd;
    assert_int_equal(live_connect(&live, &actor), 101);
    assert_int_equal(live_receive_close(&live, old), 1008);
    assert_memory_equal(live.buffer + 2, "displaced by new connection", 27);
    close(old);
    live_expect_alive(&live, &actor);
    live_actor_deinit(&actor);
    live_close(&live);
}

/* ---- Relays ---- */

TEST(hosting_relay_to_offline_target)
{
    struct live_actor client, echo;
    live_open(&live);
    join(CLIENT, &client);
    assert_int_equal(live_register(&live, ECHO, &echo), 0);
    struct signaling_envelope envelope = live_relay(&client, &echo.id, RELAY_ROLE_NEGOTIATION);
    assert_int_equal(live_error(&live, client.fd, &envelope), 404);
    live_actor_deinit(&client);
    live_actor_deinit(&echo);
    live_close(&live);
}

TEST(hosting_relay_with_forged_source)
{
    struct live_actor client, echo;
    live_open(&live);
    join(CLIENT, &client);
    join(ECHO, &echo);
    struct signaling_envelope envelope = live_relay(&client, &echo.id, RELAY_ROLE_NEGOTIATION);
    envelope.relay.source.serial++;
    envelope.relay.role_negotiation.from.serial++;
    assert_int_equal(live_error(&live, client.fd, &envelope), 403);
    live_expect_alive(&live, &echo); /* and has heard nothing else */
    live_actor_deinit(&client);
    live_actor_deinit(&echo);
    live_close(&live);
}

TEST(hosting_role_assignment_from_a_client)
{
    struct live_actor client, echo;
    live_open(&live);
    join(CLIENT, &client);
    join(ECHO, &echo);
    struct signaling_envelope envelope = live_relay(&client, &echo.id, RELAY_ROLE_ASSIGNMENT);
    assert_int_equal(live_error(&live, client.fd, &envelope), 403);
    live_expect_alive(&live, &echo);
    live_actor_deinit(&client);
    live_actor_deinit(&echo);
    live_close(&live);
}

TEST(hosting_negotiation_and_offer_between_two)
{
    struct live_actor client, echo;
    live_open(&live);
    join(CLIENT, &client);
    join(ECHO, &echo);
    struct signaling_envelope envelope = live_relay(&client, &echo.id, RELAY_ROLE_NEGOTIATION);
    live_send(client.fd, &envelope);
    assert_false(live_receive(&live, client.fd).relay.role_assignment.is_offerer);
    assert_true(live_receive(&live, echo.fd).relay.role_assignment.is_offerer);
    envelope = live_relay(&echo, &client.id, RELAY_SESSION_DESCRIPTION);
    envelope.relay.session_description = (struct relay_session_description){
        .sdp = view_text("v=0"), .exchange_id = view_text("x"), .type = RELAY_SDP_OFFER};
    live_send(echo.fd, &envelope);
    struct signaling_envelope got = live_receive(&live, client.fd);
    assert_true(actr_id_equal(&got.relay.source, &echo.id));
    assert_int_equal(got.relay.credential.signature.len, 0);
    live_actor_deinit(&client);
    live_actor_deinit(&echo);
    live_close(&live);
}

/* ---- Frames ---- */

TEST(hosting_over_size_frame)
{
    struct live_actor actor, other;
    live_open(&live);
    join(ECHO, &actor);
    join(CLIENT, &other);
    live_send_header(actor.fd, true, LIVE_BINARY, 16 * 1024 * 1024 + 1);
    assert_int_equal(live_receive_close(&live, actor.fd), 1009);
    live_expect_alive(&live, &other);
    live_actor_deinit(&actor);
    live_actor_deinit(&other);
    live_close(&live);
}

TEST(hosting_fragmented_envelope)
{
    struct live_actor actor;
    live_open(&live);
    join(ECHO, &actor);
    struct signaling_envelope ping = live_request(&actor, SIGNALING_PING);
    struct actr_bytes bytes = signaling_encode(&ping);
    assert_false(actr_bytes_failed(bytes));
    for (size_t i = 0; i < bytes.len; i += 10) {
        size_t len = bytes.len - i < 10 ? bytes.len - i : 10;
        live_send_frame(actor.fd, i + len == bytes.len, i ? LIVE_CONTINUATION : LIVE_BINARY,
                        actr_view_of(bytes.ptr + i, len));
        if (i == 20) /* control frames may come in between */
            live_send_frame(actor.fd, true, LIVE_PING, view_text("probe"));
    }
    actr_bytes_unref(bytes);
    enum live_opcode opcode;
    assert_int_equal(live_receive_frame(&live, actor.fd, &opcode), 5);
    assert_int_equal(opcode, LIVE_PONG);
    assert_memory_equal(live.buffer, "probe", 5);
    assert_int_equal(live_receive(&live, actor.fd).reply.kind, SIGNALING_PONG);
    live_actor_deinit(&actor);
    live_close(&live);
}

TEST(hosting_undecodable_frame)
{
    struct live_actor actor;
    live_open(&live);
    join(ECHO, &actor);
    live_send_frame(actor.fd, true, LIVE_BINARY, view_text("\xff\xff\xff\xff"));
    live_send_frame(actor.fd, true, LIVE_TEXT, view_text("text"));
    live_send_frame(actor.fd, true, LIVE_BINARY, (struct actr_view){0});
    live_expect_alive(&live, &actor); /* it did not close */
    live_actor_deinit(&actor);
    live_close(&live);
}

TEST(hosting_missing_required_fields)
{
    /* An envelope with an ActrToSignaling that has neither source nor credential; one without an
     * id; a ping whose fields are all missing. */
    static const char *const envelopes[] = {"08021202653152"
                                            "00",
                                            "0802"
                                            "5a00",
                                            "5a022200"};
    uint8_t bytes[32];
    struct live_actor actor;
    live_open(&live);
    join(ECHO, &actor);
    for (int i = 0; i < 3; i++) {
        size_t len = harness_hex(envelopes[i], bytes, sizeof(bytes));
        live_send_frame(actor.fd, true, LIVE_BINARY, actr_view_of(bytes, len));
    }
    live_expect_alive(&live, &actor);
    live_actor_deinit(&actor);
    assert_int_equal(live_http(&live, "POST", "/ais/register", actr_bytes_str("\x0a")), 200);
    assert_int_equal(live_response(&live).error.code, 400);
    live_close(&live);
}

TEST(hosting_unknown_enum)
{
    static const int32_t factors[] = {99};
    struct live_actor actor;
    live_open(&live);
    join(ECHO, &actor);
    struct signaling_envelope ping = live_request(&actor, SIGNALING_PING);
    ping.request.ping.availability = 99;
    assert_int_equal(live_error(&live, actor.fd, &ping), 0);
    struct signaling_envelope route = live_request(&actor, SIGNALING_ROUTE_CANDIDATES);
    route.request.route_candidates = (struct signaling_route_candidates){
        .target_type = forge_type(ECHO),
        .has_criteria = true,
        .criteria = {.candidate_count = 1, .ranking_factors = factors, .ranking_factor_count = 1},
        .client_fingerprint = view_text("")};
    assert_int_equal(live_error(&live, actor.fd, &route), 0);
    live_actor_deinit(&actor);
    live_close(&live);
}

/* ---- Renewal ---- */

TEST(hosting_renew_twice_with_the_same_token)
{
    struct live_actor actor;
    live_open(&live);
    assert_int_equal(live_register(&live, ECHO, &actor), 0);
    for (int i = 0; i < 2; i++) {
        struct ais_response response = live_renew(&live, &actor.id, actor.token);
        assert_int_equal(response.result, AIS_RESULT_SUCCESS);
        assert_true(actr_id_equal(&response.success.id, &actor.id));
        assert_memory_equal(response.success.renewal_token.ptr, actor.token, 32);
    }
    live_actor_deinit(&actor);
    live_close(&live);
}

TEST(hosting_renew_with_another_actors_token)
{
    struct live_actor actor, other;
    live_open(&live);
    assert_int_equal(live_register(&live, ECHO, &actor), 0);
    assert_int_equal(live_register(&live, ECHO, &other), 0);
    assert_int_equal(live_renew(&live, &actor.id, other.token).error.code, 401);
    live_actor_deinit(&actor);
    live_actor_deinit(&other);
    live_close(&live);
}

/* ---- What outlives a server, and what stops one ---- */

TEST(hosting_restart_keeps_keys_registrations_and_tokens)
{
    struct live_actor actor, fresh;
    live_open(&live);
    join(ECHO, &actor);
    assert_int_equal(live_http(&live, "POST", "/admin/realms", actr_bytes_str("{\"id\":7}")), 200);
    live_stop(&live);
    assert_int_equal(live_receive_close(&live, actor.fd), 1001);
    close(actor.fd);
    live_start(&live);
    assert_int_equal(live_connect(&live, &actor), 101);
    live_expect_alive(&live, &actor);
    assert_int_equal(live_renew(&live, &actor.id, actor.token).result, AIS_RESULT_SUCCESS);
    assert_int_equal(live_http(&live, "GET", "/admin/state", (struct actr_bytes){0}), 200);
    assert_non_null(memmem(live.buffer, live.body_len, "\"realms\":[7,101]", 16));
    assert_int_equal(live_register(&live, ECHO, &fresh), 0);
    assert_true(fresh.id.serial > actor.id.serial);
    live_actor_deinit(&actor);
    live_actor_deinit(&fresh);
    live_close(&live);
}

TEST(hosting_unregistered_actor_stays_so_after_a_restart)
{
    struct live_actor actor;
    live_open(&live);
    join(ECHO, &actor);
    struct signaling_envelope farewell = live_request(&actor, SIGNALING_UNREGISTER);
    farewell.request.unregister.id = actor.id;
    assert_int_equal(live_error(&live, actor.fd, &farewell), 0);
    close(actor.fd);
    live_stop(&live);
    live_start(&live);
    assert_int_equal(live_renew(&live, &actor.id, actor.token).error.code, 401);
    actor.fd = -1;
    assert_int_equal(live_connect(&live, &actor), 401);
    live_actor_deinit(&actor);
    live_close(&live);
}

TEST(hosting_unwritable_data_dir)
{
    struct hosting *hosting = NULL;
    struct hosting_options options = {.data_dir = "/proc/actr", .server = {.host = "127.0.0.1"}};
    assert_int_equal(hosting_start(&options, &hosting), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "/proc/actr"));
}

TEST(hosting_data_dir_that_is_full_at_start)
{
    static struct rendezvous_realm realms[1000]; /* more than fit into what is free */
    struct hosting *hosting = NULL;
    live_open(&live);
    live_stop(&live);
    for (uint32_t i = 0; i < 1000; i++)
        realms[i].id = i + 1;
    live.options.data_len_max = 4096;
    live.options.server.realms = realms;
    live.options.server.realm_count = 1000;
    assert_int_equal(hosting_start(&live.options, &hosting), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "cannot be written"));
    live_close(&live);
}

TEST(hosting_port_in_use)
{
    struct hosting *second = NULL;
    char port[16];
    live_open(&live);
    struct hosting_options options = {
        .server = {.host = "127.0.0.1", .port = hosting_port(live.hosting)}};
    assert_int_equal(hosting_start(&options, &second), ACTR_EIO);
    snprintf(port, sizeof(port), "%u", options.server.port);
    assert_non_null(strstr(actr_errmsg(), port));
    live_close(&live);
}

TEST(hosting_full_disk)
{
    struct live_actor actor, more;
    unsigned code = 0;
    live_open(&live);
    join(ECHO, &actor);
    live_stop(&live);
    close(actor.fd);
    live.options.data_len_max = 56 * 1024;
    live_start(&live);
    assert_int_equal(live_connect(&live, &actor), 101);
    for (int i = 0; i < 1000 && code == 0; i++) {
        code = live_register(&live, ECHO, &more);
        if (code == 0)
            live_actor_deinit(&more);
    }
    assert_int_equal(code, 503);
    live_expect_alive(&live, &actor); /* everything else goes on */
    assert_int_equal(live_renew(&live, &actor.id, actor.token).result, AIS_RESULT_SUCCESS);
    assert_int_equal(live_http(&live, "GET", "/health", (struct actr_bytes){0}), 200);
    close(actor.fd);
    live_stop(&live);
    live.options.data_len_max = 0; /* there is room again */
    live_start(&live);
    assert_int_equal(live_register(&live, ECHO, &more), 0);
    actor.fd = -1;
    live_actor_deinit(&actor);
    live_actor_deinit(&more);
    live_close(&live);
}

TEST(hosting_certificate_that_is_not_there)
{
    struct hosting *hosting = NULL;
    struct hosting_options options = {
        .server = {.host = "127.0.0.1", .tls_cert = "/nowhere.pem", .tls_key = "/nowhere.key"}};
    assert_int_equal(hosting_start(&options, &hosting), ACTR_ECONFIG);
}

TEST(hosting_open_server_with_a_data_dir)
{
    struct hosting *hosting = NULL;
    struct hosting_options options = {.data_dir = "/nowhere", .server = {.is_open = true}};
    assert_int_equal(hosting_start(&options, &hosting), ACTR_EINVALID);
}

/* ---- The rest of the interface ---- */

TEST(hosting_preflight_and_unknown_paths)
{
    live_open(&live);
    assert_int_equal(live_http(&live, "OPTIONS", "/ais/register", (struct actr_bytes){0}), 200);
    assert_int_equal(live_http(&live, "GET", "/nothing", (struct actr_bytes){0}), 404);
    assert_int_equal(live_http(&live, "GET", "/metrics", (struct actr_bytes){0}), 200);
    live_close(&live);
}

TEST(hosting_stun_binding)
{
    struct actr_rendezvous *server = NULL;
    const struct actr_rendezvous_options options = {.size = sizeof(options), .stun = true};
    static const uint8_t request[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 9};
    uint8_t answer[64];
    assert_int_equal(actr_rendezvous_start(&server, &options), 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(actr_rendezvous_stun_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval timeout = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, "garbage", 7, 0), 7);
    assert_int_equal(send(fd, request, sizeof(request), 0), sizeof(request));
    assert_int_equal(recv(fd, answer, sizeof(answer), 0), 32);
    socklen_t len = sizeof(address);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_int_equal((answer[26] << 8 | answer[27]) ^ 0x2112, ntohs(address.sin_port));
    close(fd);
    actr_rendezvous_stop(server);
}

TEST(embedded_server_starts_and_stops)
{
    struct actr_rendezvous *server = NULL;
    struct actr_rendezvous_options options = {
        .size = sizeof(options), .realm = 7, .realm_secret = "rs_x", .log_level = ACTR_LOG_ERROR};
    assert_int_equal(actr_rendezvous_start(&server, &options), 0);
    assert_true(actr_rendezvous_port(server) != 0);
    assert_int_equal(actr_rendezvous_stun_port(server), 0);
    actr_rendezvous_stop(server);
    options.bind = "no address";
    assert_int_equal(actr_rendezvous_start(&server, &options), ACTR_EIO);
    actr_rendezvous_stop(NULL);
}
