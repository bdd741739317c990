// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the files of a connection share: connection.c moves packets and news, connection_sdp.c takes
 * and makes descriptions and candidates, connection_early.c keeps what comes too early,
 * connection_probe.c asks whether the peer lives, and how often. Nobody else but their test
 * includes this. Loop thread. */
#pragma once

#include "base/list.h"
#include "hyper/wire/webrtc/connection.h"
#include "hyper/wire/webrtc/gatherer.h"
#include "hyper/wire/webrtc/sdp.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "sys/log.h"
#include "sys/loop.h"

/* mDNS names that are being looked up; further ones are dropped. */
#define CONNECTION_NAMES_MAX 16

/* Datagrams of the peer that have come before there is a path to answer by: a peer may see one
 * earlier than we do. Further or longer ones are dropped; it sends them again, after a second. */
#define CONNECTION_EARLY_MAX 8
#define CONNECTION_EARLY_LEN_MAX 1500

/* Told in this order. */
enum {
    CONNECTION_NEWS_READY = 1,
    CONNECTION_NEWS_HELD = 2,
    CONNECTION_NEWS_PATH = 4,
    CONNECTION_NEWS_CANDIDATES = 8,
    CONNECTION_NEWS_END = 16
};

/* A message that waits until the owner reads. */
struct connection_held {
    struct list link;
    struct actr_bytes message;
    uint8_t lane;
};

struct connection_early {
    struct list link;
    size_t len;
    uint8_t bytes[];
};

struct connection {
    const struct connection_settings *settings;
    const struct connection_events *events;
    void *owner;
    struct ice_agent *agent;
    struct gatherer *gatherer;
    struct association *association;
    struct udp_mux_user user;
    struct loop_timer timer;
    struct loop_task told;
    struct loop_task soon; /* what the timer does: candidates have come, and a timer's least is a
                              millisecond */
    unsigned news;
    bool is_offerer, is_reading;
    bool has_begun;   /* the association knows its peer */
    bool has_started; /* and has a path */
    bool has_path;
    bool is_told; /* on_ready */
    bool is_over; /* on_closed is to come; nothing goes in or out */
    bool is_awaited, is_resting;
    uint64_t used_us; /* a message was last sent or received */
    uint64_t armed_us, close_us;
    uint64_t refused_us; /* the port at the end of the path was last said to be closed; 0: never */
    struct list held;
    struct list early;
    size_t early_count;
    struct net_address locals[UDP_MUX_LOCALS_MAX];
    size_t local_count;
    size_t announced; /* NEWS_CANDIDATES: so many of them have been told again */
    struct candidate names[CONNECTION_NAMES_MAX];
    size_t name_count;
    uint64_t datagrams_in, datagrams_out;
    uint64_t media[3]; /* datagrams in, by enum rtp_kind */
    uint64_t sdp_session, sdp_version;
    /* As the peer's descriptions say. */
    uint64_t remote_session; /* 0: not told */
    struct fingerprint fingerprints[SDP_FINGERPRINTS_MAX];
    size_t fingerprint_count, media_count;
    bool is_dtls_client; /* we */
    uint32_t restarts;
    int code;
    char detail[192];
};

/* Before has_started: keeps a copy. */
void connection_early_keep(struct connection *connection, struct actr_view datagram);
/* To the association, which has just been started. */
void connection_early_deliver(struct connection *connection, uint64_t now_us);
void connection_early_drop(struct connection *connection);

void connection_end(struct connection *connection, int code, const char *detail);

/* After whatever may have changed the agent. */
void connection_settle(struct connection *connection);

/* A message is sent, or was received. */
void connection_use(struct connection *connection);
/* Now and then: nobody may need the path at present. */
void connection_look(struct connection *connection);

/* udp_mux_user_events.on_refused. */
void connection_on_refused(struct udp_mux_user *user, const struct net_address *remote);

/* Requests for our newest user fragment are ours. ACTR_ENOMEM, …. */
int connection_name(struct connection *connection) ACTR_MUST_CHECK;
