// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What runs over the path of a connection: an encrypted association with four lanes. The contract
 * has two implementations: DTLS, SCTP and data channels (secure_factory.h), and a simple one
 * for simulations, because the libraries of the first read the real clock.
 *
 * Lanes (ASSOCIATION_LANES, in the order of enum actr_payload_type): the offerer of the session
 * makes them, the answerer takes messages before that and keeps them. Loop thread. Events may come
 * inside any call but _send() and _free(); the owner must not free it inside an event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/certificate.h"

struct association;
struct association_factory;

#define ASSOCIATION_LANES 4
#define ASSOCIATION_FULL 1

struct association_events {
    void (*send)(void *owner, struct actr_view datagram); /* lent */
    /* The same, at once and never in fragments: a probe for the size of the path (path_mtu.h).
     * False: it is larger than the path takes for sure, and was not sent. */
    bool (*probe)(void *owner, struct actr_view datagram);
    /* Messages may be sent, and the peer reads them. */
    void (*on_ready)(void *owner);
    void (*on_message)(void *owner, uint8_t lane, struct actr_bytes message);
    void (*on_writable)(void *owner, uint8_t lane);
    /* Over: code 0 after association_close(); else ACTR_EUNAVAILABLE (the peer closed, or does not
     * read), ACTR_EPERMISSION (it is somebody else), …. detail is lent. Last event. */
    void (*on_closed)(void *owner, int code, const char *detail);
};

/* What the descriptions say. */
struct association_peer {
    bool is_offerer;     /* of the session: we make the lanes */
    bool is_dtls_client; /* by the a=setup of both */
    const struct fingerprint *fingerprints;
    size_t fingerprint_count;
    uint32_t message_len_max;
    uint16_t sctp_port;
};

struct association_stats {
    uint64_t bytes_in, bytes_out, retransmitted;
    uint64_t rtt_us;
    uint64_t records_dropped;         /* did not authenticate, malformed, replayed */
    uint64_t channels_refused;        /* that the peer wanted to open */
    size_t queued[ASSOCIATION_LANES]; /* bytes */
};

struct association_ops {
    const struct fingerprint *(*fingerprint)(const struct association *association);
    uint32_t (*message_len_max)(const struct association *association);
    int (*begin)(struct association *association, const struct association_peer *peer);
    void (*start)(struct association *association, uint64_t now_us);
    bool (*receive)(struct association *association, struct actr_view datagram, uint64_t now_us);
    void (*receive_end)(struct association *association);
    int (*send)(struct association *association, uint8_t lane, struct actr_bytes message);
    void (*read)(struct association *association, bool enable);
    void (*path_doubted)(struct association *association);
    void (*path_changed)(struct association *association);
    void (*close)(struct association *association);
    uint64_t (*tick)(struct association *association, uint64_t now_us);
    uint64_t (*deadline)(const struct association *association);
    void (*stats)(struct association *association, struct association_stats *ret_stats);
    void (*free)(struct association *association);
};

/* First member of implementations. */
struct association {
    const struct association_ops *ops;
};

/* First member of implementations; makes associations that need begin(). ACTR_ENOMEM,
 * ACTR_EINTERNAL. */
struct association_factory {
    int (*make)(struct association_factory *factory, const struct association_events *events,
                void *owner, struct association **ret_association);
};

static inline int association_make(struct association_factory *factory,
                                   const struct association_events *events, void *owner,
                                   struct association **ret_association)
{
    return factory->make(factory, events, owner, ret_association);
}

/* Of our certificate, for our description. */
static inline const struct fingerprint *
association_fingerprint(const struct association *association)
{
    return association->ops->fingerprint(association);
}

/* Of one message of the peer, bytes: for our description. */
static inline uint32_t association_message_len_max(const struct association *association)
{
    return association->ops->message_len_max(association);
}

/* Both descriptions are known. Once. ACTR_ENOMEM, ACTR_EINTERNAL. */
static inline int association_begin(struct association *association,
                                    const struct association_peer *peer)
{
    return association->ops->begin(association, peer);
}

/* There is a path. Once, after begin(). */
static inline void association_start(struct association *association, uint64_t now_us)
{
    association->ops->start(association, now_us);
}

/* A datagram of the peer, after begin(); may be written to. False: it is not for this one. */
static inline bool association_receive(struct association *association, struct actr_view datagram,
                                       uint64_t now_us)
{
    return association->ops->receive(association, datagram, now_us);
}

/* The burst is over. */
static inline void association_receive_end(struct association *association)
{
    association->ops->receive_end(association);
}

/* After on_ready. Consumes message. 0; ASSOCIATION_FULL (taken; on_writable follows); ACTR_EINVALID
 * (larger than the peer takes); ACTR_EUNAVAILABLE (the peer does not read, or has closed the lane:
 * close it); ACTR_ENOMEM. */
static inline int association_send(struct association *association, uint8_t lane,
                                   struct actr_bytes message)
{
    return association->ops->send(association, lane, message);
}

/* Off: nothing more is handed up, and the peer is pushed back, on every lane. */
static inline void association_read(struct association *association, bool enable)
{
    association->ops->read(association, enable);
}

/* The path may be dead: until association_path_changed() what is outstanding is sent again and
 * again, so that it arrives soon after there is a path. */
static inline void association_path_doubted(struct association *association)
{
    association->ops->path_doubted(association);
}

/* Another path is in use, or the old one is back. */
static inline void association_path_changed(struct association *association)
{
    association->ops->path_changed(association);
}

/* What was taken is delivered and acknowledged first, then the peer is told; on_closed follows. */
static inline void association_close(struct association *association)
{
    association->ops->close(association);
}

/* Does what is due. UINT64_MAX: nothing will be. */
static inline uint64_t association_tick(struct association *association, uint64_t now_us)
{
    return association->ops->tick(association, now_us);
}
static inline uint64_t association_deadline(const struct association *association)
{
    return association->ops->deadline(association);
}

static inline void association_get_stats(struct association *association,
                                         struct association_stats *ret_stats)
{
    association->ops->stats(association, ret_stats);
}

/* At once; tells the peer that it is over when it can. NULL is fine. */
static inline void association_free(struct association *association)
{
    if (association)
        association->ops->free(association);
}
