// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The signing keys: which are known, which are asked for, and how often. */
#include "hyper/signaling/key_cache.h"

#include "node.h"

struct keys {
    struct node node;
    struct actr_id id; /* of a peer */
};

static void keys_init(struct keys *keys)
{
    node_init(&keys->node, 1, NULL);
    node_up(&keys->node);
    keys->id = keys->node.id;
    keys->id.serial = 77;
}

/* A check of a good credential that names `key_id`; for an hour and more. */
static void keys_check(struct keys *keys, struct node_check *check, uint32_t key_id)
{
    struct fake_server *server = &keys->node.server;
    uint32_t current = server->key_id;
    server->key_id = key_id;
    node_verify(&keys->node, check, &keys->id,
                fake_server_credential(server, &keys->id, UINT32_MAX));
    server->key_id = current;
}

TEST(our_own_credential_brings_the_key)
{
    struct keys keys;
    struct node_check check;
    keys_init(&keys);
    keys_check(&keys, &check, 1);
    node_run(&keys.node, 1);
    assert_int_equal(check.count_called, 1);
    assert_int_equal(check.code, 0);
    assert_int_equal(keys.node.server.key_asks, 0);
    node_deinit(&keys.node);
}

TEST(a_renewal_brings_the_next_one)
{
    struct keys keys;
    struct node_check check;
    keys_init(&keys);
    keys.node.server.key_id = 2;
    node_run(&keys.node, 3310 * S_US);
    assert_int_equal(keys.node.renewed, 1);
    keys_check(&keys, &check, 2);
    node_run(&keys.node, 1);
    assert_int_equal(check.code, 0);
    assert_int_equal(keys.node.server.key_asks, 0);
    node_deinit(&keys.node);
}

TEST(an_unknown_key_is_asked_for_once)
{
    struct keys keys;
    struct node_check checks[3];
    keys_init(&keys);
    keys.node.server.key_known_max = 5;
    for (int i = 0; i < 3; i++)
        keys_check(&keys, &checks[i], 5);
    node_run(&keys.node, 10 * MS_US);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(checks[i].count_called, 1);
        assert_int_equal(checks[i].code, 0);
    }
    assert_int_equal(keys.node.server.key_asks, 1);
    keys_check(&keys, &checks[0], 5);
    node_run(&keys.node, 10 * MS_US);
    assert_int_equal(checks[0].code, 0);
    assert_int_equal(keys.node.server.key_asks, 1);
    node_deinit(&keys.node);
}

TEST(a_key_is_asked_for_again_after_an_hour)
{
    struct keys keys;
    struct node_check check;
    keys_init(&keys);
    keys.node.server.key_known_max = 5;
    keys_check(&keys, &check, 5);
    node_run(&keys.node, 3590 * S_US);
    assert_int_equal(check.code, 0);
    keys_check(&keys, &check, 5);
    node_run(&keys.node, S_US);
    assert_int_equal(keys.node.server.key_asks, 1);
    node_run(&keys.node, 20 * S_US);
    keys.node.server.key_known_max = 4; /* withdrawn */
    keys_check(&keys, &check, 5);
    node_run(&keys.node, S_US);
    assert_int_equal(keys.node.server.key_asks, 2);
    assert_int_equal(check.code, ACTR_EPERMISSION);
    node_deinit(&keys.node);
}

TEST(a_key_under_another_number_is_not_taken)
{
    struct keys keys;
    struct node_check check;
    keys_init(&keys);
    keys.node.server.key_known_max = 5;
    keys.node.server.foreign_key = 4;
    keys_check(&keys, &check, 5);
    node_run(&keys.node, 10 * MS_US);
    assert_int_equal(check.code, ACTR_EPERMISSION);
    assert_string_equal(check.detail, "the server answered with another key");
    /* Neither has the number it came with become known by it. */
    keys.node.server.foreign_key = 0;
    keys_check(&keys, &check, 4);
    node_run(&keys.node, 10 * MS_US);
    assert_int_equal(keys.node.server.key_asks, 2);
    assert_int_equal(check.code, 0);
    node_deinit(&keys.node);
}

TEST(a_number_the_server_does_not_know_is_remembered)
{
    struct keys keys;
    struct node_check check;
    keys_init(&keys);
    for (int i = 0; i < 5; i++) {
        keys_check(&keys, &check, 9);
        node_run(&keys.node, S_US);
        assert_int_equal(check.count_called, 1);
        assert_int_equal(check.code, ACTR_EPERMISSION);
    }
    assert_int_equal(keys.node.server.key_asks, 1);
    node_run(&keys.node, 30 * S_US);
    keys.node.server.key_known_max = 9; /* a new key, perhaps */
    keys_check(&keys, &check, 9);
    node_run(&keys.node, S_US);
    assert_int_equal(keys.node.server.key_asks, 2);
    assert_int_equal(check.code, 0);
    node_deinit(&keys.node);
}

TEST(made_up_numbers_do_not_flood_the_server)
{
    struct keys keys;
    struct node_check check;
    keys_init(&keys);
    unsigned refused = 0, denied = 0;
    for (uint32_t i = 0; i < 600; i++) {
        keys_check(&keys, &check, 1000 + i);
        node_run(&keys.node, 50 * MS_US);
        assert_int_equal(check.count_called, 1);
        refused += check.code == ACTR_EUNAVAILABLE;
        denied += check.code == ACTR_EPERMISSION;
    }
    assert_int_equal(refused + denied, 600);
    assert_true(keys.node.server.key_asks <= 16 + 61);
    assert_int_equal(keys.node.server.key_asks, denied);
    /* Ours is still there. */
    keys_check(&keys, &check, 1);
    node_run(&keys.node, 1);
    assert_int_equal(check.code, 0);
    node_deinit(&keys.node);
}

TEST(only_so_many_questions_at_once)
{
    struct keys keys;
    static struct node_check checks[KEY_FETCH_MAX + 1];
    keys_init(&keys);
    keys.node.server.is_deaf = true;
    for (uint32_t i = 0; i <= KEY_FETCH_MAX; i++)
        keys_check(&keys, &checks[i], 1000 + i);
    node_run(&keys.node, 10 * MS_US);
    assert_int_equal(checks[KEY_FETCH_MAX].code, ACTR_EUNAVAILABLE);
    assert_int_equal(checks[0].count_called, 0);
    node_run(&keys.node, 5 * S_US);
    for (uint32_t i = 0; i < KEY_FETCH_MAX; i++)
        assert_int_equal(checks[i].code, ACTR_ETIMEDOUT);
    node_deinit(&keys.node);
}

TEST(no_socket_no_key)
{
    struct keys keys;
    struct node_check check;
    keys_init(&keys);
    keys_check(&keys, &check, 9);
    fake_server_lose(&keys.node.server);
    node_run(&keys.node, 10 * MS_US);
    assert_int_equal(check.count_called, 1);
    assert_int_equal(check.code, ACTR_EUNAVAILABLE);
    node_run(&keys.node, S_US);
    keys.node.server.key_known_max = 9;
    keys_check(&keys, &check, 9); /* that was no answer, so nothing is remembered */
    node_run(&keys.node, 10 * MS_US);
    assert_int_equal(check.code, 0);
    node_deinit(&keys.node);
}
