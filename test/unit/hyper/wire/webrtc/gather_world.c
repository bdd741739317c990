// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The world of the gatherer's tests. Names: stun.test and turn.test have an address of each family
 * (192.0.2.1, 192.0.2.2, 2001:db8::1, 2001:db8::2), everything else has none. */
#include "gather_world.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/wire/webrtc/ice/stun.h"
#include "hyper/wire/webrtc/turn_stream.h"
#include "sys/loop_virtual.h"

struct world_socket {
    struct datagram_socket base;
    struct gather_world *world;
    const struct datagram_events *events;
    void *owner;
    struct net_address bound, source; /* source: what it sends from */
};

struct world_stream {
    struct net_stream base;
    struct gather_world *world;
    const struct net_stream_events *events;
    void *user;
    struct loop_timer timer;
    struct turn_stream cutter;
    bool is_open;
};

/* To a socket, or to a stream, of the machine. */
struct world_packet {
    struct list link;
    struct gather_world *world;
    struct loop_timer timer;
    struct world_socket *socket;
    struct world_stream *stream;
    struct net_address remote;
    size_t len;
    uint8_t data[2048];
};

static struct world_stream *world_streams[16];

static struct gather_world *world_of(struct net *net)
{
    return container_of(net, struct gather_world, net);
}

static struct net_address parse(const char *text, uint16_t port)
{
    struct net_address address;
    assert_true(net_address_parse(view_text(text), port, &address));
    return address;
}

/* ---- packets ---- */

static void packet_free(struct world_packet *packet)
{
    loop_timer_stop(&packet->timer);
    list_remove(&packet->link);
    mem_free(packet);
}

static void packet_on_due(struct loop_timer *timer)
{
    struct world_packet *packet = container_of(timer, struct world_packet, timer);
    struct world_packet copy = *packet;
    packet_free(packet);
    if (copy.socket) {
        struct datagram datagram = {
            .local = copy.socket->source, .remote = copy.remote, .bytes = {copy.data, copy.len}};
        copy.socket->events->on_burst(copy.socket->owner, &copy.socket->base, &datagram, 1);
    } else {
        copy.stream->events->on_data(copy.stream->user, actr_view_of(copy.data, copy.len));
    }
}

static void world_answer(struct gather_world *world, const struct world_packet *question,
                         struct actr_view bytes)
{
    struct world_packet *packet = mem_alloc(sizeof(*packet));
    if (!packet)
        return;
    packet->world = world;
    packet->socket = question->socket;
    packet->stream = question->stream;
    packet->remote = question->remote;
    assert_true(bytes.len + 3 <= sizeof(packet->data));
    memcpy(packet->data, bytes.ptr, bytes.len);
    packet->len = bytes.len + (packet->stream ? turn_stream_padding(bytes) : 0);
    list_init(&packet->link);
    list_push(&world->packets, &packet->link);
    loop_timer_init(&packet->timer, world->loop, packet_on_due);
    loop_timer_start(&packet->timer, 2 * WORLD_DELAY_US);
}

static void world_forget(struct gather_world *world, const void *end)
{
    for (struct list *pos = world->packets.next, *next; pos != &world->packets; pos = next) {
        struct world_packet *packet = container_of(pos, struct world_packet, link);
        next = pos->next;
        if (packet->socket == end || packet->stream == end)
            packet_free(packet);
    }
}

/* ---- servers ---- */

static const struct net_address world_mapped4 = {.bytes = {203, 0, 113, 9}, .port = 61000};
static const struct net_address world_relayed = {.bytes = {192, 0, 2, 50}, .port = 50000};
static const struct net_address world_relayed6 = {
    .is_ipv6 = true, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x50}, .port = 50000};

static void serve_stun(struct gather_world *world, const struct world_packet *question,
                       const struct stun_message *request)
{
    uint8_t buf[256];
    struct stun_writer writer;
    world->stun_requests++;
    if (world->stun_is_dead)
        return;
    stun_begin(&writer, buf, sizeof(buf), world->stun_refuses ? STUN_ERROR : STUN_SUCCESS,
               STUN_BINDING, request->transaction);
    if (world->stun_refuses)
        stun_put_error(&writer, 420, "no");
    else
        stun_put_address(&writer, STUN_XOR_MAPPED_ADDRESS,
                         world->stun_is_open_internet || question->remote.is_ipv6
                             ? &question->socket->source
                             : &world_mapped4);
    world_answer(world, question, stun_end(&writer));
}

/* 0: it does what is asked. */
static unsigned turn_refusal(struct gather_world *world, unsigned method, uint32_t family)
{
    if (world->turn_refuses)
        return 486;
    if (world->turn_doubts)
        return 441;
    if (method != STUN_ALLOCATE)
        return world->turn_has_restarted ? 437 : 0;
    if (family && !world->turn_has_ipv6)
        return 440;
    if (world->turn_redirects == 0)
        return 0;
    world->turn_redirects--;
    return 300;
}

/* An open TURN server: whoever asks gets an allocation; it returns what is sent to a peer. */
static void serve_turn(struct gather_world *world, const struct world_packet *question,
                       const struct stun_message *request)
{
    uint8_t buf[2048];
    struct stun_writer writer;
    uint32_t lifetime_s = 600, family = 0;
    world->turn_requests++;
    world->turn_asked = question->remote;
    if (world->turn_is_dead)
        return;
    if (request->class == STUN_INDICATION) {
        assert_true(stun_find_address(request, STUN_XOR_PEER_ADDRESS, &world->peer_data));
        return;
    }
    (void)stun_find_u32(request, STUN_LIFETIME, &lifetime_s);
    world->releases += request->method == STUN_REFRESH && lifetime_s == 0;
    world->permissions +=
        request->method == STUN_CREATE_PERMISSION || request->method == STUN_CHANNEL_BIND;
    (void)stun_find_u32(request, STUN_REQUESTED_ADDRESS_FAMILY, &family);
    unsigned refusal = turn_refusal(world, request->method, family);
    stun_begin(&writer, buf, sizeof(buf), refusal ? STUN_ERROR : STUN_SUCCESS, request->method,
               request->transaction);
    if (refusal) {
        stun_put_error(&writer, refusal, "no");
        if (refusal == 300)
            stun_put_address(&writer, STUN_ALTERNATE_SERVER, &world->turn_to);
        if (refusal == 300 && world->turn_domain)
            stun_put(&writer, STUN_ALTERNATE_DOMAIN, view_text(world->turn_domain));
    } else if (request->method == STUN_ALLOCATE) {
        struct net_address relayed = family ? world_relayed6 : world_relayed;
        world->turn_has_restarted = false;
        relayed.port = (uint16_t)(relayed.port + world->allocations++);
        stun_put_address(&writer, STUN_XOR_RELAYED_ADDRESS, &relayed);
        stun_put_address(&writer, STUN_XOR_MAPPED_ADDRESS, &world_mapped4);
    }
    stun_put_u32(&writer, STUN_LIFETIME, lifetime_s);
    world_answer(world, question, stun_end(&writer));
}

/* Somebody on the link is known.local. */
static void serve_mdns(struct gather_world *world, const struct world_packet *question)
{
    static const uint8_t name[] = "\5known\5local";
    static const uint8_t record[] = {0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 10, 0, 0, 77};
    uint8_t answer[12 + sizeof(name) + sizeof(record)] = {
        question->data[0], question->data[1], 0x84, 0, 0, 0, 0, 1};
    assert_int_equal(question->remote.port, 5353);
    assert_true(net_address_is_multicast(&question->remote));
    assert_int_equal(question->remote.scope != 0, question->remote.is_ipv6);
    world->mdns_questions++;
    memcpy(answer + 12, name, sizeof(name));
    memcpy(answer + 12 + sizeof(name), record, sizeof(record));
    if (!world->mdns_is_dead && memcmp(question->data + 12, name, sizeof(name)) == 0)
        world_answer(world, question, actr_view_of(answer, sizeof(answer)));
}

/* What the machine sends arrives at once; answers take their time. */
static void world_serve(struct gather_world *world, const struct world_packet *question)
{
    struct actr_view packet = {question->data, question->len};
    struct stun_message message;
    if (packet.ptr[0] >= 0x40)
        return; /* ChannelData */
    assert_int_equal(stun_parse(packet, &message), 0);
    if (message.method == STUN_BINDING)
        serve_stun(world, question, &message);
    else
        serve_turn(world, question, &message);
}

/* ---- sockets ---- */

static void socket_send(struct datagram_socket *base, const struct net_address *local,
                        const struct net_address *remote, struct actr_view bytes)
{
    struct world_socket *socket = container_of(base, struct world_socket, base);
    struct world_packet question = {.socket = socket, .remote = *remote, .len = bytes.len};
    assert_int_equal(remote->is_ipv6, socket->bound.is_ipv6);
    assert_true(bytes.len <= sizeof(question.data));
    memcpy(question.data, bytes.ptr, bytes.len);
    if (remote->port == 3478)
        world_serve(socket->world, &question);
    else
        serve_mdns(socket->world, &question);
}

static bool socket_send_probe(struct datagram_socket *base, const struct net_address *local,
                              const struct net_address *remote, struct actr_view bytes)
{
    struct world_socket *socket = container_of(base, struct world_socket, base);
    socket->world->probes++;
    if (bytes.len > WORLD_DATAGRAM_MAX)
        return false;
    socket_send(base, local, remote, bytes);
    return true;
}

static void socket_flush(struct datagram_socket *base)
{
}

static void socket_local(const struct datagram_socket *base, struct net_address *ret_address)
{
    *ret_address = container_of(base, struct world_socket, base)->bound;
}

static void socket_stats(const struct datagram_socket *base, struct datagram_stats *ret_stats)
{
    *ret_stats = (struct datagram_stats){0};
}

static void socket_close(struct datagram_socket *base)
{
    struct world_socket *socket = container_of(base, struct world_socket, base);
    world_forget(socket->world, socket);
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++)
        if (socket->world->sockets[i] == socket)
            socket->world->sockets[i] = NULL;
    mem_free(socket);
}

static const struct datagram_ops socket_ops = {socket_send,  socket_send_probe, socket_flush,
                                               socket_local, socket_stats,      socket_close};

static int world_datagram_open(struct net *net, const struct datagram_options *options,
                               const struct datagram_events *events, void *owner,
                               struct datagram_socket **ret_socket)
{
    struct gather_world *world = world_of(net);
    size_t at = 0;
    while (at < WORLD_SOCKETS_MAX && world->sockets[at])
        at++;
    assert_true(at < WORLD_SOCKETS_MAX);
    struct world_socket *socket = mem_alloc(sizeof(*socket));
    if (!socket)
        return err_origin(ACTR_ENOMEM, "no memory");
    *socket = (struct world_socket){.base = {&socket_ops},
                                    .world = world,
                                    .events = events,
                                    .owner = owner,
                                    .bound = options->bind};
    if (socket->bound.port == 0)
        socket->bound.port = ++world->port_last;
    socket->source = socket->bound;
    for (size_t i = 0; i < world->interface_count; i++)
        if (world->interfaces[i].address.is_ipv6 == socket->bound.is_ipv6 &&
            net_address_is_any(&socket->source)) {
            socket->source = world->interfaces[i].address;
            socket->source.port = socket->bound.port;
        }
    world->sockets[at] = socket;
    *ret_socket = &socket->base;
    return 0;
}

/* ---- streams ---- */

static void stream_on_timer(struct loop_timer *timer)
{
    struct world_stream *stream = container_of(timer, struct world_stream, timer);
    if (stream->world->streams_fail) {
        stream->events->on_lost(stream->user, ACTR_ECONFIG, "no certificate");
        return;
    }
    stream->is_open = true;
    stream->events->on_open(stream->user);
}

static int world_stream_dial(struct net *net, const struct net_stream_options *options,
                             const struct net_stream_events *events, void *user,
                             struct net_stream **ret_stream)
{
    struct world_stream *stream = mem_alloc(sizeof(*stream));
    size_t at = 0;
    if (!stream)
        return err_origin(ACTR_ENOMEM, "no memory");
    while (world_streams[at])
        at++;
    char alternate[NET_ADDRESS_TEXT_MAX];
    assert_true(strcmp(options->host, "turn.test") == 0 ||
                strcmp(options->host, net_address_host(&world_of(net)->turn_to, alternate)) == 0);
    snprintf(world_of(net)->stream_name, sizeof(world_of(net)->stream_name), "%s",
             options->name ? options->name : options->host);
    *stream = (struct world_stream){
        .base = {net->ops}, .world = world_of(net), .events = events, .user = user};
    loop_timer_init(&stream->timer, net->loop, stream_on_timer);
    loop_timer_start(&stream->timer, 2 * WORLD_DELAY_US);
    world_streams[at] = stream;
    *ret_stream = &stream->base;
    return 0;
}

static int world_stream_send(struct net_stream *base, struct actr_bytes bytes)
{
    struct world_stream *stream = container_of(base, struct world_stream, base);
    struct actr_view data = actr_bytes_view(bytes), packet;
    assert_true(stream->is_open);
    while (turn_stream_take(&stream->cutter, &data, &packet) > 0) {
        struct world_packet question = {.stream = stream, .len = packet.len};
        memcpy(question.data, packet.ptr, packet.len);
        world_serve(stream->world, &question);
    }
    actr_bytes_unref(bytes);
    return 0;
}

static size_t world_stream_queued(const struct net_stream *base)
{
    return 0;
}

static void world_stream_close(struct net_stream *base)
{
    struct world_stream *stream = container_of(base, struct world_stream, base);
    for (size_t i = 0; i < 16; i++)
        if (world_streams[i] == stream)
            world_streams[i] = NULL;
    world_forget(stream->world, stream);
    loop_timer_stop(&stream->timer);
    turn_stream_deinit(&stream->cutter);
    mem_free(stream);
}

void world_cut_streams(struct gather_world *world)
{
    for (size_t i = 0; i < 16; i++)
        if (world_streams[i])
            world_streams[i]->events->on_lost(world_streams[i]->user, ACTR_EUNAVAILABLE,
                                              "closed by the peer");
}

/* ---- names ---- */

struct world_name {
    struct net_resolve base;
    struct loop_timer timer;
    net_resolve_fn *fn;
    void *user;
    char host[64];
    uint16_t port;
};

static void name_on_timer(struct loop_timer *timer)
{
    struct world_name name = *container_of(timer, struct world_name, timer);
    mem_free(container_of(timer, struct world_name, timer));
    bool is_stun = strcmp(name.host, "stun.test") == 0;
    struct net_address list[2] = {parse(is_stun ? "2001:db8::1" : "2001:db8::2", name.port),
                                  parse(is_stun ? "192.0.2.1" : "192.0.2.2", name.port)};
    if (is_stun)
        name.fn(name.user, list, 2, "");
    else if (strcmp(name.host, "turn.test") == 0)
        name.fn(name.user, list + 1, 1, "");
    else
        name.fn(name.user, list, 0, "name unknown");
}

static int world_resolve(struct net *net, const char *host, uint16_t port, net_resolve_fn *fn,
                         void *user, struct net_resolve **ret_resolve)
{
    struct world_name *name = mem_alloc(sizeof(*name));
    if (!name)
        return err_origin(ACTR_ENOMEM, "no memory");
    *name = (struct world_name){.base = {net->ops}, .fn = fn, .user = user, .port = port};
    snprintf(name->host, sizeof(name->host), "%s", host);
    loop_timer_init(&name->timer, net->loop, name_on_timer);
    loop_timer_start(&name->timer, WORLD_DELAY_US);
    *ret_resolve = &name->base;
    return 0;
}

static void world_resolve_cancel(struct net_resolve *base)
{
    struct world_name *name = container_of(base, struct world_name, base);
    loop_timer_stop(&name->timer);
    mem_free(name);
}

/* ---- the machine ---- */

static size_t world_interfaces(struct net *net, struct interface_address list[INTERFACES_MAX])
{
    const struct gather_world *world = world_of(net);
    memcpy(list, world->interfaces, world->interface_count * sizeof(*list));
    return world->interface_count;
}

static int world_watch(struct net *net, void (*on_change)(void *owner), void *owner,
                       struct interfaces **ret_watch)
{
    struct gather_world *world = world_of(net);
    world->watch.ops = net->ops;
    *ret_watch = &world->watch;
    return 0;
}

static void world_unwatch(struct interfaces *watch)
{
}

static const struct net_ops world_ops = {
    .datagram_open = world_datagram_open,
    .interfaces_list = world_interfaces,
    .interfaces_watch = world_watch,
    .interfaces_unwatch = world_unwatch,
    .resolve = world_resolve,
    .resolve_cancel = world_resolve_cancel,
    .stream_dial = world_stream_dial,
    .stream_send = world_stream_send,
    .stream_queued = world_stream_queued,
    .stream_close = world_stream_close,
};

void world_add_interface(struct gather_world *world, const char *address)
{
    struct interface_address *interface = &world->interfaces[world->interface_count++];
    interface->address = parse(address, 0);
    interface->index = (uint32_t)world->interface_count;
    snprintf(interface->name, sizeof(interface->name), "eth%zu", world->interface_count);
    interface->is_loopback = net_address_is_loopback(&interface->address);
}

static void world_on_locals(void *owner)
{
}

static void world_on_failed(void *owner, int code, const char *detail)
{
    fail_msg("%s", detail);
}

void world_open(struct gather_world *world)
{
    *world = (struct gather_world){.port_last = 40000};
    list_init(&world->packets);
    assert_int_equal(loop_virtual_new(harness_seed(), &world->loop), 0);
    world->net = (struct net){&world_ops, world->loop};
}

void world_close(struct gather_world *world)
{
    world->mux = udp_mux_close(world->mux);
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++)
        assert_null(world->sockets[i]);
    for (size_t i = 0; i < 16; i++)
        assert_null(world_streams[i]);
    assert_true(list_is_empty(&world->packets));
    assert_false(loop_virtual_step(world->loop));
    loop_virtual_close(world->loop);
}

void world_run(struct gather_world *world, uint64_t duration_us)
{
    loop_virtual_run_until(world->loop, loop_now_us(world->loop) + duration_us);
}

struct gatherer_options world_options(struct gather_world *world)
{
    static const struct udp_mux_events events = {world_on_locals, world_on_failed};
    struct udp_mux_options options = {.loop = world->loop, .net = &world->net, .port = 5000};
    if (!world->mux)
        assert_int_equal(udp_mux_open(&options, &events, world, &world->mux), 0);
    return (struct gatherer_options){.loop = world->loop, .net = &world->net, .mux = world->mux};
}

void world_peer_sends(struct gather_world *world, const struct net_address *peer, const char *text)
{
    static const uint8_t transaction[STUN_TRANSACTION_LEN] = {7};
    uint8_t buf[256];
    struct stun_writer writer;
    stun_begin(&writer, buf, sizeof(buf), STUN_INDICATION, STUN_DATA, transaction);
    stun_put_address(&writer, STUN_XOR_PEER_ADDRESS, peer);
    stun_put(&writer, STUN_DATA_BYTES, view_text(text));
    struct actr_view bytes = stun_end(&writer);
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++) {
        struct world_packet to = {.socket = world->sockets[i], .remote = parse("192.0.2.2", 3478)};
        if (to.socket && to.socket->bound.port != 5000)
            world_answer(world, &to, bytes);
    }
    for (size_t i = 0; i < 16; i++) {
        struct world_packet to = {.stream = world_streams[i]};
        if (to.stream)
            world_answer(world, &to, bytes);
    }
}

void world_open_with_interface(struct gather_world *world)
{
    world_open(world);
    world_add_interface(world, "10.0.0.5");
}

struct gatherer_options world_full_options(struct gather_world *world)
{
    static const char *const stun_urls[] = {"stun:stun.test", NULL};
    static const char *const turn_urls[] = {"turn:turn.test", NULL};
    struct gatherer_options options = world_options(world);
    options.stun_urls = stun_urls;
    options.turn_urls = turn_urls;
    options.turn_username = "user";
    options.turn_password = "password";
    return options;
}

void world_close_with(struct gather_world *world, struct gathered *gathered)
{
    gathered->gatherer = gatherer_free(gathered->gatherer);
    world_close(world);
}
