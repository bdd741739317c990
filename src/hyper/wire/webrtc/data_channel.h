// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The data channels of one session (RFC 8831): opened by DCEP from either side, closed by stream
 * reset, scheduled by rank into the SCTP association.
 *
 * Sending: each channel has a queue; messages wait here, not in SCTP, which holds only what the
 * next acknowledgement may set free. The channel of the best rank with something to send goes
 * first; equal ones take turns by bytes. So a bulk stream delays a small message by at most what
 * SCTP holds. A message over one fragment's size is the caller's to cut (fragment.h).
 *
 * Bounds: DATA_CHANNELS_MAX open channels, further OPENs of the peer are answered by a reset, ours
 * fail; queue_max bytes a channel; beyond what data_channels_total says for all of them, four times
 * queue_high a channel. Ids are assigned by DTLS role (client even, server odd), beginning with 1
 * for a server as the existing system does, 0 for a client; remote ids may be any.
 *
 * Loop thread. Events come inside data_channels_on_…() and from the loop, never inside a send; all
 * may be freed in one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/dcep.h"
#include "hyper/wire/webrtc/sctp/sctp.h"

struct data_channel;
struct data_channels;

#define DATA_CHANNELS_MAX 256
#define DATA_CHANNEL_FULL 1

struct data_channel_options {
    const char *label;
    bool is_unordered;
    uint8_t reliability;
    uint32_t reliability_value;
    uint16_t priority; /* of DCEP: 128, 256, 512, 1024 */
    uint8_t rank;      /* ours: 0 goes first */
};

struct data_channels_events {
    /* The peer opened one; label is lent. Set its user and rank, or close it. */
    void (*on_opened)(void *owner, struct data_channel *channel, const struct dcep_open *open);
    /* A channel of ours was acknowledged. */
    void (*on_acknowledged)(void *owner, struct data_channel *channel);
    /* A reference; may be empty. */
    void (*on_message)(void *owner, struct data_channel *channel, bool is_text,
                       struct actr_bytes message);
    void (*on_writable)(void *owner, struct data_channel *channel);
    /* Both sides have closed it, or ours without ever having told the peer; freed when this
     * returns. What the peer has sent before came by on_message. */
    void (*on_closed)(void *owner, struct data_channel *channel);
    /* Every queue and the association are empty (after data_channels_drain()). */
    void (*on_drained)(void *owner);
};

/* What waits in the channels of several sessions. Embedded, zeroed but for the bound. */
struct data_channels_total {
    size_t bytes, bytes_max;
};

struct data_channels_options {
    struct data_channels_total *total; /* NULL: none; outlives the channels */
    bool is_dtls_client;
    uint32_t message_len_max; /* of the peer (a=max-message-size); 0: 65,536 */
    size_t queue_high;        /* bytes of one channel that mean FULL; 0: 256 KiB */
    size_t queue_max;         /* not taken beyond it; 0: 64 MiB */
    size_t unsent_max;        /* bytes that SCTP has and has not sent yet beyond which only rank 0
                                 goes on; 0: 128 KiB */
};

/* NULL when memory has run out. sctp is borrowed. */
struct data_channels *data_channels_new(const struct data_channels_options *options,
                                        struct sctp *sctp,
                                        const struct data_channels_events *events, void *owner);
/* Returns NULL; NULL is fine. */
struct data_channels *data_channels_free(struct data_channels *channels);

/* For the owner of the association: pass its events on. */
void data_channels_on_open(struct data_channels *channels, uint16_t streams_out,
                           uint16_t streams_in);
void data_channels_on_message(struct data_channels *channels, const struct sctp_message *head,
                              struct actr_bytes bytes);
void data_channels_on_writable(struct data_channels *channels);
void data_channels_on_reset(struct data_channels *channels, const uint16_t *streams, size_t count,
                            bool is_incoming);

/* Opens a channel; may be used at once (RFC 8832 §6), also before the association is up.
 * ACTR_ENOMEM, ACTR_EINVALID (label, reliability), ACTR_EUNAVAILABLE (DATA_CHANNELS_MAX). */
int data_channel_open(struct data_channels *channels, const struct data_channel_options *options,
                      struct data_channel **ret_channel) ACTR_MUST_CHECK;
/* Consumes message. 0, DATA_CHANNEL_FULL (taken), ACTR_EUNAVAILABLE (over queue_max: not taken),
 * ACTR_EINVALID (over message_len_max), ACTR_ESTATE (closing), ACTR_ENOMEM. */
int data_channel_send(struct data_channel *channel, bool is_text,
                      struct actr_bytes message) ACTR_MUST_CHECK;
/* What waits leaves first, then the stream is reset; on_closed follows. */
void data_channel_close(struct data_channel *channel);
/* on_drained when all that was taken has been acknowledged by the peer. */
void data_channels_drain(struct data_channels *channels);

size_t data_channel_queued(const struct data_channel *channel);
void data_channel_set_user(struct data_channel *channel, void *user, uint8_t rank);
void *data_channel_user(const struct data_channel *channel);
/* OPENs of the peer that were refused. */
uint64_t data_channels_refused(const struct data_channels *channels);
