// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The other roles of the bench program: what a case runs in a process of its own.
 *
 *   service PORT   an echo actor against the rendezvous on PORT; prints its id
 *   rtc-service PORT   the same; speaks WebRTC only
 *   swarm PORT:COUNT:ID   so many clients of that service; says when all are connected
 *   far STACK      one measurement of webrtc_long_fat; prints MB/s
 *   udp-echo -     sends datagrams back; prints its port
 *   udp-sink -     counts what comes (udp_pair.h); prints its port
 *   lws -          a plain libwebsockets echo server; prints its port
 *
 * Each prints one line when it is ready and then lives until it is killed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "lws_echo.h"
#include "support.h"
#include "swarm.h"
#include "udp_pair.h"
#include "webrtc_far.h"

static int role_service(const char *port, enum support_wire wire)
{
    char id[ACTR_ID_STR_MAX];
    struct actr_node *node = support_node((uint16_t)atoi(port), wire, support_echo());
    if (!node)
        return 1;
    struct actr_id self = actr_node_id(node);
    puts(actr_id_format(&self, id));
    fflush(stdout);
    pause();
    return 0;
}

int bench_role(int argc, char **argv)
{
    const char *argument = argc > 1 ? argv[1] : "";
    if (strcmp(argv[0], "service") == 0)
        return role_service(argument, SUPPORT_BOTH);
    if (strcmp(argv[0], "rtc-service") == 0)
        return role_service(argument, SUPPORT_WEBRTC);
    if (strcmp(argv[0], "lws") == 0)
        return lws_echo_serve();
    if (strcmp(argv[0], "far") == 0)
        return webrtc_far_role(argument);
    if (strcmp(argv[0], "swarm") == 0)
        return swarm_role(argument);
    if (strcmp(argv[0], "udp-echo") == 0)
        return udp_pair_echo();
    if (strcmp(argv[0], "udp-sink") == 0)
        return udp_pair_sink();
    fprintf(stderr, "bench: no role %s\n", argv[0]);
    return 2;
}
