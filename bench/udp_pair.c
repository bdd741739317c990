// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bare UDP between two processes, blocking calls, one socket each.
 *
 * The sink counts from the first datagram to the last of SINK_BYTES and then says what it took, in
 * a datagram; what the socket's buffer does not hold is lost and not counted. */
#include "udp_pair.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"
#include "support.h"

#define ECHOES 8000
#define WARM_ECHOES 500
#define DATAGRAM_LEN 1200
#define TRAIN_LEN ((size_t)DATAGRAM_LEN * 54)
#define SINK_BYTES (1ull << 30)
#define BUFFER_LEN (4 << 20)
#define LIMIT_US 20e6

static int pair_socket(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), len = BUFFER_LEN;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof(len)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len));
    int r = bind(fd, (const struct sockaddr *)&address, sizeof(address));
    if (port) {
        address.sin_port = htons(port);
        r = r || connect(fd, (const struct sockaddr *)&address, sizeof(address)) ||
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    }
    if (r == 0)
        return fd;
    perror("bench: udp");
    close(fd);
    return -1;
}

static void pair_tell_port(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t len = sizeof(address);
    getsockname(fd, (struct sockaddr *)&address, &len);
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
}

int udp_pair_echo(void)
{
    uint8_t buf[2048];
    struct sockaddr_in from;
    int fd = pair_socket(0);
    pair_tell_port(fd);
    for (;;) {
        socklen_t len = sizeof(from);
        ssize_t got = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
        if (got < 0 || sendto(fd, buf, (size_t)got, 0, (const struct sockaddr *)&from, len) < 0)
            return 1;
    }
}

int udp_pair_sink(void)
{
    static uint8_t buf[65536];
    struct sockaddr_in from;
    socklen_t len = sizeof(from);
    uint64_t bytes = 0;
    int fd = pair_socket(0), one = 1;
    if (setsockopt(fd, SOL_UDP, UDP_GRO, &one, sizeof(one)) < 0)
        return 1;
    pair_tell_port(fd);
    double begin_us = 0;
    while (bytes < SINK_BYTES) {
        ssize_t got = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
        if (got < 0)
            return 1;
        if (bytes == 0)
            begin_us = bench_now_us();
        bytes += (uint64_t)got;
    }
    double mbps = (double)bytes / (bench_now_us() - begin_us);
    sendto(fd, &mbps, sizeof(mbps), 0, (const struct sockaddr *)&from, len);
    pause();
    return 0;
}

/* A child in that role, and a socket connected to it; -1: none. */
static int pair_open(struct process *child, const char *role)
{
    char port[64];
    return support_child(child, role, "-", port, sizeof(port)) ? pair_socket((uint16_t)atoi(port))
                                                               : -1;
}

static bool pair_close(struct process *child, int fd, bool ok)
{
    if (fd >= 0)
        close(fd);
    process_end(child, SIGKILL);
    if (!ok)
        fprintf(stderr, "bench: udp: the other process did not answer\n");
    return ok;
}

bool udp_pair_p50(size_t size, double *ret_us)
{
    static double latencies_us[WARM_ECHOES + ECHOES];
    uint8_t buf[2048] = {0};
    struct process child = {0};
    int fd = pair_open(&child, "udp-echo");
    bool ok = fd >= 0 && size <= sizeof(buf);
    for (size_t i = 0; ok && i < WARM_ECHOES + ECHOES; i++) {
        double begin_us = bench_now_us();
        ok = send(fd, buf, size, 0) == (ssize_t)size &&
             recv(fd, buf, sizeof(buf), 0) == (ssize_t)size;
        latencies_us[i] = bench_now_us() - begin_us;
    }
    *ret_us = bench_percentile(latencies_us + WARM_ECHOES, ECHOES, 0.5);
    return pair_close(&child, fd, ok);
}

bool udp_pair_rate(double *ret_mbps)
{
    static uint8_t train[TRAIN_LEN];
    struct process child = {0};
    int segment = DATAGRAM_LEN, fd = pair_open(&child, "udp-sink");
    bool ok = fd >= 0 && setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) == 0;
    bool is_done = false;
    double begin_us = bench_now_us();
    while (ok && !is_done && bench_now_us() - begin_us < LIMIT_US) {
        ok = send(fd, train, sizeof(train), 0) == (ssize_t)sizeof(train);
        is_done = recv(fd, ret_mbps, sizeof(*ret_mbps), MSG_DONTWAIT) == (ssize_t)sizeof(*ret_mbps);
    }
    return pair_close(&child, fd, ok && is_done);
}
