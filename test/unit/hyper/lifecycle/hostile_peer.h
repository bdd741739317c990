// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An actor that has come to do harm: it speaks to the server as one that is registered, and makes
 * a WebRTC session of which it owns every layer, so that it can say in each of them what no actor
 * would. It runs on the thread of the test, in hostile_until(). */
#pragma once

#include "hostile_rig.h"
#include "hyper/wire/webrtc/connection.h"
#include "hyper/wire/webrtc/sctp/sctp.h"

struct hostile {
    struct rig *rig;
    struct live_actor actor;
    struct loop *loop;
    struct net *net;
    struct udp_mux *mux;
    struct connection_settings settings;
    struct connection *connection;
    struct association_factory factory;
    struct certificate *certificate;
    struct dtls_context *context;
    struct hostile_association *association;
    struct actr_bytes description; /* of ours */
    bool lies;                     /* names a fingerprint that is not its own */
    bool is_greedy;                /* opens no lanes when it may */
    bool is_open;                  /* the association is up, the lanes are open */
    bool is_closed;
    int code;
    char detail[160];
    unsigned answers; /* descriptions of the victim */
    unsigned pings, pongs;
    uint64_t messages, bytes, resets;
    struct ice_credentials own, victim;
};

/* Registered and connected to the server. */
void hostile_open(struct hostile *hostile, struct rig *rig, const char *type);
void hostile_close(struct hostile *hostile);

/* Offers a session to the victim. */
void hostile_offer(struct hostile *hostile);
/* Goes on until `is_done` says so; fails the test when that takes too long. */
void hostile_until(struct hostile *hostile, bool (*is_done)(struct hostile *hostile));
/* Until the honest node has got so many more answers. */
void hostile_while_served(struct hostile *hostile, unsigned calls);
/* Until the server has taken what was said to it, and passed it on. */
void hostile_settle(struct hostile *hostile);
bool hostile_is_open(struct hostile *hostile);
bool hostile_is_closed(struct hostile *hostile);

/* A relay to the victim, of an envelope that live_relay() makes. */
struct signaling_envelope hostile_relay(struct hostile *hostile, enum relay_kind kind);
void hostile_describe(struct hostile *hostile, enum relay_sdp_type type, struct actr_view sdp,
                      const char *exchange_id);

/* One message on a stream, as SCTP takes it: 0, SCTP_FULL, or a refusal. */
int hostile_send(struct hostile *hostile, uint16_t stream, uint32_t ppid, const void *data,
                 size_t len);
/* OPEN of DCEP. */
int hostile_open_channel(struct hostile *hostile, uint16_t stream, const char *label);
struct sctp *hostile_sctp(struct hostile *hostile);
/* A record of DTLS: what the victim takes for a packet of SCTP. */
void hostile_send_packet(struct hostile *hostile, const void *data, size_t len);
/* A datagram by the path of the session. */
void hostile_send_datagram(struct hostile *hostile, const void *data, size_t len);
