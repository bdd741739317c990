// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A peer made by hand. Each packet of the association is checked when it leaves: its length, tag
 * and checksum; and of each event that it does not come behind the last one. */
#include "sctp_peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "harness.h"
#include "sys/loop_virtual.h"

#define HEADER_LEN 12

uint16_t sctp_peer_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t sctp_peer_get32(const uint8_t *at)
{
    return (uint32_t)sctp_peer_get16(at) << 16 | sctp_peer_get16(at + 2);
}

void sctp_peer_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void sctp_peer_put32(uint8_t *at, uint32_t value)
{
    sctp_peer_put16(at, (uint16_t)(value >> 16));
    sctp_peer_put16(at + 2, (uint16_t)value);
}

/* As it is on the wire: the lowest byte first (RFC 9260 appendix A). */
static uint32_t checksum_of(const uint8_t *packet, size_t len)
{
    static const uint8_t zero[4];
    uint32_t crc = crc32c_update_table(CRC32C_BEGIN, packet, 8);

    crc = crc32c_update_table(crc, zero, sizeof zero);
    crc = ~crc32c_update_table(crc, packet + HEADER_LEN, len - HEADER_LEN);
    return __builtin_bswap32(crc);
}

/* Events -------------------------------------------------------------------------------------- */

static void on_send(void *owner, struct actr_view packet)
{
    struct sctp_peer *peer = owner;
    const uint8_t *at = packet.ptr;

    assert_true(packet.len > HEADER_LEN && packet.len <= SCTP_PEER_MTU);
    assert_int_equal(packet.len % 4, 0);
    assert_int_equal(sctp_peer_get16(at), SCTP_PORT);
    assert_int_equal(sctp_peer_get16(at + 2), SCTP_PORT);
    uint32_t checksum = sctp_peer_get32(at + 8);
    assert_true(checksum == 0 || checksum == checksum_of(at, packet.len));
    assert_true(peer->count < SCTP_PEER_KEPT);
    uint8_t *copy = malloc(packet.len);
    assert_non_null(copy);
    memcpy(copy, at, packet.len);
    peer->kept[peer->count++] = (struct sctp_kept){copy, packet.len};
    peer->packets++;
}

static void on_open(void *owner, uint16_t out, uint16_t in)
{
    struct sctp_peer *peer = owner;

    (void)out;
    (void)in;
    assert_int_equal(peer->closed, 0);
    peer->opened++;
}

static void on_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    struct sctp_peer *peer = owner;

    assert_int_equal(peer->closed, 0);
    assert_true(bytes.len > 0);
    peer->messages++;
    peer->last = *head;
    peer->last_len = bytes.len;
    peer->last_first = bytes.ptr[0];
    peer->bytes += bytes.len;
    actr_bytes_unref(bytes);
}

static void on_writable(void *owner)
{
    struct sctp_peer *peer = owner;

    assert_int_equal(peer->closed, 0);
    peer->writable++;
}

static void on_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
    struct sctp_peer *peer = owner;

    assert_int_equal(peer->closed, 0);
    peer->last_reset = count ? streams[count - 1] : UINT16_MAX;
    *(is_incoming ? &peer->resets_in : &peer->resets_out) += count ? (unsigned)count : 1;
}

static void on_closed(void *owner, int code, const char *detail)
{
    struct sctp_peer *peer = owner;

    assert_non_null(detail);
    assert_int_equal(peer->closed, 0);
    peer->closed++;
    peer->code = code;
}

static const struct sctp_events events = {on_send,  on_open,   on_message, on_writable,
                                          on_reset, on_closed, NULL};

/* Packets ------------------------------------------------------------------------------------- */

void sctp_draft_begin(struct sctp_peer *peer, uint32_t tag)
{
    uint8_t *at = peer->draft.bytes;

    sctp_peer_put16(at, SCTP_PORT);
    sctp_peer_put16(at + 2, SCTP_PORT);
    sctp_peer_put32(at + 4, tag);
    sctp_peer_put32(at + 8, 0);
    peer->draft.len = HEADER_LEN;
}

void sctp_draft_chunk(struct sctp_peer *peer, uint8_t type, uint8_t flags, const void *body,
                      size_t len)
{
    uint8_t *at = peer->draft.bytes + peer->draft.len;

    assert_true(peer->draft.len + 4 + len + 3 <= sizeof peer->draft.bytes && len + 4 <= UINT16_MAX);
    at[0] = type;
    at[1] = flags;
    sctp_peer_put16(at + 2, (uint16_t)(len + 4));
    if (len)
        memcpy(at + 4, body, len);
    memset(at + 4 + len, 0, 3);
    peer->draft.len += (4 + len + 3) & ~(size_t)3;
}

void sctp_draft_hex(struct sctp_peer *peer, const char *hex)
{
    peer->draft.len += harness_hex(hex, peer->draft.bytes + peer->draft.len,
                                   sizeof peer->draft.bytes - peer->draft.len);
}

void sctp_draft_send_raw(struct sctp_peer *peer)
{
    /* In memory of its own size: a sanitizer sees what is read beyond it. */
    uint8_t *copy = malloc(peer->draft.len + 1);
    assert_non_null(copy);
    memcpy(copy, peer->draft.bytes, peer->draft.len);
    sctp_receive(peer->sctp, actr_view_of(copy, peer->draft.len));
    free(copy);
    if (!peer->is_burst)
        sctp_receive_end(peer->sctp);
}

void sctp_draft_send(struct sctp_peer *peer)
{
    sctp_peer_put32(peer->draft.bytes + 8, checksum_of(peer->draft.bytes, peer->draft.len));
    sctp_draft_send_raw(peer);
}

void sctp_peer_send(struct sctp_peer *peer, uint8_t type, uint8_t flags, const void *body,
                    size_t len)
{
    sctp_draft_begin(peer, peer->tag);
    sctp_draft_chunk(peer, type, flags, body, len);
    sctp_draft_send(peer);
}

void sctp_peer_send_hex(struct sctp_peer *peer, uint8_t type, uint8_t flags, const char *body)
{
    uint8_t bytes[2048];
    sctp_peer_send(peer, type, flags, bytes, harness_hex(body, bytes, sizeof bytes));
}

void sctp_draft_data(struct sctp_peer *peer, const struct sctp_peer_data *data)
{
    static uint8_t body[65536];

    assert_true(data->len + 12 <= sizeof body);
    sctp_peer_put32(body, data->tsn);
    sctp_peer_put16(body + 4, data->stream);
    sctp_peer_put16(body + 6, data->ssn);
    sctp_peer_put32(body + 8, SCTP_PPID_BINARY);
    memset(body + 12, data->fill, data->len);
    sctp_draft_chunk(peer, 0, data->flags, body, 12 + data->len);
}

void sctp_peer_send_data(struct sctp_peer *peer, const struct sctp_peer_data *data)
{
    sctp_draft_begin(peer, peer->tag);
    sctp_draft_data(peer, data);
    sctp_draft_send(peer);
}

void sctp_peer_say(struct sctp_peer *peer, uint16_t stream, uint16_t ssn, uint8_t fill)
{
    struct sctp_peer_data data = {
        .tsn = peer->tsn++, .stream = stream, .ssn = ssn, .flags = 3, .fill = fill, .len = 10};
    sctp_peer_send_data(peer, &data);
}

void sctp_peer_sack(struct sctp_peer *peer, uint32_t tsn, uint32_t window)
{
    uint8_t body[12] = {0};

    sctp_peer_put32(body, tsn);
    sctp_peer_put32(body + 4, window);
    sctp_peer_send(peer, 3, 0, body, sizeof body);
}

/* What was kept ------------------------------------------------------------------------------- */

static const uint8_t *chunk_in(const struct sctp_kept *kept, unsigned type, size_t *n,
                               size_t *ret_len)
{
    for (size_t at = HEADER_LEN; at < kept->len;) {
        const uint8_t *chunk = kept->bytes + at;
        size_t len = sctp_peer_get16(chunk + 2);
        assert_true(len >= 4 && at + len <= kept->len);
        if (chunk[0] == type && (*n)-- == 0) {
            *ret_len = len;
            return chunk;
        }
        at += (len + 3) & ~(size_t)3;
    }
    return NULL;
}

const uint8_t *sctp_peer_chunk(const struct sctp_peer *peer, unsigned type, size_t n,
                               size_t *ret_len)
{
    size_t len;

    for (size_t i = 0; i < peer->count; i++) {
        const uint8_t *chunk = chunk_in(&peer->kept[i], type, &n, ret_len ? ret_len : &len);
        if (chunk)
            return chunk;
    }
    return NULL;
}

size_t sctp_peer_chunks(const struct sctp_peer *peer, unsigned type)
{
    size_t count = 0;
    while (sctp_peer_chunk(peer, type, count, NULL))
        count++;
    return count;
}

uint32_t sctp_peer_acked(const struct sctp_peer *peer)
{
    size_t count = sctp_peer_chunks(peer, 3);
    assert_true(count > 0);
    return sctp_peer_get32(sctp_peer_chunk(peer, 3, count - 1, NULL) + 4);
}

void sctp_peer_forget(struct sctp_peer *peer)
{
    while (peer->count)
        free(peer->kept[--peer->count].bytes);
}

/* Life ---------------------------------------------------------------------------------------- */

struct sctp_peer *sctp_peer_new(const struct sctp_options *options)
{
    struct sctp_options wanted = options ? *options : (struct sctp_options){0};
    struct sctp_peer *peer = calloc(1, sizeof *peer);

    assert_non_null(peer);
    assert_int_equal(loop_virtual_new(1, &peer->loop), 0);
    wanted.loop = peer->loop;
    peer->tsn = SCTP_PEER_TSN;
    assert_int_equal(sctp_new(&wanted, &events, peer, &peer->sctp), 0);
    assert_int_equal(sctp_start(peer->sctp), 0);
    const uint8_t *init = sctp_peer_chunk(peer, 1, 0, NULL);
    assert_non_null(init);
    peer->tag = sctp_peer_get32(init + 4);
    peer->first_tsn = sctp_peer_get32(init + 16);
    return peer;
}

static void answer_init(struct sctp_peer *peer, uint16_t streams_out, const char *parameters)
{
    uint8_t body[256];

    sctp_peer_put32(body, SCTP_PEER_TAG);
    sctp_peer_put32(body + 4, SCTP_PEER_WINDOW);
    sctp_peer_put16(body + 8, streams_out);
    sctp_peer_put16(body + 10, 65535);
    sctp_peer_put32(body + 12, SCTP_PEER_TSN);
    size_t len = 16 + harness_hex("0007000a 636f6f6b6965 0000", body + 16, 32); /* "cookie" */
    len += harness_hex(parameters, body + len, sizeof body - len);
    sctp_peer_send(peer, 2, 0, body, len);
}

static void open_with(struct sctp_peer *peer, uint16_t streams_out, const char *parameters)
{
    size_t len;

    answer_init(peer, streams_out, parameters);
    const uint8_t *echo = sctp_peer_chunk(peer, 10, 0, &len);
    assert_non_null(echo);
    assert_int_equal(len, 4 + 6);
    assert_memory_equal(echo + 4, "cookie", 6);
    sctp_peer_send(peer, 11, 0, NULL, 0);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(peer->opened, 1);
    sctp_peer_forget(peer);
}

struct sctp_peer *sctp_peer_open(const struct sctp_options *options, const char *parameters)
{
    struct sctp_peer *peer = sctp_peer_new(options);
    open_with(peer, 65535, parameters);
    return peer;
}

struct sctp_peer *sctp_peer_open_narrow(uint16_t streams_out)
{
    struct sctp_peer *peer = sctp_peer_new(NULL);
    open_with(peer, streams_out, SCTP_PEER_SUPPORTS);
    return peer;
}

void sctp_peer_free(struct sctp_peer *peer)
{
    sctp_free(peer->sctp);
    assert_false(loop_virtual_step(peer->loop));
    loop_virtual_close(peer->loop);
    sctp_peer_forget(peer);
    free(peer);
}

void sctp_peer_run(struct sctp_peer *peer, uint64_t for_us)
{
    loop_virtual_run_until(peer->loop, loop_now_us(peer->loop) + for_us);
}

/* The last DATA of ours that was kept is acknowledged. */
static uint32_t last_tsn_sent(const struct sctp_peer *peer)
{
    size_t count = sctp_peer_chunks(peer, 0);
    assert_true(count > 0);
    return sctp_peer_get32(sctp_peer_chunk(peer, 0, count - 1, NULL) + 4);
}

void sctp_peer_expect_well(struct sctp_peer *peer)
{
    const struct sctp_message head = {.stream = 9, .ppid = SCTP_PPID_BINARY};
    unsigned messages = peer->messages;

    assert_int_equal(peer->closed, 0);
    sctp_peer_run(peer, 1000000);
    sctp_peer_forget(peer);
    /* Theirs: unordered, so that whatever was said before does not matter. */
    struct sctp_peer_data data = {
        .tsn = peer->tsn++, .stream = 9, .flags = 7, .fill = 0x77, .len = 100};
    sctp_peer_send_data(peer, &data);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(peer->messages, messages + 1);
    assert_int_equal(peer->last_first, 0x77);
    assert_int_equal(sctp_peer_acked(peer), data.tsn);
    /* Ours. */
    assert_int_equal(sctp_send(peer->sctp, &head, actr_bytes_str("all is well")), 0);
    sctp_peer_run(peer, 10000);
    size_t count = sctp_peer_chunks(peer, 0);
    assert_true(count > 0);
    assert_memory_equal(sctp_peer_chunk(peer, 0, count - 1, NULL) + 16, "all is well", 11);
    sctp_peer_sack(peer, last_tsn_sent(peer), SCTP_PEER_WINDOW);
    sctp_peer_run(peer, 1000000);
    assert_int_equal(sctp_buffered(peer->sctp), 0);
    assert_int_equal(peer->closed, 0);
    sctp_peer_forget(peer);
}
