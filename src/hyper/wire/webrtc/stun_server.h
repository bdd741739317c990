// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One STUN server: looks its name up and asks it, over the mux and by each address family, as what
 * it sees us (RFC 8489, Binding). The system chooses the address to ask from; the answer shows it.
 *
 * Loop thread. on_news comes inside stun_server_receive(), for its owner to note, and by itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hyper/wire/webrtc/ice/stun.h"
#include "hyper/wire/webrtc/server_url.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "net/resolve.h"
#include "sys/loop.h"

enum stun_query_state {
    STUN_QUERY_IDLE,
    STUN_QUERY_ASKING,
    STUN_QUERY_ANSWERED,
    STUN_QUERY_FAILED
};

/* One Binding transaction; for reading. */
struct stun_query {
    enum stun_query_state state;
    struct net_address server;
    struct net_address base, mapped; /* once answered: from where we asked, as what it saw us */
    uint8_t transaction[STUN_TRANSACTION_LEN];
    uint64_t due_us, wait_us; /* of the next transmission; how long the one after it waits */
};

/* Embedded; set env, url and on_news, rest zero. */
struct stun_server {
    struct loop *loop;
    struct net *net;
    struct udp_mux *mux;
    struct udp_mux_user *user; /* whose routes lead here */
    struct server_url url;
    /* A query was answered, or is_settled. */
    void (*on_news)(struct stun_server *server);
    void *owner;

    /* For reading. */
    struct stun_query queries[2]; /* IPv4, IPv6 */
    bool is_settled;              /* nothing more will come */
    int code;                     /* why nothing came, once settled; 0: something did */
    char detail[160];

    struct net_resolve *_resolve;
    struct loop_timer _timer;
    uint64_t _until_us;
    bool _has[2]; /* families that we have an address of */
};

/* Asks (anew). */
void stun_server_start(struct stun_server *server, bool has_ipv4, bool has_ipv6,
                       uint64_t timeout_us);
/* Harmless when it was never started. */
void stun_server_stop(struct stun_server *server);

/* False: it is not an answer to a question of ours. */
bool stun_server_receive(struct stun_server *server, const struct datagram *datagram);
