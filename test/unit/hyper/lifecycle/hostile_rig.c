// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The victim, and the honest one. What its calls come to is noted and judged on the thread of the
 * test, which alone may fail it. */
#include "hostile_rig.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "net/address.h"

#define RIG_ANSWER_MS 60000u
#define RIG_PAYLOAD_MAX 300u
#define RIG_KEPT_LEN 1024u /* of one answer, at most */

/* ---- nodes ---- */

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)self;
    actr_reply(ctx, actr_bytes_copy(request));
}

static int on_hook(void *arg, struct actr_node *node, const struct actr_hook_event *event)
{
    struct rig *rig = arg;
    (void)node;
    if (event->hook != ACTR_HOOK_WEBRTC_DISCONNECTED)
        return 0;
    lock_take(&rig->lock);
    rig->lost += !rig->is_stopping;
    lock_give(&rig->lock);
    return 0;
}

static struct actr_node *node_new(struct rig *rig, const char *type, bool is_observed)
{
    char config[512];
    struct actr_node *node = NULL;
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    struct actr_workload *workload = actr_workload_new(type, &options, NULL);
    const struct actr_observer observer = {.size = sizeof(observer), .observe = on_hook};
    unsigned port = hosting_port(rig->live.hosting);

    actr_workload_route(workload, "echo", on_echo, NULL);
    snprintf(config, sizeof(config),
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = %d\n",
             port, port, LIVE_REALM);
    assert_int_equal(actr_node_open_text(&node, type, config, NULL), 0);
    assert_int_equal(actr_node_use(node, workload), 0);
    if (is_observed)
        assert_int_equal(actr_node_observe(node, &observer, rig), 0);
    assert_int_equal(actr_node_start(node), 0);
    return node;
}

/* ---- the honest one ---- */

static void call_once(struct rig *rig, uint64_t number)
{
    uint8_t *data;
    struct actr_bytes request = bytes_new(1 + number * 37 % RIG_PAYLOAD_MAX, &data), reply = {0};
    for (size_t i = 0; i < request.len; i++)
        data[i] = (uint8_t)(number + i);
    int r =
        actr_call_wait(rig->honest, &rig->victim_id, "echo", actr_bytes_ref(request), NULL, &reply);
    bool is_right = r == 0 && view_equal(actr_bytes_view(reply), actr_bytes_view(request));
    lock_take(&rig->lock);
    if (!is_right && rig->failures++ == 0) {
        rig->code = r;
        snprintf(rig->detail, sizeof(rig->detail), "%s", r < 0 ? actr_errmsg() : "another answer");
    }
    rig->calls++;
    if (rig->served && rig->calls >= rig->wanted) {
        waiter_signal(rig->served);
        rig->served = NULL;
    }
    lock_give(&rig->lock);
    actr_bytes_unref(request);
    actr_bytes_unref(reply);
}

static bool is_stopping(struct rig *rig)
{
    lock_take(&rig->lock);
    bool is = rig->is_stopping;
    lock_give(&rig->lock);
    return is;
}

static void call_all_along(void *arg)
{
    struct rig *rig = arg;
    for (uint64_t number = 0; !is_stopping(rig); number++)
        call_once(rig, number);
}

void rig_serve(struct rig *rig, unsigned count)
{
    struct waiter waiter;
    waiter_init(&waiter);
    lock_take(&rig->lock);
    rig->wanted = rig->calls + count;
    rig->served = &waiter;
    lock_give(&rig->lock);
    bool is_served = waiter_wait(&waiter, RIG_ANSWER_MS);
    lock_take(&rig->lock);
    rig->served = NULL;
    lock_give(&rig->lock);
    waiter_deinit(&waiter);
    if (!is_served)
        fail_msg("the honest node was not served in time");
}

/* ---- all of it ---- */

void rig_open(struct rig *rig, bool is_open)
{
    memset(rig, 0, sizeof(*rig));
    lock_init(&rig->lock);
    live_open(&rig->live);
    live_stop(&rig->live);
    rig->live.options.server.is_open = is_open;
    rig->live.options.data_dir = is_open ? NULL : rig->live.dir;
    rig->live.options.server.message_rate = (struct limiter_rate){1000000, 1000000};
    rig->live.options.server.connect_rate = (struct limiter_rate){1000000, 1000000};
    live_start(&rig->live);
    rig->victim = node_new(rig, "acme:Victim:1.0.0", false);
    rig->honest = node_new(rig, "acme:Honest:1.0.0", true);
    rig->victim_id = actr_node_id(rig->victim);
    rig->honest_id = actr_node_id(rig->honest);
    assert_int_equal(thread_start(&rig->caller, "honest", call_all_along, rig), 0);
    rig_serve(rig, 10);
}

void rig_close_replaced(struct rig *rig)
{
    rig_serve(rig, 10);
    lock_take(&rig->lock);
    rig->is_stopping = true;
    lock_give(&rig->lock);
    thread_join(&rig->caller);
    actr_node_close(rig->honest);
    actr_node_close(rig->victim);
    live_close(&rig->live);
    lock_deinit(&rig->lock);
    if (rig->failures > 0)
        fail_msg("%llu of %llu honest calls failed; the first: %s %s",
                 (unsigned long long)rig->failures, (unsigned long long)rig->calls,
                 actr_errname(rig->code), rig->detail);
}

void rig_close(struct rig *rig)
{
    rig_close_replaced(rig);
    assert_int_equal(rig->lost, 0);
}

bool rig_peer_stats(struct rig *rig, const struct actr_id *peer, struct actr_peer_stats *ret_stats)
{
    ret_stats->size = sizeof(*ret_stats);
    return actr_node_get_peer_stats(rig->victim, peer, ret_stats) == 0;
}

struct actr_node_stats rig_stats(struct rig *rig)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    assert_int_equal(actr_node_get_stats(rig->victim, &stats), 0);
    return stats;
}

struct net_address rig_address(struct rig *rig)
{
    struct actr_peer_stats stats = {.size = sizeof(stats)};
    struct net_address address = {0};
    assert_int_equal(actr_node_get_peer_stats(rig->honest, &rig->victim_id, &stats), 0);
    char *colon = strrchr(stats.remote, ':');
    assert_non_null(colon);
    uint16_t port = (uint16_t)strtoul(colon + 1, NULL, 10);
    char *host = stats.remote;
    if (*host == '[') {
        host++;
        colon--;
    }
    assert_true(net_address_parse(actr_view_of(host, (size_t)(colon - host)), port, &address));
    return address;
}

/* The sanitizers' allocators say nothing by this call. */
static size_t memory(void)
{
    struct mallinfo2 info = mallinfo2();
    return RIG_SCALE == 1 ? info.uordblks + info.hblkhd : 0;
}

static uint64_t calls_of(struct rig *rig)
{
    lock_take(&rig->lock);
    uint64_t calls = rig->calls;
    lock_give(&rig->lock);
    return calls;
}

void rig_watch(struct rig *rig)
{
    rig->watched_calls = calls_of(rig);
    rig->watched = memory();
}

void rig_expect(struct rig *rig, size_t bytes_max)
{
    size_t now = memory(), kept = (size_t)(calls_of(rig) - rig->watched_calls) * RIG_KEPT_LEN;
    if (now > rig->watched + kept + bytes_max)
        fail_msg("%zu bytes more than before, %zu were allowed", now - rig->watched,
                 kept + bytes_max);
}

/* ---- bare datagrams ---- */

int rig_socket(const struct net_address *to)
{
    int fd = socket(to->is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    return fd;
}

void rig_send(int fd, const struct net_address *to, const void *data, size_t len)
{
    struct sockaddr_storage address;
    size_t size = net_address_to_sockaddr(to, to->is_ipv6, &address);
    ssize_t sent = sendto(fd, data, len, 0, (const struct sockaddr *)&address, (socklen_t)size);
    /* The system may have no room, as a network may lose it. */
    assert_true(sent == (ssize_t)len || errno == EAGAIN || errno == ENOBUFS);
}

void rig_send_numbered(int fd, const struct net_address *to, struct actr_view packet, size_t at,
                       unsigned count)
{
    static uint64_t number;
    uint8_t packets[RIG_BATCH][256];
    struct iovec parts[RIG_BATCH];
    struct mmsghdr list[RIG_BATCH] = {0};
    struct sockaddr_storage address;
    size_t size = net_address_to_sockaddr(to, to->is_ipv6, &address);
    assert_true(packet.len <= sizeof(packets[0]) && count <= RIG_BATCH);
    for (unsigned i = 0; i < count; i++) {
        memcpy(packets[i], packet.ptr, packet.len);
        number++;
        memcpy(packets[i] + at, &number, sizeof(number));
        parts[i] = (struct iovec){packets[i], packet.len};
        list[i].msg_hdr = (struct msghdr){.msg_name = &address,
                                          .msg_namelen = (socklen_t)size,
                                          .msg_iov = &parts[i],
                                          .msg_iovlen = 1};
    }
    assert_true(sendmmsg(fd, list, count, 0) > 0 || errno == EAGAIN || errno == ENOBUFS);
}

size_t rig_answers(int fd)
{
    uint8_t buf[2048];
    size_t bytes = 0;
    for (ssize_t n; (n = recv(fd, buf, sizeof(buf), 0)) >= 0;)
        bytes += (size_t)n;
    return bytes;
}
