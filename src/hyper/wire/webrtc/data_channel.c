// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The data channels of a session: the table, opening, closing, and what the association reports.
 *
 * A channel is gone when both directions of its stream are reset (RFC 8831 §6.7); until then its id
 * is not used again. What comes on a stream without a channel is dropped: data before an OPEN, an
 * ACK of nothing. An OPEN on a stream that has a channel changes nothing. Ids of the peer need not
 * have its parity.
 *
 * Until the association is open there are no streams, and channels wait for them.
 *
 * Calls that may lead to events inside a send are put off to the task. Loop thread. */
#include "hyper/wire/webrtc/data_channel.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/data_channel_queue.h"

#define DATA_CHANNEL_MESSAGE_MAX 65536
#define DATA_CHANNEL_QUEUE_HIGH (256u << 10)
#define DATA_CHANNEL_QUEUE_MAX (64u << 20)
#define DATA_CHANNEL_UNSENT_MAX (128u << 10)

static uint64_t data_channel_hash(uint16_t id)
{
    return id * UINT64_C(0x9e3779b97f4a7c15);
}

static bool data_channel_equal(const struct hash_node *node, const void *wanted)
{
    return container_of(node, struct data_channel, node)->id == *(const uint16_t *)wanted;
}

static struct data_channel *data_channels_find(struct data_channels *channels, uint16_t id)
{
    struct hash_node *node = hash_table_find(&channels->table, data_channel_hash(id), &id);
    return node ? container_of(node, struct data_channel, node) : NULL;
}

static struct data_channel *data_channel_free(struct data_channel *channel)
{
    data_channel_queue_clear(channel);
    hash_table_remove(&channel->channels->table, &channel->node);
    list_remove(&channel->link);
    list_remove(&channel->ready);
    mem_free(channel->label);
    mem_free(channel);
    return NULL;
}

/* NULL when memory has run out. */
static struct data_channel *data_channel_new(struct data_channels *channels, uint16_t id,
                                             struct actr_view label)
{
    struct data_channel *channel = mem_alloc(sizeof *channel);
    if (!channel)
        return NULL;
    channel->label = mem_text((const char *)label.ptr, label.len);
    channel->channels = channels;
    channel->id = id;
    list_init(&channel->ready);
    list_init(&channel->messages);
    if (!channel->label ||
        hash_table_insert(&channels->table, &channel->node, data_channel_hash(id)) < 0) {
        mem_free(channel->label);
        mem_free(channel);
        return NULL;
    }
    list_push(&channels->all, &channel->link);
    return channel;
}

static void data_channels_destroy(struct data_channels *channels)
{
    while (!list_is_empty(&channels->all))
        data_channel_free(container_of(channels->all.next, struct data_channel, link));
    hash_table_deinit(&channels->table);
    data_channel_queue_deinit(channels);
    mem_free(channels);
}

static void data_channels_enter(struct data_channels *channels)
{
    channels->depth++;
}

static void data_channels_leave(struct data_channels *channels)
{
    if (--channels->depth == 0 && channels->is_freed)
        data_channels_destroy(channels);
}

struct data_channels *data_channels_free(struct data_channels *channels)
{
    if (!channels)
        return NULL;
    loop_task_cancel(&channels->task);
    channels->is_freed = true;
    data_channels_enter(channels);
    data_channels_leave(channels);
    return NULL;
}

/* Resets our side when nothing is left to send. */
static void data_channel_advance(struct data_channel *channel)
{
    if (channel->state != DATA_CHANNEL_CLOSING || channel->has_reset ||
        !data_channel_queue_is_empty(channel))
        return;
    if (sctp_reset_stream(channel->channels->sctp, channel->id) < 0)
        return; /* not open, or no memory: tried again */
    channel->has_reset = true;
    data_channel_queue_update(channel);
}

static bool data_channel_is_finished(const struct data_channel *channel)
{
    if (channel->state != DATA_CHANNEL_CLOSING)
        return false;
    if (channel->wants_open && list_is_empty(&channel->messages))
        return true; /* it never left, and has nothing to say */
    bool has_stream = channel->id < sctp_streams(channel->channels->sctp);
    return channel->is_peer_reset && (channel->is_reset || !has_stream);
}

static void data_channels_report_writable(struct data_channels *channels)
{
    struct list *next;

    for (struct list *node = channels->all.next; node != &channels->all; node = next) {
        struct data_channel *channel = container_of(node, struct data_channel, link);
        next = node->next;
        if (!channel->is_full || channel->queued > channels->options.queue_high / 2 ||
            channel->state == DATA_CHANNEL_CLOSING)
            continue;
        channel->is_full = false;
        channels->events->on_writable(channels->owner, channel);
        if (channels->is_freed)
            return;
    }
}

static void data_channels_report_closed(struct data_channels *channels)
{
    struct list *next;

    for (struct list *node = channels->all.next; node != &channels->all; node = next) {
        struct data_channel *channel = container_of(node, struct data_channel, link);
        next = node->next;
        data_channel_advance(channel);
        if (!data_channel_is_finished(channel))
            continue;
        channels->events->on_closed(channels->owner, channel);
        if (channels->is_freed)
            return;
        next = node->next;
        data_channel_free(channel);
    }
}

static void data_channels_report_drained(struct data_channels *channels)
{
    if (!channels->is_draining)
        return;
    list_each(node, &channels->all)
    {
        if (!data_channel_queue_is_empty(container_of(node, struct data_channel, link)))
            return;
    }
    if (sctp_buffered(channels->sctp) > 0) {
        sctp_wait_empty(channels->sctp);
        return;
    }
    channels->is_draining = false;
    channels->events->on_drained(channels->owner);
}

/* Sends what may leave and says what has changed; not for use inside a send. */
static void data_channels_run(struct data_channels *channels)
{
    data_channels_enter(channels);
    data_channel_queue_run(channels);
    data_channels_report_writable(channels);
    if (!channels->is_freed)
        data_channels_report_closed(channels);
    if (!channels->is_freed)
        data_channels_report_drained(channels);
    data_channels_leave(channels);
}

static void data_channels_on_task(struct loop_task *task)
{
    data_channels_run(container_of(task, struct data_channels, task));
}

static void data_channels_defer(struct data_channels *channels)
{
    loop_defer(sctp_loop(channels->sctp), &channels->task);
}

struct data_channels *data_channels_new(const struct data_channels_options *options,
                                        struct sctp *sctp,
                                        const struct data_channels_events *events, void *owner)
{
    struct data_channels *channels = mem_alloc(sizeof *channels);
    if (!channels)
        return NULL;
    channels->options = *options;
    if (channels->options.message_len_max == 0)
        channels->options.message_len_max = DATA_CHANNEL_MESSAGE_MAX;
    if (channels->options.queue_high == 0)
        channels->options.queue_high = DATA_CHANNEL_QUEUE_HIGH;
    if (channels->options.queue_max == 0)
        channels->options.queue_max = DATA_CHANNEL_QUEUE_MAX;
    if (channels->options.unsent_max == 0)
        channels->options.unsent_max = DATA_CHANNEL_UNSENT_MAX;
    channels->sctp = sctp;
    channels->events = events;
    channels->owner = owner;
    hash_table_init(&channels->table, data_channel_equal);
    list_init(&channels->all);
    data_channel_queue_init(channels);
    loop_task_init(&channels->task, data_channels_on_task);
    return channels;
}

void data_channels_on_open(struct data_channels *channels, uint16_t streams_out,
                           uint16_t streams_in)
{
    list_each(node, &channels->all)
        data_channel_queue_update(container_of(node, struct data_channel, link));
    data_channels_run(channels);
}

void data_channels_on_writable(struct data_channels *channels)
{
    data_channels_run(channels);
}

/* Without a stream of ours there is nothing to reset, and without an association nobody to tell. */
static void data_channels_refuse(struct data_channels *channels, uint16_t id)
{
    channels->refused++;
    if (id >= sctp_streams(channels->sctp) || sctp_reset_stream(channels->sctp, id) < 0)
        return;
}

static void data_channels_on_peer_open(struct data_channels *channels, uint16_t id,
                                       const struct dcep_open *open)
{
    struct data_channel *channel = NULL;

    if (data_channels_find(channels, id))
        return;
    if (channels->table.count < DATA_CHANNELS_MAX)
        channel = data_channel_new(channels, id, open->label);
    if (!channel) {
        data_channels_refuse(channels, id);
        return;
    }
    channel->is_unordered = open->is_unordered;
    channel->reliability = open->reliability;
    channel->reliability_value = open->reliability_value;
    channel->priority = open->priority;
    channel->is_acknowledged = true;
    channel->wants_ack = true;
    channel->state = DATA_CHANNEL_OPEN;
    data_channel_queue_update(channel);
    channels->events->on_opened(channels->owner, channel, open);
}

static void data_channels_on_control(struct data_channels *channels, uint16_t id,
                                     struct actr_view bytes)
{
    struct data_channel *channel = data_channels_find(channels, id);
    enum dcep_kind kind;
    struct dcep_open open;

    if (dcep_parse(bytes, &kind, &open) < 0)
        return;
    if (kind == DCEP_OPEN) {
        data_channels_on_peer_open(channels, id, &open);
    } else if (channel && channel->is_ours && !channel->is_acknowledged) {
        channel->is_acknowledged = true;
        if (channel->state == DATA_CHANNEL_OPENING)
            channel->state = DATA_CHANNEL_OPEN;
        channels->events->on_acknowledged(channels->owner, channel);
    }
}

void data_channels_on_message(struct data_channels *channels, const struct sctp_message *head,
                              struct actr_bytes bytes)
{
    AUTO_BYTES struct actr_bytes message = bytes;
    struct data_channel *channel = data_channels_find(channels, head->stream);
    bool is_text = head->ppid == SCTP_PPID_STRING || head->ppid == SCTP_PPID_STRING_EMPTY;

    data_channels_enter(channels);
    if (head->ppid == SCTP_PPID_DCEP) {
        data_channels_on_control(channels, head->stream, actr_bytes_view(message));
        if (!channels->is_freed)
            data_channel_queue_run(channels);
    } else if (channel && !channel->is_peer_reset) {
        if (head->ppid == SCTP_PPID_STRING || head->ppid == SCTP_PPID_BINARY)
            channels->events->on_message(channels->owner, channel, is_text, bytes_take(&message));
        else if (head->ppid == SCTP_PPID_STRING_EMPTY || head->ppid == SCTP_PPID_BINARY_EMPTY)
            channels->events->on_message(channels->owner, channel, is_text, (struct actr_bytes){0});
    }
    data_channels_leave(channels);
}

static void data_channel_on_reset(struct data_channel *channel, bool is_incoming)
{
    if (!is_incoming) {
        channel->is_reset = channel->has_reset;
        return;
    }
    channel->is_peer_reset = true;
    if (channel->state != DATA_CHANNEL_CLOSING)
        data_channel_queue_clear(channel); /* nobody listens */
    channel->state = DATA_CHANNEL_CLOSING;
}

void data_channels_on_reset(struct data_channels *channels, const uint16_t *streams, size_t count,
                            bool is_incoming)
{
    if (count == 0) {
        list_each(node, &channels->all)
            data_channel_on_reset(container_of(node, struct data_channel, link), is_incoming);
    }
    for (size_t i = 0; i < count; i++) {
        struct data_channel *channel = data_channels_find(channels, streams[i]);
        if (channel)
            data_channel_on_reset(channel, is_incoming);
    }
    data_channels_run(channels);
}

/* The first id of our parity that nobody has; 65535 when there is none. */
static uint16_t data_channels_next_id(struct data_channels *channels)
{
    uint16_t id = channels->options.is_dtls_client ? 0 : 1;

    while (id <= SCTP_STREAM_MAX && data_channels_find(channels, id))
        id = (uint16_t)(id + 2);
    return id;
}

int data_channel_open(struct data_channels *channels, const struct data_channel_options *options,
                      struct data_channel **ret_channel)
{
    struct actr_view label = view_text(options->label);

    if (label.len > DCEP_TEXT_MAX || options->reliability > 2)
        return err_origin(ACTR_EINVALID, "data channel: label or reliability");
    if (channels->table.count >= DATA_CHANNELS_MAX)
        return err_origin(ACTR_EUNAVAILABLE, "data channel: %d are open", DATA_CHANNELS_MAX);
    struct data_channel *channel =
        data_channel_new(channels, data_channels_next_id(channels), label);
    if (!channel)
        return err_origin(ACTR_ENOMEM, "data channel: out of memory");
    channel->is_ours = true;
    channel->is_unordered = options->is_unordered;
    channel->reliability = options->reliability;
    channel->reliability_value = options->reliability_value;
    channel->priority = options->priority;
    channel->rank = options->rank;
    channel->wants_open = true;
    data_channel_queue_update(channel);
    data_channel_queue_run(channels);
    *ret_channel = channel;
    return 0;
}

/* Who reads has little in its queues: when memory is short, the others go. */
static size_t data_channel_queue_max(const struct data_channels *channels, size_t len)
{
    const struct data_channels_total *total = channels->options.total;
    size_t least = 4 * channels->options.queue_high;
    bool is_short = total && total->bytes + len > total->bytes_max;
    return is_short && least < channels->options.queue_max ? least : channels->options.queue_max;
}

int data_channel_send(struct data_channel *channel, bool is_text, struct actr_bytes message)
{
    struct data_channels *channels = channel->channels;
    AUTO_BYTES struct actr_bytes owned = message;

    if (actr_bytes_failed(owned))
        return err_origin(ACTR_ENOMEM, "data channel: no memory");
    if (owned.len > channels->options.message_len_max)
        return err_origin(ACTR_EINVALID, "data channel: a message of %zu bytes", owned.len);
    if (channel->state == DATA_CHANNEL_CLOSING)
        return err_origin(ACTR_ESTATE, "data channel: closing");
    if (channel->queued + owned.len > data_channel_queue_max(channels, owned.len)) {
        channel->is_full = true;
        return err_origin(ACTR_EUNAVAILABLE, "data channel: its queue is full");
    }
    if (data_channel_queue_try(channel, is_text, owned))
        return 0;
    if (data_channel_queue_push(channel, is_text, bytes_take(&owned)) < 0)
        return err_origin(ACTR_ENOMEM, "data channel: no memory");
    data_channels_defer(channels);
    if (channel->queued < channels->options.queue_high)
        return 0;
    channel->is_full = true;
    return DATA_CHANNEL_FULL;
}

void data_channel_close(struct data_channel *channel)
{
    if (channel->state == DATA_CHANNEL_CLOSING)
        return;
    channel->state = DATA_CHANNEL_CLOSING;
    data_channels_defer(channel->channels);
}

void data_channels_drain(struct data_channels *channels)
{
    channels->is_draining = true;
    data_channels_defer(channels);
}

uint64_t data_channels_refused(const struct data_channels *channels)
{
    return channels->refused;
}

size_t data_channel_queued(const struct data_channel *channel)
{
    return channel->queued;
}

void data_channel_set_user(struct data_channel *channel, void *user, uint8_t rank)
{
    channel->user = user;
    if (channel->rank == rank)
        return;
    channel->rank = rank;
    list_remove(&channel->ready);
    data_channel_queue_update(channel);
}

void *data_channel_user(const struct data_channel *channel)
{
    return channel->user;
}
