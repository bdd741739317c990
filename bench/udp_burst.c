// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* udp_burst: datagrams of 1,200 bytes over the loopback device in bursts of 432, sent and received
 * by one thread, so that the figure is the cost of both ends and nothing is lost on the way.
 *
 * Value: through datagram.h, with its loop. Baseline: bare sockets with UDP_SEGMENT and UDP_GRO in
 * buffers of 64 KiB, nothing copied, nothing looked at. udp_burst_plain is the same with neither,
 * beside bare sendto() and recv(); udp_burst_large and udp_burst_large_plain have datagrams of
 * 16,360 bytes, of which four make a message. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "net/datagram.h"
#include "net/socket_net.h"
#include "sys/loop_uv.h"

#define TRAINS 8
#define BURSTS 1000
#define BUFFER_LEN (4 << 20)

struct shape {
    size_t len, segments; /* a train has so many datagrams */
    bool has_offload;
};

static uint8_t train[DATAGRAM_LEN_MAX];

static size_t train_len(const struct shape *shape)
{
    return shape->len * shape->segments;
}

static size_t burst_len(const struct shape *shape)
{
    return train_len(shape) * TRAINS;
}

/* ---- bare sockets ---- */

struct bare {
    int from, to;
};

static int bare_socket(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), len = BUFFER_LEN;
    socklen_t size = sizeof(*address);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof(len)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len));
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
        getsockname(fd, (struct sockaddr *)address, &size) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool bare_open(struct bare *bare, const struct shape *shape)
{
    struct sockaddr_in from, to;
    int segment = (int)shape->len, one = 1;
    bare->from = bare_socket(&from);
    bare->to = bare_socket(&to);
    if (bare->from < 0 || bare->to < 0 ||
        connect(bare->from, (const struct sockaddr *)&to, sizeof(to)) < 0)
        return false;
    return !shape->has_offload ||
           (setsockopt(bare->from, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) == 0 &&
            setsockopt(bare->to, SOL_UDP, UDP_GRO, &one, sizeof(one)) == 0);
}

static bool bare_burst(const struct bare *bare, const struct shape *shape)
{
    static uint8_t buf[65536];
    size_t received = 0;
    for (int i = 0; i < TRAINS; i++) {
        size_t step = shape->has_offload ? train_len(shape) : shape->len;
        for (size_t at = 0; at < train_len(shape); at += step)
            if (send(bare->from, train + at, step, 0) < 0)
                return false;
    }
    while (received < burst_len(shape)) {
        ssize_t len = recv(bare->to, buf, sizeof(buf), 0);
        if (len <= 0)
            return false;
        received += (size_t)len;
    }
    return true;
}

static bool bare_run(const struct shape *shape, double *ret_rate)
{
    struct bare bare = {-1, -1};
    bool ok = bare_open(&bare, shape);
    double begin = bench_now_us();
    for (int i = 0; ok && i < BURSTS; i++)
        ok = bare_burst(&bare, shape);
    *ret_rate = (double)burst_len(shape) * BURSTS / (bench_now_us() - begin);
    close(bare.from);
    close(bare.to);
    return ok;
}

/* ---- ours ---- */

struct ours {
    struct loop *loop;
    struct net *net;
    struct datagram_socket *from, *to;
    size_t received;
};

static void on_burst(void *owner, struct datagram_socket *socket, const struct datagram *list,
                     size_t count)
{
    struct ours *ours = owner;
    (void)socket;
    for (size_t i = 0; i < count; i++)
        ours->received += list[i].bytes.len;
}

static void on_failed(void *owner, struct datagram_socket *socket, int code, const char *detail)
{
    (void)owner, (void)socket, (void)code;
    fprintf(stderr, "udp_burst: %s\n", detail);
}

static const struct datagram_events events = {.on_burst = on_burst, .on_failed = on_failed};

static bool ours_open(struct ours *ours, bool has_offload)
{
    struct datagram_options options = {.bind = {.bytes = {127, 0, 0, 1}},
                                       .no_offload = !has_offload};
    return loop_uv_new(&ours->loop) == 0 && socket_net_new(ours->loop, &ours->net) == 0 &&
           datagram_open(ours->net, &options, &events, ours, &ours->from) == 0 &&
           datagram_open(ours->net, &options, &events, ours, &ours->to) == 0;
}

static void ours_close(struct ours *ours)
{
    datagram_close(ours->from);
    datagram_close(ours->to);
    socket_net_free(ours->net);
    loop_uv_close(ours->loop);
}

static bool ours_run(const struct shape *shape, double *ret_rate)
{
    struct ours ours = {0};
    struct net_address to;
    struct datagram_stats stats;
    if (!ours_open(&ours, shape->has_offload))
        return false;
    datagram_local(ours.to, &to);
    double begin = bench_now_us();
    for (int i = 0; i < BURSTS; i++) {
        for (int k = 0; k < TRAINS; k++)
            for (size_t at = 0; at < train_len(shape); at += shape->len)
                datagram_send(ours.from, NULL, &to, actr_view_of(train + at, shape->len));
        while (ours.received < burst_len(shape) * (size_t)(i + 1))
            loop_uv_dispatch_wait(ours.loop);
    }
    *ret_rate = (double)burst_len(shape) * BURSTS / (bench_now_us() - begin);
    datagram_get_stats(ours.from, &stats);
    ours_close(&ours);
    return stats.dropped_out == 0;
}

static bool run(const struct shape *shape, struct bench_sample *ret_sample)
{
    return ours_run(shape, &ret_sample->value) && bare_run(shape, &ret_sample->baseline);
}

static bool run_offload(struct bench_sample *ret_sample)
{
    return run(&(struct shape){1200, 54, true}, ret_sample);
}

static bool run_plain(struct bench_sample *ret_sample)
{
    return run(&(struct shape){1200, 54, false}, ret_sample);
}

static bool run_large(struct bench_sample *ret_sample)
{
    return run(&(struct shape){DATAGRAM_LEN_BEST, 4, true}, ret_sample);
}

static bool run_large_plain(struct bench_sample *ret_sample)
{
    return run(&(struct shape){DATAGRAM_LEN_BEST, 4, false}, ret_sample);
}

const struct bench_case bench_udp_burst[] = {
    {.name = "udp_burst",
     .what = "UDP in bursts, segmented and coalesced by the system, both ends on one thread; "
             "baseline: bare sockets doing so",
     .unit = "MB/s",
     .target_kind = BENCH_RATIO_MIN,
     .target = 0.5,
     .runs = 5,
     .has_baseline = true,
     .run = run_offload},
    {.name = "udp_burst_plain",
     .what = "the same without that; baseline: bare send() and recv()",
     .unit = "MB/s",
     .target_kind = BENCH_RATIO_MIN,
     .target = 0.9,
     .runs = 5,
     .has_baseline = true,
     .run = run_plain},
    {.name = "udp_burst_large",
     .what = "udp_burst with datagrams of 16,360 bytes",
     .unit = "MB/s",
     .target_kind = BENCH_RATIO_MIN,
     .target = 0.5,
     .runs = 5,
     .has_baseline = true,
     .run = run_large},
    {.name = "udp_burst_large_plain",
     .what = "udp_burst_plain with datagrams of 16,360 bytes",
     .unit = "MB/s",
     .target_kind = BENCH_RATIO_MIN,
     .target = 0.5,
     .runs = 5,
     .has_baseline = true,
     .run = run_large_plain},
    {0},
};
