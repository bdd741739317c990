// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Subscriptions by type and by connection.
 *
 * Each subscription is in two lists, that of its type and that of its subscriber; a type is kept
 * while somebody is subscribed to it.
 *
 * Loop thread. */
#include "subscriptions.h"

#include "base/err.h"
#include "base/mem.h"

struct topic {
    struct hash_node node;
    struct actr_type type;
    struct list subscriptions;
};

struct subscription {
    struct topic *topic;
    struct subscriber *subscriber;
    struct list of_topic, of_subscriber;
};

static struct topic *topic_of(const struct hash_node *node)
{
    return container_of((uintptr_t)node, struct topic, node);
}

static bool topic_equal(const struct hash_node *node, const void *wanted)
{
    return actr_type_equal(&topic_of(node)->type, wanted);
}

void subscriptions_init(struct subscriptions *subscriptions, const struct hash_key *key)
{
    hash_table_init(&subscriptions->_types, topic_equal);
    subscriptions->_key = *key;
    subscriptions->count = 0;
}

void subscriptions_deinit(struct subscriptions *subscriptions)
{
    hash_table_deinit(&subscriptions->_types);
}

void subscriber_init(struct subscriber *subscriber, struct visitor *visitor)
{
    subscriber->visitor = visitor;
    list_init(&subscriber->_subscriptions);
    subscriber->_count = 0;
}

static uint64_t topic_hash(const struct subscriptions *subscriptions, const struct actr_type *type)
{
    struct actr_id id = {.type = *type};
    return actr_id_hash(&id, subscriptions->_key.bytes);
}

static struct topic *topic_find(const struct subscriptions *subscriptions,
                                const struct actr_type *type)
{
    uint64_t hash = topic_hash(subscriptions, type);
    struct hash_node *node = hash_table_find(&subscriptions->_types, hash, type);
    return node ? topic_of(node) : NULL;
}

static struct topic *topic_new(struct subscriptions *subscriptions, const struct actr_type *type)
{
    struct topic *topic = mem_alloc(sizeof(*topic));
    if (!topic)
        return NULL;
    topic->type = *type;
    list_init(&topic->subscriptions);
    uint64_t hash = topic_hash(subscriptions, type);
    if (hash_table_insert(&subscriptions->_types, &topic->node, hash) < 0) {
        mem_free(topic);
        return NULL;
    }
    return topic;
}

static void topic_drop_if_empty(struct subscriptions *subscriptions, struct topic *topic)
{
    if (!list_is_empty(&topic->subscriptions))
        return;
    hash_table_remove(&subscriptions->_types, &topic->node);
    mem_free(topic);
}

static void subscription_free(struct subscriptions *subscriptions,
                              struct subscription *subscription)
{
    list_remove(&subscription->of_topic);
    list_remove(&subscription->of_subscriber);
    subscription->subscriber->_count--;
    subscriptions->count--;
    topic_drop_if_empty(subscriptions, subscription->topic);
    mem_free(subscription);
}

/* A connection has few subscriptions and a type may have many subscribers, so it is the former that
 * are searched. */
static struct subscription *find(const struct subscriber *subscriber, const struct actr_type *type)
{
    list_each(pos, &subscriber->_subscriptions)
    {
        struct subscription *subscription = container_of(pos, struct subscription, of_subscriber);
        if (actr_type_equal(&subscription->topic->type, type))
            return subscription;
    }
    return NULL;
}

int subscriptions_add(struct subscriptions *subscriptions, struct subscriber *subscriber,
                      const struct actr_type *type)
{
    if (find(subscriber, type))
        return 0;
    if (subscriber->_count >= SUBSCRIPTIONS_OF_VISITOR_MAX)
        return err_origin(ACTR_ESTATE, "%d subscriptions on this connection",
                          SUBSCRIPTIONS_OF_VISITOR_MAX);
    if (subscriptions->count >= SUBSCRIPTIONS_MAX)
        return err_origin(ACTR_ESTATE, "%d subscriptions in all", SUBSCRIPTIONS_MAX);
    struct subscription *subscription = mem_alloc(sizeof(*subscription));
    if (!subscription)
        return err_origin(ACTR_ENOMEM, "subscription: out of memory");
    struct topic *topic = topic_find(subscriptions, type);
    if (!topic)
        topic = topic_new(subscriptions, type);
    if (!topic) {
        mem_free(subscription);
        return err_origin(ACTR_ENOMEM, "subscription: out of memory");
    }
    subscription->topic = topic;
    subscription->subscriber = subscriber;
    list_init(&subscription->of_topic);
    list_init(&subscription->of_subscriber);
    list_push(&topic->subscriptions, &subscription->of_topic);
    list_push(&subscriber->_subscriptions, &subscription->of_subscriber);
    subscriber->_count++;
    subscriptions->count++;
    return 0;
}

void subscriptions_remove(struct subscriptions *subscriptions, struct subscriber *subscriber,
                          const struct actr_type *type)
{
    struct subscription *subscription = find(subscriber, type);
    if (subscription)
        subscription_free(subscriptions, subscription);
}

void subscriptions_drop(struct subscriptions *subscriptions, struct subscriber *subscriber)
{
    while (!list_is_empty(&subscriber->_subscriptions))
        subscription_free(subscriptions, container_of(subscriber->_subscriptions.next,
                                                      struct subscription, of_subscriber));
}

void subscriptions_each(const struct subscriptions *subscriptions, const struct actr_type *type,
                        subscriptions_fn *fn, void *arg)
{
    const struct topic *topic = topic_find(subscriptions, type);
    if (!topic)
        return;
    list_each(pos, &topic->subscriptions)
        fn(arg, container_of(pos, struct subscription, of_topic)->subscriber->visitor);
}
