// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Relays under way to the server.
 *
 * Each is a request whose answer can only be an objection; without one it is forgotten when the
 * client's limit for it is over.
 *
 * Loop thread. It repeats nothing: who sent a relay knows best whether it still makes sense. */
#include "hyper/signaling/relaying.h"

#include "base/err.h"
#include "base/mem.h"
#include "hyper/signaling/client.h"

struct relaying_entry {
    struct list link;
    struct relaying *relaying;
    struct actr_id target;
    struct client_request request;
};

static void relaying_on_end(struct client_request *request, int code, const char *detail,
                            const struct signaling_reply *reply)
{
    struct relaying_entry *entry = container_of(request, struct relaying_entry, request);
    struct relaying *relaying = entry->relaying;
    struct actr_id target = entry->target;

    (void)reply;
    list_remove(&entry->link);
    mem_free(entry);
    if (code < 0 && code != ACTR_ETIMEDOUT)
        relaying->_fn(relaying->_owner, &target, code, detail);
}

void relaying_init(struct relaying *relaying, struct client *client, relaying_fn *fn, void *owner)
{
    *relaying = (struct relaying){._client = client, ._fn = fn, ._owner = owner};
    list_init(&relaying->_open);
}

void relaying_deinit(struct relaying *relaying)
{
    struct list *link;
    while (relaying->_client && (link = list_pop(&relaying->_open)) != NULL) {
        struct relaying_entry *entry = container_of(link, struct relaying_entry, link);
        client_request_close(&entry->request);
        mem_free(entry);
    }
}

int relaying_send(struct relaying *relaying, const struct relay *relay)
{
    if (!client_is_open(relaying->_client))
        return err_origin(ACTR_EUNAVAILABLE, "not connected to the server");
    struct relaying_entry *entry = mem_alloc(sizeof(*entry));
    if (!entry)
        return err_origin(ACTR_ENOMEM, "signaling: a relay");
    entry->relaying = relaying;
    entry->target = relay->target;
    list_init(&entry->link);
    list_push(&relaying->_open, &entry->link);
    client_relay(relaying->_client, &entry->request, relay, relaying_on_end);
    return 0;
}
