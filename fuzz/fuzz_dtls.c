// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DTLS: whatever comes as datagrams, to a client or a server, before, during and after a handshake.
 * Each datagram is two bytes of length and the rest; the first byte of the input says which side
 * gets them, and after how many genuine datagrams of a handshake. A length of 0xff00 and more is
 * something else: the other side seals a packet, or one that it has sealed is handed over: as it
 * is, changed, cut, or behind another.
 *
 * Until the peer's cookie is back, a server sends no more than it got. Of what was sealed, each
 * arrives once and unchanged, and nothing else does. */
#include <string.h>

#include "fuzz.h"
#include "hyper/wire/webrtc/dtls.h"

#define KEPT_MAX 64
#define SEALED_MAX 32
#define COMMAND 0xff00

struct side {
    struct dtls *dtls;
    struct {
        size_t len;
        uint8_t bytes[DTLS_MTU];
    } kept[KEPT_MAX]; /* sent, and not handed over */
    size_t head, tail, sent;
    bool is_over;
};

/* What the other side has sealed: packet i begins with i, and goes on with i too. */
static struct sealed {
    size_t plain_len, len;
    bool has_arrived;
    uint8_t bytes[DTLS_PACKET_MAX + DTLS_OVERHEAD];
} sealed[SEALED_MAX];
static size_t sealed_count;
static bool is_sealing;

static struct certificate *certificate;
static struct dtls_context *context;

static void on_send(void *owner, struct actr_view datagram)
{
    struct side *side = owner;

    if (is_sealing) {
        fuzz_check(datagram.len <= sizeof sealed[0].bytes, "a record over its limit");
        memcpy(sealed[sealed_count].bytes, datagram.ptr, datagram.len);
        sealed[sealed_count].len = datagram.len;
        return;
    }
    fuzz_check(datagram.len <= DTLS_MTU, "a datagram over the MTU");
    fuzz_check(!side->is_over || datagram.len < 100, "data after the end");
    side->sent += datagram.len;
    if (side->tail - side->head == KEPT_MAX)
        return;
    memcpy(side->kept[side->tail % KEPT_MAX].bytes, datagram.ptr, datagram.len);
    side->kept[side->tail++ % KEPT_MAX].len = datagram.len;
}

static void on_open(void *owner)
{
}

static void on_data(void *owner, struct actr_view bytes)
{
    fuzz_check(bytes.len > 0 && bytes.ptr[0] < sealed_count, "data that nobody has sent");
    struct sealed *from = &sealed[bytes.ptr[0]];
    fuzz_check(!from->has_arrived, "data a second time");
    fuzz_check(bytes.len == from->plain_len, "data of another length");
    for (size_t i = 0; i < bytes.len; i++)
        fuzz_check(bytes.ptr[i] == bytes.ptr[0], "other data");
    from->has_arrived = true;
}

static void on_closed(void *owner)
{
    ((struct side *)owner)->is_over = true;
}

static void on_failed(void *owner, int code, const char *detail)
{
    struct side *side = owner;
    fuzz_check(!side->is_over && code < 0 && detail, "a second end");
    side->is_over = true;
}

static const struct dtls_events events = {on_send, on_open, on_data, on_closed, on_failed};

static void side_begin(struct side *side, enum dtls_role role)
{
    struct dtls_options options = {
        .role = role, .fingerprints = certificate_fingerprint(certificate), .fingerprint_count = 1};

    side->head = side->tail = side->sent = 0;
    side->is_over = false;
    fuzz_check(dtls_new(context, &options, &events, side, &side->dtls) == 0, "no association");
    dtls_start(side->dtls, 1);
}

static bool hand_over(struct side *from, struct side *to)
{
    if (from->head == from->tail)
        return false;
    size_t at = from->head++ % KEPT_MAX;
    dtls_receive(to->dtls, actr_view_of(from->kept[at].bytes, from->kept[at].len), 2);
    return true;
}

static void seal(struct side *other, size_t len)
{
    static uint8_t plain[DTLS_PACKET_MAX];

    if (sealed_count == SEALED_MAX || !dtls_is_open(other->dtls))
        return;
    memset(plain, (int)sealed_count, len);
    sealed[sealed_count].plain_len = len;
    sealed[sealed_count].has_arrived = false;
    is_sealing = true;
    fuzz_check(dtls_send(other->dtls, actr_view_of(plain, len)) == 0, "a packet is not sent");
    is_sealing = false;
    sealed_count++;
}

/* Four bytes say what, which, and how. */
static void command(struct side *side, struct side *other, const uint8_t four[4])
{
    static uint8_t bytes[2 * sizeof sealed[0].bytes];

    if (four[0] % 5 == 0)
        seal(other, 1 + (size_t)(four[2] << 8 | four[3]) % DTLS_PACKET_MAX);
    if (four[0] % 5 == 0 || sealed_count == 0)
        return;
    struct sealed *which = &sealed[four[1] % sealed_count];
    struct sealed *next = &sealed[(four[1] + 1u) % sealed_count];
    bool is_open = dtls_is_open(side->dtls);
    bool may_arrive = is_open && !which->has_arrived;
    bool next_may_arrive = is_open && next != which && !next->has_arrived;
    size_t len = which->len;

    memcpy(bytes, which->bytes, len);
    if (four[0] % 5 == 1) {
        next_may_arrive = false;
    } else if (four[0] % 5 == 2) { /* a bit is wrong */
        bytes[(size_t)(four[2] << 5 | four[3] >> 3) % len] ^= (uint8_t)(1u << (four[3] & 7));
        may_arrive = next_may_arrive = false;
    } else if (four[0] % 5 == 3) { /* the end is missing */
        len = (size_t)(four[2] << 8 | four[3]) % len;
        may_arrive = next_may_arrive = false;
    } else {
        memcpy(bytes + len, next->bytes, next->len);
        len += next->len;
    }
    bool is_taken = dtls_receive(side->dtls, actr_view_of(bytes, len), 3);
    /* During a handshake it takes what looks like one. */
    fuzz_check(!is_open || is_taken == (may_arrive || next_may_arrive), "not what should be taken");
    fuzz_check(!may_arrive || which->has_arrived, "a packet did not arrive");
    fuzz_check(!next_may_arrive || next->has_arrived, "the packet behind it did not arrive");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct side sides[2];

    if (len == 0)
        return 0;
    fuzz_check(certificate_new(1800000000, &certificate) == 0 &&
                   dtls_context_new(certificate, &context) == 0,
               "no context");
    side_begin(&sides[1], DTLS_SERVER);
    side_begin(&sides[0], DTLS_CLIENT);
    struct side *side = &sides[data[0] & 1];
    for (unsigned genuine = data[0] >> 1; genuine > 0; genuine--) {
        if (!hand_over(&sides[0], &sides[1]) && !hand_over(&sides[1], &sides[0]))
            break;
    }
    sealed_count = 0;
    size_t got = 0, sent = side->sent;
    for (size_t at = 1; at + 2 <= len;) {
        size_t size = (size_t)(data[at] << 8 | data[at + 1]);
        at += 2;
        if (size >= COMMAND && at + 4 <= len) {
            command(side, &sides[side == &sides[0]], data + at);
            at += 4;
            continue;
        }
        if (size > len - at)
            size = len - at;
        dtls_receive(side->dtls, actr_view_of(data + at, size), 3);
        at += size;
        got += size;
        /* Nobody can guess the cookie. */
        if (data[0] == 1)
            fuzz_check(side->sent - sent <= got, "more sent than received");
    }
    fuzz_check(dtls_deadline(side->dtls) == UINT64_MAX || !side->is_over, "an end with a deadline");
    dtls_close(side->dtls);
    dtls_free(sides[0].dtls);
    dtls_free(sides[1].dtls);
    context = dtls_context_unref(context);
    certificate = certificate_unref(certificate);
    return 0;
}
