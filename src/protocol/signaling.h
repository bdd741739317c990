// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* signaling.SignalingEnvelope with every flow and payload: one envelope is one binary message of
 * the signaling WebSocket.
 *
 * A request is ActrToSignaling, its answer SignalingToActr with reply_for = the request's envelope
 * id; relays (relay.h) and pushes have no reply_for. A payload or flow that this code does not know
 * decodes as …_NONE and is ignored by whoever gets it.
 *
 * Decoding and encoding: as in ais.h (arena, borrowed views, absent text, refusals, bounds), but
 * relay.raw. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "protocol/ais.h"
#include "protocol/credential.h"
#include "protocol/error.h"
#include "protocol/relay.h"
#include "protocol/service_spec.h"

struct arena;

#define SIGNALING_VERSION 2

/* ---- Requests: actor to server (signaling.ActrToSignaling) ---- */

/* Field numbers of the oneof. */
enum signaling_request_kind {
    SIGNALING_REQUEST_NONE = 0,
    SIGNALING_UNREGISTER = 3,
    SIGNALING_PING = 4,
    SIGNALING_DISCOVERY = 10,
    SIGNALING_ROUTE_CANDIDATES = 11,
    SIGNALING_GET_SERVICE_SPEC = 12,
    SIGNALING_GET_SIGNING_KEY = 13,
    SIGNALING_SUBSCRIBE_UP = 20,
    SIGNALING_UNSUBSCRIBE_UP = 21,
    SIGNALING_REQUEST_ERROR = 30 /* the actor reports an error; not answered */
};

/* actr.ServiceAvailabilityState. */
enum signaling_availability {
    SIGNALING_FULL = 0,
    SIGNALING_DEGRADED = 1,
    SIGNALING_OVERLOADED = 2,
    SIGNALING_UNAVAILABLE = 3
};

/* actr.ServiceDependencyState. */
enum signaling_dependency { SIGNALING_HEALTHY = 0, SIGNALING_WARNING = 1, SIGNALING_BROKEN = 2 };

/* actr.NodeSelectionCriteria.NodeRankingFactor. */
enum signaling_ranking {
    SIGNALING_MAXIMUM_POWER_RESERVE = 0,
    SIGNALING_MINIMUM_MAILBOX_BACKLOG = 1,
    SIGNALING_EXACT_MATCH_FIRST = 2,
    SIGNALING_NEAREST = 3,
    SIGNALING_CLIENT_AFFINITY = 4
};

struct signaling_unregister {
    struct actr_id id;
    struct actr_view reason; /* ptr NULL: absent */
};

struct signaling_ping {
    int32_t availability;  /* enum signaling_availability */
    float power_reserve;   /* any value, also NaN: the sender's word */
    float mailbox_backlog; /* as above */
    const struct actr_view *sticky_client_ids;
    size_t sticky_client_id_count;
};

struct signaling_discovery {
    struct actr_view manufacturer; /* ptr NULL: any */
    uint32_t limit;                /* 64 when absent */
    bool has_limit;
};

struct signaling_criteria {
    uint32_t candidate_count;
    const int32_t *ranking_factors; /* enum signaling_ranking */
    size_t ranking_factor_count;
    bool has_dependency_min, has_health_min;
    int32_t dependency_min; /* enum signaling_dependency: this state or a better one */
    int32_t health_min;     /* enum signaling_availability: this state or a better one */
};

struct signaling_location {
    struct actr_view region; /* ptr NULL: absent */
    double latitude, longitude;
    bool has_latitude, has_longitude;
};

struct signaling_route_candidates {
    struct actr_type target_type;
    bool has_criteria, has_location;
    struct signaling_criteria criteria;
    struct signaling_location location;
    struct actr_view client_fingerprint; /* required; may be empty */
};

struct signaling_request {
    struct actr_id source;
    struct credential credential;
    enum signaling_request_kind kind;
    union {
        struct signaling_unregister unregister;
        struct signaling_ping ping;
        struct signaling_discovery discovery;
        struct signaling_route_candidates route_candidates;
        struct actr_view spec_name;  /* SIGNALING_GET_SERVICE_SPEC */
        uint32_t key_id;             /* SIGNALING_GET_SIGNING_KEY */
        struct actr_type up_type;    /* SIGNALING_SUBSCRIBE_UP, SIGNALING_UNSUBSCRIBE_UP */
        struct error_response error; /* SIGNALING_REQUEST_ERROR */
    };
};

/* ---- Answers and pushes: server to actor (signaling.SignalingToActr) ---- */

/* Field numbers of the oneof. */
enum signaling_reply_kind {
    SIGNALING_REPLY_NONE = 0,
    SIGNALING_REGISTERED = 2,
    SIGNALING_UNREGISTERED = 3,
    SIGNALING_PONG = 4,
    SIGNALING_DISCOVERED = 10,
    SIGNALING_CANDIDATES = 11,
    SIGNALING_SERVICE_SPEC = 12,
    SIGNALING_SIGNING_KEY = 13,
    SIGNALING_SUBSCRIBED = 20,
    SIGNALING_UNSUBSCRIBED = 21,
    SIGNALING_ACTOR_UP = 22,   /* a push */
    SIGNALING_REPLY_ERROR = 30 /* answers any request, and relays too */
};

/* An answer that is an error, or success without content: unregister, subscribe, unsubscribe. */
struct signaling_outcome {
    enum ais_result result;
    struct error_response error; /* AIS_RESULT_ERROR */
};

struct signaling_pong {
    uint64_t seq;
    uint32_t suggest_interval_s;
    bool has_suggest_interval;
    bool has_warning;
    int32_t warning_type; /* 0: the credential's key will soon be gone; renew */
    struct actr_view warning_message;
};

/* One type that runs somewhere. */
struct signaling_type_entry {
    struct actr_type type;
    struct actr_view name;
    struct actr_view description; /* ptr NULL: absent */
    struct actr_view fingerprint;
    const struct actr_view *tags;
    size_t tag_count;
    int64_t published_at_s; /* unix time */
    bool has_published_at;
};

struct signaling_discovered {
    enum ais_result result;
    struct error_response error; /* AIS_RESULT_ERROR */
    const struct signaling_type_entry *entries;
    size_t entry_count;
};

struct signaling_ws_address {
    struct actr_id candidate;
    struct actr_view address; /* ptr NULL: the server knows none */
};

struct signaling_candidates {
    enum ais_result result;
    struct error_response error; /* AIS_RESULT_ERROR */
    const struct actr_id *ids;   /* best first */
    size_t id_count;
    const struct signaling_ws_address *addresses; /* any order, not for every candidate */
    size_t address_count;
};

struct signaling_service_spec {
    enum ais_result result;
    struct error_response error; /* AIS_RESULT_ERROR */
    struct service_spec spec;    /* AIS_RESULT_SUCCESS */
};

struct signaling_signing_key {
    uint32_t key_id;
    struct actr_view pubkey; /* 32 bytes when genuine (not checked here) */
};

struct signaling_reply {
    struct actr_id target;
    enum signaling_reply_kind kind;
    union {
        struct ais_response registered;
        struct signaling_outcome outcome; /* …_UNREGISTERED, …_SUBSCRIBED, …_UNSUBSCRIBED */
        struct signaling_pong pong;
        struct signaling_discovered discovered;
        struct signaling_candidates candidates;
        struct signaling_service_spec service_spec;
        struct signaling_signing_key signing_key;
        struct actr_id up_id;        /* SIGNALING_ACTOR_UP */
        struct error_response error; /* SIGNALING_REPLY_ERROR */
    };
};

/* ---- The envelope ---- */

/* Field numbers of the oneof. */
enum signaling_flow {
    SIGNALING_FLOW_NONE = 0,
    SIGNALING_FLOW_PEER_TO_SERVER = 10, /* before there is an identity: registration */
    SIGNALING_FLOW_ACTR_TO_SERVER = 11,
    SIGNALING_FLOW_SERVER_TO_ACTR = 12,
    SIGNALING_FLOW_RELAY = 13,
    SIGNALING_FLOW_ERROR = 14 /* about the envelope itself */
};

struct signaling_envelope {
    uint32_t version;           /* SIGNALING_VERSION; nobody refuses others */
    struct actr_view id;        /* unique for its sender */
    struct actr_view reply_for; /* ptr NULL: absent */
    struct actr_view traceparent, tracestate;
    enum signaling_flow flow;
    union {
        /* SIGNALING_FLOW_PEER_TO_SERVER; NULL: no payload, or one that this code does not know. */
        const struct ais_register_request *register_request;
        struct signaling_request request;
        struct signaling_reply reply;
        struct relay relay;
        struct error_response error;
    };
};

/* Views of the result point into arena, relay.raw into bytes. ACTR_EDECODE: the message is to be
 * dropped, the connection kept. ACTR_ENOMEM. *ret_envelope untouched on failure. */
int signaling_decode(struct actr_view bytes, struct arena *arena,
                     struct signaling_envelope *ret_envelope) ACTR_MUST_CHECK;

/* Fresh bytes with BYTES_HEADROOM in front; fields in ascending order. A failed value when memory
 * has run out. */
struct actr_bytes signaling_encode(const struct signaling_envelope *envelope);
