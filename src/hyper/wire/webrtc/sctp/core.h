// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The inside of an association, for the files of this folder: what each of them keeps, and what the
 * others may ask of it.
 *
 *   handshake   tags, streams and extensions are agreed on
 *   outgoing    messages that were taken; packets are made of them
 *   flight      chunks that have left and are not acknowledged; loss
 *   incoming    which TSNs have come; acknowledgements
 *   delivery    chunks become messages, in the order of their stream; events wait for the owner
 *   reconfig    streams are reset, and added by the peer
 *   path        how large packets may be
 *   sctp        the owner's calls, packets in, time
 *
 * A packet flows from sctp to the file that its chunks are for; what they cause leaves by
 * sctp_outgoing_run(), at the end. Loop thread. */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/pool.h"
#include "hyper/wire/webrtc/sctp/packet.h"
#include "hyper/wire/webrtc/sctp/path_mtu.h"
#include "hyper/wire/webrtc/sctp/rate.h"
#include "hyper/wire/webrtc/sctp/sctp.h"
#include "sys/loop.h"

#define SCTP_NEVER UINT64_MAX
/* Bounds of what one association keeps track of. */
#define SCTP_FLIGHT_MAX 16384   /* chunks that are not acknowledged; one is kept for giving up */
#define SCTP_INCOMING_MAX 16384 /* TSNs beyond the first missing one */
/* What a message or chunk that waits costs beside its bytes, in the window: its event, and what the
 * memory of its bytes has around it. */
#define SCTP_ITEM_COST 192
#define SCTP_COOKIE_MAX 2048 /* bytes; of the peer */
#define SCTP_TRIES_MAX 10    /* of INIT and COOKIE ECHO */
/* Chunks of one packet that are answered at once; more are passed over. Each answer is a packet. */
#define SCTP_ANSWERS_MAX 4

enum sctp_state { SCTP_NEW, SCTP_COOKIE_WAIT, SCTP_COOKIE_ECHOED, SCTP_UP, SCTP_OVER };

/* What INIT and INIT ACK say of their sender. */
struct sctp_party {
    uint32_t tag, tsn, window;
    uint16_t streams_out, streams_in;
    bool has_forward, takes_unchecked;
    bool has_pad; /* it is one of our kind: nobody else announces that */
};

/* A message to be sent, until all its chunks are acknowledged. */
struct sctp_outgoing {
    struct list link; /* of the queue, until its last chunk has left */
    struct actr_bytes bytes;
    uint32_t ppid, offset; /* offset: what has left */
    uint32_t chunks;       /* in flight */
    uint16_t stream, ssn;
    bool is_unordered, has_begun, is_past;
    uint32_t past_tsn; /* is_past: its stream is reset when this TSN has come */
    uint8_t reliability;
    uint64_t limit; /* retransmissions, or when it expires */
};

enum sctp_flying_state { SCTP_SENT, SCTP_LOST, SCTP_ACKED, SCTP_ABANDONED };

/* A chunk that has left. */
struct sctp_flying {
    struct sctp_outgoing *message;
    uint32_t offset;
    uint32_t packet; /* number of the packet it left in last */
    uint16_t len, sendings;
    uint8_t state, flags;
    struct sctp_rate_mark mark;
};

struct sctp_flight {
    struct sctp_flying *ring; /* by TSN */
    uint32_t cap;             /* a power of two, or 0 */
    uint32_t first, next;     /* TSNs: the first that is not acknowledged, the next to be given */
    uint32_t forward;         /* the last that was abandoned without a gap before it */
    uint32_t lost, lost_from; /* chunks to be sent again, and no such TSN is before lost_from */
    size_t bytes;             /* in flight: sent and neither acknowledged nor lost */
    uint32_t packets;         /* numbered so far */
    uint32_t packet_acked;    /* the highest that was acknowledged */
    uint32_t reordered;       /* packets that one may be late before it is lost */
    /* The last SACK had as many blocks as its writer writes: what is after `told` may have come. */
    uint32_t told;
    uint64_t told_us;                         /* when it came; 0: it said everything */
    uint64_t rtt_us, rtt_var_us, rtt_last_us; /* smoothed (RFC 6298); 0: unknown */
    unsigned timeouts;                        /* in a row */
    uint64_t timeout_us, loss_us;             /* deadlines */
};

/* A chunk that came before others. */
struct sctp_piece {
    bool is_here, is_done; /* done: handed on, only its TSN counts */
    uint8_t flags;
    uint16_t stream, ssn;
    uint32_t ppid;
    uint32_t end; /* of the first and the last of a row that may be one message: TSN of the other */
    struct actr_bytes bytes;
};

struct sctp_incoming {
    struct sctp_piece *ring; /* by TSN */
    uint32_t cap;
    uint32_t last;    /* TSN: it and all before it have come */
    uint32_t highest; /* TSN that has come */
    unsigned packets; /* with data, not acknowledged yet */
    bool has_data;    /* in the packet that is looked at */
    bool is_due;      /* an acknowledgement must leave now */
    uint64_t due_us;  /* or then */
    uint32_t window;  /* that the last one told */
};

/* A stream of the peer. */
struct sctp_stream {
    uint64_t next;       /* message: its SSN, and how often that has wrapped */
    struct heap waiting; /* messages after that, by the same number */
};

enum sctp_event_kind { SCTP_EVENT_MESSAGE, SCTP_EVENT_RESET, SCTP_EVENT_OPEN };

/* What waits to be handed up, or for its turn in its stream. */
struct sctp_event {
    union {
        struct heap_node turn; /* in its stream */
        struct list link;      /* ready */
    };
    enum sctp_event_kind kind;
    bool is_incoming; /* of RESET */
    struct sctp_message head;
    struct actr_bytes bytes; /* of RESET: the streams, as uint16_t */
};

struct sctp_delivery {
    struct sctp_stream *streams;
    uint32_t stream_count; /* that have been seen */
    struct list ready;
    struct pool events;
    struct actr_bytes part; /* the beginning of a message, in a block that is written on */
    uint8_t *part_data;
    size_t part_len;
    bool is_part_open;
    size_t held; /* bytes of all that waits, with costs */
};

struct sctp_reconfig {
    uint32_t request;  /* number of our next one */
    uint32_t expected; /* of the peer's next one */
    uint32_t result;   /* of the peer's last one */
    uint16_t *wanted;  /* streams to be reset */
    size_t wanted_count, wanted_cap;
    uint8_t body[512];   /* our request that is not answered yet */
    size_t body_len;     /* 0: none */
    size_t stream_count; /* that it resets */
    unsigned tries;
    uint64_t due_us;
    bool is_due;
    bool has_peer_request; /* one of the peer waits for data before it */
    uint32_t peer_tsn;
    struct actr_bytes peer_streams;
};

struct sctp {
    struct loop *loop;
    const struct sctp_events *events;
    void *owner;
    struct sctp_options options;
    enum sctp_state state;
    uint16_t mtu; /* of packets on the present path, bytes */
    struct path_mtu path;
    struct sctp_party here, there;
    uint8_t secret[16]; /* in our cookies */
    struct actr_bytes cookie;
    unsigned tries;
    uint64_t handshake_us; /* when INIT or COOKIE ECHO leaves again */

    struct list queue;               /* sctp_outgoing */
    struct pool messages;            /* sctp_outgoing */
    uint16_t *ssns;                  /* of our streams, the next; by stream */
    uint32_t ssn_count;              /* streams that have been used are before this */
    uint64_t idle_us;                /* since when there was nothing to send, with room to do so */
    size_t unsent, buffered;         /* bytes */
    uint32_t peer_window;            /* left, bytes */
    bool is_holding, is_forward_due; /* holding: what does not fill a packet may be followed */
    bool is_probing;                 /* one packet may leave whatever the window says */
    struct sctp_rate rate;
    struct sctp_flight flight;
    struct sctp_incoming incoming;
    struct sctp_delivery delivery;
    struct sctp_reconfig reconfig;

    struct loop_timer timer;
    uint64_t armed_us; /* when the timer fires */
    struct loop_task task;
    bool is_reading, is_doubted;
    bool is_waiting_room, is_waiting_half, is_waiting_empty;
    size_t room;
    bool has_received; /* in this burst */
    unsigned answers;  /* to the packet that is looked at */
    bool has_sack;     /* in it */
    bool is_up_called; /* inside of sctp_drain() */
    bool is_freed, is_peer_over;
    struct list closed; /* stands in the queue of events for the end */
    int code;
    char detail[128];
    uint64_t linger_us; /* when buffers of an idle association are given back */
    struct sctp_stats stats;
};

static inline uint64_t sctp_now(const struct sctp *sctp)
{
    return loop_now_us(sctp->loop);
}

/* May there be one more answer to the packet that is looked at? Counts it. */
static inline bool sctp_may_answer(struct sctp *sctp)
{
    return sctp->answers++ < SCTP_ANSWERS_MAX;
}

/* ---- sctp.c ---- */

/* A packet of one chunk, at once. */
void sctp_send_chunk(struct sctp *sctp, uint32_t tag, uint8_t type, struct actr_view body);
void sctp_send_packet(struct sctp *sctp, struct actr_view packet);
/* The end, told when its turn comes; the peer of an open association is told why, unless it was it
 * that ended it. */
void sctp_end(struct sctp *sctp, int code, const char *detail);
/* Both directions are known: from now on it is open. */
void sctp_open(struct sctp *sctp);

/* ---- handshake.c ---- */

void sctp_handshake_begin(struct sctp *sctp);
void sctp_handshake_on_init(struct sctp *sctp, struct actr_view body);
void sctp_handshake_on_init_ack(struct sctp *sctp, struct actr_view body);
void sctp_handshake_on_cookie(struct sctp *sctp, struct actr_view cookie);
void sctp_handshake_on_cookie_ack(struct sctp *sctp);
void sctp_handshake_tick(struct sctp *sctp);

/* ---- outgoing.c ---- */

/* Consumes bytes. ACTR_ENOMEM. */
int sctp_outgoing_push(struct sctp *sctp, const struct sctp_message *head,
                       struct actr_bytes bytes) ACTR_MUST_CHECK;
/* Packets of all that may leave. */
void sctp_outgoing_run(struct sctp *sctp);
/* A chunk less of it is in flight. */
void sctp_outgoing_release(struct sctp *sctp, struct sctp_outgoing *message);
/* Does a message of the stream wait that has not left as a whole? */
bool sctp_outgoing_has(const struct sctp *sctp, uint16_t stream);
void sctp_outgoing_clear(struct sctp *sctp);

/* ---- flight.c ---- */

/* Chunks may be given TSNs from tsn on. */
void sctp_flight_init(struct sctp_flight *flight, uint32_t tsn);
static inline uint32_t sctp_flight_count(const struct sctp_flight *flight)
{
    return flight->next - flight->first;
}
static inline struct sctp_flying *sctp_flight_at(const struct sctp_flight *flight, uint32_t tsn)
{
    return &flight->ring[tsn & (flight->cap - 1)];
}
/* Room for the next TSN; NULL: no memory, or SCTP_FLIGHT_MAX. */
struct sctp_flying *sctp_flight_push(struct sctp_flight *flight);
/* It leaves now, in packet number `packet`. */
void sctp_flight_sent(struct sctp *sctp, struct sctp_flying *flying, uint32_t packet);
/* The first TSN to be sent again; only when flight.lost > 0. */
uint32_t sctp_flight_lost(struct sctp_flight *flight);
void sctp_flight_on_sack(struct sctp *sctp, struct actr_view body);
/* What is in flight did not arrive; acknowledged chunks beyond gaps stay so unless is_all. */
void sctp_flight_lose(struct sctp *sctp, bool is_all);
/* Those that were abandoned at the front need not be acknowledged: FORWARD TSN says so. */
void sctp_flight_forward(struct sctp *sctp);
void sctp_flight_tick(struct sctp *sctp);
/* Starts the timeout anew; none when nothing is in flight. */
void sctp_flight_arm(struct sctp *sctp);
/* The path is another one: round trips are measured anew. */
void sctp_flight_forget(struct sctp *sctp);
uint64_t sctp_flight_timeout(const struct sctp *sctp);
void sctp_flight_clear(struct sctp *sctp);

/* ---- incoming.c ---- */

void sctp_incoming_init(struct sctp_incoming *incoming, uint32_t tsn);
void sctp_incoming_on_data(struct sctp *sctp, const struct sctp_chunk *chunk);
void sctp_incoming_on_forward(struct sctp *sctp, struct actr_view body);
/* A packet has been looked at. */
void sctp_incoming_on_packet(struct sctp *sctp);
/* The packets of a burst have been: when must they be acknowledged? */
void sctp_incoming_on_burst(struct sctp *sctp);
/* Adds a SACK, if there is room. */
void sctp_incoming_write(struct sctp *sctp, struct sctp_writer *writer);
/* The window has opened by much: the peer should know. */
void sctp_incoming_on_room(struct sctp *sctp);
void sctp_incoming_clear(struct sctp *sctp);

/* ---- delivery.c ---- */

void sctp_delivery_init(struct sctp_delivery *delivery);
/* The chunk after all that came before it. */
void sctp_delivery_next(struct sctp *sctp, const struct sctp_piece *piece, struct actr_view bytes);
/* A whole message whose pieces are first…last of the ring; they become done. */
void sctp_delivery_early(struct sctp *sctp, uint32_t first, uint32_t last);
/* The beginning that is being put together will have no end. */
void sctp_delivery_drop_part(struct sctp *sctp);
/* Messages of the stream up to ssn will not come (RFC 3758 §3.6). */
void sctp_delivery_skip(struct sctp *sctp, uint16_t stream, uint16_t ssn);
/* The streams begin anew; the owner is told in turn. None: all. */
void sctp_delivery_reset(struct sctp *sctp, struct actr_bytes streams);
/* An event without bytes, or RESET with streams; consumes bytes. */
void sctp_delivery_tell(struct sctp *sctp, enum sctp_event_kind kind, bool is_incoming,
                        struct actr_bytes bytes);
/* Takes the next event; NULL: none. Give it back to the pool. */
struct sctp_event *sctp_delivery_take(struct sctp *sctp);
/* What an idle association need not keep. */
void sctp_delivery_trim(struct sctp *sctp);
void sctp_delivery_clear(struct sctp *sctp);

/* ---- path.c ---- */

void sctp_path_init(struct sctp *sctp);
/* Data has left: sends a probe, if one is due. */
void sctp_path_run(struct sctp *sctp);
void sctp_path_on_answer(struct sctp *sctp, struct actr_view body);
void sctp_path_tick(struct sctp *sctp);
/* A chunk of `len` bytes was not acknowledged in time; was. */
void sctp_path_timed_out(struct sctp *sctp, size_t len);
void sctp_path_delivered(struct sctp *sctp, size_t len);
/* Another path. */
void sctp_path_restart(struct sctp *sctp);

/* ---- reconfig.c ---- */

void sctp_reconfig_init(struct sctp_reconfig *reconfig, uint32_t request, uint32_t expected);
void sctp_reconfig_on_chunk(struct sctp *sctp, struct actr_view body);
int sctp_reconfig_reset(struct sctp *sctp, uint16_t stream) ACTR_MUST_CHECK;
/* Makes the next request, if one may be made. */
void sctp_reconfig_run(struct sctp *sctp);
/* Adds what is due, if there is room. */
void sctp_reconfig_write(struct sctp *sctp, struct sctp_writer *writer);
/* More TSNs have come: may a request of the peer be done? */
void sctp_reconfig_on_progress(struct sctp *sctp);
void sctp_reconfig_tick(struct sctp *sctp);
void sctp_reconfig_clear(struct sctp *sctp);
