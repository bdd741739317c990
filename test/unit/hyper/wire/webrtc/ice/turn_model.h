// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A small TURN server on virtual time (RFC 8656): one client, its allocation, permissions and
 * channels, with their ends; and the faults that a test asks for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyper/wire/webrtc/ice/stun.h"
#include "hyper/wire/webrtc/ice/turn_client.h"

#define MODEL_SECOND 1000000u
#define MODEL_MINUTE (60 * (uint64_t)MODEL_SECOND)
#define MODEL_PACKETS_MAX 256
#define MODEL_PEERS_MAX 80
#define MODEL_DATA_MAX 16500

struct model_packet {
    uint8_t data[STUN_PACKET_MAX];
    size_t len;
};

/* What arrived at a peer, or came from one to the client. */
struct model_data {
    struct net_address peer;
    uint8_t data[MODEL_DATA_MAX];
    size_t len;
    bool by_channel;
};

struct model_peer {
    struct net_address address;
    uint64_t permitted_to_us, bound_to_us;
    uint16_t channel;
};

struct turn_model {
    uint64_t now_us;
    struct turn_client *client;
    uint64_t random;

    /* The server. */
    const char *username, *password, *realm;
    char nonce[32];
    const char *algorithms; /* PASSWORD-ALGORITHMS as hex; NULL: none, and MD5 with SHA-1 */
    unsigned algorithm;     /* that it wants to see chosen */
    bool is_open;           /* wants no credentials */
    uint32_t lifetime_s;
    uint64_t allocated_to_us;
    char allocated_by[64];
    struct net_address relayed;
    struct net_address alternate; /* what a 300 names; port 0: nothing */
    struct model_peer peers[MODEL_PEERS_MAX];
    size_t peer_count;
    struct model_packet answers[MODEL_PACKETS_MAX]; /* on their way to the client */
    size_t answer_first, answer_count;

    /* Faults. */
    unsigned drops;         /* requests that get lost, from now on */
    bool is_dead;           /* never answers */
    unsigned refuse_method; /* this method … */
    unsigned refuse_code;   /* … is refused so */
    bool refuses_once;
    bool forges;          /* signs with a wrong key */
    bool forgets_address; /* a success without the relayed address */
    bool is_blind;        /* for the family that is asked for */

    /* What happened. */
    unsigned requests[16]; /* by method, as they arrived */
    unsigned indications;
    struct model_data at_peer, at_client; /* the last ones */
    unsigned peer_count_in, client_count_in;
    unsigned allocated_count, failed_count, redirected_count;
    struct net_address client_redirected;
    struct net_address client_relayed, client_mapped;
    int failed_code;
    char failed_detail[160];
    size_t last_len;
};

/* A client that has not started. */
void model_init(struct turn_model *model, bool is_reliable);
/* One that wants a relayed address of IPv6, of a server that has only such. */
void model_init_ipv6(struct turn_model *model);
void model_deinit(struct turn_model *model);
/* With the right credentials, until it has its allocation. */
void model_allocate(struct turn_model *model);

/* Lets time pass. */
void model_run(struct turn_model *model, uint64_t duration_us);
/* Delivers what is due now. */
void model_settle(struct turn_model *model);
/* Time passes, and nobody looks. */
void model_sleep(struct turn_model *model, uint64_t duration_us);

void model_send(struct turn_model *model, const struct net_address *peer, const char *text);
/* A peer sends to the relayed address. False: the server does not let it in. */
bool model_peer_sends(struct turn_model *model, const struct net_address *peer, const char *text);

struct net_address model_address(unsigned last, uint16_t port);
struct model_peer *model_peer(struct turn_model *model, const struct net_address *address);
