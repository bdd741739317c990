// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What waits in data channels, and the order in which it leaves: the best rank first, equal ranks
 * in turns of DATA_CHANNEL_TURN bytes.
 *
 * The ready channels are in one list, ordered by rank; whose turn is over goes behind its equals.
 * SCTP gets unsent_max bytes beyond what it has sent and no more, but for rank 0, which goes on
 * until SCTP is full. A channel whose stream does not exist yet is not ready.
 *
 * Loop thread. Must never call up: it runs inside sends. */
#include "hyper/wire/webrtc/data_channel_queue.h"

#include <string.h>

#include "base/bytes.h"

#define DATA_CHANNEL_TURN (16u << 10)
#define DATA_CHANNEL_CELLS 16 /* of a block of the pool; one is kept for each session */

struct data_message {
    struct list link;
    bool is_text;
    struct actr_bytes bytes;
};

int data_channel_queue_push(struct data_channel *channel, bool is_text, struct actr_bytes message)
{
    struct data_message *waiting = pool_take(&channel->channels->waiting);
    if (!waiting) {
        actr_bytes_unref(message);
        return ACTR_ENOMEM;
    }
    list_init(&waiting->link);
    waiting->is_text = is_text;
    waiting->bytes = message;
    list_push(&channel->messages, &waiting->link);
    channel->queued += message.len;
    if (channel->channels->options.total)
        channel->channels->options.total->bytes += message.len;
    data_channel_queue_update(channel);
    return 0;
}

static void data_channel_queue_drop(struct data_channel *channel, struct list *node)
{
    struct data_message *waiting = container_of(node, struct data_message, link);

    list_remove(node);
    channel->queued -= waiting->bytes.len;
    if (channel->channels->options.total)
        channel->channels->options.total->bytes -= waiting->bytes.len;
    actr_bytes_unref(waiting->bytes);
    pool_give(&channel->channels->waiting, waiting);
}

void data_channel_queue_init(struct data_channels *channels)
{
    pool_init(&channels->waiting, sizeof(struct data_message), DATA_CHANNEL_CELLS, 1);
    list_init(&channels->ready);
}

void data_channel_queue_deinit(struct data_channels *channels)
{
    pool_deinit(&channels->waiting);
}

void data_channel_queue_clear(struct data_channel *channel)
{
    channel->wants_open = false;
    channel->wants_ack = false;
    while (!list_is_empty(&channel->messages))
        data_channel_queue_drop(channel, channel->messages.next);
    data_channel_queue_update(channel);
}

bool data_channel_queue_is_empty(const struct data_channel *channel)
{
    return !channel->wants_open && !channel->wants_ack && list_is_empty(&channel->messages);
}

/* Behind all of its rank and better ones. */
static void data_channel_queue_insert(struct data_channel *channel)
{
    struct list *after = channel->channels->ready.prev;

    while (after != &channel->channels->ready &&
           container_of(after, struct data_channel, ready)->rank > channel->rank)
        after = after->prev;
    list_push_front(after, &channel->ready);
    channel->turn = 0;
}

void data_channel_queue_update(struct data_channel *channel)
{
    bool is_ready = !data_channel_queue_is_empty(channel) && !channel->has_reset &&
                    channel->id < sctp_streams(channel->channels->sctp);

    if (!is_ready)
        list_remove(&channel->ready);
    else if (list_is_empty(&channel->ready))
        data_channel_queue_insert(channel);
}

static bool data_channel_queue_may_send(const struct data_channels *channels, uint8_t rank)
{
    return rank == 0 || sctp_unsent(channels->sctp) < channels->options.unsent_max;
}

/* Consumes message. As sctp_send(). */
static int data_channel_queue_send(struct data_channel *channel, bool is_text,
                                   struct actr_bytes message)
{
    static const uint8_t nothing[1];
    struct sctp_message head = {.stream = channel->id,
                                .ppid = is_text ? SCTP_PPID_STRING : SCTP_PPID_BINARY,
                                /* The peer must know the channel first (RFC 8832 §6). */
                                .is_unordered = channel->is_unordered && channel->is_acknowledged,
                                .reliability = channel->reliability,
                                .reliability_value = channel->reliability_value};

    channel->turn += message.len;
    if (message.len == 0) {
        /* SCTP has no empty messages (RFC 8831 §6.6). */
        head.ppid = is_text ? SCTP_PPID_STRING_EMPTY : SCTP_PPID_BINARY_EMPTY;
        actr_bytes_unref(message);
        message = (struct actr_bytes){.ptr = nothing, .len = 1};
    }
    return sctp_send(channel->channels->sctp, &head, message);
}

static int data_channel_queue_send_control(struct data_channel *channel)
{
    struct sctp_message head = {.stream = channel->id, .ppid = SCTP_PPID_DCEP};
    uint8_t buf[DCEP_MESSAGE_MAX];
    size_t len;

    if (channel->wants_open) {
        struct dcep_open open = {.is_unordered = channel->is_unordered,
                                 .reliability = channel->reliability,
                                 .reliability_value = channel->reliability_value,
                                 .priority = channel->priority,
                                 .label = view_text(channel->label)};
        len = dcep_format_open(&open, buf);
    } else {
        len = dcep_format_ack(buf);
    }
    int r = sctp_send(channel->channels->sctp, &head, actr_bytes_copy(actr_view_of(buf, len)));
    if (r >= 0) {
        channel->wants_open = false;
        channel->wants_ack = false;
    }
    return r;
}

/* One message of one channel. As sctp_send(). */
static int data_channel_queue_step(struct data_channel *channel)
{
    if (channel->wants_open || channel->wants_ack)
        return data_channel_queue_send_control(channel);
    struct list *node = channel->messages.next;
    struct data_message *waiting = container_of(node, struct data_message, link);
    int r = data_channel_queue_send(channel, waiting->is_text, actr_bytes_ref(waiting->bytes));
    if (r >= 0)
        data_channel_queue_drop(channel, node);
    return r;
}

void data_channel_queue_run(struct data_channels *channels)
{
    while (!list_is_empty(&channels->ready)) {
        struct data_channel *channel =
            container_of(channels->ready.next, struct data_channel, ready);
        if (!data_channel_queue_may_send(channels, channel->rank))
            break;
        int r = data_channel_queue_step(channel);
        if (r < 0 && r != ACTR_ENOMEM && r != ACTR_EUNAVAILABLE)
            return; /* the association is over: on_closed is on its way */
        if (r >= 0 && channel->turn >= DATA_CHANNEL_TURN)
            list_remove(&channel->ready);
        data_channel_queue_update(channel);
        if (r != 0)
            break;
    }
    if (!list_is_empty(&channels->ready))
        sctp_wait_writable(channels->sctp, channels->options.unsent_max / 2);
}

bool data_channel_queue_try(struct data_channel *channel, bool is_text, struct actr_bytes message)
{
    struct data_channels *channels = channel->channels;

    if (!list_is_empty(&channels->ready) || !data_channel_queue_is_empty(channel) ||
        channel->id >= sctp_streams(channels->sctp) ||
        !data_channel_queue_may_send(channels, channel->rank))
        return false;
    return data_channel_queue_send(channel, is_text, actr_bytes_ref(message)) >= 0;
}
