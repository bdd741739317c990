// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "net/resolve.h"

#include <string.h>

#include "harness.h"
#include "rig.h"

struct asker {
    size_t calls, count;
    struct net_address list[NET_RESOLVE_MAX];
    char detail[128];
};

static void on_resolved(void *user, const struct net_address *list, size_t count,
                        const char *detail)
{
    struct asker *asker = user;
    asker->calls++;
    asker->count = count;
    assert_true(count <= NET_RESOLVE_MAX);
    for (size_t i = 0; i < count; i++)
        asker->list[i] = list[i];
    strncpy(asker->detail, detail, sizeof(asker->detail) - 1);
}

static void ask(struct rig *rig, const char *host, struct asker *asker)
{
    struct net_resolve *resolve;
    *asker = (struct asker){0};
    assert_int_equal(net_resolve(rig->net, host, 4711, on_resolved, asker, &resolve), 0);
    assert_int_equal(asker->calls, 0);
    RIG_UNTIL(rig, asker->calls == 1);
}

TEST(an_address_is_its_own_answer)
{
    struct rig rig;
    struct asker asker;
    char text[NET_ADDRESS_TEXT_MAX];
    rig_open(&rig);
    ask(&rig, "192.0.2.7", &asker);
    assert_int_equal(asker.count, 1);
    assert_string_equal(net_address_text(&asker.list[0], text), "192.0.2.7:4711");
    ask(&rig, "2001:db8::7", &asker);
    assert_int_equal(asker.count, 1);
    assert_string_equal(net_address_text(&asker.list[0], text), "[2001:db8::7]:4711");
    rig_close(&rig);
}

TEST(a_name_is_looked_up_and_every_address_has_the_port)
{
    struct rig rig;
    struct asker asker;
    rig_open(&rig);
    ask(&rig, "localhost", &asker);
    assert_true(asker.count > 0);
    for (size_t i = 0; i < asker.count; i++) {
        assert_true(net_address_is_loopback(&asker.list[i]));
        assert_int_equal(asker.list[i].port, 4711);
    }
    rig_close(&rig);
}

TEST(a_name_that_is_none_is_answered_with_a_reason)
{
    struct rig rig;
    struct asker asker;
    rig_open(&rig);
    ask(&rig, "name.invalid", &asker);
    assert_int_equal(asker.count, 0);
    assert_true(asker.detail[0] != '\0');
    rig_close(&rig);
}

TEST(a_lookup_that_was_given_up_is_not_answered)
{
    struct rig rig;
    struct asker asker = {0}, last;
    struct net_resolve *number, *name;
    rig_open(&rig);
    assert_int_equal(net_resolve(rig.net, "192.0.2.7", 1, on_resolved, &asker, &number), 0);
    assert_int_equal(net_resolve(rig.net, "name.invalid", 1, on_resolved, &asker, &name), 0);
    assert_null(net_resolve_cancel(number));
    assert_null(net_resolve_cancel(name));
    assert_null(net_resolve_cancel(NULL));
    ask(&rig, "192.0.2.8", &last);
    rig_settle(&rig);
    assert_int_equal(asker.calls, 0);
    rig_close(&rig);
}

TEST(a_host_longer_than_any_name_is_refused)
{
    struct rig rig;
    struct asker asker = {0};
    struct net_resolve *resolve;
    char host[300];
    memset(host, 'a', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    rig_open(&rig);
    assert_int_equal(net_resolve(rig.net, host, 1, on_resolved, &asker, &resolve),
                     ACTR_EUNAVAILABLE);
    rig_settle(&rig);
    assert_int_equal(asker.calls, 0);
    rig_close(&rig);
}
