// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Gauge: the rising edge, once, and again only after it was below. */
#include "mailbox/gauge.h"

#include "harness.h"

static uint32_t reached, last;

static void on_reached(void *owner, uint32_t count)
{
    assert_ptr_equal(owner, &reached);
    reached++;
    last = count;
}

TEST(a_threshold_is_told_at_its_rising_edge)
{
    static const struct {
        uint32_t count, reached;
    } steps[] = {{0, 0}, {2, 0}, {3, 1}, {4, 1}, {3, 1}, {9, 1},
                 {2, 1}, {2, 1}, {5, 2}, {0, 2}, {3, 3}};
    struct mailbox_gauge gauge = {.threshold = 3, .on_reached = on_reached, .owner = &reached};
    reached = 0;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        mailbox_gauge_look(&gauge, steps[i].count);
        assert_int_equal(reached, steps[i].reached);
    }
    assert_int_equal(last, 3);
}
