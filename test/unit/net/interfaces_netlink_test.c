// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The addresses of this machine; changes are made in a network namespace of the test's own, where
 * that is permitted. */
#include "net/interfaces_netlink.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "rig.h"

TEST(the_list_has_the_loopback_address_and_is_sorted)
{
    struct interface_address list[INTERFACES_MAX];
    struct rig rig;
    bool has_loopback = false;
    rig_open(&rig);
    size_t count = interfaces_list(rig.net, list);
    assert_true(count > 0 && count <= INTERFACES_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_true(list[i].name[0] != '\0' && list[i].index > 0);
        assert_int_equal(list[i].address.port, 0);
        assert_true(i == 0 || list[i - 1].index <= list[i].index);
        static const struct net_address wanted = {.bytes = {127, 0, 0, 1}};
        if (net_address_equal(&list[i].address, &wanted)) {
            has_loopback = true;
            assert_true(list[i].is_loopback);
            assert_string_equal(list[i].name, "lo");
        }
    }
    assert_true(has_loopback);
    rig_close(&rig);
}

/* ---- a namespace of our own ---- */

struct space {
    struct rig rig;
    struct interfaces *watch;
    int home;
    size_t change_count;
};

static void on_change(void *owner)
{
    ((struct space *)owner)->change_count++;
}

/* False: not permitted. */
static bool space_open(struct space *space)
{
    *space = (struct space){.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (space->home < 0 || unshare(CLONE_NEWNET) < 0) {
        print_message("SKIPPED: a network namespace of one's own is not permitted here\n");
        if (space->home >= 0)
            close(space->home);
        return false;
    }
    rig_open(&space->rig);
    assert_int_equal(interfaces_watch(space->rig.net, on_change, space, &space->watch), 0);
    return true;
}

static void space_close(struct space *space)
{
    interfaces_unwatch(space->watch);
    rig_close(&space->rig);
    assert_int_equal(setns(space->home, CLONE_NEWNET), 0);
    close(space->home);
}

static void set_loopback(bool is_up)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = is_up ? IFF_UP : 0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

/* Adds an IPv6 address to the loopback device; not preferred: deprecated from the beginning. */
static void add_address(const uint8_t bytes[16], bool is_preferred)
{
    struct {
        struct nlmsghdr head;
        struct ifaddrmsg body;
        struct rtattr local_head;
        uint8_t local[16];
        struct rtattr cache_head;
        struct ifa_cacheinfo cache;
    } request = {
        .head = {.nlmsg_len = sizeof(request),
                 .nlmsg_type = RTM_NEWADDR,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK},
        .body = {.ifa_family = AF_INET6, .ifa_prefixlen = 128, .ifa_index = 1},
        .local_head = {sizeof(struct rtattr) + 16, IFA_LOCAL},
        .cache_head = {sizeof(struct rtattr) + sizeof(struct ifa_cacheinfo), IFA_CACHEINFO},
        .cache = {.ifa_prefered = is_preferred ? 3600 : 0, .ifa_valid = 3600},
    };
    struct {
        struct nlmsghdr head;
        struct nlmsgerr body;
        uint8_t rest[256];
    } answer;
    memcpy(request.local, bytes, 16);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    assert_int_equal(send(fd, &request, sizeof(request), 0), sizeof(request));
    assert_true(recv(fd, &answer, sizeof(answer), 0) > 0);
    assert_int_equal(answer.body.error, 0);
    close(fd);
}

TEST(addresses_of_interfaces_that_are_down_are_left_out)
{
    struct interface_address list[INTERFACES_MAX];
    static struct space space;
    if (!space_open(&space))
        return;
    assert_int_equal(interfaces_list(space.rig.net, list), 0);
    set_loopback(true);
    assert_int_equal(interfaces_list(space.rig.net, list), 2);
    assert_false(list[0].address.is_ipv6);
    assert_true(list[1].address.is_ipv6 && list[1].is_loopback);
    set_loopback(false);
    assert_int_equal(interfaces_list(space.rig.net, list), 0);
    space_close(&space);
}

TEST(changes_within_a_short_time_are_told_once)
{
    static struct space space;
    if (!space_open(&space))
        return;
    for (int i = 0; i < 20; i++)
        set_loopback(i % 2 == 0);
    assert_int_equal(space.change_count, 0);
    RIG_UNTIL(&space.rig, space.change_count > 0);
    rig_settle(&space.rig);
    assert_int_equal(space.change_count, 1);
    set_loopback(true);
    RIG_UNTIL(&space.rig, space.change_count == 2);
    space_close(&space);
}

TEST(a_flood_of_changes_that_overruns_the_socket_is_told_too)
{
    static struct space space;
    if (!space_open(&space))
        return;
    for (int i = 0; i < 2000; i++)
        set_loopback(i % 2 == 0);
    RIG_UNTIL(&space.rig, space.change_count > 0);
    rig_settle(&space.rig);
    size_t told = space.change_count;
    set_loopback(true);
    RIG_UNTIL(&space.rig, space.change_count > told);
    space_close(&space);
}

TEST(what_an_address_is_good_for_is_told)
{
    static const uint8_t fresh[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    static const uint8_t old[16] = {0x20, 1, 0xd, 0xb8, [15] = 2};
    static const uint8_t link[16] = {0xfe, 0x80, [15] = 3};
    struct interface_address list[INTERFACES_MAX];
    static struct space space;
    if (!space_open(&space))
        return;
    set_loopback(true);
    add_address(fresh, true);
    add_address(old, false);
    add_address(link, true);
    RIG_UNTIL(&space.rig, space.change_count > 0);
    assert_int_equal(interfaces_list(space.rig.net, list), 5);
    assert_memory_equal(list[2].address.bytes, fresh, 16);
    assert_false(list[2].is_deprecated || list[2].is_temporary);
    assert_memory_equal(list[3].address.bytes, old, 16);
    assert_true(list[3].is_deprecated);
    assert_memory_equal(list[4].address.bytes, link, 16);
    assert_int_equal(list[4].address.scope, 1);
    assert_int_equal(list[3].address.scope, 0);
    space_close(&space);
}

TEST(nothing_is_told_after_the_watch_has_ended)
{
    static struct space space;
    if (!space_open(&space))
        return;
    set_loopback(true);
    rig_turn(&space.rig); /* the change has been seen, and is being waited on */
    space.watch = interfaces_unwatch(space.watch);
    set_loopback(false);
    rig_settle(&space.rig);
    assert_int_equal(space.change_count, 0);
    space_close(&space);
}
