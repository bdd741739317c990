// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whose a datagram is.
 *
 * Two hash tables keyed by chance, since peers choose both user fragments and addresses. A remote
 * address has a place, a place has routes, one for each user that bound it, in the order in which
 * they are asked. What a user has is linked to it, so that it can be forgotten at once, also in the
 * middle of a walk: the walk keeps its place alive and steps over what goes.
 *
 * Bursts come from one address; the place found last is looked at before the table.
 *
 * Loop thread. Never calls up. */
#include "hyper/wire/webrtc/udp_table.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/udp_mux.h"

struct udp_name {
    struct hash_node node;
    struct list of_user; /* the one named longest ago first */
    struct udp_mux_user *user;
    size_t len;
    uint8_t ufrag[];
};

static bool name_equal(const struct hash_node *node, const void *wanted)
{
    const struct udp_name *name = container_of(node, struct udp_name, node);
    const struct actr_view *ufrag = wanted;
    return view_equal(actr_view_of(name->ufrag, name->len), *ufrag);
}

static bool place_equal(const struct hash_node *node, const void *wanted)
{
    return net_address_equal(&container_of(node, struct udp_place, node)->remote, wanted);
}

void udp_table_init(struct udp_table *table, const struct hash_key *key)
{
    *table = (struct udp_table){.key = *key};
    hash_table_init(&table->names, name_equal);
    hash_table_init(&table->places, place_equal);
}

void udp_table_deinit(struct udp_table *table)
{
    assert(table->names.count == 0 && table->places.count == 0 && !table->walked);
    hash_table_deinit(&table->names);
    hash_table_deinit(&table->places);
}

/* ---- names ---- */

static uint64_t name_hash(const struct udp_table *table, struct actr_view ufrag)
{
    return hash_bytes(&table->key, ufrag.ptr, ufrag.len);
}

static struct udp_name *name_find(const struct udp_table *table, struct actr_view ufrag)
{
    struct hash_node *node = hash_table_find(&table->names, name_hash(table, ufrag), &ufrag);
    return node ? container_of(node, struct udp_name, node) : NULL;
}

static void name_free(struct udp_table *table, struct udp_name *name)
{
    hash_table_remove(&table->names, &name->node);
    list_remove(&name->of_user);
    mem_free(name);
}

int udp_table_name(struct udp_table *table, struct udp_mux_user *user, struct actr_view ufrag)
{
    size_t count = 0;
    if (ufrag.len == 0 || ufrag.len > UDP_MUX_UFRAG_MAX)
        return err_origin(ACTR_EINVALID, "udp: a user fragment of %zu bytes", ufrag.len);
    struct udp_name *name = name_find(table, ufrag);
    if (name && name->user != user)
        return err_origin(ACTR_ESTATE, "udp: the user fragment is taken");
    if (name) {
        list_remove(&name->of_user);
        list_push(&user->_names, &name->of_user);
        return 0;
    }
    name = mem_alloc_raw(sizeof(*name) + ufrag.len);
    if (!name)
        return err_origin(ACTR_ENOMEM, "udp: no memory");
    name->user = user;
    name->len = ufrag.len;
    memcpy(name->ufrag, ufrag.ptr, ufrag.len);
    list_init(&name->of_user);
    int r = hash_table_insert(&table->names, &name->node, name_hash(table, ufrag));
    if (r < 0) {
        mem_free(name);
        return r;
    }
    list_push(&user->_names, &name->of_user);
    list_each(pos, &user->_names) count++;
    if (count > UDP_MUX_NAMES_MAX)
        name_free(table, container_of(user->_names.next, struct udp_name, of_user));
    return 0;
}

struct udp_mux_user *udp_table_named(const struct udp_table *table, struct actr_view ufrag)
{
    struct udp_name *name = name_find(table, ufrag);
    return name ? name->user : NULL;
}

/* ---- routes ---- */

static uint64_t place_hash(const struct udp_table *table, const struct net_address *remote)
{
    uint8_t bytes[23];
    memcpy(bytes, remote->bytes, 16);
    memcpy(bytes + 16, &remote->scope, 4);
    memcpy(bytes + 20, &remote->port, 2);
    bytes[22] = remote->is_ipv6;
    return hash_bytes(&table->key, bytes, sizeof(bytes));
}

static struct udp_place *place_find(struct udp_table *table, const struct net_address *remote)
{
    if (table->last && net_address_equal(&table->last->remote, remote))
        return table->last;
    struct hash_node *node = hash_table_find(&table->places, place_hash(table, remote), remote);
    if (!node)
        return NULL;
    table->last = container_of(node, struct udp_place, node);
    return table->last;
}

static struct udp_place *place_need(struct udp_table *table, const struct net_address *remote)
{
    struct udp_place *place = place_find(table, remote);
    if (place)
        return place;
    place = mem_alloc(sizeof(*place));
    if (!place || hash_table_insert(&table->places, &place->node, place_hash(table, remote)) < 0) {
        mem_free(place);
        return NULL;
    }
    place->remote = *remote;
    list_init(&place->routes);
    return place;
}

/* Goes when nobody has a route there. */
static void place_release(struct udp_table *table, struct udp_place *place)
{
    if (!list_is_empty(&place->routes) || place == table->walked)
        return;
    if (place == table->last)
        table->last = NULL;
    hash_table_remove(&table->places, &place->node);
    mem_free(place);
}

static void route_free(struct udp_table *table, struct udp_route *route)
{
    if (table->next == &route->at_place)
        table->next = route->at_place.next;
    list_remove(&route->at_place);
    list_remove(&route->of_user);
    route->user->_route_count--;
    table->route_count--;
    place_release(table, route->place);
    mem_free(route);
}

void udp_table_used(struct udp_route *route)
{
    struct list *routes = &route->user->_routes;
    if (routes->prev == &route->of_user)
        return;
    list_remove(&route->of_user);
    list_push(routes, &route->of_user);
}

void udp_table_prefer(struct udp_route *route)
{
    struct list *routes = &route->place->routes;
    if (routes->next == &route->at_place)
        return;
    list_remove(&route->at_place);
    list_push_front(routes, &route->at_place);
}

int udp_table_route(struct udp_table *table, struct udp_mux_user *user,
                    const struct net_address *remote)
{
    struct udp_place *place = place_need(table, remote);
    if (!place)
        return err_origin(ACTR_ENOMEM, "udp: no memory");
    list_each(pos, &place->routes)
    {
        struct udp_route *route = container_of(pos, struct udp_route, at_place);
        if (route->user != user)
            continue;
        udp_table_used(route);
        return 0;
    }
    struct udp_route *route = mem_alloc(sizeof(*route));
    if (!route) {
        place_release(table, place);
        return err_origin(ACTR_ENOMEM, "udp: no memory");
    }
    *route = (struct udp_route){.place = place, .user = user};
    list_init(&route->at_place);
    list_init(&route->of_user);
    list_push_front(&place->routes, &route->at_place);
    list_push(&user->_routes, &route->of_user);
    table->route_count++;
    if (++user->_route_count > UDP_MUX_ROUTES_MAX)
        route_free(table, container_of(user->_routes.next, struct udp_route, of_user));
    return 0;
}

void udp_table_forget(struct udp_table *table, struct udp_mux_user *user)
{
    while (!list_is_empty(&user->_names))
        name_free(table, container_of(user->_names.next, struct udp_name, of_user));
    while (!list_is_empty(&user->_routes))
        route_free(table, container_of(user->_routes.next, struct udp_route, of_user));
}

/* ---- walking ---- */

void udp_table_walk(struct udp_table *table, const struct net_address *remote)
{
    assert(!table->walked);
    table->walked = place_find(table, remote);
    table->next = table->walked ? table->walked->routes.next : NULL;
}

struct udp_route *udp_table_next(struct udp_table *table)
{
    if (!table->walked || table->next == &table->walked->routes)
        return NULL;
    struct udp_route *route = container_of(table->next, struct udp_route, at_place);
    table->next = table->next->next;
    return route;
}

void udp_table_end(struct udp_table *table)
{
    struct udp_place *place = table->walked;
    table->walked = NULL;
    table->next = NULL;
    if (place)
        place_release(table, place);
}
