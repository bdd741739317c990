// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* WebSocket connections between our own two roles, over real sockets. */
#include "net/ws.h"

#include <string.h>

#include "harness.h"
#include "rig.h"

static struct actr_bytes pattern(size_t len, uint8_t seed)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len, &data);
    assert_non_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(seed + i * 31 + (i >> 8));
    return bytes;
}

TEST(messages_of_every_length_come_back_whole)
{
    static const size_t lens[] = {0, 1, 125, 126, 127, 65535, 65536, 70001, 1 << 20, 5 << 20};
    struct rig rig;
    rig_open(&rig);
    rig.accepted.want_echo = true;
    rig_listen(&rig, NULL);
    rig_connect(&rig, NULL);
    size_t count = sizeof(lens) / sizeof(lens[0]);
    for (size_t i = 0; i < count; i++)
        assert_true(net_ws_send(rig.client.ws, pattern(lens[i], (uint8_t)i)) >= 0);
    RIG_UNTIL(&rig, rig.client.message_count == count);
    for (size_t i = 0; i < count; i++) {
        struct actr_bytes wanted = pattern(lens[i], (uint8_t)i);
        assert_int_equal(rig.client.messages[i].len, lens[i]);
        assert_true(view_equal(actr_bytes_view(rig.client.messages[i]), actr_bytes_view(wanted)));
        actr_bytes_unref(wanted);
    }
    assert_int_equal(rig.client.text_count, 0);
    rig_close(&rig);
}
