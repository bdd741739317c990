// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The ends of a message that is too long.
 *
 *     | head | tail, older | tail, newer |
 *
 * When all of it is full the newer part moves to the place of the older: the end is always in one
 * piece, each byte is moved once at most, and nothing is taken from the allocator but once. Until
 * that happens there is no gap between head and tail.
 *
 * One thread. It never looks at what the bytes mean. */
#include "base/excess.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define EXCESS_SIZE (3 * EXCESS_END_LEN)

uint8_t *excess_place(struct excess_keeper *keeper, size_t *len)
{
    if (keeper->_at == EXCESS_SIZE) {
        memcpy(keeper->_data + EXCESS_END_LEN, keeper->_data + 2 * EXCESS_END_LEN, EXCESS_END_LEN);
        keeper->_at = 2 * EXCESS_END_LEN;
    }
    if (*len > EXCESS_SIZE - keeper->_at)
        *len = EXCESS_SIZE - keeper->_at;
    return keeper->_data + keeper->_at;
}

void excess_add(struct excess_keeper *keeper, size_t len)
{
    keeper->_at += len;
    keeper->len += len;
}

int excess_begin(struct excess_keeper *keeper, struct actr_view view)
{
    uint8_t *data = mem_alloc_raw(EXCESS_SIZE);
    if (!data)
        return err_origin(ACTR_ENOMEM, "excess: no memory");
    *keeper = (struct excess_keeper){._data = data};
    while (view.len > 0) {
        size_t len = view.len;
        uint8_t *place = excess_place(keeper, &len);
        memcpy(place, view.ptr, len);
        excess_add(keeper, len);
        view = actr_view_of(view.ptr + len, view.len - len);
    }
    return 0;
}

struct excess excess_kept(const struct excess_keeper *keeper)
{
    size_t head_len = keeper->_at < EXCESS_END_LEN ? keeper->_at : EXCESS_END_LEN;
    return (struct excess){
        .head = {keeper->_data, head_len},
        .tail = {keeper->_data + head_len, keeper->_at - head_len},
        .len = keeper->len,
    };
}

void excess_end(struct excess_keeper *keeper)
{
    mem_free(keeper->_data);
    *keeper = (struct excess_keeper){0};
}
