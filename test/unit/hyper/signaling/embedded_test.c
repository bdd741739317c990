// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Signaling over real sockets, against the real server in this process. */
#include <stdio.h>
#include <string.h>

#include <actr/rendezvous.h>

#include "harness.h"
#include "hyper/signaling/signaling.h"
#include "net/socket_net.h"
#include "sys/loop_uv.h"

#define REALM 7
#define GUARD_US ((uint64_t)20 * 1000000)

struct world {
    struct loop *loop;
    struct net *net;
    struct actr_rendezvous *server;
    struct loop_timer guard;
    bool is_late;
    char ais_url[64], signaling_url[64];
};

struct peer {
    struct signaling *signaling;
    unsigned connected, renewed, stopped, failed;
    uint64_t generation;
};

struct search {
    struct signaling_lookup lookup; /* first */
    bool is_done;
    int code;
    struct actr_id id;
};

struct vetting {
    struct signaling_check check; /* first */
    bool is_done;
    int code;
};

static void on_guard(struct loop_timer *timer)
{
    struct world *world = container_of(timer, struct world, guard);
    world->is_late = true;
}

static void server_start(struct world *world, uint16_t port, uint32_t ttl_s)
{
    const struct actr_rendezvous_options options = {.size = sizeof options,
                                                    .realm = REALM,
                                                    .realm_secret = "rs_test",
                                                    .port = port,
                                                    .credential_ttl_s = ttl_s};
    assert_int_equal(actr_rendezvous_start(&world->server, &options), 0);
}

static void world_init(struct world *world, uint32_t ttl_s)
{
    memset(world, 0, sizeof *world);
    server_start(world, 0, ttl_s);
    unsigned port = actr_rendezvous_port(world->server);
    snprintf(world->ais_url, sizeof world->ais_url, "http://127.0.0.1:%u/ais/", port);
    snprintf(world->signaling_url, sizeof world->signaling_url, "ws://127.0.0.1:%u/signaling/ws",
             port);
    assert_int_equal(loop_uv_new(&world->loop), 0);
    assert_int_equal(socket_net_new(world->loop, &world->net), 0);
    loop_timer_init(&world->guard, world->loop, on_guard);
    loop_timer_start(&world->guard, GUARD_US);
}

static void world_deinit(struct world *world)
{
    loop_timer_stop(&world->guard);
    socket_net_free(world->net);
    loop_uv_close(world->loop);
    actr_rendezvous_stop(world->server);
}

#define run_until(world, condition)                                                                \
    do {                                                                                           \
        while (!(condition) && !(world)->is_late)                                                  \
            loop_uv_dispatch_wait((world)->loop);                                                  \
        assert_true(condition);                                                                    \
    } while (0)

static void on_registered(void *owner, const struct actr_id *id, uint64_t generation)
{
    struct peer *peer = owner;
    assert_int_equal(id->realm, REALM);
    peer->generation = generation;
}

static void on_connected(void *owner)
{
    struct peer *peer = owner;
    peer->connected++;
}

static void on_renewed(void *owner, uint64_t expires_at_s)
{
    struct peer *peer = owner;
    peer->renewed++;
}

static void on_failed(void *owner, int code, const char *detail)
{
    struct peer *peer = owner;
    assert_int_equal(code, ACTR_EPERMISSION);
    peer->failed++;
}

static void on_stopped(void *owner)
{
    struct peer *peer = owner;
    peer->stopped++;
}

static const struct signaling_events peer_events = {
    .on_registered = on_registered,
    .on_connected = on_connected,
    .on_credential_renewed = on_renewed,
    .on_failed = on_failed,
    .on_stopped = on_stopped,
};

static void peer_start(struct world *world, struct peer *peer, const char *type,
                       const char *realm_secret)
{
    struct signaling_config config = {.ais_url = world->ais_url,
                                      .signaling_url = world->signaling_url,
                                      .realm_secret = realm_secret,
                                      .realm = REALM};
    memset(peer, 0, sizeof *peer);
    assert_int_equal(actr_type_parse(type, &config.type), 0);
    assert_int_equal(
        signaling_new(world->loop, world->net, NULL, &config, &peer_events, peer, &peer->signaling),
        0);
    assert_int_equal(signaling_start(peer->signaling, "ws://127.0.0.1:9"), 0);
}

static void peer_stop(struct world *world, struct peer *peer)
{
    signaling_stop(peer->signaling);
    run_until(world, peer->stopped == 1);
    signaling_free(peer->signaling);
}

static void on_found(struct signaling_lookup *lookup, int code, const char *detail,
                     const struct actr_id *ids, size_t count)
{
    struct search *search = (struct search *)lookup;
    search->is_done = true;
    search->code = code;
    if (count > 0)
        search->id = ids[0];
}

static void find(struct world *world, struct peer *peer, const char *type, struct search *search)
{
    struct actr_type parsed;
    memset(search, 0, sizeof *search);
    assert_int_equal(actr_type_parse(type, &parsed), 0);
    signaling_discover(peer->signaling, &search->lookup, &parsed, 1, 0, on_found);
    run_until(world, search->is_done);
}

static void on_checked(struct signaling_check *check, int code, const char *detail)
{
    struct vetting *vetting = (struct vetting *)check;
    vetting->is_done = true;
    vetting->code = code;
}

static int vet(struct world *world, struct peer *peer, const struct actr_id *id,
               const struct peer *whose)
{
    struct vetting vetting = {0};
    const struct signaling_identity *identity = signaling_identity(whose->signaling);
    signaling_verify(peer->signaling, &vetting.check, id, actr_bytes_view(identity->credential),
                     on_checked);
    run_until(world, vetting.is_done);
    return vetting.code;
}

TEST(two_nodes_find_and_trust_each_other)
{
    struct world world;
    struct peer echo, caller;
    struct search search;
    world_init(&world, 0);
    peer_start(&world, &echo, "acme:echo:1.0.0", "rs_test");
    peer_start(&world, &caller, "acme:caller:1.0.0", "rs_test");
    run_until(&world, echo.connected == 1 && caller.connected == 1);

    find(&world, &caller, "acme:echo:1.0.0", &search);
    assert_int_equal(search.code, 0);
    assert_true(actr_id_equal(&search.id, &signaling_identity(echo.signaling)->id));
    assert_string_equal(signaling_address_of(caller.signaling, &search.id), "ws://127.0.0.1:9");
    find(&world, &caller, "acme:nobody:1.0.0", &search);
    assert_int_equal(search.code, ACTR_ENOTFOUND);
    find(&world, &echo, "acme:echo:1.0.0", &search);
    assert_int_equal(search.code, ACTR_ENOTFOUND); /* there is only itself */

    const struct actr_id *id = &signaling_identity(caller.signaling)->id;
    assert_int_equal(vet(&world, &echo, id, &caller), 0);
    assert_int_equal(vet(&world, &echo, id, &echo), ACTR_EPERMISSION);

    peer_stop(&world, &echo);
    find(&world, &caller, "acme:echo:1.0.0", &search);
    assert_int_equal(search.code, ACTR_ENOTFOUND);
    peer_stop(&world, &caller);
    world_deinit(&world);
}

TEST(a_wrong_secret_is_final)
{
    struct world world;
    struct peer peer;
    world_init(&world, 0);
    peer_start(&world, &peer, "acme:echo:1.0.0", "rs_wrong");
    run_until(&world, peer.failed == 1);
    signaling_free(peer.signaling);
    world_deinit(&world);
}

TEST(a_short_credential_is_renewed_and_a_new_server_is_joined)
{
    struct world world;
    struct peer peer;
    struct search search;
    world_init(&world, 2);
    peer_start(&world, &peer, "acme:echo:1.0.0", "rs_test");
    run_until(&world, peer.renewed == 1);
    assert_int_equal(peer.connected, 1);
    assert_int_equal(peer.generation, 1);

    /* It comes back without memory: it knows neither our credential nor our token. */
    uint16_t port = actr_rendezvous_port(world.server);
    actr_rendezvous_stop(world.server);
    server_start(&world, port, 0);
    run_until(&world, peer.connected == 2);
    assert_int_equal(peer.generation, 2);
    find(&world, &peer, "acme:other:1.0.0", &search);
    assert_int_equal(search.code, ACTR_ENOTFOUND);
    peer_stop(&world, &peer);
    world_deinit(&world);
}
