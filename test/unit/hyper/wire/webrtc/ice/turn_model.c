// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The TURN server of the tests. It answers as RFC 8656 says, checks every signature, and believes
 * nothing that has expired. */
#include "turn_model.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/crypto.h"

#define MODEL_PERMISSION (5 * MODEL_MINUTE)
#define MODEL_CHANNEL (10 * MODEL_MINUTE)

static const struct net_address model_mapped = {.bytes = {203, 0, 113, 9}, .port = 40000};

struct net_address model_address(unsigned last, uint16_t port)
{
    return (struct net_address){.bytes = {198, 51, 100, (uint8_t)last}, .port = port};
}

struct model_peer *model_peer(struct turn_model *model, const struct net_address *address)
{
    for (size_t i = 0; i < model->peer_count; i++)
        if (net_address_equal(&model->peers[i].address, address))
            return &model->peers[i];
    assert_true(model->peer_count < MODEL_PEERS_MAX);
    model->peers[model->peer_count].address = *address;
    return &model->peers[model->peer_count++];
}

static bool model_is_live(const struct turn_model *model)
{
    return model->now_us < model->allocated_to_us;
}

static bool model_lets_in(struct turn_model *model, const struct net_address *address)
{
    for (size_t i = 0; i < model->peer_count; i++)
        if (net_address_same_host(&model->peers[i].address, address) &&
            model->now_us < model->peers[i].permitted_to_us)
            return true;
    return false;
}

/* ---- answers ---- */

static struct actr_view model_key(const struct turn_model *model, uint8_t key[CRYPTO_SHA256_LEN])
{
    char text[256];
    int len =
        snprintf(text, sizeof(text), "%s:%s:%s", model->username, model->realm, model->password);
    struct actr_view secret = actr_view_of(text, (size_t)len);
    bool is_sha256 = model->algorithm == 2;
    assert_int_equal(is_sha256 ? crypto_sha256(secret, key) : crypto_md5(secret, key), 0);
    return actr_view_of(key, is_sha256 ? CRYPTO_SHA256_LEN : CRYPTO_MD5_LEN);
}

static void model_sign(const struct turn_model *model, struct stun_writer *writer)
{
    uint8_t key[CRYPTO_SHA256_LEN];
    struct actr_view view = model_key(model, key);
    key[0] ^= model->forges;
    if (model->algorithms)
        stun_put_integrity_sha256(writer, view);
    else
        stun_put_integrity(writer, view);
}

static struct model_packet *model_answer(struct turn_model *model)
{
    assert_true(model->answer_count < MODEL_PACKETS_MAX);
    return &model->answers[(model->answer_first + model->answer_count++) % MODEL_PACKETS_MAX];
}

static void model_finish(struct turn_model *model, struct stun_writer *writer,
                         struct model_packet *packet, bool is_signed)
{
    if (is_signed)
        model_sign(model, writer);
    struct actr_view view = stun_end(writer);
    assert_non_null(view.ptr);
    packet->len = view.len;
}

static void model_put_algorithms(const struct turn_model *model, struct stun_writer *writer)
{
    uint8_t list[256];
    if (model->algorithms && *model->algorithms)
        stun_put(writer, STUN_PASSWORD_ALGORITHMS,
                 actr_view_of(list, harness_hex(model->algorithms, list, sizeof(list))));
}

static void model_refuse(struct turn_model *model, const struct stun_message *request,
                         unsigned code)
{
    struct model_packet *packet = model_answer(model);
    struct stun_writer writer;
    stun_begin(&writer, packet->data, sizeof(packet->data), STUN_ERROR, request->method,
               request->transaction);
    stun_put_error(&writer, code, "No\nway");
    if (code == 300 && model->alternate.port)
        stun_put_address(&writer, STUN_ALTERNATE_SERVER, &model->alternate);
    if (code == 401 || code == 438) {
        stun_put(&writer, STUN_REALM, view_text(model->realm));
        stun_put(&writer, STUN_NONCE, view_text(model->nonce));
        model_put_algorithms(model, &writer);
    }
    model_finish(model, &writer, packet, code != 401 && code != 438 && !model->is_open);
}

static void model_grant(struct turn_model *model, const struct stun_message *request,
                        uint32_t lifetime_s)
{
    struct model_packet *packet = model_answer(model);
    struct stun_writer writer;
    stun_begin(&writer, packet->data, sizeof(packet->data), STUN_SUCCESS, request->method,
               request->transaction);
    if (request->method == STUN_ALLOCATE) {
        if (!model->forgets_address)
            stun_put_address(&writer, STUN_XOR_RELAYED_ADDRESS, &model->relayed);
        stun_put_address(&writer, STUN_XOR_MAPPED_ADDRESS, &model_mapped);
    }
    if (request->method == STUN_ALLOCATE || request->method == STUN_REFRESH)
        stun_put_u32(&writer, STUN_LIFETIME, lifetime_s);
    model_finish(model, &writer, packet, !model->is_open);
}

/* ---- requests ---- */

static bool model_is_signed(const struct turn_model *model, const struct stun_message *request)
{
    uint8_t buf[CRYPTO_SHA256_LEN], list[256];
    struct actr_view key = model_key(model, buf), value;
    uint32_t chosen;
    if (!model->algorithms)
        return stun_verify(request, key);
    /* What was offered comes back, or somebody has changed it (RFC 8489 §9.2.4). */
    size_t len = harness_hex(model->algorithms, list, sizeof(list));
    return request->integrity_at == 0 && stun_find(request, STUN_PASSWORD_ALGORITHMS, &value) &&
           view_equal(value, actr_view_of(list, len)) &&
           stun_find_u32(request, STUN_PASSWORD_ALGORITHM, &chosen) &&
           chosen == model->algorithm << 16 && stun_verify_sha256(request, key);
}

/* 0: the request may be served. */
static unsigned model_authenticate(struct turn_model *model, const struct stun_message *request)
{
    struct actr_view nonce, username;
    if (model->is_open)
        return 0;
    if (!stun_find(request, STUN_USERNAME, &username) || !stun_find(request, STUN_NONCE, &nonce))
        return 401;
    if (!view_equal(nonce, view_text(model->nonce)))
        return 438;
    if (!view_equal(username, view_text(model->username)) || !model_is_signed(model, request))
        return 401;
    return 0;
}

static void model_on_allocate(struct turn_model *model, const struct stun_message *request)
{
    uint32_t transport, family = 0;
    assert_true(stun_find_u32(request, STUN_REQUESTED_TRANSPORT, &transport));
    assert_int_equal(transport, 17u << 24);
    bool has_family = stun_find_u32(request, STUN_REQUESTED_ADDRESS_FAMILY, &family);
    assert_true(model->is_blind || has_family == model->relayed.is_ipv6);
    assert_true(!has_family || family == 2u << 24);
    if (model_is_live(model)) {
        model_refuse(model, request, 437);
        return;
    }
    model->peer_count = 0;
    model->relayed.port++;
    model->allocated_to_us = model->now_us + model->lifetime_s * (uint64_t)MODEL_SECOND;
    snprintf(model->allocated_by, sizeof(model->allocated_by), "%s",
             model->username ? model->username : "");
    model_grant(model, request, model->lifetime_s);
}

static void model_on_refresh(struct turn_model *model, const struct stun_message *request)
{
    uint32_t lifetime_s;
    assert_true(stun_find_u32(request, STUN_LIFETIME, &lifetime_s));
    if (!model_is_live(model)) {
        model_refuse(model, request, 437);
        return;
    }
    if (lifetime_s > 0)
        lifetime_s = model->lifetime_s;
    model->allocated_to_us = model->now_us + lifetime_s * (uint64_t)MODEL_SECOND;
    model_grant(model, request, lifetime_s);
}

/* Bound to another peer, or this peer to another channel, as long as the binding lives. */
static bool model_is_taken(const struct turn_model *model, const struct model_peer *peer,
                           uint16_t channel)
{
    for (size_t i = 0; i < model->peer_count; i++) {
        const struct model_peer *other = &model->peers[i];
        if (model->now_us < other->bound_to_us && (other == peer) != (other->channel == channel))
            return true;
    }
    return false;
}

static void model_on_peer(struct turn_model *model, const struct stun_message *request)
{
    struct net_address address;
    assert_true(stun_find_address(request, STUN_XOR_PEER_ADDRESS, &address));
    if (!model_is_live(model)) {
        model_refuse(model, request, 437);
        return;
    }
    struct model_peer *peer = model_peer(model, &address);
    if (request->method == STUN_CHANNEL_BIND) {
        uint32_t number;
        assert_true(stun_find_u32(request, STUN_CHANNEL_NUMBER, &number));
        uint16_t channel = (uint16_t)(number >> 16);
        if (channel < 0x4000 || channel > 0x4fff || model_is_taken(model, peer, channel)) {
            model_refuse(model, request, 400);
            return;
        }
        peer->channel = channel;
        peer->bound_to_us = model->now_us + MODEL_CHANNEL;
    }
    peer->permitted_to_us = model->now_us + MODEL_PERMISSION;
    model_grant(model, request, 0);
}

static void model_on_request(struct turn_model *model, const struct stun_message *request)
{
    model->requests[request->method & 15]++;
    unsigned refusal = model_authenticate(model, request);
    if (!refusal && model->refuse_method == request->method) {
        refusal = model->refuse_code;
        if (model->refuses_once)
            model->refuse_method = 0;
    }
    if (refusal)
        model_refuse(model, request, refusal);
    else if (request->method == STUN_ALLOCATE)
        model_on_allocate(model, request);
    else if (request->method == STUN_REFRESH)
        model_on_refresh(model, request);
    else
        model_on_peer(model, request);
}

static void model_deliver(struct turn_model *model, const struct net_address *peer,
                          struct actr_view bytes, bool by_channel)
{
    if (!model_is_live(model) || !model_lets_in(model, peer))
        return;
    model->peer_count_in++;
    model->at_peer.peer = *peer;
    model->at_peer.by_channel = by_channel;
    model->at_peer.len = bytes.len;
    memcpy(model->at_peer.data, bytes.ptr, bytes.len);
}

static void model_on_channel(struct turn_model *model, struct actr_view packet)
{
    uint16_t channel = (uint16_t)(packet.ptr[0] << 8 | packet.ptr[1]);
    assert_int_equal(packet.len, 4 + (size_t)(packet.ptr[2] << 8 | packet.ptr[3]));
    for (size_t i = 0; i < model->peer_count; i++)
        if (model->peers[i].channel == channel && model->now_us < model->peers[i].bound_to_us)
            model_deliver(model, &model->peers[i].address,
                          actr_view_of(packet.ptr + 4, packet.len - 4), true);
}

static void model_on_packet(void *owner, struct actr_view packet)
{
    struct turn_model *model = owner;
    struct stun_message message;
    struct net_address peer;
    struct actr_view bytes;
    model->last_len = packet.len;
    if (model->is_dead)
        return;
    if (packet.ptr[0] >= 0x40) {
        model_on_channel(model, packet);
        return;
    }
    assert_int_equal(stun_parse(packet, &message), 0);
    if (message.class == STUN_INDICATION) {
        model->indications++;
        assert_int_equal(message.method, STUN_SEND);
        assert_true(stun_find_address(&message, STUN_XOR_PEER_ADDRESS, &peer));
        assert_true(stun_find(&message, STUN_DATA_BYTES, &bytes));
        model_deliver(model, &peer, bytes, false);
    } else if (model->drops > 0) {
        model->drops--;
    } else {
        assert_int_equal(message.class, STUN_REQUEST);
        model_on_request(model, &message);
    }
}

/* ---- the client's owner ---- */

static void model_on_allocated(void *owner, const struct net_address *relayed,
                               const struct net_address *mapped)
{
    struct turn_model *model = owner;
    model->allocated_count++;
    model->client_relayed = *relayed;
    model->client_mapped = *mapped;
}

static void model_on_data(void *owner, const struct net_address *peer, struct actr_view bytes)
{
    struct turn_model *model = owner;
    model->client_count_in++;
    model->at_client.peer = *peer;
    model->at_client.len = bytes.len;
    memcpy(model->at_client.data, bytes.ptr, bytes.len);
}

static void model_on_failed(void *owner, int code, const char *detail)
{
    struct turn_model *model = owner;
    model->failed_count++;
    model->failed_code = code;
    snprintf(model->failed_detail, sizeof(model->failed_detail), "%s", detail);
}

static void model_on_redirected(void *owner, const struct net_address *server,
                                struct actr_view domain)
{
    struct turn_model *model = owner;
    model->redirected_count++;
    model->client_redirected = *server;
}

static void model_on_random(void *owner, void *buf, size_t len)
{
    struct turn_model *model = owner;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)buf)[i] = (uint8_t)harness_random(&model->random);
}

static const struct turn_events model_events = {
    .send = model_on_packet,
    .on_allocated = model_on_allocated,
    .on_data = model_on_data,
    .on_failed = model_on_failed,
    .on_redirected = model_on_redirected,
    .random = model_on_random,
};

/* ---- time ---- */

void model_settle(struct turn_model *model)
{
    do {
        while (model->answer_count > 0) {
            struct model_packet packet = model->answers[model->answer_first];
            model->answer_first = (model->answer_first + 1) % MODEL_PACKETS_MAX;
            model->answer_count--;
            turn_client_receive(model->client, actr_view_of(packet.data, packet.len),
                                model->now_us);
        }
        if (turn_client_deadline(model->client) <= model->now_us)
            turn_client_tick(model->client, model->now_us);
    } while (model->answer_count > 0);
}

void model_run(struct turn_model *model, uint64_t duration_us)
{
    uint64_t until_us = model->now_us + duration_us;
    model_settle(model);
    for (;;) {
        uint64_t next_us = turn_client_deadline(model->client);
        if (next_us > until_us)
            break;
        assert_true(next_us >= model->now_us);
        model->now_us = next_us;
        assert_true(turn_client_tick(model->client, model->now_us) > model->now_us);
        model_settle(model);
    }
    model->now_us = until_us;
}

void model_sleep(struct turn_model *model, uint64_t duration_us)
{
    model->now_us += duration_us;
}

void model_send(struct turn_model *model, const struct net_address *peer, const char *text)
{
    turn_client_send(model->client, peer, view_text(text), model->now_us);
}

bool model_peer_sends(struct turn_model *model, const struct net_address *peer, const char *text)
{
    struct actr_view bytes = view_text(text);
    if (!model_is_live(model) || !model_lets_in(model, peer))
        return false;
    struct model_packet *packet = model_answer(model);
    const struct model_peer *known = model_peer(model, peer);
    if (model->now_us < known->bound_to_us) {
        uint8_t head[4] = {(uint8_t)(known->channel >> 8), (uint8_t)known->channel,
                           (uint8_t)(bytes.len >> 8), (uint8_t)bytes.len};
        memcpy(packet->data, head, 4);
        memcpy(packet->data + 4, bytes.ptr, bytes.len);
        packet->len = 4 + bytes.len;
        return true;
    }
    static const uint8_t transaction[STUN_TRANSACTION_LEN] = {1};
    struct stun_writer writer;
    stun_begin(&writer, packet->data, sizeof(packet->data), STUN_INDICATION, STUN_DATA,
               transaction);
    stun_put_address(&writer, STUN_XOR_PEER_ADDRESS, peer);
    stun_put(&writer, STUN_DATA_BYTES, bytes);
    packet->len = stun_end(&writer).len;
    return true;
}

/* ---- life ---- */

static void model_init_with(struct turn_model *model, const struct turn_options *options)
{
    *model = (struct turn_model){.now_us = MODEL_SECOND,
                                 .random = harness_seed(),
                                 .username = "1700000000:actor",
                                 .password = "secret",
                                 .realm = "actrix.local",
                                 .nonce = "nonce-1",
                                 .lifetime_s = 600,
                                 .relayed = {.bytes = {192, 0, 2, 15}, .port = 50000}};
    model->client = turn_client_new(options, &model_events, model);
    assert_non_null(model->client);
}

void model_init(struct turn_model *model, bool is_reliable)
{
    model_init_with(model, &(struct turn_options){.is_reliable = is_reliable});
}

void model_init_ipv6(struct turn_model *model)
{
    model_init_with(model, &(struct turn_options){.is_ipv6 = true});
    model->relayed = (struct net_address){
        .is_ipv6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 15}, .port = 50000};
}

void model_deinit(struct turn_model *model)
{
    turn_client_free(model->client);
}

void model_allocate(struct turn_model *model)
{
    assert_int_equal(turn_client_set_credentials(model->client, model->username, model->password),
                     0);
    turn_client_start(model->client, model->now_us);
    model_settle(model);
    assert_int_equal(model->allocated_count, 1);
}
