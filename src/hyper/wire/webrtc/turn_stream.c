// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Cutting a byte stream into the packets of a TURN server.
 *
 * What lies whole in the data at hand is lent from there; only a packet that comes in pieces is
 * put together in a buffer, which grows with what has come and not with what was announced. The
 * first two bits tell the kinds apart (RFC 7983); any others end the stream, since nothing after
 * them could be found again.
 *
 * Pure. Must never read beyond a packet, nor keep the buffer without need. */
#include "hyper/wire/webrtc/turn_stream.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define TURN_STREAM_HEAD 4 /* enough to tell kind and length */
#define TURN_STREAM_STUN_HEADER 20

static size_t turn_stream_padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

static bool turn_stream_is_channel(const uint8_t *head)
{
    return head[0] >= 0x40 && head[0] <= 0x4f;
}

/* The length of the packet that begins with these four bytes. 0: no packet begins so. */
static size_t turn_stream_len(const uint8_t *head)
{
    size_t len = (size_t)((unsigned)head[2] << 8 | head[3]);
    if (turn_stream_is_channel(head))
        return TURN_STREAM_HEAD + len;
    if ((head[0] & 0xc0) != 0 || len % 4 != 0)
        return 0;
    return TURN_STREAM_STUN_HEADER + len;
}

void turn_stream_deinit(struct turn_stream *stream)
{
    mem_free(stream->buf);
    *stream = (struct turn_stream){0};
}

static int turn_stream_keep(struct turn_stream *stream, struct actr_view *data, size_t len)
{
    if (len > data->len)
        len = data->len;
    uint8_t *buf = mem_resize(stream->buf, stream->len + len + 1);
    if (!buf)
        return err_origin(ACTR_ENOMEM, "turn: no memory");
    stream->buf = buf;
    if (len > 0)
        memcpy(buf + stream->len, data->ptr, len);
    stream->len += len;
    data->ptr += len;
    data->len -= len;
    return 0;
}

static int turn_stream_nonsense(void)
{
    return err_origin(ACTR_EDECODE, "turn: the server does not speak TURN");
}

/* Goes on with a packet in the buffer. */
static int turn_stream_go_on(struct turn_stream *stream, struct actr_view *data,
                             struct actr_view *ret_packet)
{
    if (stream->len < TURN_STREAM_HEAD) {
        int r = turn_stream_keep(stream, data, TURN_STREAM_HEAD - stream->len);
        if (r < 0 || stream->len < TURN_STREAM_HEAD)
            return r;
    }
    size_t len = turn_stream_len(stream->buf);
    if (len == 0)
        return turn_stream_nonsense();
    int r = turn_stream_keep(stream, data, turn_stream_padded(len) - stream->len);
    if (r < 0 || stream->len < turn_stream_padded(len))
        return r;
    *ret_packet = actr_view_of(stream->buf, len);
    stream->len = 0; /* the bytes stay until the next call */
    return 1;
}

int turn_stream_take(struct turn_stream *stream, struct actr_view *data,
                     struct actr_view *ret_packet)
{
    if (stream->len > 0)
        return turn_stream_go_on(stream, data, ret_packet);
    turn_stream_deinit(stream); /* of what was lent last */
    if (data->len == 0)
        return 0;
    size_t len = 0;
    if (data->len >= TURN_STREAM_HEAD) {
        len = turn_stream_len(data->ptr);
        if (len == 0)
            return turn_stream_nonsense();
    }
    size_t padded = turn_stream_padded(len);
    if (len == 0 || data->len < padded)
        return turn_stream_keep(stream, data, data->len);
    *ret_packet = actr_view_of(data->ptr, len);
    data->ptr += padded;
    data->len -= padded;
    return 1;
}

size_t turn_stream_padding(struct actr_view packet)
{
    return turn_stream_padded(packet.len) - packet.len;
}
