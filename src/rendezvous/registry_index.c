// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The indexes of the registry, and the questions they answer.
 *
 * Kinds are in a table for those who ask for one type, and in an array sorted by their text for
 * those who ask which types there are. Groups with a spec hang on the spec's name.
 *
 * Loop thread. Questions change nothing. */
#include "registry_index.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

struct registry_spec_name {
    struct hash_node node;
    struct list groups;
    size_t len;
    uint8_t text[];
};

static struct registry_kind *kind_of(const struct hash_node *node)
{
    return container_of((uintptr_t)node, struct registry_kind, _node);
}

static bool kind_equal(const struct hash_node *node, const void *wanted)
{
    return actr_type_equal(&kind_of(node)->type, wanted);
}

static struct registry_spec_name *spec_name_of(const struct hash_node *node)
{
    return container_of((uintptr_t)node, struct registry_spec_name, node);
}

static bool spec_name_equal(const struct hash_node *node, const void *wanted)
{
    const struct registry_spec_name *name = spec_name_of(node);
    return view_equal(actr_view_of(name->text, name->len), *(const struct actr_view *)wanted);
}

void registry_index_init(struct registry *registry)
{
    hash_table_init(&registry->_kinds, kind_equal);
    hash_table_init(&registry->_spec_names, spec_name_equal);
}

void registry_index_deinit(struct registry *registry)
{
    hash_table_deinit(&registry->_kinds);
    hash_table_deinit(&registry->_spec_names);
    mem_free(registry->_sorted);
    registry->_sorted = NULL;
}

static uint64_t type_hash(const struct registry *registry, const struct actr_type *type)
{
    struct actr_id id = {.type = *type};
    return actr_id_hash(&id, registry->_key.bytes);
}

static struct registry_kind *kind_find(const struct registry *registry,
                                       const struct actr_type *type)
{
    struct hash_node *node = hash_table_find(&registry->_kinds, type_hash(registry, type), type);
    return node ? kind_of(node) : NULL;
}

/* Where `text` is, or belongs, among the sorted kinds. */
static size_t sorted_place(const struct registry *registry, const char *text)
{
    size_t low = 0, high = registry->_kinds.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(registry->_sorted[middle]->text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int sorted_make_room(struct registry *registry)
{
    if (registry->_kinds.count < registry->_sorted_cap)
        return 0;
    size_t cap = registry->_sorted_cap ? 2 * registry->_sorted_cap : 16;
    struct registry_kind **sorted = mem_resize(registry->_sorted, cap * sizeof(sorted[0]));
    if (!sorted)
        return err_origin(ACTR_ENOMEM, "registry: out of memory");
    registry->_sorted = sorted;
    registry->_sorted_cap = cap;
    return 0;
}

static int kind_new(struct registry *registry, const struct actr_type *type,
                    struct registry_kind **ret_kind)
{
    int r = sorted_make_room(registry);
    if (r < 0)
        return r;
    struct registry_kind *kind = mem_alloc(sizeof(*kind));
    if (!kind)
        return err_origin(ACTR_ENOMEM, "registry: out of memory");
    kind->type = *type;
    list_init(&kind->groups);
    actr_type_format(type, kind->text);
    size_t place = sorted_place(registry, kind->text);
    size_t after = registry->_kinds.count - place;
    r = hash_table_insert(&registry->_kinds, &kind->_node, type_hash(registry, type));
    if (r < 0) {
        mem_free(kind);
        return r;
    }
    memmove(&registry->_sorted[place + 1], &registry->_sorted[place],
            after * sizeof(registry->_sorted[0]));
    registry->_sorted[place] = kind;
    *ret_kind = kind;
    return 0;
}

static void kind_drop_if_empty(struct registry *registry, struct registry_kind *kind)
{
    if (kind->group_count > 0)
        return;
    size_t place = sorted_place(registry, kind->text);
    hash_table_remove(&registry->_kinds, &kind->_node);
    memmove(&registry->_sorted[place], &registry->_sorted[place + 1],
            (registry->_kinds.count - place) * sizeof(registry->_sorted[0]));
    mem_free(kind);
}

static int spec_name_get(struct registry *registry, struct actr_view text,
                         struct registry_spec_name **ret_name)
{
    uint64_t hash = hash_bytes(&registry->_key, text.ptr, text.len);
    struct hash_node *node = hash_table_find(&registry->_spec_names, hash, &text);
    if (node) {
        *ret_name = spec_name_of(node);
        return 0;
    }
    struct registry_spec_name *name = mem_alloc(sizeof(*name) + text.len);
    if (!name)
        return err_origin(ACTR_ENOMEM, "registry: out of memory");
    if (text.len > 0)
        memcpy(name->text, text.ptr, text.len);
    name->len = text.len;
    list_init(&name->groups);
    int r = hash_table_insert(&registry->_spec_names, &name->node, hash);
    if (r < 0) {
        mem_free(name);
        return r;
    }
    *ret_name = name;
    return 0;
}

int registry_index_add(struct registry *registry, struct registry_group *group)
{
    struct registry_kind *kind = kind_find(registry, &group->profile.type);
    int r = kind ? 0 : kind_new(registry, &group->profile.type, &kind);
    if (r < 0)
        return r;
    if (group->profile.service_spec) {
        r = spec_name_get(registry, group->profile.service_spec->name, &group->_spec_name);
        if (r < 0) {
            kind_drop_if_empty(registry, kind);
            return r;
        }
    }
    group->kind = kind;
    kind->group_count++;
    list_init(&group->_of_kind);
    list_push(&kind->groups, &group->_of_kind);
    list_init(&group->_of_spec);
    if (group->_spec_name)
        list_push(&group->_spec_name->groups, &group->_of_spec);
    return 0;
}

void registry_index_remove(struct registry *registry, struct registry_group *group)
{
    list_remove(&group->_of_kind);
    group->kind->group_count--;
    kind_drop_if_empty(registry, group->kind);
    list_remove(&group->_of_spec);
    if (group->_spec_name && list_is_empty(&group->_spec_name->groups)) {
        hash_table_remove(&registry->_spec_names, &group->_spec_name->node);
        mem_free(group->_spec_name);
    }
}

bool registry_sees(const struct registry_viewer *viewer, const struct registry_group *group)
{
    struct visibility_rules rules = {group->profile.acl, group->profile.acl_count,
                                     group->profile.has_acl};
    return visibility_allows(&rules, group->profile.realm, viewer->id, viewer->policy);
}

/* The groups of a kind that the viewer sees instances of, and how many instances they have. */
static size_t visible_groups(const struct registry_kind *kind, const struct registry_viewer *viewer,
                             struct registry_group **ret_groups, size_t *ret_online)
{
    size_t count = 0;
    *ret_online = 0;
    list_each(pos, &kind->groups)
    {
        struct registry_group *group = container_of(pos, struct registry_group, _of_kind);
        if (group->online_count == 0 || !registry_sees(viewer, group))
            continue;
        ret_groups[count++] = group;
        *ret_online += group->online_count;
    }
    return count;
}

static bool is_viewer(const struct registry_actor *actor, const struct registry_viewer *viewer)
{
    return actor->serial == viewer->id->serial &&
           actor->group->profile.realm == viewer->id->realm &&
           actr_type_equal(&actor->group->profile.type, &viewer->id->type);
}

int registry_candidates(const struct registry *registry, const struct registry_viewer *viewer,
                        const struct actr_type *type, uint64_t random, struct arena *arena,
                        struct registry_actor **ret_actors, size_t max)
{
    const struct registry_kind *kind = kind_find(registry, type);
    if (!kind)
        return 0;
    struct registry_group **groups = arena_alloc(arena, kind->group_count * sizeof(groups[0]));
    if (!groups)
        return err_origin(ACTR_ENOMEM, "candidates: out of memory");
    size_t online, taken = 0, at = 0;
    size_t group_count = visible_groups(kind, viewer, groups, &online);
    if (group_count == 0)
        return 0;

    size_t index = (size_t)(random % online); /* of all instances, one group after the other */
    while (index >= groups[at]->online_count)
        index -= groups[at++]->online_count;
    for (size_t seen = 0; seen < online && taken < max; seen++) {
        struct registry_actor *actor = groups[at]->online[index];
        if (!is_viewer(actor, viewer))
            ret_actors[taken++] = actor;
        if (++index == groups[at]->online_count) {
            index = 0;
            at = (at + 1) % group_count;
        }
    }
    return (int)taken;
}

/* The group that speaks for a kind; NULL: the viewer sees no instance. */
static const struct registry_group *spokesman(const struct registry_kind *kind,
                                              const struct registry_viewer *viewer)
{
    const struct registry_group *found = NULL;
    list_each(pos, &kind->groups)
    {
        const struct registry_group *group = container_of(pos, struct registry_group, _of_kind);
        if (group->online_count == 0 || (found && !group->profile.service_spec) ||
            !registry_sees(viewer, group))
            continue;
        found = group;
        if (group->profile.service_spec)
            break;
    }
    return found;
}

size_t registry_discover(const struct registry *registry, const struct registry_viewer *viewer,
                         struct actr_view manufacturer, const struct registry_group **ret_groups,
                         size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < registry->_kinds.count && count < max; i++) {
        const struct registry_kind *kind = registry->_sorted[i];
        if (manufacturer.ptr && !view_equal(manufacturer, view_text(kind->type.manufacturer)))
            continue;
        const struct registry_group *group = spokesman(kind, viewer);
        if (group)
            ret_groups[count++] = group;
    }
    return count;
}

const struct service_spec *registry_spec(const struct registry *registry,
                                         const struct registry_viewer *viewer,
                                         struct actr_view name)
{
    uint64_t hash = hash_bytes(&registry->_key, name.ptr, name.len);
    struct hash_node *node = hash_table_find(&registry->_spec_names, hash, &name);
    const struct service_spec *found = NULL;
    if (!node)
        return NULL;
    list_each(pos, &spec_name_of(node)->groups)
    {
        const struct registry_group *group = container_of(pos, struct registry_group, _of_spec);
        if ((found && group->online_count == 0) || !registry_sees(viewer, group))
            continue;
        found = group->profile.service_spec;
        if (group->online_count > 0)
            break;
    }
    return found;
}
