// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Who wants to be told when an actor of a type comes up.
 *
 * A subscription belongs to a connection and ends with it. Whether the subscriber may see the actor
 * is asked when there is something to tell. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <actr/id.h>

#include "base/hash.h"
#include "base/list.h"

struct visitor;

#define SUBSCRIPTIONS_OF_VISITOR_MAX 256
#define SUBSCRIPTIONS_MAX 262144

/* Embedded in a visitor. */
struct subscriber {
    struct visitor *visitor;
    struct list _subscriptions;
    size_t _count;
};

struct subscriptions {
    struct hash_table _types;
    struct hash_key _key;
    size_t count;
};

void subscriptions_init(struct subscriptions *subscriptions, const struct hash_key *key);
/* Every subscriber must have been dropped. */
void subscriptions_deinit(struct subscriptions *subscriptions);

void subscriber_init(struct subscriber *subscriber, struct visitor *visitor);

/* Harmless when it is subscribed already. ACTR_ENOMEM; ACTR_ESTATE: too many, of this connection or
 * of all. */
int subscriptions_add(struct subscriptions *subscriptions, struct subscriber *subscriber,
                      const struct actr_type *type) ACTR_MUST_CHECK;

/* Harmless when there is none. */
void subscriptions_remove(struct subscriptions *subscriptions, struct subscriber *subscriber,
                          const struct actr_type *type);

/* All of a connection that ends. */
void subscriptions_drop(struct subscriptions *subscriptions, struct subscriber *subscriber);

/* Calls fn for each subscriber of exactly `type`; fn must change no subscription. */
typedef void subscriptions_fn(void *arg, struct visitor *visitor);
void subscriptions_each(const struct subscriptions *subscriptions, const struct actr_type *type,
                        subscriptions_fn *fn, void *arg);
