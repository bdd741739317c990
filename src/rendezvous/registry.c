// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Actors by id, groups by profile.
 *
 * The profile is the encoded registration, reduced to what others may ask about; its bytes are the
 * group's identity and what the ledger keeps, and its decoded form lives in the group's arena.
 *
 * Invariants: an actor is in the table and in exactly one group; a group lives while it has a
 * member, a kind while it has a group. `online` is dense: an actor that leaves is replaced by the
 * last one. Finding groups is in registry_index.c.
 *
 * Loop thread. */
#include "registry.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "ranking.h"
#include "registry_index.h"

static bool actor_equal(const struct hash_node *node, const void *wanted)
{
    const struct registry_actor *actor =
        container_of((uintptr_t)node, struct registry_actor, _node);
    const struct actr_id *id = wanted;
    return actor->serial == id->serial && actor->group->profile.realm == id->realm &&
           actr_type_equal(&actor->group->profile.type, &id->type);
}

static bool group_equal(const struct hash_node *node, const void *wanted)
{
    const struct registry_group *group =
        container_of((uintptr_t)node, struct registry_group, _node);
    return view_equal(actr_bytes_view(group->encoded), *(const struct actr_view *)wanted);
}

void registry_init(struct registry *registry, const struct hash_key *key)
{
    *registry = (struct registry){._key = *key};
    hash_table_init(&registry->_actors, actor_equal);
    hash_table_init(&registry->_groups, group_equal);
    registry_index_init(registry);
}

void registry_deinit(struct registry *registry)
{
    struct hash_node *node = hash_table_next(&registry->_actors, NULL);
    while (node) {
        struct registry_actor *actor = container_of(node, struct registry_actor, _node);
        node = hash_table_next(&registry->_actors, node);
        registry_remove(registry, actor);
    }
    hash_table_deinit(&registry->_actors);
    hash_table_deinit(&registry->_groups);
    registry_index_deinit(registry);
}

size_t registry_count(const struct registry *registry)
{
    return registry->_actors.count;
}

struct actr_bytes registry_profile(const struct ais_register_request *request)
{
    struct ais_register_request profile = {
        .type = request->type,
        .realm = request->realm,
        .has_acl = request->has_acl,
        .acl = request->acl,
        .acl_count = request->acl_count,
        .service_spec = request->service_spec,
    };
    return ais_register_request_encode(&profile);
}

int registry_check_room(const struct registry *registry, size_t profile_len)
{
    if (profile_len > REGISTRY_PROFILE_MAX)
        return err_origin(ACTR_EINVALID, "service_spec and acl together are larger than %d bytes",
                          REGISTRY_PROFILE_MAX);
    if (registry->_actors.count >= REGISTRY_ACTORS_MAX)
        return err_origin(ACTR_ESTATE, "%d actors are registered", REGISTRY_ACTORS_MAX);
    if (registry->_profile_bytes + profile_len > REGISTRY_PROFILES_MAX)
        return err_origin(ACTR_ESTATE, "the service specs fill the memory set aside for them");
    return 0;
}

static void group_free(struct registry *registry, struct registry_group *group)
{
    assert(group->_member_count == 0 && group->online_count == 0);
    registry->_profile_bytes -= group->encoded.len;
    arena_deinit(&group->_arena);
    actr_bytes_unref(group->encoded);
    mem_free(group->online);
    mem_free(group);
}

static int group_new(struct registry *registry, struct actr_bytes profile,
                     struct registry_group **ret_group)
{
    struct registry_group *group = mem_alloc(sizeof(*group));
    if (!group)
        return err_origin(ACTR_ENOMEM, "registry: out of memory");
    group->encoded = actr_bytes_ref(profile);
    registry->_profile_bytes += profile.len;
    arena_init(&group->_arena, (size_t)64 * 1024 + 16 * profile.len);
    int r = ais_register_request_decode(actr_bytes_view(profile), &group->_arena, &group->profile);
    if (r == 0)
        r = registry_index_add(registry, group);
    if (r < 0) {
        group_free(registry, group);
        return r;
    }
    *ret_group = group;
    return 0;
}

static int group_get(struct registry *registry, struct actr_bytes profile,
                     struct registry_group **ret_group)
{
    struct actr_view view = actr_bytes_view(profile);
    uint64_t hash = hash_bytes(&registry->_key, view.ptr, view.len);
    struct hash_node *node = hash_table_find(&registry->_groups, hash, &view);
    if (node) {
        *ret_group = container_of(node, struct registry_group, _node);
        return 0;
    }
    struct registry_group *group = NULL;
    int r = group_new(registry, profile, &group);
    if (r < 0)
        return r;
    r = hash_table_insert(&registry->_groups, &group->_node, hash);
    if (r < 0) {
        registry_index_remove(registry, group);
        group_free(registry, group);
        return r;
    }
    *ret_group = group;
    return 0;
}

static void group_drop_if_empty(struct registry *registry, struct registry_group *group)
{
    if (group->_member_count > 0)
        return;
    hash_table_remove(&registry->_groups, &group->_node);
    registry_index_remove(registry, group);
    group_free(registry, group);
}

static void actor_free(struct registry *registry, struct registry_actor *actor)
{
    heap_remove(&registry->_expiry, &actor->_expiry);
    actr_bytes_unref(actor->ws_address);
    mem_free(actor);
}

static int actor_new(struct registry *registry, struct registry_group *group,
                     const struct registry_entry *entry, struct registry_actor **ret_actor)
{
    struct registry_actor *actor = mem_alloc(sizeof(*actor));
    if (!actor)
        return err_origin(ACTR_ENOMEM, "registry: out of memory");
    actor->serial = entry->id.serial;
    actor->group = group;
    actor->availability = RANKING_UNKNOWN;
    actor->ws_address = actr_bytes_ref(entry->ws_address);
    memcpy(actor->tokens, entry->tokens, sizeof(actor->tokens));
    list_init(&actor->pairs_opened);
    list_init(&actor->pairs_accepted);
    heap_push(&registry->_expiry, &actor->_expiry, entry->expires_at_s);
    uint64_t hash = actr_id_hash(&entry->id, registry->_key.bytes);
    int r = hash_table_insert(&registry->_actors, &actor->_node, hash);
    if (r < 0) {
        actor_free(registry, actor);
        return r;
    }
    group->_member_count++;
    if (registry->serial_max < entry->id.serial)
        registry->serial_max = entry->id.serial;
    *ret_actor = actor;
    return 0;
}

int registry_add(struct registry *registry, const struct registry_entry *entry,
                 struct registry_actor **ret_actor)
{
    struct registry_group *group = NULL;
    if (registry_find(registry, &entry->id))
        return err_origin(ACTR_ESTATE, "the actor is registered already");
    int r = group_get(registry, entry->profile, &group);
    if (r < 0)
        return r;
    if (group->profile.realm != entry->id.realm ||
        !actr_type_equal(&group->profile.type, &entry->id.type))
        r = err_origin(ACTR_EDECODE, "the profile is another actor's");
    else
        r = actor_new(registry, group, entry, ret_actor);
    group_drop_if_empty(registry, group);
    return r;
}

void registry_remove(struct registry *registry, struct registry_actor *actor)
{
    struct registry_group *group = actor->group;
    assert(!actor->visitor && list_is_empty(&actor->pairs_opened) &&
           list_is_empty(&actor->pairs_accepted));
    hash_table_remove(&registry->_actors, &actor->_node);
    actor_free(registry, actor);
    group->_member_count--;
    group_drop_if_empty(registry, group);
}

struct registry_actor *registry_find(const struct registry *registry, const struct actr_id *id)
{
    uint64_t hash = actr_id_hash(id, registry->_key.bytes);
    struct hash_node *node = hash_table_find(&registry->_actors, hash, id);
    return node ? container_of(node, struct registry_actor, _node) : NULL;
}

void registry_each(const struct registry *registry, uint32_t realm, registry_fn *fn, void *arg)
{
    struct hash_node *node = hash_table_next(&registry->_actors, NULL);
    while (node) {
        struct registry_actor *actor = container_of(node, struct registry_actor, _node);
        node = hash_table_next(&registry->_actors, node);
        if (actor->group->profile.realm == realm)
            fn(arg, actor);
    }
}

void registry_id(const struct registry_actor *actor, struct actr_id *ret_id)
{
    ret_id->serial = actor->serial;
    ret_id->realm = actor->group->profile.realm;
    ret_id->type = actor->group->profile.type;
}

static int make_place(struct registry_group *group)
{
    if (group->online_count < group->_online_cap)
        return 0;
    size_t cap = group->_online_cap ? 2 * group->_online_cap : 4;
    struct registry_actor **online = mem_resize(group->online, cap * sizeof(group->online[0]));
    if (!online)
        return err_origin(ACTR_ENOMEM, "registry: out of memory");
    group->online = online;
    group->_online_cap = cap;
    return 0;
}

int registry_attach(struct registry *registry, struct registry_actor *actor,
                    struct visitor *visitor)
{
    struct registry_group *group = actor->group;
    assert(!actor->visitor);
    int r = make_place(group);
    if (r < 0)
        return r;
    group->online[group->online_count++] = actor;
    actor->_place = group->online_count;
    actor->visitor = visitor;
    actor->availability = RANKING_UNKNOWN;
    actor->power_reserve = 0;
    actor->backlog = 1;
    registry->online_count++;
    return 0;
}

void registry_detach(struct registry *registry, struct registry_actor *actor, uint64_t now_us)
{
    struct registry_group *group = actor->group;
    assert(actor->visitor);
    struct registry_actor *last = group->online[--group->online_count];
    group->online[actor->_place - 1] = last;
    last->_place = actor->_place;
    actor->_place = 0;
    actor->visitor = NULL;
    actor->gone_at_us = now_us;
    registry->online_count--;
}

void registry_set_expiry(struct registry *registry, struct registry_actor *actor,
                         uint64_t expires_at_s)
{
    heap_remove(&registry->_expiry, &actor->_expiry);
    heap_push(&registry->_expiry, &actor->_expiry, expires_at_s);
}

uint64_t registry_expiry(const struct registry_actor *actor)
{
    return actor->_expiry.key;
}

struct registry_actor *registry_expired(const struct registry *registry, uint64_t now_s)
{
    struct heap_node *node = heap_first(&registry->_expiry);
    if (!node || node->key > now_s)
        return NULL;
    return container_of(node, struct registry_actor, _expiry);
}
