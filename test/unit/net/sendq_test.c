// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "net/sendq.h"

#include <string.h>

#include <actr/error.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

static void push(struct sendq *queue, const char *head, const char *body)
{
    assert_int_equal(sendq_push(queue, view_text(head), actr_bytes_str(body)), 0);
}

static void urge(struct sendq *queue, uint8_t tag, const char *body)
{
    assert_int_equal(sendq_push_urgent(queue, tag, actr_view_of(NULL, 0), actr_bytes_str(body)), 0);
}

/* Everything that is queued, by gathering and by copying, which must be the same. */
static void expect(const struct sendq *queue, const char *wanted)
{
    uint8_t copy[512], join[64];
    struct iovec iov[64];
    size_t at = 0;
    assert_int_equal(queue->len, strlen(wanted));
    assert_int_equal(sendq_copy(queue, copy, sizeof(copy)), strlen(wanted));
    assert_memory_equal(copy, wanted, strlen(wanted));
    size_t count = sendq_gather(queue, iov, 64, join, sizeof(join));
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(iov[i].iov_base, wanted + at, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    assert_int_equal(at, strlen(wanted));
}

TEST(pieces_leave_in_order_however_they_are_cut)
{
    struct sendq queue = {0};
    const char *all = "<1>one<2><3>threefour";
    push(&queue, "<1>", "one");
    push(&queue, "<2>", "");
    push(&queue, "<3>", "three");
    push(&queue, "", "four");
    for (const char *left = all; *left; left++) {
        expect(&queue, left);
        sendq_advance(&queue, 1);
    }
    assert_int_equal(queue.count, 0);
    sendq_deinit(&queue);
}

TEST(an_urgent_piece_goes_before_what_has_not_begun_to_leave)
{
    struct sendq queue = {0};
    push(&queue, "", "one");
    push(&queue, "", "two");
    urge(&queue, 1, "(ping)");
    expect(&queue, "(ping)onetwo");
    sendq_advance(&queue, 7);
    urge(&queue, 1, "(ping)");
    expect(&queue, "ne(ping)two");
    urge(&queue, 2, "(pong)");
    urge(&queue, 1, "(new ping)");
    expect(&queue, "ne(pong)(new ping)two");
    sendq_advance(&queue, 3); /* into the pong */
    urge(&queue, 2, "(again)");
    expect(&queue, "pong)(again)(new ping)two");
    sendq_deinit(&queue);
}

TEST(dropping_keeps_what_has_begun_to_leave)
{
    struct sendq queue = {0};
    push(&queue, "<1>", "one");
    push(&queue, "<2>", "two");
    sendq_advance(&queue, 1);
    sendq_drop(&queue);
    expect(&queue, "1>one");
    sendq_advance(&queue, 5);
    push(&queue, "", "x");
    sendq_drop(&queue);
    expect(&queue, "");
    sendq_deinit(&queue);
}

/* Against a queue made of text. */
TEST(random_use_gives_the_same_stream_as_a_text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    uint64_t random = harness_seed();
    struct sendq queue = {0};
    static char text[1 << 16];
    size_t len = 0, sent = 0;
    for (int round = 0; round < 5000; round++) {
        size_t head_len = harness_random(&random) % SENDQ_HEAD_MAX;
        size_t body_len = harness_random(&random) % 20;
        if (len + 40 < sizeof(text)) {
            char head[16], body[32];
            for (size_t i = 0; i < head_len + body_len; i++)
                text[len + i] = letters[harness_random(&random) % 52];
            memcpy(head, text + len, head_len);
            memcpy(body, text + len + head_len, body_len);
            assert_int_equal(sendq_push(&queue, actr_view_of(head, head_len),
                                        actr_bytes_copy(actr_view_of(body, body_len))),
                             0);
            len += head_len + body_len;
        }
        size_t out = harness_random(&random) % 40;
        out = out < queue.len ? out : queue.len;
        uint8_t buf[40];
        assert_int_equal(sendq_copy(&queue, buf, out), out);
        assert_memory_equal(buf, text + sent, out);
        sendq_advance(&queue, out);
        sent += out;
        assert_int_equal(queue.len, len - sent);
    }
    sendq_deinit(&queue);
}

TEST(an_empty_queue_that_was_large_holds_no_memory)
{
    struct sendq queue = {0};
    size_t live = mem_live();
    for (int i = 0; i < 1000; i++)
        push(&queue, "", "x");
    sendq_advance(&queue, 1000);
    assert_int_equal(mem_live(), live);
}

TEST(memory_may_run_out)
{
    struct sendq queue = {0};
    struct actr_bytes body = actr_bytes_str("body");
    mem_fail_at(1);
    assert_int_equal(sendq_push(&queue, view_text("h"), actr_bytes_ref(body)), ACTR_ENOMEM);
    assert_int_equal(sendq_push(&queue, view_text("h"), actr_bytes_str("x")), ACTR_ENOMEM);
    assert_int_equal(sendq_push_urgent(&queue, 1, view_text("h"), body), ACTR_ENOMEM);
    assert_int_equal(queue.len, 0);
    sendq_deinit(&queue);
}
