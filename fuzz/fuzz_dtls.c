// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DTLS: whatever comes as datagrams, to a client or a server, before, during and after a handshake.
 * Each datagram is two bytes of length and the rest; the first byte of the input says which side
 * gets them, and after how many genuine datagrams of a handshake.
 *
 * Until the peer's cookie is back, a server sends no more than it got. */
#include <string.h>

#include "fuzz.h"
#include "hyper/wire/webrtc/dtls.h"

#define KEPT_MAX 64

struct side {
    struct dtls *dtls;
    struct {
        size_t len;
        uint8_t bytes[DTLS_MTU];
    } kept[KEPT_MAX]; /* sent, and not handed over */
    size_t head, tail, sent;
    bool is_over;
};

static struct certificate *certificate;
static struct dtls_context *context;

static void on_send(void *owner, struct actr_view datagram)
{
    struct side *side = owner;

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
    fuzz_fail("data that nobody has sent");
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
    size_t got = 0, sent = side->sent;
    for (size_t at = 1; at + 2 <= len;) {
        size_t size = (size_t)(data[at] << 8 | data[at + 1]);
        at += 2;
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
