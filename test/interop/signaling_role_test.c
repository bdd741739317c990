// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The rendezvous server goes on serving clients of the existing system: what they said according to
 * the captures is said again, byte for byte but for names and credentials. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "replay.h"

#define DIRECT "direct-websocket-signaling.txt"
#define SESSION "signaling-server-offers.txt"

static struct world world;

static enum signaling_reply_kind reply_kind(const struct live_actor *actor)
{
    return live_receive(&world.live, actor->fd).reply.kind;
}

TEST(registers_over_a_connection_that_the_client_closes)
{
    char head[2048], host[64];
    struct replay replay;
    world_open(&world, true);
    snprintf(host, sizeof(host), "127.0.0.1:%u", hosting_port(world.live.hosting));
    for (int stream = 0; stream <= 2; stream += 2) {
        replay_open(&replay, DIRECT, stream);
        replay_expect(&replay, false, REPLAY_HEAD);
        assert_null(strcasestr((char *)replay.item.bytes, "user-agent"));
        replay_set_header(&replay, "host", host);
        int fd = live_dial(hosting_port(world.live.hosting));
        live_write(fd, replay.item.bytes, replay.item.len);
        replay_expect(&replay, false, REPLAY_BODY);
        live_write(fd, replay.item.bytes, replay.item.len);
        live_read_head(fd, head, sizeof(head));
        assert_memory_equal(head, "HTTP/1.1 200 OK\r\n", 17);
        assert_string_equal(replay_header(head, "content-type"), "application/x-protobuf");
        assert_null(strcasestr(head, "connection: close"));
        world.live.body_len = strtoul(replay_header(head, "content-length"), NULL, 10);
        live_read(fd, world.live.buffer, world.live.body_len);
        struct actr_id id = live_response(&world.live).success.id;

        replay_expect(&replay, true, REPLAY_HEAD);
        replay_expect(&replay, true, REPLAY_BODY); /* the same identity */
        memcpy(world.live.buffer, replay.item.bytes, replay.item.len);
        world.live.body_len = replay.item.len;
        struct ais_response wanted = live_response(&world.live);
        assert_true(actr_id_equal(&id, &wanted.success.id));
        replay_close(&replay);
        close(fd);
    }
    world_close(&world);
}

TEST(the_first_envelope_need_not_be_a_ping)
{
    struct live_actor service, client;
    struct replay replay;
    world_open(&world, false);
    world_join(&world, 0, NULL, &service);
    world_join(&world, 2, NULL, &client);

    replay_open(&replay, DIRECT, 1); /* the service's Ping: UNAVAILABLE, little power */
    replay_expect(&replay, false, REPLAY_HEAD);
    replay_expect(&replay, true, REPLAY_HEAD);
    replay_expect(&replay, false, REPLAY_FRAME);
    world_say(&service, &replay.item);
    assert_int_equal(reply_kind(&service), SIGNALING_PONG);
    replay_close(&replay);

    replay_open(&replay, DIRECT, 3);
    replay_expect(&replay, false, REPLAY_HEAD);
    replay_expect(&replay, true, REPLAY_HEAD);
    replay_expect(&replay, false, REPLAY_FRAME);
    world_say(&client, &replay.item);
    struct signaling_envelope found = live_receive(&world.live, client.fd);
    assert_int_equal(found.reply.kind, SIGNALING_CANDIDATES);
    assert_int_equal(found.reply.candidates.id_count, 1);
    assert_true(actr_id_equal(&found.reply.candidates.ids[0], &service.id));
    assert_int_equal(found.reply.candidates.address_count, 1);
    assert_memory_equal(found.reply.candidates.addresses[0].address.ptr, "ws://10.77.0.1:9001", 19);
    struct signaling_envelope ping = live_request(&client, SIGNALING_PING);
    ping.request.ping.availability = SIGNALING_UNAVAILABLE;
    live_send(client.fd, &ping);
    assert_int_equal(reply_kind(&client), SIGNALING_PONG);
    replay_close(&replay);

    live_actor_deinit(&service);
    live_actor_deinit(&client);
    world_close(&world);
}

TEST(any_number_is_a_power_reserve)
{
    static const float powers[] = {0.0042F, 0.2371F, 0, -1, 1e30F, NAN, INFINITY, -INFINITY};
    struct live_actor service, client;
    struct replay replay;
    world_open(&world, false);
    world_join(&world, 0, NULL, &service);
    world_join(&world, 2, NULL, &client);
    for (size_t i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
        struct signaling_envelope ping = live_request(&service, SIGNALING_PING);
        ping.request.ping = (struct signaling_ping){.availability = SIGNALING_UNAVAILABLE,
                                                    .power_reserve = powers[i]};
        live_send(service.fd, &ping);
        assert_int_equal(reply_kind(&service), SIGNALING_PONG);
        replay_open(&replay, DIRECT, 3);
        replay_expect(&replay, false, REPLAY_HEAD);
        replay_expect(&replay, true, REPLAY_HEAD);
        replay_expect(&replay, false, REPLAY_FRAME);
        world_say(&client, &replay.item);
        struct signaling_envelope found = live_receive(&world.live, client.fd);
        assert_int_equal(found.reply.candidates.id_count, 1); /* and never a reason to hide it */
        replay_close(&replay);
    }
    live_actor_deinit(&service);
    live_actor_deinit(&client);
    world_close(&world);
}

/* The last of a session's envelopes is Unregister; then TCP ends, without a Close frame. */
static void leave(struct live_actor *actor, bool with_reset)
{
    struct replay replay;
    replay_open(&replay, SESSION, 1);
    struct replay_item last = {0};
    while (replay_next(&replay))
        if (!replay.item.is_server && replay.item.kind == REPLAY_FRAME)
            last = replay.item;
    replay_close(&replay);
    world_say(actor, &last);
    assert_int_equal(reply_kind(actor), SIGNALING_UNREGISTERED);
    if (with_reset)
        replay_reset(actor->fd);
    else
        close(actor->fd);
    actor->fd = -1;
    live_actor_deinit(actor);
}

TEST(clients_that_leave_without_a_close_frame_leave_nothing_behind)
{
    struct live_actor watcher, actor;
    world_open(&world, false);
    world_join(&world, 2, NULL, &watcher);
    live_expect_alive(&world.live, &watcher);
    int descriptors = replay_descriptors();
    for (int i = 0; i < 50; i++) {
        world_join(&world, 0, NULL, &actor);
        live_expect_alive(&world.live, &actor);
        leave(&actor, i % 2);
    }
    world_settle(&world, descriptors);
    live_expect_alive(&world.live, &watcher);
    live_actor_deinit(&watcher);
    world_close(&world); /* no error was logged */
}
