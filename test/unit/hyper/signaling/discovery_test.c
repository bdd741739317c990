// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Discovery: who is found, who is not, and what is remembered. */
#include "hyper/signaling/discovery.h"

#include <string.h>

#include "base/bytes.h"
#include "node.h"

#define ECHO "acme:echo:1.0.0"

static void up(struct node *node)
{
    node_init(node, 1, NULL);
    node_up(node);
}

TEST(finds_the_best_first)
{
    struct node node;
    struct node_lookup lookup;
    up(&node);
    fake_server_offer(&node.server, ECHO, 50, 3);
    node_find(&node, &lookup, ECHO, 2);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(lookup.code, 0);
    assert_int_equal(lookup.count, 2);
    assert_int_equal(lookup.ids[0].serial, 50);
    assert_int_equal(lookup.ids[1].serial, 51);
    assert_int_equal(node.server.criteria.candidate_count, 2);
    assert_int_equal(node.server.criteria.ranking_factor_count, 0);
    assert_false(node.server.criteria.has_health_min);
    node_deinit(&node);
}

TEST(none_is_not_an_error_of_the_server)
{
    struct node node;
    struct node_lookup lookup;
    up(&node);
    node_find(&node, &lookup, ECHO, 1);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.code, ACTR_ENOTFOUND);
    assert_int_equal(lookup.count, 0);
    node.server.route_error = 403;
    node_find(&node, &lookup, ECHO, 1);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.code, ACTR_EPERMISSION);
    assert_string_equal(lookup.detail, "no");
    node.server.error = 500;
    node_find(&node, &lookup, ECHO, 1);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.code, ACTR_EUNAVAILABLE);
    assert_string_equal(lookup.detail, "500: as told");
    node_deinit(&node);
}

/* The production server names the asker too. */
TEST(never_ourselves)
{
    struct node node;
    struct node_lookup lookup;
    up(&node);
    fake_server_offer(&node.server, "acme:node:1.0.0", node.server.serial, 2);
    assert_true(actr_id_equal(&node.server.candidates[0], &node.id));
    node_find(&node, &lookup, "acme:node:1.0.0", 1);
    node_run(&node, 10 * MS_US);
    assert_int_equal(node.server.criteria.candidate_count, 2);
    assert_int_equal(lookup.count, 1);
    assert_int_equal(lookup.ids[0].serial, node.server.serial + 1);
    node.server.candidate_count = 1;
    node_find(&node, &lookup, "acme:node:1.0.0", 1);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.code, ACTR_ENOTFOUND);
    node_deinit(&node);
}

TEST(more_than_asked_for_are_cut_off)
{
    struct node node;
    struct node_lookup lookup;
    up(&node);
    fake_server_offer(&node.server, ECHO, 50, FAKE_CANDIDATES_MAX);
    node_find(&node, &lookup, ECHO, 1);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count, 1);
    node_find(&node, &lookup, ECHO, UINT32_MAX);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count, 64);
    assert_int_equal(node.server.criteria.candidate_count, 64);
    node_find(&node, &lookup, ECHO, 0);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count, 1);
    node_deinit(&node);
}

/* Entries for all candidates, some without text; entries for those that have one only; none. */
TEST(addresses_in_both_styles)
{
    struct node node;
    struct node_lookup lookup;
    up(&node);
    fake_server_offer(&node.server, ECHO, 50, 3);
    struct actr_id *ids = node.server.candidates;
    node.server.addresses[0] = (struct signaling_ws_address){ids[1], view_text("ws://b:1")};
    node.server.addresses[1] = (struct signaling_ws_address){ids[0], {NULL, 0}};
    node.server.address_count = 2;
    node_find(&node, &lookup, ECHO, 3);
    node_run(&node, 10 * MS_US);
    assert_null(signaling_address_of(node.signaling, &ids[0]));
    assert_string_equal(signaling_address_of(node.signaling, &ids[1]), "ws://b:1");
    assert_null(signaling_address_of(node.signaling, &ids[2]));

    /* An entry replaces what was known, also by nothing; no entry leaves it. */
    node.server.addresses[0] = (struct signaling_ws_address){ids[2], view_text("ws://c:1")};
    node.server.address_count = 1;
    node_find(&node, &lookup, ECHO, 3);
    node_run(&node, 10 * MS_US);
    assert_string_equal(signaling_address_of(node.signaling, &ids[1]), "ws://b:1");
    assert_string_equal(signaling_address_of(node.signaling, &ids[2]), "ws://c:1");
    node.server.addresses[0] = (struct signaling_ws_address){ids[1], {NULL, 0}};
    node_find(&node, &lookup, ECHO, 3);
    node_run(&node, 10 * MS_US);
    assert_null(signaling_address_of(node.signaling, &ids[1]));
    node_deinit(&node);
}

TEST(the_same_search_twice_is_one_request)
{
    struct node node;
    struct node_lookup first, second, third, more, other;
    up(&node);
    fake_server_offer(&node.server, ECHO, 50, 5);
    node_find(&node, &first, ECHO, 3);
    node_find(&node, &second, ECHO, 1);
    node_find(&node, &third, ECHO, 3);
    node_find(&node, &more, ECHO, 4);
    node_find(&node, &other, "acme:other:1.0.0", 1);
    node_run(&node, 10 * MS_US);
    assert_int_equal(node.server.routes, 3);
    assert_int_equal(first.count, 3);
    assert_int_equal(second.count, 1);
    assert_int_equal(third.count, 3);
    assert_int_equal(more.count, 4);
    assert_int_equal(other.count_called, 1);
    node_find(&node, &first, ECHO, 1);
    node_run(&node, 10 * MS_US);
    assert_int_equal(node.server.routes, 4); /* nothing is remembered */
    node_deinit(&node);
}

TEST(each_has_its_own_deadline)
{
    struct node node;
    struct node_lookup patient, hasty;
    struct actr_type type;
    up(&node);
    node.server.is_deaf = true;
    assert_int_equal(actr_type_parse(ECHO, &type), 0);
    node_find(&node, &patient, ECHO, 1);
    node_run(&node, 4500 * MS_US);
    node_find(&node, &hasty, ECHO, 1);
    node_run(&node, 600 * MS_US);
    assert_int_equal(patient.count_called, 1);
    assert_int_equal(patient.code, ACTR_ETIMEDOUT);
    assert_int_equal(hasty.count_called, 0);
    node_run(&node, 5 * S_US);
    assert_int_equal(hasty.code, ACTR_ETIMEDOUT);
    node_deinit(&node);
}

TEST(cancelled_ones_hear_nothing)
{
    struct node node;
    struct node_lookup first, second;
    up(&node);
    fake_server_offer(&node.server, ECHO, 50, 5);
    node_find(&node, &first, ECHO, 1);
    node_find(&node, &second, ECHO, 1);
    signaling_discover_cancel(&first.base);
    signaling_discover_cancel(&first.base);
    node_run(&node, 10 * MS_US);
    assert_int_equal(first.count_called, 0);
    assert_int_equal(second.count_called, 1);
    node_find(&node, &first, ECHO, 1);
    signaling_discover_cancel(&first.base);
    node_run(&node, 10 * S_US);
    assert_int_equal(first.count_called, 0);
    node_deinit(&node);
}

TEST(cancelled_between_answer_and_call)
{
    struct node node;
    struct node_lookup lookup;
    up(&node);
    fake_server_offer(&node.server, ECHO, 50, 5);
    node_find(&node, &lookup, ECHO, 1);
    while (lookup.base._group != NULL)
        assert_true(loop_virtual_step(node.loop));
    assert_int_equal(lookup.count_called, 0);
    signaling_discover_cancel(&lookup.base);
    node_run(&node, 10 * S_US);
    assert_int_equal(lookup.count_called, 0);
    node_deinit(&node);
}

TEST(too_many_at_once)
{
    static struct node_lookup lookups[DISCOVERY_GROUPS_MAX + 1];
    struct node node;
    up(&node);
    node.server.is_deaf = true;
    for (size_t i = 0; i <= DISCOVERY_GROUPS_MAX; i++) {
        char type[] = "acme:echo:00";
        type[10] = (char)('a' + i / 16);
        type[11] = (char)('a' + i % 16);
        node_find(&node, &lookups[i], type, 1);
    }
    node_run(&node, 1);
    assert_int_equal(lookups[DISCOVERY_GROUPS_MAX].count_called, 1);
    assert_int_equal(lookups[DISCOVERY_GROUPS_MAX].code, ACTR_EUNAVAILABLE);
    assert_int_equal(lookups[0].count_called, 0);
    node_deinit(&node);
}

/* Whoever is told first ends everything: the others hear nothing, and nothing is lost. */
static void on_found_free(struct signaling_lookup *base, int code, const char *detail,
                          const struct actr_id *ids, size_t count)
{
    struct node_lookup *lookup = (struct node_lookup *)base;
    struct signaling **signaling = (struct signaling **)(void *)lookup->detail;
    lookup->count_called++;
    signaling_free(*signaling);
    lookup->ids[0] = ids[0]; /* lent until now */
}

TEST(freed_by_the_first_who_is_told)
{
    struct node node;
    static struct node_lookup lookups[3];
    struct actr_type type;
    up(&node);
    fake_server_offer(&node.server, ECHO, 50, 5);
    assert_int_equal(actr_type_parse(ECHO, &type), 0);
    for (size_t i = 0; i < 3; i++) {
        memset(&lookups[i], 0, sizeof lookups[i]);
        memcpy(lookups[i].detail, &node.signaling, sizeof node.signaling);
        signaling_discover(node.signaling, &lookups[i].base, &type, 1, 0, on_found_free);
    }
    node_run(&node, S_US);
    node.signaling = NULL;
    assert_int_equal(lookups[0].count_called, 1);
    assert_int_equal(lookups[0].ids[0].serial, 50);
    assert_int_equal(lookups[1].count_called + lookups[2].count_called, 0);
    node_deinit(&node);
}
