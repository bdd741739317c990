// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Relays that this node has sent, while the server may still object to them. Loop thread. */
#pragma once

#include <actr/id.h>

#include "base/list.h"

struct client;
struct relay;

/* Never inside relaying_send(). detail is lent. */
typedef void relaying_fn(void *owner, const struct actr_id *target, int code, const char *detail);

struct relaying {
    struct client *_client;
    relaying_fn *_fn;
    void *_owner;
    struct list _open;
};

void relaying_init(struct relaying *relaying, struct client *client, relaying_fn *fn, void *owner);
/* fn does not run any more. Zeroed is fine. */
void relaying_deinit(struct relaying *relaying);

/* Of *relay only target, kind and payload matter. 0, ACTR_EUNAVAILABLE (the socket is down),
 * ACTR_ENOMEM. When the server refuses it or the socket goes down first, fn runs. */
int relaying_send(struct relaying *relaying, const struct relay *relay) ACTR_MUST_CHECK;
