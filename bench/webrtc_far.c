// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A long fat path that loses: 200 ms there and back, 1 % of the datagrams, the same ones in every
 * run; between the two peers is the relay of test/net, which speaks on the loopback device.
 *
 * Peers use that device only when there is no other, so the measurement is made in a child with a
 * network of its own (needs the right to make one: root, or user namespaces). */
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "pair.h"
#include "process.h"
#include "webrtc_far.h"

#define FAR_BYTES 2000000ull
#define FAR_SIZE 16384
#define FAR_MS 200000

static bool enter_network(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
        perror("bench: no network of its own");
        return false;
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool ok = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return ok;
}

int webrtc_far_role(const char *argument)
{
    static struct pair pair;
    double ms, mbps;
    int stack = atoi(argument);
    bool ok = stack >= 0 && stack < PAIR_STACKS && enter_network() &&
              pair_open(&pair, (enum pair_stack)stack) &&
              pair_impair(&pair, "delay 100", "loss 1") && pair_connect(&pair, &ms) &&
              pair_flood(&pair, FAR_SIZE, FAR_BYTES, &mbps);
    pair_close(&pair);
    if (!ok)
        return 1;
    printf("%.6f\n", mbps);
    return 0;
}

static bool flood_far(enum pair_stack stack, double *ret_mbps)
{
    struct process child = {0};
    char line[64], number[16];
    char *argv[] = {(char *)bench_self(), "--role", "far", number, NULL};
    snprintf(number, sizeof(number), "%d", (int)stack);
    bool ok =
        process_start(&child, "far", argv) && process_line(&child, line, sizeof(line), FAR_MS);
    process_end(&child, SIGKILL);
    if (ok)
        *ret_mbps = strtod(line, NULL);
    return ok;
}

static bool run_long_fat(struct bench_sample *sample)
{
    return flood_far(PAIR_OURS, &sample->value) &&
           flood_far(PAIR_LIBDATACHANNEL, &sample->baseline);
}

const struct bench_case bench_webrtc_far[] = {
    {"webrtc_long_fat",
     "16 KiB messages, 200 ms there and back, 1 % lost; baseline: usrsctp in libdatachannel",
     "MB/s", BENCH_RATIO_MIN, 2, 1, true, run_long_fat},
    {0},
};
