// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Datagrams of the peer that have come before the connection has a path to answer by.
 *
 * An answerer may have a path as soon as its own check is answered, while ours is under way, and if
 * it is DTLS client it speaks at once. A handshake whose first answer goes nowhere waits a second
 * for the next try, so what comes early is kept and handed on with the path. What is not kept is as
 * good as lost. Loop thread. */
#include <string.h>

#include "base/mem.h"
#include "hyper/wire/webrtc/connection_parts.h"

void connection_early_keep(struct connection *connection, struct actr_view datagram)
{
    if (connection->early_count == CONNECTION_EARLY_MAX || datagram.len > CONNECTION_EARLY_LEN_MAX)
        return;
    struct connection_early *early = mem_alloc(sizeof(*early) + datagram.len);
    if (!early)
        return;
    early->len = datagram.len;
    memcpy(early->bytes, datagram.ptr, datagram.len);
    list_init(&early->link);
    list_push(&connection->early, &early->link);
    connection->early_count++;
}

void connection_early_deliver(struct connection *connection, uint64_t now_us)
{
    struct list *link;

    if (connection->early_count == 0)
        return;
    while ((link = list_pop(&connection->early)) != NULL) {
        struct connection_early *early = container_of(link, struct connection_early, link);
        association_receive(connection->association, actr_view_of(early->bytes, early->len),
                            now_us);
        mem_free(early);
    }
    connection->early_count = 0;
    association_receive_end(connection->association);
}

void connection_early_drop(struct connection *connection)
{
    struct list *link;
    while ((link = list_pop(&connection->early)) != NULL)
        mem_free(container_of(link, struct connection_early, link));
    connection->early_count = 0;
}
