// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a TURN server may send, as one stream: cut into packets, each given to a client that has
 * peers, with the time that passes between. The first byte chooses the transport and what the
 * client has been told before. And any bytes as an answer of mDNS. */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "hyper/wire/webrtc/ice/stun.h"
#include "hyper/wire/webrtc/ice/turn_client.h"
#include "hyper/wire/webrtc/mdns_message.h"
#include "hyper/wire/webrtc/turn_stream.h"

struct fuzz_owner {
    uint8_t transaction[STUN_TRANSACTION_LEN]; /* of the last request */
    size_t sent;
    uint8_t sum; /* of all data: each byte is there to be read */
    bool has_failed;
};

static void on_send(void *user, struct actr_view packet)
{
    struct fuzz_owner *owner = user;
    struct stun_message message;
    owner->sent++;
    assert(packet.len > 0 && packet.len <= STUN_PACKET_MAX);
    if (stun_is(packet)) {
        assert(stun_parse(packet, &message) == 0);
        memcpy(owner->transaction, message.transaction, sizeof(owner->transaction));
    }
}

static void on_allocated(void *user, const struct net_address *relayed,
                         const struct net_address *mapped)
{
}

static void on_data(void *user, const struct net_address *peer, struct actr_view bytes)
{
    struct fuzz_owner *owner = user;
    for (size_t i = 0; i < bytes.len; i++)
        owner->sum ^= bytes.ptr[i];
}

static void on_failed(void *user, int code, const char *detail)
{
    struct fuzz_owner *owner = user;
    assert(code < 0 && detail[0] != '\0');
    owner->has_failed = true;
}

static void on_redirected(void *user, const struct net_address *server, struct actr_view domain)
{
    struct fuzz_owner *owner = user;
    assert(server->port != 0 && !net_address_is_any(server));
    owner->has_failed = true;
}

/* So that seeds can be written: every transaction has the same name. */
static void on_random(void *user, void *buf, size_t len)
{
    memset(buf, 'r', len);
}

static const struct turn_events events = {on_send,   on_allocated,  on_data,
                                          on_failed, on_redirected, on_random};

static void check_mdns(struct actr_view data)
{
    struct net_address address;
    if (mdns_read_answer(data, "known.local", &address))
        assert(address.port == 0);
}

/* A packet, then some time; now and then it is used. */
static uint64_t give(struct turn_client *client, struct actr_view packet, uint64_t now_us)
{
    static const struct net_address peer = {.bytes = {198, 51, 100, 1}, .port = 7};
    turn_client_receive(client, packet, now_us);
    turn_client_send(client, &peer, packet, now_us);
    uint64_t next_us = turn_client_deadline(client);
    if (packet.len % 3 == 0 && next_us != UINT64_MAX && next_us > now_us)
        now_us = next_us;
    turn_client_tick(client, now_us);
    return now_us;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_owner owner = {0};
    struct turn_stream stream = {0};
    if (len == 0)
        return 0;
    struct turn_options options = {.is_reliable = data[0] & 1, .is_ipv6 = (data[0] & 8) != 0};
    struct actr_view rest = {data + 1, len - 1}, packet;
    struct turn_client *client = turn_client_new(&options, &events, &owner);
    uint64_t now_us = 1000000;
    if (!client)
        return 0;
    check_mdns(rest);
    if ((data[0] & 2) && turn_client_set_credentials(client, "user", "password") < 0)
        owner.has_failed = true;
    turn_client_start(client, now_us);
    while (turn_stream_take(&stream, &rest, &packet) > 0) {
        assert(packet.len <= TURN_STREAM_PACKET_MAX);
        now_us = give(client, packet, now_us);
        if (owner.has_failed && (data[0] & 4)) {
            owner.has_failed = false;
            turn_client_start(client, now_us);
        }
    }
    turn_client_release(client, now_us);
    assert(turn_client_deadline(client) == UINT64_MAX);
    turn_client_free(client);
    turn_stream_deinit(&stream);
    return 0;
}
