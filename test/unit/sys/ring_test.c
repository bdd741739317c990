// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include <actr/error.h>

#include "harness.h"
#include "sys/ring.h"
#include "sys/thread.h"

#define CAP 256u

static struct {
    void *memory;
    struct ring writer, reader;
} rig;

static void rig_open(void)
{
    rig.memory = aligned_alloc(64, ring_size(CAP));
    memset(rig.memory, 0, ring_size(CAP));
    ring_init(&rig.writer, rig.memory, CAP);
    ring_init(&rig.reader, rig.memory, CAP);
}

static void rig_close(void)
{
    free(rig.memory);
}

TEST(what_is_written_is_read_in_its_order_whatever_the_pieces)
{
    uint64_t state = harness_seed();
    uint8_t written = 0, read = 0;
    rig_open();
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[CAP + 9];
        size_t len = harness_random(&state) % sizeof(bytes), done;
        if (harness_random(&state) % 2) {
            for (size_t j = 0; j < len; j++)
                bytes[j] = (uint8_t)(written + j);
            assert_int_equal(ring_write(&rig.writer, bytes, len, &done), 0);
            assert_true(done <= len);
            written = (uint8_t)(written + done);
        } else {
            assert_int_equal(ring_read(&rig.reader, bytes, len, &done), 0);
            for (size_t j = 0; j < done; j++)
                assert_int_equal(bytes[j], (uint8_t)(read + j));
            read = (uint8_t)(read + done);
        }
    }
    rig_close();
}

TEST(a_full_ring_takes_no_more)
{
    uint8_t bytes[CAP + 1] = {0};
    size_t done;
    rig_open();
    assert_int_equal(ring_write(&rig.writer, bytes, sizeof(bytes), &done), 0);
    assert_int_equal(done, CAP);
    assert_int_equal(ring_write(&rig.writer, bytes, 1, &done), 0);
    assert_int_equal(done, 0);
    assert_false(ring_doze_full(&rig.writer));
    assert_int_equal(ring_read(&rig.reader, bytes, 1, &done), 0);
    assert_true(ring_wakes_writer(&rig.reader));
    assert_false(ring_wakes_writer(&rig.reader));
    assert_true(ring_doze_full(&rig.writer));
    rig_close();
}

TEST(who_says_that_it_sleeps_is_woken_once)
{
    size_t done;
    rig_open();
    assert_false(ring_wakes_reader(&rig.writer));
    assert_false(ring_doze(&rig.reader));
    assert_int_equal(ring_write(&rig.writer, "x", 1, &done), 0);
    assert_true(ring_wakes_reader(&rig.writer));
    assert_false(ring_wakes_reader(&rig.writer));
    assert_true(ring_linger(&rig.reader));
    assert_true(ring_doze(&rig.reader)); /* there is something after all */
    ring_stir(&rig.reader);
    assert_false(ring_wakes_reader(&rig.writer));
    rig_close();
}

TEST(a_position_that_cannot_be_is_an_error)
{
    uint8_t byte;
    size_t done = 7;
    rig_open();
    memset(rig.memory, 0x7f, ring_size(CAP));
    assert_int_equal(ring_read(&rig.reader, &byte, 1, &done), ACTR_EDECODE);
    assert_string_equal(actr_errmsg(), "the channel says that 2139062143 bytes are in 256");
    assert_int_equal(ring_write(&rig.writer, &byte, 1, &done), ACTR_EDECODE);
    assert_string_equal(actr_errmsg(), "the channel says that 2155905153 bytes are in 256");
    assert_int_equal(done, 7);
    rig_close();
}

#define TOTAL (1u << 20)

static void on_reader(void *arg)
{
    uint32_t read = 0;
    (void)arg;
    while (read < TOTAL) {
        uint8_t bytes[100];
        size_t done;
        assert_int_equal(ring_read(&rig.reader, bytes, sizeof(bytes), &done), 0);
        for (size_t i = 0; i < done; i++)
            assert_int_equal(bytes[i], (uint8_t)(read + i));
        read += (uint32_t)done;
        if (done > 0 && ring_wakes_writer(&rig.reader))
            ring_wake_writer(&rig.reader);
        if (done == 0 && !ring_doze(&rig.reader))
            ring_sleep(&rig.reader);
        ring_stir(&rig.reader);
    }
}

TEST(two_threads_that_sleep_on_it_lose_nothing)
{
    struct thread thread;
    uint32_t written = 0;
    rig_open();
    assert_int_equal(thread_start(&thread, "reader", on_reader, NULL), 0);
    while (written < TOTAL) {
        uint8_t bytes[130];
        size_t len = TOTAL - written < sizeof(bytes) ? TOTAL - written : sizeof(bytes), done;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(written + i);
        assert_int_equal(ring_write(&rig.writer, bytes, len, &done), 0);
        written += (uint32_t)done;
        if (done > 0 && ring_wakes_reader(&rig.writer))
            ring_wake_reader(&rig.writer);
        if (done < len && !ring_doze_full(&rig.writer))
            ring_sleep_full(&rig.writer);
    }
    thread_join(&thread);
    rig_close();
}
