// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A flag that one thread sets and others look at. Any thread. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/* Zeroed: clear. */
struct flag {
    atomic_bool _is_set;
};

static inline void flag_set(struct flag *flag)
{
    atomic_store_explicit(&flag->_is_set, true, memory_order_release);
}

static inline void flag_clear(struct flag *flag)
{
    atomic_store_explicit(&flag->_is_set, false, memory_order_release);
}

/* What the setter did before has happened. */
static inline bool flag_get(const struct flag *flag)
{
    return atomic_load_explicit(&flag->_is_set, memory_order_acquire);
}
