// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Messages in shared memory: a head of fixed size, then the payload.
 *
 * A message may be larger than its ring; it is put together in memory of this side's own, which is
 * taken when the head has been read once and found possible. The head that is looked at is the copy
 * in `_arriving`, never the one in the ring.
 *
 * The node sleeps in poll() and is woken by a pipe; the library sleeps on the rings. Any thread, as
 * the header says. */
#include "hyper/workload/dynclib/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"

static const uint32_t channel_caps[CHANNEL_LANES] = {
    [CHANNEL_ENTRY] = 256u << 10,
    [CHANNEL_BACK] = 64u << 10,
};

size_t channel_size(void)
{
    size_t size = 0;
    for (size_t i = 0; i < CHANNEL_LANES; i++)
        size += 2 * ring_size(channel_caps[i]);
    return size;
}

void channel_init(struct channel *channel, void *memory, enum channel_side side)
{
    uint8_t *at = memory;
    *channel = (struct channel){._bell_fd = -1};
    for (size_t i = 0; i < CHANNEL_LANES; i++) {
        struct ring *down = side == CHANNEL_NODE ? &channel->out[i] : &channel->in[i];
        struct ring *up = side == CHANNEL_NODE ? &channel->in[i] : &channel->out[i];
        ring_init(down, at, channel_caps[i]);
        at += ring_size(channel_caps[i]);
        ring_init(up, at, channel_caps[i]);
        at += ring_size(channel_caps[i]);
    }
}

void channel_clear(struct channel *channel)
{
    for (size_t i = 0; i < CHANNEL_LANES; i++) {
        actr_bytes_unref(channel->_arriving[i].message.payload);
        memset(&channel->_arriving[i], 0, sizeof(channel->_arriving[i]));
    }
}

static int channel_map(struct channel *channel, int fd, enum channel_side side)
{
    void *memory = mmap(NULL, channel_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return err_origin(ACTR_EIO, "channel: %s", strerror(errno));
    channel_init(channel, memory, side);
    channel->_memory = memory;
    return 0;
}

int channel_create(struct channel *channel, int *ret_fd)
{
    int fd = memfd_create("actr-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return err_origin(ACTR_EIO, "channel: %s", strerror(errno));
    /* The other side has the descriptor too: memory that went away would end the node. */
    if (ftruncate(fd, (off_t)channel_size()) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        int error = errno;
        close(fd);
        return err_origin(ACTR_EIO, "channel: %s", strerror(error));
    }
    int r = channel_map(channel, fd, CHANNEL_NODE);
    if (r < 0)
        close(fd);
    else
        *ret_fd = fd;
    return r;
}

int channel_join(struct channel *channel, int fd, int bell_fd)
{
    int r = channel_map(channel, fd, CHANNEL_LIBRARY);
    if (r == 0)
        channel->_bell_fd = bell_fd;
    return r;
}

void channel_deinit(struct channel *channel)
{
    channel_clear(channel);
    munmap(channel->_memory, channel_size());
    channel->_memory = NULL;
}

/* The pipe may be full, and then wakes without one byte more. */
static void channel_wake_node(const struct channel *channel)
{
    ssize_t put = write(channel->_bell_fd, "", 1);
    (void)put;
}

/* The other side may go on: it has something to read, or room to write. */
static void channel_wake_reader(struct channel *channel, enum channel_lane lane)
{
    struct ring *ring = &channel->out[lane];
    if (!ring_wakes_reader(ring))
        return;
    if (channel->_bell_fd >= 0)
        channel_wake_node(channel);
    else
        ring_wake_reader(ring);
}

static void channel_wake_writer(struct channel *channel, enum channel_lane lane)
{
    struct ring *ring = &channel->in[lane];
    if (!ring_wakes_writer(ring))
        return;
    if (channel->_bell_fd >= 0)
        channel_wake_node(channel);
    else
        ring_wake_writer(ring);
}

int channel_send(struct channel *channel, enum channel_lane lane, struct channel_parcel *parcel)
{
    const size_t head_len = sizeof(parcel->head);
    if (parcel->payload.len > CHANNEL_LEN_MAX)
        return err_origin(ACTR_EINVALID, "a message of %zu bytes; %zu are allowed",
                          parcel->payload.len, CHANNEL_LEN_MAX);
    parcel->head.len = (uint32_t)parcel->payload.len;
    int r = 0;
    while (r == 0 && parcel->done < head_len + parcel->payload.len) {
        size_t at = parcel->done, done = 0;
        struct actr_view rest =
            at < head_len ? actr_view_of((const uint8_t *)&parcel->head + at, head_len - at)
                          : actr_view_of(parcel->payload.ptr + (at - head_len),
                                         parcel->payload.len - (at - head_len));
        r = ring_write(&channel->out[lane], rest.ptr, rest.len, &done);
        parcel->done += done;
        if (r == 0 && done < rest.len)
            r = CHANNEL_FULL;
    }
    channel_wake_reader(channel, lane);
    return r;
}

/* With the head whole: what it says is possible, and there is memory for it. */
static int channel_accept(struct channel *channel, enum channel_lane lane)
{
    const struct channel_head *head = &channel->_arriving[lane].message.head;
    if (head->len > CHANNEL_LEN_MAX)
        return err_origin(ACTR_EDECODE, "a message of %u bytes; %zu are allowed", head->len,
                          CHANNEL_LEN_MAX);
    if (head->kind < CHANNEL_INIT || head->kind > CHANNEL_RELEASE)
        return err_origin(ACTR_EDECODE, "a message of kind %u", head->kind);
    if (head->len == 0 || channel->_arriving[lane].data)
        return 0;
    struct actr_bytes payload = bytes_new(head->len, &channel->_arriving[lane].data);
    if (actr_bytes_failed(payload))
        return err_origin(ACTR_ENOMEM, "no memory for a message of %u bytes", head->len);
    channel->_arriving[lane].message.payload = payload;
    return 0;
}

/* Reads on what is arriving. */
static int channel_read(struct channel *channel, enum channel_lane lane)
{
    struct channel_message *message = &channel->_arriving[lane].message;
    const size_t head_len = sizeof(message->head);
    size_t *at = &channel->_arriving[lane].done, done = 0;
    int r = 0;
    if (*at < head_len) {
        r = ring_read(&channel->in[lane], (uint8_t *)&message->head + *at, head_len - *at, &done);
        *at += done;
        if (r < 0 || *at < head_len)
            return r < 0 ? r : CHANNEL_NONE;
    }
    r = channel_accept(channel, lane);
    size_t left = head_len + message->head.len - *at;
    if (r < 0 || left == 0)
        return r;
    done = 0;
    r = ring_read(&channel->in[lane], channel->_arriving[lane].data + (*at - head_len), left,
                  &done);
    *at += done;
    return r < 0 ? r : done < left ? CHANNEL_NONE : 0;
}

int channel_receive(struct channel *channel, enum channel_lane lane,
                    struct channel_message *ret_message)
{
    int r = channel_read(channel, lane);
    channel_wake_writer(channel, lane);
    if (r != 0)
        return r;
    *ret_message = channel->_arriving[lane].message;
    memset(&channel->_arriving[lane], 0, sizeof(channel->_arriving[lane]));
    return 0;
}
