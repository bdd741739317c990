// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* SCTP and data channels: two genuine sides open an association with a channel each way; then one
 * of them gets packets of chunks that the input gives, with the right tags, as an authenticated but
 * hostile peer could send them, among genuine packets and the passing of time. What is bounded
 * stays so and nothing crashes.
 *
 * The input is a row of steps: what to do (enum step), two bytes of length, as many bytes. Numbers
 * in chunks are relative, so that small ones mean something and an input keeps its meaning: TSNs to
 * what the peer would send next, acknowledged ones to what was sent last, and requests to the next.
 * The mutator knows steps and chunks. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "hyper/wire/webrtc/data_channel.h"
#include "hyper/wire/webrtc/sctp/sctp.h"
#include "sys/loop_virtual.h"

#define KEPT_MAX 256
#define PACKET_MAX 1452
#define HEADER_LEN 12
#define COOKIE_MAX 1024
#define STEP_HEADER_LEN 3
#define SENDS_MAX (256u << 10) /* bytes of genuine messages in all */

enum step {
    ATTACK,      /* chunks, as a burst of one packet */
    ATTACK_MORE, /* chunks; the burst goes on */
    EXCHANGE,    /* genuine packets go both ways; of each 16 the bits that are set are lost */
    WAIT,        /* the first byte, in 20 ms */
    SPEAK,       /* the victim sends as many bytes as the first two say */
    ASIDE,       /* the first byte: stops or begins reading, doubts, changes the path, closes */
    STEPS
};

struct side {
    struct side *peer;
    struct sctp *sctp;
    struct data_channels *channels;
    struct data_channel *channel;
    struct {
        size_t len;
        uint8_t bytes[PACKET_MAX];
    } kept[KEPT_MAX];
    size_t head, tail;
    uint8_t header[HEADER_LEN]; /* of its last packet */
    uint8_t cookie[COOKIE_MAX]; /* that it echoed */
    size_t cookie_len;
    uint32_t first_tsn, last_tsn;
    bool is_over;
};

static struct side sides[2];

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void add32(uint8_t *at, uint32_t value)
{
    value += get32(at);
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Chunks and parameters: type, two bytes of length at 2. False: it does not fit. */
static bool take(const uint8_t *bytes, size_t len, size_t *at, size_t *ret_len)
{
    if (*at + 4 > len)
        return false;
    *ret_len = (size_t)(bytes[*at + 2] << 8 | bytes[*at + 3]);
    return *ret_len >= 4 && *at + *ret_len <= len;
}

static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* Events -------------------------------------------------------------------------------------- */

/* Remembers what a forger would have to know. */
static void watch(struct side *side, const uint8_t *chunk, size_t len)
{
    switch (chunk[0]) {
    case 0:
        if (len >= 8 && (int32_t)(get32(chunk + 4) - side->last_tsn) > 0)
            side->last_tsn = get32(chunk + 4);
        break;
    case 1:
        side->first_tsn = get32(chunk + 16);
        side->last_tsn = side->first_tsn - 1;
        break;
    case 10:
        side->cookie_len = len - 4 < COOKIE_MAX ? len - 4 : COOKIE_MAX;
        memcpy(side->cookie, chunk + 4, side->cookie_len);
        break;
    default:
        break;
    }
}

static void on_send(void *owner, struct actr_view packet)
{
    struct side *side = owner;
    size_t len;

    fuzz_check(packet.len <= PACKET_MAX && packet.len > HEADER_LEN, "a packet of a wrong size");
    fuzz_check(packet.len % 4 == 0, "a packet without padding");
    memcpy(side->header, packet.ptr, HEADER_LEN);
    for (size_t at = HEADER_LEN; at < packet.len; at += padded(len)) {
        fuzz_check(take(packet.ptr, packet.len, &at, &len), "a chunk of a wrong length");
        watch(side, packet.ptr + at, len);
    }
    if (side->tail - side->head == KEPT_MAX)
        return;
    memcpy(side->kept[side->tail % KEPT_MAX].bytes, packet.ptr, packet.len);
    side->kept[side->tail++ % KEPT_MAX].len = packet.len;
}

static bool on_probe(void *owner, struct actr_view packet)
{
    on_send(owner, packet);
    return true;
}

static void on_open(void *owner, uint16_t out, uint16_t in)
{
    data_channels_on_open(((struct side *)owner)->channels, out, in);
}

static void on_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    struct side *side = owner;

    fuzz_check(bytes.len > 0 && bytes.len <= 256 << 10, "a message of a wrong size");
    fuzz_check(!side->is_over, "a message after the end");
    fuzz_check(head->stream < SCTP_STREAMS, "a message on a stream that is not there");
    data_channels_on_message(side->channels, head, bytes);
}

static void on_writable(void *owner)
{
    data_channels_on_writable(((struct side *)owner)->channels);
}

static void on_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
    struct side *side = owner;

    for (size_t i = 0; i < count; i++)
        fuzz_check(streams[i] < SCTP_STREAMS, "a reset of a stream that is not there");
    data_channels_on_reset(side->channels, streams, count, is_incoming);
}

static void on_closed(void *owner, int code, const char *detail)
{
    struct side *side = owner;

    fuzz_check(!side->is_over && detail, "a second end");
    side->is_over = true;
    (void)code;
}

static void on_opened(void *owner, struct data_channel *channel, const struct dcep_open *open)
{
}

static void on_acknowledged(void *owner, struct data_channel *channel)
{
}

static void on_data(void *owner, struct data_channel *channel, bool is_text,
                    struct actr_bytes message)
{
    actr_bytes_unref(message);
}

static void on_room(void *owner, struct data_channel *channel)
{
}

static void on_gone(void *owner, struct data_channel *channel)
{
    struct side *side = owner;
    if (side->channel == channel)
        side->channel = NULL;
}

static void on_drained(void *owner)
{
}

static const struct sctp_events sctp_events = {on_send,  on_open,   on_message, on_writable,
                                               on_reset, on_closed, on_probe};
static const struct data_channels_events channel_events = {on_opened, on_acknowledged, on_data,
                                                           on_room,   on_gone,         on_drained};

/* Steps --------------------------------------------------------------------------------------- */

static void side_begin(struct side *side, struct loop *loop)
{
    struct sctp_options sctp = {.loop = loop, .mtu = 1131, .mtu_max = PACKET_MAX};
    struct data_channels_options options = {.is_dtls_client = side == &sides[0]};
    struct data_channel_options channel = {.label = "fuzz", .priority = 256};

    memset(side, 0, sizeof *side);
    side->peer = side == sides ? &sides[1] : &sides[0];
    fuzz_check(sctp_new(&sctp, &sctp_events, side, &side->sctp) == 0, "no association");
    side->channels = data_channels_new(&options, side->sctp, &channel_events, side);
    fuzz_check(side->channels != NULL, "no channels");
    fuzz_check(data_channel_open(side->channels, &channel, &side->channel) == 0, "no channel");
    fuzz_check(data_channel_send(side->channel, false, actr_bytes_str("genuine")) == 0, "not sent");
}

static bool hand_over(struct side *from, bool is_lost)
{
    if (from->head == from->tail)
        return false;
    size_t at = from->head++ % KEPT_MAX;
    if (is_lost)
        return true;
    sctp_receive(from->peer->sctp, actr_view_of(from->kept[at].bytes, from->kept[at].len));
    sctp_receive_end(from->peer->sctp);
    return true;
}

static void exchange(unsigned lost)
{
    for (int turn = 0; turn < 4 * KEPT_MAX; turn++, lost = lost >> 1 | lost << 15) {
        bool any = hand_over(&sides[0], lost & 1);
        if (!hand_over(&sides[1], lost & 2) && !any)
            break;
        lost &= 0xffff;
    }
}

/* Requests and answers of RFC 6525: the numbers after the head of each parameter. */
static void rebase_request(const struct side *side, uint8_t *chunk, size_t len)
{
    size_t parameter_len;

    for (size_t at = 4; take(chunk, len, &at, &parameter_len); at += padded(parameter_len)) {
        bool is_answer = chunk[at + 1] == 16;
        if (parameter_len >= 8)
            add32(chunk + at + 4, is_answer ? side->first_tsn : side->peer->first_tsn);
        if (parameter_len >= 16 && chunk[at + 1] == 13) {
            add32(chunk + at + 8, side->first_tsn - 1);
            add32(chunk + at + 12, side->peer->last_tsn);
        }
    }
}

static void rebase(struct side *side, uint8_t *chunks, size_t len)
{
    size_t chunk_len;

    for (size_t at = 0; take(chunks, len, &at, &chunk_len); at += padded(chunk_len)) {
        uint8_t *chunk = chunks + at;
        if (chunk[0] == 130)
            rebase_request(side, chunk, chunk_len);
        if (chunk_len < 8)
            continue;
        if (chunk[0] == 0)
            add32(chunk + 4, side->peer->last_tsn + 1);
        else if (chunk[0] == 192)
            add32(chunk + 4, side->peer->last_tsn);
        else if (chunk[0] == 3 || chunk[0] == 7)
            add32(chunk + 4, side->last_tsn);
        else if (chunk[0] == 10 && chunk_len - 4 <= side->peer->cookie_len)
            for (size_t i = 0; i < chunk_len - 4; i++)
                chunk[4 + i] ^= side->peer->cookie[i];
    }
}

/* A packet as the peer would send it, with chunks of the input; without a checksum, as both sides
 * have agreed. */
static void attack(struct side *side, const uint8_t *chunks, size_t len, bool is_last)
{
    uint8_t packet[4096];

    if (len > sizeof packet - HEADER_LEN)
        len = sizeof packet - HEADER_LEN;
    memcpy(packet, side->peer->header, HEADER_LEN);
    memset(packet + 8, 0, 4);
    memcpy(packet + HEADER_LEN, chunks, len);
    if (len && chunks[0] == 1) /* INIT has none (RFC 9260 §8.5.1) */
        memset(packet + 4, 0, 4);
    if (len == 4 && chunks[0] == 10) { /* COOKIE ECHO alone: the genuine one again */
        len += side->peer->cookie_len;
        packet[HEADER_LEN + 2] = (uint8_t)(len >> 8);
        packet[HEADER_LEN + 3] = (uint8_t)len;
        memset(packet + HEADER_LEN + 4, 0, len - 4);
    }
    rebase(side, packet + HEADER_LEN, len);
    sctp_receive(side->sctp, actr_view_of(packet, HEADER_LEN + len));
    if (is_last)
        sctp_receive_end(side->sctp);
}

static void speak(struct side *side, size_t len, size_t *sent)
{
    uint8_t *data;

    if (!side->channel || len == 0 || *sent + len > SENDS_MAX)
        return;
    *sent += len;
    struct actr_bytes bytes = bytes_new(len, &data);
    fuzz_check(data != NULL, "no memory");
    memset(data, 0x33, len);
    (void)!data_channel_send(side->channel, false, bytes);
}

static void aside(struct side *side, unsigned what)
{
    switch (what % 5) {
    case 0:
    case 1:
        sctp_read(side->sctp, what % 5);
        break;
    case 2:
        sctp_path_doubted(side->sctp);
        break;
    case 3:
        sctp_path_changed(side->sctp);
        break;
    default:
        if (side->channel)
            data_channel_close(side->channel);
        side->channel = NULL;
    }
}

static void run_steps(struct loop *loop, const uint8_t *data, size_t len)
{
    struct side *victim = &sides[1];
    size_t sent = 0;

    for (size_t at = 0; at + STEP_HEADER_LEN <= len;) {
        unsigned step = data[at] % STEPS;
        size_t size = (size_t)(data[at + 1] << 8 | data[at + 2]);
        at += STEP_HEADER_LEN;
        if (size > len - at)
            size = len - at;
        const uint8_t *what = data + at;
        at += size;
        if (step == ATTACK || step == ATTACK_MORE)
            attack(victim, what, size, step == ATTACK);
        else if (step == EXCHANGE)
            exchange(size >= 2 ? (unsigned)(what[0] << 8 | what[1]) : 0);
        else if (step == WAIT && size)
            loop_virtual_run_until(loop, loop_now_us(loop) + what[0] * 20000u);
        else if (step == SPEAK && size >= 2)
            speak(victim, (size_t)(what[0] << 8 | what[1]), &sent);
        else if (step == ASIDE && size)
            aside(victim, what[0]);
    }
    sctp_receive_end(victim->sctp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct loop *loop;

    fuzz_check(loop_virtual_new(1, &loop) == 0, "no loop");
    side_begin(&sides[0], loop);
    side_begin(&sides[1], loop);
    for (int i = 0; i < 2; i++)
        fuzz_check(sctp_start(sides[i].sctp) == 0, "not started");
    exchange(0);
    fuzz_check(sctp_streams(sides[0].sctp) && sctp_streams(sides[1].sctp), "no handshake");
    run_steps(loop, data, len);
    loop_virtual_run_until(loop, loop_now_us(loop) + 100000);
    for (int i = 0; i < 2; i++) {
        data_channels_free(sides[i].channels);
        sctp_free(sides[i].sctp);
    }
    fuzz_check(!loop_virtual_step(loop), "something is left to do");
    loop_virtual_close(loop);
    return 0;
}

/* The mutator ---------------------------------------------------------------------------------- */

/* libFuzzer's; not there when a corpus is replayed, where nothing is mutated. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t len_max) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t len_max, unsigned seed);

static const struct {
    uint8_t len, bytes[32];
} templates[] = {
    {20, {0, 3, 0, 18, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 53, 'h', 'i'}},
    {20, {0, 2, 0, 20, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 53, 'p', 'a', 'r', 't'}},
    {20, {0, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 53, 'p', 'a', 'r', 't'}},
    {20, {0, 5, 0, 20, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 53, 'p', 'a', 'r', 't'}},
    {28, {0, 3, 0, 28, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 50, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {16, {3, 0, 0, 16, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0}},
    {16, {3, 0, 0, 16, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}},
    {24, {3, 0, 0, 24, 0, 0, 0, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0}},
    {12, {192, 0, 0, 12, 0, 0, 0, 1, 0, 1, 0, 0}},
    {24, {130, 0, 0, 22, 0, 13, 0, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {16, {130, 0, 0, 16, 0, 16, 0, 12, 0, 0, 0, 0, 0, 0, 0, 1}},
    {16, {130, 0, 0, 16, 0, 17, 0, 12, 0, 0, 0, 0, 0, 16, 0, 0}},
    {12, {4, 0, 0, 12, 0, 1, 0, 8, 1, 2, 3, 4}},
    {28, {1, 0, 0, 28, 1, 2, 3, 4, 0, 16, 0, 0, 4, 0, 4, 0, 0, 0, 0, 9, 0x80, 8, 0, 6, 130, 192}},
    {32, {2, 0, 0, 32, 1, 2, 3, 4, 0, 16, 0, 0, 4, 0, 4, 0, 0, 0, 0, 9, 0, 7, 0, 12}},
    {24, {10, 0, 0, 24}},
    {4, {10, 0, 0, 4}},
    {4, {11, 0, 0, 4}},
    {8, {7, 0, 0, 8, 0, 0, 0, 0}},
    {4, {8, 0, 0, 4}},
    {4, {14, 0, 0, 4}},
    {12, {9, 0, 0, 12, 0, 6, 0, 8, 1, 2, 3, 4}},
    {8, {132, 0, 0, 8, 0, 0, 0, 0}},
    {4, {254, 0, 0, 4}},
};

static uint32_t draw(uint64_t *state, uint32_t end)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % end;
}

/* A step to be put into the input; at most 3 + 4 × 32 bytes. */
static size_t make_step(uint64_t *state, uint8_t *out)
{
    size_t len = STEP_HEADER_LEN;
    unsigned kind = draw(state, 10);

    if (kind < 7) {
        out[0] = kind < 6 ? ATTACK : ATTACK_MORE;
        for (unsigned count = 1 + draw(state, 4); count--;) {
            uint32_t which = draw(state, sizeof templates / sizeof templates[0]);
            memcpy(out + len, templates[which].bytes, templates[which].len);
            /* The last byte of the first number: TSNs and the like stay near. */
            if (templates[which].len >= 8 && draw(state, 2))
                out[len + 7] = (uint8_t)(out[len + 7] + draw(state, 8));
            len += templates[which].len;
        }
    } else {
        out[0] = (uint8_t)(EXCHANGE + draw(state, STEPS - EXCHANGE));
        out[len++] = (uint8_t)draw(state, draw(state, 2) ? 8 : 256);
        out[len++] = (uint8_t)draw(state, 256);
    }
    out[1] = 0;
    out[2] = (uint8_t)(len - STEP_HEADER_LEN);
    return len;
}

/* Where a step drawn by lot begins, and its length; the end when there is none. */
static size_t find_step(uint64_t *state, const uint8_t *data, size_t len, size_t *ret_len)
{
    size_t found = len, seen = 0;

    *ret_len = 0;
    for (size_t at = 0; at + STEP_HEADER_LEN <= len;) {
        size_t size = STEP_HEADER_LEN + (size_t)(data[at + 1] << 8 | data[at + 2]);
        size = size < len - at ? size : len - at;
        if (draw(state, (uint32_t)++seen) == 0) {
            found = at;
            *ret_len = size;
        }
        at += size;
    }
    return found;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t len_max, unsigned seed)
{
    uint64_t state = seed;
    uint8_t step[STEP_HEADER_LEN + 4 * 32 + 2];
    size_t size, at = find_step(&state, data, len, &size), added;

    switch (draw(&state, 4)) {
    case 0: /* away with it */
        memmove(data + at, data + at + size, len - at - size);
        return len - size;
    case 1: /* another before it */
        added = make_step(&state, step);
        if (len + added > len_max)
            break;
        memmove(data + at + added, data + at, len - at);
        memcpy(data + at, step, added);
        return len + added;
    case 2: /* the inside of it, the frame stays */
        if (size <= STEP_HEADER_LEN)
            break;
        LLVMFuzzerMutate(data + at + STEP_HEADER_LEN, size - STEP_HEADER_LEN,
                         size - STEP_HEADER_LEN);
        return len;
    default:
        break;
    }
    return LLVMFuzzerMutate(data, len, len_max);
}
