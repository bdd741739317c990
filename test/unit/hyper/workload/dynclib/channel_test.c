// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Both sides of a channel in one process; the node's against one that breaks the rules. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "hyper/workload/dynclib/channel.h"

static struct {
    struct channel node, library;
    int fd, ends[2];
} rig;

static void open_both(void)
{
    assert_int_equal(pipe2(rig.ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(channel_create(&rig.node, &rig.fd), 0);
    assert_int_equal(channel_join(&rig.library, rig.fd, rig.ends[1]), 0);
}

static void close_both(void)
{
    channel_deinit(&rig.node);
    channel_deinit(&rig.library);
    close(rig.fd);
    close(rig.ends[0]);
    close(rig.ends[1]);
}

TEST(the_memory_can_neither_shrink_nor_grow)
{
    open_both();
    assert_int_equal(ftruncate(rig.fd, 0), -1);
    assert_int_equal(ftruncate(rig.fd, 1 << 30), -1);
    close_both();
}

TEST(messages_larger_than_the_ring_pass_piece_by_piece)
{
    const size_t len = (size_t)3 << 20;
    uint8_t *data;
    open_both();
    for (int lane = CHANNEL_ENTRY; lane < CHANNEL_LANES; lane++) {
        struct actr_bytes bytes = bytes_new(len, &data);
        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)(i * 7);
        struct channel_parcel parcel = {.head = {.kind = CHANNEL_INVOKE, .id = 5, .token = 9},
                                        .payload = actr_bytes_view(bytes)};
        struct channel_message message;
        int sent, received;
        do {
            sent = channel_send(&rig.library, (enum channel_lane)lane, &parcel);
            received = channel_receive(&rig.node, (enum channel_lane)lane, &message);
        } while (sent == CHANNEL_FULL || received == CHANNEL_NONE);
        assert_int_equal(sent, 0);
        assert_int_equal(received, 0);
        assert_int_equal(message.head.id, 5);
        assert_int_equal(message.head.token, 9);
        assert_true(view_equal(actr_bytes_view(message.payload), actr_bytes_view(bytes)));
        actr_bytes_unref(message.payload);
        actr_bytes_unref(bytes);
    }
    close_both();
}

TEST(a_node_that_sleeps_is_woken_by_the_pipe)
{
    struct channel_parcel parcel = {.head = {.kind = CHANNEL_RESULT}};
    struct channel_message message;
    char byte;
    open_both();
    assert_int_equal(channel_receive(&rig.node, CHANNEL_ENTRY, &message), CHANNEL_NONE);
    assert_false(ring_doze(&rig.node.in[CHANNEL_ENTRY]));
    assert_int_equal(read(rig.ends[0], &byte, 1), -1);
    assert_int_equal(channel_send(&rig.library, CHANNEL_ENTRY, &parcel), 0);
    assert_int_equal(read(rig.ends[0], &byte, 1), 1);
    assert_int_equal(channel_receive(&rig.node, CHANNEL_ENTRY, &message), 0);
    close_both();
}

/* A head as an enemy writes it. */
static int after_head(uint32_t kind, uint32_t len)
{
    const struct channel_head head = {.kind = kind, .len = len};
    struct channel_message message;
    size_t done;
    open_both();
    assert_int_equal(ring_write(&rig.library.out[CHANNEL_BACK], &head, sizeof(head), &done), 0);
    int r = channel_receive(&rig.node, CHANNEL_BACK, &message);
    close_both();
    return r;
}

TEST(a_message_that_cannot_be_is_refused_before_memory_is_taken_for_it)
{
    assert_int_equal(after_head(CHANNEL_INVOKE, UINT32_MAX), ACTR_EDECODE);
    assert_string_equal(actr_errmsg(), "a message of 4294967295 bytes; 67174400 are allowed");
    assert_int_equal(after_head(0, 0), ACTR_EDECODE);
    assert_string_equal(actr_errmsg(), "a message of kind 0");
    assert_int_equal(after_head(99, 0), ACTR_EDECODE);
    assert_int_equal(after_head(CHANNEL_INVOKE, 1000), CHANNEL_NONE); /* what came is given back */
}

TEST(a_message_that_is_too_long_is_not_begun)
{
    struct channel_parcel parcel = {.head = {.kind = CHANNEL_HANDLE},
                                    .payload = {(const uint8_t *)"", CHANNEL_LEN_MAX + 1}};
    struct channel_message message;
    open_both();
    assert_int_equal(channel_send(&rig.node, CHANNEL_ENTRY, &parcel), ACTR_EINVALID);
    assert_int_equal(channel_receive(&rig.library, CHANNEL_ENTRY, &message), CHANNEL_NONE);
    close_both();
}
