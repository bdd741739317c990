// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Load: the flood stops when the lane is full and goes on when it has room; what comes is counted
 * and not looked at. */
#include "webrtc_load.h"

#include <string.h>

#include <actr/error.h>

#include "base/bytes.h"
#include "hyper/wire/webrtc/connection.h"

int load_flood(struct load *load, size_t size, uint64_t bytes)
{
    uint8_t *data;
    actr_bytes_unref(load->message);
    load->message = bytes_new(size, &data);
    if (actr_bytes_failed(load->message))
        return ACTR_ENOMEM;
    memset(data, 0, size);
    load->left = bytes;
    return 0;
}

int load_send(struct load *load, struct connection *connection)
{
    int r = 0;
    while (load->left > 0 && r == 0) {
        r = connection_send(connection, load->lane, actr_bytes_ref(load->message));
        if (r >= 0)
            load->left -= load->left < load->message.len ? load->left : load->message.len;
    }
    return r < 0 ? r : 0;
}

void load_count(struct load *load, uint64_t bytes)
{
    load->wanted = bytes;
}

bool load_receive(struct load *load, size_t len, uint64_t now_us, double *ret_ms)
{
    if (load->came == 0)
        load->begin_us = now_us;
    load->came += len;
    if (load->wanted == 0 || load->came < load->wanted)
        return false;
    load->wanted = 0;
    load->came = 0;
    *ret_ms = (double)(now_us - load->begin_us) / 1e3;
    return true;
}

void load_deinit(struct load *load)
{
    actr_bytes_unref(load->message);
}
