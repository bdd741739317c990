// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What killed.c, which is killed, tells kill_test.c, which kills it: on its standard output, each
 * before it happens but KILLED_TAKEN. */
#pragma once

#include <stdint.h>

enum killed_event {
    KILLED_OPEN,
    KILLED_PUSHED,
    KILLED_REFUSED,
    KILLED_TAKEN,
    KILLED_HANDLED,
    KILLED_DIED /* of this one */
};

struct killed_record {
    uint32_t event; /* enum killed_event */
    uint32_t number;
};
