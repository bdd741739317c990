// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/registry.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "forge.h"
#include "harness.h"
#include "rendezvous/ranking.h"

static const struct hash_key key = {{4, 5, 6}};
static struct visitor *const socket_a = (struct visitor *)(uintptr_t)&key;

static struct registry registry;
static struct arena arena;

static void open_registry(void)
{
    registry_init(&registry, &key);
    arena_init(&arena, 1 << 20);
}

static void close_registry(void)
{
    for (size_t i = 0; i < registry._kinds.count; i++)
        list_each(pos, &registry._sorted[i]->groups)
        {
            struct registry_group *group = container_of(pos, struct registry_group, _of_kind);
            while (group->online_count > 0)
                registry_detach(&registry, group->online[0], 1);
        }
    registry_deinit(&registry);
    arena_deinit(&arena);
}

static struct registry_entry entry_of(const struct ais_register_request *request, uint64_t serial)
{
    struct registry_entry entry = {.id = {.serial = serial, .realm = request->realm},
                                   .profile = registry_profile(request),
                                   .expires_at_s = 1000 + serial};
    entry.id.type = request->type;
    assert_false(actr_bytes_failed(entry.profile));
    return entry;
}

static struct registry_actor *add(const struct ais_register_request *request, uint64_t serial)
{
    struct registry_entry entry = entry_of(request, serial);
    struct registry_actor *actor = NULL;
    assert_int_equal(registry_add(&registry, &entry, &actor), 0);
    actr_bytes_unref(entry.profile);
    return actor;
}

static struct registry_actor *add_online(const struct ais_register_request *request,
                                         uint64_t serial)
{
    struct registry_actor *actor = add(request, serial);
    assert_int_equal(registry_attach(&registry, actor, socket_a), 0);
    return actor;
}

static int candidates(const struct actr_id *viewer_id, const char *type, uint64_t random,
                      struct registry_actor **ret_actors, size_t max)
{
    struct registry_viewer viewer = {viewer_id, VISIBILITY_SAME_REALM};
    struct actr_type wanted = forge_type(type);
    return registry_candidates(&registry, &viewer, &wanted, random, &arena, ret_actors, max);
}

TEST(registry_finds_what_was_added_and_nothing_else)
{
    open_registry();
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct registry_actor *actor = add(&request, 5);
    struct actr_id id;
    registry_id(actor, &id);
    assert_ptr_equal(registry_find(&registry, &id), actor);
    id.serial++;
    assert_null(registry_find(&registry, &id));
    id.serial--;
    id.realm++;
    assert_null(registry_find(&registry, &id));
    id.realm--;
    id.type.version[0] = '2';
    assert_null(registry_find(&registry, &id));
    close_registry();
}

TEST(registry_shares_a_group_among_actors_that_registered_alike)
{
    open_registry();
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct registry_actor *a = add(&request, 1), *b = add(&request, 2);
    assert_ptr_equal(a->group, b->group);
    size_t bytes = registry._profile_bytes;
    request.has_acl = true;
    struct registry_actor *c = add(&request, 3);
    assert_ptr_not_equal(a->group, c->group);
    assert_ptr_equal(a->group->kind, c->group->kind);
    registry_remove(&registry, c);
    assert_int_equal(registry._profile_bytes, bytes);
    registry_remove(&registry, a);
    registry_remove(&registry, b);
    assert_int_equal(registry._profile_bytes, 0);
    assert_int_equal(registry._kinds.count, 0);
    close_registry();
}

TEST(registry_refuses_an_id_twice_and_a_foreign_profile)
{
    open_registry();
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct registry_actor *actor = NULL;
    add(&request, 1);
    struct registry_entry entry = entry_of(&request, 1);
    assert_int_equal(registry_add(&registry, &entry, &actor), ACTR_ESTATE);
    entry.id.serial = 2;
    entry.id.realm = 8;
    assert_int_equal(registry_add(&registry, &entry, &actor), ACTR_EDECODE);
    actr_bytes_unref(entry.profile);
    entry.profile = actr_bytes_str("\xff");
    assert_int_equal(registry_add(&registry, &entry, &actor), ACTR_EDECODE);
    actr_bytes_unref(entry.profile);
    assert_int_equal(registry_count(&registry), 1);
    close_registry();
}

TEST(registry_candidates_are_online_visible_and_not_the_viewer)
{
    open_registry();
    struct registry_actor *found[8];
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct registry_actor *self = add_online(&request, 1), *peer = add_online(&request, 2);
    add(&request, 3); /* offline */
    struct ais_register_request foreign = forge_registration(8, "acme:echo:1.0.0");
    add_online(&foreign, 4);
    struct ais_register_request closed = request;
    closed.has_acl = true;
    add_online(&closed, 5);
    struct actr_id id;
    registry_id(self, &id);
    for (uint64_t random = 0; random < 10; random++) {
        assert_int_equal(candidates(&id, "acme:echo:1.0.0", random, found, 8), 1);
        assert_ptr_equal(found[0], peer);
    }
    assert_int_equal(candidates(&id, "acme:echo:1.0.1", 0, found, 8), 0);
    close_registry();
}

TEST(registry_opens_a_realm_to_another_by_rule)
{
    open_registry();
    struct registry_actor *found[8];
    struct acl_rule rule = {.permission = ACL_RULE_ALLOW,
                            .realm_kind = ACL_RULE_REALM_ID,
                            .realm = 9,
                            .from_type = forge_type("acme:client:1.0.0")};
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    request.has_acl = true;
    request.acl = &rule;
    request.acl_count = 1;
    add_online(&request, 1);
    struct actr_id friend = forge_id("5@9/acme:client:1.0.0");
    struct actr_id stranger = forge_id("5@10/acme:client:1.0.0");
    assert_int_equal(candidates(&friend, "acme:echo:1.0.0", 0, found, 8), 1);
    assert_int_equal(candidates(&stranger, "acme:echo:1.0.0", 0, found, 8), 0);
    close_registry();
}

TEST(registry_draws_evenly_over_groups)
{
    open_registry();
    struct registry_actor *found[1];
    unsigned hits[7] = {0};
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct service_spec spec = {.name = view_text("echo"), .fingerprint = view_text("f")};
    struct actr_id viewer = forge_id("99@7/acme:client:1.0.0");
    for (uint64_t serial = 1; serial <= 4; serial++)
        add_online(&request, serial);
    request.service_spec = &spec;
    add_online(&request, 5);
    add_online(&request, 6);
    for (uint64_t random = 0; random < 600; random++) {
        assert_int_equal(candidates(&viewer, "acme:echo:1.0.0", random, found, 1), 1);
        hits[found[0]->serial]++;
    }
    for (int i = 1; i <= 6; i++)
        assert_int_equal(hits[i], 100);
    close_registry();
}

TEST(registry_gives_each_candidate_once)
{
    open_registry();
    struct registry_actor *found[16];
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct actr_id viewer = forge_id("99@7/acme:client:1.0.0");
    for (uint64_t serial = 1; serial <= 9; serial++)
        add_online(&request, serial);
    for (uint64_t random = 0; random < 20; random++) {
        unsigned seen = 0;
        assert_int_equal(candidates(&viewer, "acme:echo:1.0.0", random, found, 16), 9);
        for (int i = 0; i < 9; i++)
            seen |= 1u << found[i]->serial;
        assert_int_equal(seen, 0x3fe);
        assert_int_equal(candidates(&viewer, "acme:echo:1.0.0", random, found, 4), 4);
    }
    close_registry();
}

TEST(registry_keeps_the_online_list_dense)
{
    open_registry();
    uint64_t state = harness_seed();
    struct registry_actor *actors[50];
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    bool is_online[50] = {false};
    size_t online = 0;
    for (uint64_t i = 0; i < 50; i++)
        actors[i] = add(&request, i + 1);
    for (int round = 0; round < 2000; round++) {
        size_t i = harness_random(&state) % 50;
        if (is_online[i])
            registry_detach(&registry, actors[i], 1);
        else
            assert_int_equal(registry_attach(&registry, actors[i], socket_a), 0);
        is_online[i] = !is_online[i];
        online += is_online[i] ? 1 : (size_t)-1;
        assert_int_equal(actors[0]->group->online_count, online);
        assert_int_equal(registry.online_count, online);
        for (size_t j = 0; j < online; j++)
            assert_true(is_online[actors[0]->group->online[j]->serial - 1]);
    }
    close_registry();
}

TEST(registry_load_is_unknown_again_after_a_reconnect)
{
    open_registry();
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct registry_actor *actor = add_online(&request, 1);
    assert_int_equal(actor->availability, RANKING_UNKNOWN);
    actor->availability = 0;
    actor->power_reserve = 5;
    registry_detach(&registry, actor, 77);
    assert_int_equal(actor->gone_at_us, 77);
    assert_int_equal(registry_attach(&registry, actor, socket_a), 0);
    assert_int_equal(actor->availability, RANKING_UNKNOWN);
    assert_true(actor->power_reserve == 0 && actor->backlog == 1);
    close_registry();
}

TEST(registry_lists_types_sorted_and_only_those_that_are_seen_online)
{
    open_registry();
    static const char *const types[] = {"b:x:1", "a:y:1", "a:x:2", "a:x:1", "c:z:1"};
    const struct registry_group *groups[8];
    struct actr_id id = forge_id("99@7/acme:client:1.0.0");
    struct registry_viewer viewer = {&id, VISIBILITY_SAME_REALM};
    for (uint64_t i = 0; i < 5; i++) {
        struct ais_register_request request = forge_registration(i == 4 ? 8 : 7, types[i]);
        add_online(&request, i + 1);
        add_online(&request, i + 11);
    }
    struct ais_register_request offline = forge_registration(7, "a:a:1");
    add(&offline, 50);
    size_t count = registry_discover(&registry, &viewer, (struct actr_view){0}, groups, 8);
    assert_int_equal(count, 4);
    assert_string_equal(groups[0]->kind->text, "a:x:1");
    assert_string_equal(groups[1]->kind->text, "a:x:2");
    assert_string_equal(groups[2]->kind->text, "a:y:1");
    assert_string_equal(groups[3]->kind->text, "b:x:1");
    assert_int_equal(registry_discover(&registry, &viewer, view_text("b"), groups, 8), 1);
    assert_int_equal(registry_discover(&registry, &viewer, (struct actr_view){0}, groups, 2), 2);
    close_registry();
}

TEST(registry_finds_a_spec_by_name_and_prefers_one_that_is_online)
{
    open_registry();
    struct service_spec first = {.name = view_text("echo"), .fingerprint = view_text("offline")};
    struct service_spec second = {.name = view_text("echo"), .fingerprint = view_text("online")};
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct actr_id near = forge_id("99@7/acme:client:1.0.0");
    struct actr_id far = forge_id("99@8/acme:client:1.0.0");
    struct registry_viewer viewer = {&near, VISIBILITY_SAME_REALM};
    struct registry_viewer outsider = {&far, VISIBILITY_SAME_REALM};
    request.service_spec = &first;
    add(&request, 1);
    const struct service_spec *spec = registry_spec(&registry, &viewer, view_text("echo"));
    assert_true(spec && view_equal(spec->fingerprint, view_text("offline")));
    request.service_spec = &second;
    struct registry_actor *actor = add_online(&request, 2);
    spec = registry_spec(&registry, &viewer, view_text("echo"));
    assert_true(spec && view_equal(spec->fingerprint, view_text("online")));
    assert_null(registry_spec(&registry, &outsider, view_text("echo")));
    assert_null(registry_spec(&registry, &viewer, view_text("ech")));
    registry_detach(&registry, actor, 1);
    registry_remove(&registry, actor);
    spec = registry_spec(&registry, &viewer, view_text("echo"));
    assert_true(spec && view_equal(spec->fingerprint, view_text("offline")));
    close_registry();
}

TEST(registry_expires_in_order)
{
    open_registry();
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct registry_actor *late = add(&request, 20), *early = add(&request, 10);
    assert_null(registry_expired(&registry, 1009));
    assert_ptr_equal(registry_expired(&registry, 1010), early);
    registry_set_expiry(&registry, early, 5000);
    assert_ptr_equal(registry_expired(&registry, 1020), late);
    assert_int_equal(registry_expiry(early), 5000);
    close_registry();
}

TEST(registry_bounds_what_it_takes)
{
    open_registry();
    assert_int_equal(registry_check_room(&registry, REGISTRY_PROFILE_MAX), 0);
    assert_int_equal(registry_check_room(&registry, REGISTRY_PROFILE_MAX + 1), ACTR_EINVALID);
    registry._profile_bytes = REGISTRY_PROFILES_MAX;
    assert_int_equal(registry_check_room(&registry, 1), ACTR_ESTATE);
    registry._profile_bytes = 0;
    size_t count = registry._actors.count;
    registry._actors.count = REGISTRY_ACTORS_MAX;
    assert_int_equal(registry_check_room(&registry, 1), ACTR_ESTATE);
    registry._actors.count = count;
    close_registry();
}

TEST(registry_rows_bring_the_same_actor_back)
{
    open_registry();
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    struct registry_entry entry = entry_of(&request, 0xabc), back;
    entry.ws_address = actr_bytes_str("ws://h:1");
    entry.tokens[0] = (struct registry_token){{1, 2, 3}, 5000};
    struct ledger_write *write = ledger_write_new(NULL, NULL);
    assert_int_equal(registry_write(&entry, write), 0);
    struct ledger_row *row = container_of(write->rows.next, struct ledger_row, link);
    assert_int_equal(registry_load(&registry, row), 0);
    struct registry_actor *actor = registry_find(&registry, &entry.id);
    assert_non_null(actor);
    registry_entry_of(actor, &back);
    assert_true(actr_id_equal(&back.id, &entry.id));
    assert_true(view_equal(actr_bytes_view(back.profile), actr_bytes_view(entry.profile)));
    assert_true(view_equal(actr_bytes_view(back.ws_address), view_text("ws://h:1")));
    assert_memory_equal(back.tokens, entry.tokens, sizeof(back.tokens));
    assert_int_equal(back.expires_at_s, entry.expires_at_s);
    actr_bytes_unref(row->cells[LEDGER_ACTOR_ID].bytes);
    row->cells[LEDGER_ACTOR_ID].bytes = actr_bytes_str("nonsense");
    assert_int_equal(registry_load(&registry, row), ACTR_EDECODE);
    ledger_write_free(write);
    actr_bytes_unref(entry.ws_address);
    actr_bytes_unref(entry.profile);
    close_registry();
}

TEST(registry_survives_want_of_memory_at_any_point)
{
    struct service_spec spec = {.name = view_text("echo"), .fingerprint = view_text("f")};
    struct ais_register_request request = forge_registration(7, "acme:echo:1.0.0");
    request.service_spec = &spec;
    int r = ACTR_ENOMEM;
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        open_registry();
        struct registry_entry entry = entry_of(&request, 1);
        struct registry_actor *actor = NULL;
        mem_fail_at(n);
        r = registry_add(&registry, &entry, &actor);
        if (r == 0)
            r = registry_attach(&registry, actor, socket_a);
        mem_fail_at(0);
        assert_true(r == 0 || r == ACTR_ENOMEM);
        actr_bytes_unref(entry.profile);
        close_registry();
    }
}
