// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* UDP on real sockets, over the loopback device. sendmmsg() and recvmmsg() of this program can be
 * told to fail, as a system or a device might. */
#include "net/datagram_socket.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <actr/error.h>

#include "harness.h"
#include "rig.h"

/* ---- a system that refuses ---- */

static struct {
    int send_error, send_count; /* so many messages are refused, -1: all */
    bool only_segmented;
    int receive_error, receive_count;
} fault;

static bool is_segmented(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
            return true;
    return false;
}

static bool is_refused(struct msghdr *message)
{
    if (fault.send_count == 0 || (fault.only_segmented && !is_segmented(message)))
        return false;
    if (fault.send_count > 0)
        fault.send_count--;
    return true;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    for (unsigned i = 0; i < count; i++) {
        if (is_refused(&messages[i].msg_hdr)) {
            errno = fault.send_error;
            return i ? (int)i : -1;
        }
        long sent = syscall(SYS_sendmsg, fd, &messages[i].msg_hdr, flags);
        if (sent < 0)
            return i ? (int)i : -1;
        messages[i].msg_len = (unsigned)sent;
    }
    return (int)count;
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    if (fault.receive_count > 0) {
        fault.receive_count--;
        errno = fault.receive_error;
        return -1;
    }
    return (int)syscall(SYS_recvmmsg, fd, messages, count, flags, timeout);
}

/* ---- sockets that write down what comes ---- */

#define SEEN_MAX 4096

struct seen {
    struct datagram_socket *socket;
    size_t count, event_count, event_max, failed_count;
    size_t lens[SEEN_MAX];
    uint8_t firsts[SEEN_MAX];
    struct net_address local, remote, refused; /* of the last one */
    size_t refused_count;
    bool want_close, is_failed;
};

static void on_burst(void *owner, struct datagram_socket *socket, const struct datagram *list,
                     size_t count)
{
    struct seen *seen = owner;
    assert_ptr_equal(socket, seen->socket);
    assert_true(count > 0 && count <= DATAGRAM_BURST_MAX);
    seen->event_count++;
    if (count > seen->event_max)
        seen->event_max = count;
    if (seen->want_close) {
        datagram_close(socket);
        seen->socket = NULL;
    }
    for (size_t i = 0; i < count && seen->count < SEEN_MAX; i++) {
        seen->lens[seen->count] = list[i].bytes.len;
        seen->firsts[seen->count++] = list[i].bytes.len ? list[i].bytes.ptr[0] : 0;
        seen->local = list[i].local;
        seen->remote = list[i].remote;
    }
}

static void on_failed(void *owner, struct datagram_socket *socket, int code, const char *detail)
{
    struct seen *seen = owner;
    assert_int_equal(code, ACTR_EIO);
    assert_non_null(detail);
    seen->failed_count++;
    datagram_close(socket);
    seen->socket = NULL;
}

static void on_refused(void *owner, struct datagram_socket *socket,
                       const struct net_address *remote)
{
    struct seen *seen = owner;
    assert_ptr_equal(socket, seen->socket);
    seen->refused = *remote;
    seen->refused_count++;
    if (seen->want_close) {
        datagram_close(socket);
        seen->socket = NULL;
    }
}

static const struct datagram_events events = {on_burst, on_failed, on_refused};

static const struct net_address loopback4 = {.bytes = {127, 0, 0, 1}};
static const struct net_address loopback6 = {.is_ipv6 = true, .bytes = {[15] = 1}};

static void seen_open(struct rig *rig, struct seen *seen, const struct net_address *bind,
                      bool no_offload)
{
    struct datagram_options options = {.bind = *bind, .no_offload = no_offload};
    *seen = (struct seen){0};
    assert_int_equal(datagram_open(rig->net, &options, &events, seen, &seen->socket), 0);
}

static void seen_close(struct seen *seen)
{
    if (seen->socket)
        datagram_close(seen->socket);
}

static struct net_address address_of(const struct seen *seen)
{
    struct net_address address;
    datagram_local(seen->socket, &address);
    return address;
}

static struct datagram_stats stats_of(const struct seen *seen)
{
    struct datagram_stats stats;
    datagram_get_stats(seen->socket, &stats);
    return stats;
}

struct pair {
    struct rig rig;
    struct seen from, to;
    struct net_address target;
};

static void pair_open(struct pair *pair, const struct net_address *bind, bool no_offload)
{
    fault.send_count = fault.receive_count = 0;
    fault.only_segmented = false;
    rig_open(&pair->rig);
    seen_open(&pair->rig, &pair->from, bind, no_offload);
    seen_open(&pair->rig, &pair->to, bind, no_offload);
    pair->target = address_of(&pair->to);
}

static void pair_close(struct pair *pair)
{
    fault.send_count = fault.receive_count = 0;
    seen_close(&pair->from);
    seen_close(&pair->to);
    rig_close(&pair->rig);
}

static void pair_send(struct pair *pair, size_t len, size_t count)
{
    static uint8_t data[DATAGRAM_LEN_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        data[0] = (uint8_t)i;
        datagram_send(pair->from.socket, NULL, &pair->target, actr_view_of(data, len));
    }
}

static struct pair pair;

/* ---- tests ---- */

static void go_both_ways(const struct net_address *loopback)
{
    pair_open(&pair, loopback, false);
    pair_send(&pair, 5, 1);
    RIG_UNTIL(&pair.rig, pair.to.count == 1);
    struct net_address from = address_of(&pair.from);
    assert_int_equal(pair.to.lens[0], 5);
    assert_true(net_address_equal(&pair.to.remote, &from));
    assert_true(net_address_equal(&pair.to.local, &pair.target));
    datagram_send(pair.to.socket, &pair.to.local, &pair.to.remote, actr_view_of("x", 1));
    RIG_UNTIL(&pair.rig, pair.from.count == 1);
    assert_true(net_address_equal(&pair.from.remote, &pair.target));
    pair_close(&pair);
}

TEST(a_datagram_tells_where_it_came_from_and_where_it_was_sent_to)
{
    go_both_ways(&loopback4);
    go_both_ways(&loopback6);
}

TEST(a_socket_for_any_address_answers_from_the_one_that_was_asked)
{
    static const struct net_address any4, any6 = {.is_ipv6 = true};
    struct net_address asked = {.bytes = {127, 0, 0, 7}}, via = {.bytes = {127, 0, 0, 9}};
    pair_open(&pair, &any4, false);
    asked.port = pair.target.port;
    datagram_send(pair.from.socket, &via, &asked, actr_view_of("x", 1));
    RIG_UNTIL(&pair.rig, pair.to.count == 1);
    assert_true(net_address_equal(&pair.to.local, &asked));
    assert_true(net_address_same_host(&pair.to.remote, &via));
    pair_close(&pair);

    pair_open(&pair, &any6, false);
    struct net_address asked6 = loopback6;
    asked6.port = pair.target.port;
    datagram_send(pair.from.socket, &loopback6, &asked6, actr_view_of("x", 1));
    RIG_UNTIL(&pair.rig, pair.to.count == 1);
    assert_true(net_address_equal(&pair.to.local, &asked6));
    pair_close(&pair);
}

TEST(a_burst_costs_one_call_to_the_system)
{
    pair_open(&pair, &loopback4, false);
    struct datagram_stats stats = stats_of(&pair.from);
    if (!stats.can_segment || !stats.can_coalesce)
        print_message("SKIPPED in part: this system neither segments nor coalesces UDP\n");
    pair_send(&pair, 1200, 54);
    pair_send(&pair, 7, 1);
    assert_int_equal(stats_of(&pair.from).calls_out, 0);
    RIG_UNTIL(&pair.rig, pair.to.count == 55);
    assert_int_equal(stats_of(&pair.from).calls_out, 1);
    assert_int_equal(stats_of(&pair.from).datagrams_out, 55);
    assert_int_equal(stats_of(&pair.from).bytes_out, 54 * 1200 + 7);
    assert_true(stats_of(&pair.to).calls_in < 10);
    assert_int_equal(stats_of(&pair.to).datagrams_in, 55);
    assert_int_equal(stats_of(&pair.to).bytes_in, 54 * 1200 + 7);
    assert_int_equal(pair.to.lens[53], 1200);
    assert_int_equal(pair.to.lens[54], 7);
    assert_int_equal(pair.to.firsts[53], 53);
    pair_close(&pair);
}

TEST(without_offload_a_burst_still_costs_few_calls)
{
    pair_open(&pair, &loopback4, true);
    assert_false(stats_of(&pair.from).can_segment);
    assert_false(stats_of(&pair.from).can_coalesce);
    pair_send(&pair, 1000, 64);
    RIG_UNTIL(&pair.rig, pair.to.count == 64);
    assert_int_equal(stats_of(&pair.from).calls_out, 1);
    assert_true(stats_of(&pair.to).calls_in < 32);
    pair_close(&pair);
}

/* Random lengths to three destinations in turn: each gets its own, in order. */
static void send_mixed(bool no_offload, uint64_t state)
{
    static struct rig rig;
    static struct seen from, to[3];
    static size_t lens[3][SEEN_MAX], counts[3];
    static uint8_t data[3000];
    struct net_address target[3];
    rig_open(&rig);
    seen_open(&rig, &from, &loopback4, no_offload);
    memset(counts, 0, sizeof(counts));
    for (int i = 0; i < 3; i++) {
        seen_open(&rig, &to[i], &loopback4, no_offload);
        target[i] = address_of(&to[i]);
    }
    size_t len = 0, which = 0;
    for (int i = 0; i < 600; i++) {
        uint64_t random = harness_random(&state);
        if (random % 4 == 0)
            len = (random >> 8) % sizeof(data);
        if (random % 3 == 0)
            which = (random >> 40) % 3;
        data[0] = (uint8_t)counts[which];
        lens[which][counts[which]++] = len;
        datagram_send(from.socket, NULL, &target[which], actr_view_of(data, len));
        if (random % 100 == 0)
            datagram_flush(from.socket);
    }
    for (int i = 0; i < 3; i++) {
        RIG_UNTIL(&rig, to[i].count == counts[i]);
        for (size_t k = 0; k < counts[i]; k++) {
            assert_int_equal(to[i].lens[k], lens[i][k]);
            assert_int_equal(to[i].firsts[k], lens[i][k] ? (uint8_t)k : 0);
        }
        seen_close(&to[i]);
    }
    assert_int_equal(stats_of(&from).dropped_out, 0);
    seen_close(&from);
    rig_close(&rig);
}

TEST(mixed_lengths_and_destinations_keep_their_order)
{
    uint64_t seed = harness_seed();
    send_mixed(false, seed);
    send_mixed(true, seed);
}

TEST(no_event_has_more_than_a_burst)
{
    pair_open(&pair, &loopback4, false);
    pair_send(&pair, 1, 3000);
    RIG_UNTIL(&pair.rig, pair.to.count == 3000);
    assert_true(pair.to.event_max <= DATAGRAM_BURST_MAX);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(pair.to.firsts[i], (uint8_t)i);
    pair_close(&pair);
}

TEST(the_longest_and_the_empty_datagram_pass_and_a_longer_one_is_dropped)
{
    pair_open(&pair, &loopback4, false);
    pair_send(&pair, DATAGRAM_LEN_MAX + 1, 1);
    pair_send(&pair, 0, 2);
    pair_send(&pair, DATAGRAM_LEN_MAX, 2);
    RIG_UNTIL(&pair.rig, pair.to.count == 4);
    assert_int_equal(pair.to.lens[0], 0);
    assert_int_equal(pair.to.lens[1], 0);
    assert_int_equal(pair.to.lens[2], DATAGRAM_LEN_MAX);
    assert_int_equal(pair.to.lens[3], DATAGRAM_LEN_MAX);
    assert_int_equal(stats_of(&pair.from).dropped_out, 1);
    pair_close(&pair);
}

TEST(what_no_socket_of_this_family_can_send_is_counted)
{
    pair_open(&pair, &loopback4, false);
    struct net_address target = loopback6;
    target.port = 9;
    datagram_send(pair.from.socket, NULL, &target, actr_view_of("x", 1));
    assert_int_equal(stats_of(&pair.from).dropped_out, 1);
    pair_close(&pair);
}

TEST(an_address_that_has_gone_costs_the_datagrams_and_nothing_else)
{
    static const struct net_address any4, gone = {.bytes = {203, 0, 113, 9}};
    pair_open(&pair, &any4, false);
    bool could_segment = stats_of(&pair.from).can_segment;
    pair.target = loopback4;
    pair.target.port = address_of(&pair.to).port;
    for (int i = 0; i < 10; i++)
        datagram_send(pair.from.socket, &gone, &pair.target, actr_view_of("x", 1));
    datagram_flush(pair.from.socket);
    assert_int_equal(stats_of(&pair.from).dropped_out, 10);
    assert_int_equal(stats_of(&pair.from).can_segment, could_segment);
    pair_send(&pair, 9, 1);
    RIG_UNTIL(&pair.rig, pair.to.count == 1);
    pair_close(&pair);
}

TEST(a_port_that_nobody_listens_on_disturbs_nothing)
{
    pair_open(&pair, &loopback4, false);
    struct net_address target = pair.target, refused;
    seen_close(&pair.to);
    for (int i = 0; i < 3; i++) {
        pair_send(&pair, 10, 1);
        datagram_flush(pair.from.socket);
        rig_settle(&pair.rig);
    }
    refused = target;
    seen_open(&pair.rig, &pair.to, &loopback4, false);
    pair.target = address_of(&pair.to);
    datagram_send(pair.from.socket, NULL, &refused, actr_view_of("x", 1));
    pair_send(&pair, 10, 1);
    RIG_UNTIL(&pair.rig, pair.to.count == 1);
    assert_int_equal(pair.from.failed_count, 0);
    pair_close(&pair);
}

static void check_a_closed_port_is_told(const struct net_address *loopback)
{
    pair_open(&pair, loopback, false);
    seen_close(&pair.to);
    pair.to.socket = NULL;
    pair_send(&pair, 10, 1);
    RIG_UNTIL(&pair.rig, pair.from.refused_count > 0);
    assert_true(net_address_equal(&pair.from.refused, &pair.target));
    for (size_t i = 1; i < 40; i++) { /* more than end a socket that fails */
        pair_send(&pair, 10, 1);
        RIG_UNTIL(&pair.rig, pair.from.refused_count > i);
    }
    assert_int_equal(pair.from.failed_count, 0);
    pair.from.want_close = true;
    pair_send(&pair, 10, 1);
    RIG_UNTIL(&pair.rig, !pair.from.socket);
    pair_close(&pair);
}

TEST(a_closed_port_is_told_with_its_address)
{
    check_a_closed_port_is_told(&loopback4);
    check_a_closed_port_is_told(&loopback6);
}

TEST(the_error_of_an_earlier_datagram_does_not_cost_the_next)
{
    pair_open(&pair, &loopback4, false);
    fault.send_error = ECONNREFUSED;
    fault.send_count = 1;
    pair_send(&pair, 10, 5);
    RIG_UNTIL(&pair.rig, pair.to.count == 5);
    assert_int_equal(stats_of(&pair.from).dropped_out, 0);
    fault.send_count = -1; /* always: it is this one's after all */
    pair_send(&pair, 10, 5);
    datagram_flush(pair.from.socket);
    assert_int_equal(stats_of(&pair.from).dropped_out, 5);
    pair_close(&pair);
}

static void refuse_segments(int error, size_t len, bool is_given_up)
{
    pair_open(&pair, &loopback4, false);
    bool could_segment = stats_of(&pair.from).can_segment;
    fault.send_error = error;
    fault.send_count = -1;
    fault.only_segmented = true;
    pair_send(&pair, len, 20);
    pair_send(&pair, 3, 1);
    RIG_UNTIL(&pair.rig, pair.to.count == 21);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(pair.to.firsts[i], i);
    assert_int_equal(stats_of(&pair.from).dropped_out, 0);
    assert_int_equal(stats_of(&pair.from).can_segment, could_segment && !is_given_up);
    pair_send(&pair, len, 20);
    RIG_UNTIL(&pair.rig, pair.to.count == 41);
    pair_close(&pair);
}

TEST(a_device_that_cannot_segment_is_not_asked_again)
{
    refuse_segments(EIO, 1200, true);
    refuse_segments(EINVAL, 1200, true);
}

TEST(datagrams_over_the_mtu_do_not_cost_segmenting)
{
    refuse_segments(EINVAL, 2000, false);
    refuse_segments(EMSGSIZE, 2000, false);
}

TEST(what_the_system_does_not_take_waits_in_order)
{
    pair_open(&pair, &loopback4, false);
    fault.send_error = EAGAIN;
    fault.send_count = 7;
    for (size_t len = 10; len < 40; len++)
        pair_send(&pair, len, 2);
    datagram_flush(pair.from.socket);
    pair_send(&pair, 100, 1);
    RIG_UNTIL(&pair.rig, pair.to.count == 61);
    for (size_t i = 0; i < 60; i++)
        assert_int_equal(pair.to.lens[i], 10 + i / 2);
    assert_int_equal(pair.to.lens[60], 100);
    assert_int_equal(stats_of(&pair.from).dropped_out, 0);
    pair_close(&pair);
}

TEST(what_waits_is_bounded)
{
    struct datagram_options options = {.bind = loopback4, .queue_max = 100000};
    pair_open(&pair, &loopback4, false);
    seen_close(&pair.from);
    assert_int_equal(datagram_open(pair.rig.net, &options, &events, &pair.from, &pair.from.socket),
                     0);
    fault.send_error = EAGAIN;
    fault.send_count = -1;
    pair_send(&pair, 10000, 200);
    datagram_flush(pair.from.socket);
    uint64_t dropped = stats_of(&pair.from).dropped_out;
    assert_in_range(dropped, 190, 194);
    pair_send(&pair, 0, 5000); /* empty ones cost something too */
    datagram_flush(pair.from.socket);
    uint64_t kept = 5200 - stats_of(&pair.from).dropped_out;
    assert_true(kept < 1000);
    fault.send_count = 0;
    RIG_UNTIL(&pair.rig, pair.to.count == kept);
    assert_int_equal(stats_of(&pair.from).datagrams_out, kept);
    pair_close(&pair);
}

TEST(closing_drops_what_waits)
{
    pair_open(&pair, &loopback4, false);
    fault.send_error = EAGAIN;
    fault.send_count = -1;
    pair_send(&pair, 100, 10);
    pair_close(&pair);
}

TEST(closing_sends_what_was_collected)
{
    pair_open(&pair, &loopback4, false);
    pair_send(&pair, 100, 10);
    seen_close(&pair.from);
    pair.from.socket = NULL;
    RIG_UNTIL(&pair.rig, pair.to.count == 10);
    pair_close(&pair);
}

TEST(a_socket_that_is_closed_in_its_event_hears_no_more)
{
    pair_open(&pair, &loopback4, true);
    pair.to.want_close = true;
    pair_send(&pair, 10, 200);
    RIG_UNTIL(&pair.rig, pair.to.event_count == 1);
    rig_settle(&pair.rig);
    assert_int_equal(pair.to.event_count, 1);
    assert_true(pair.to.count <= DATAGRAM_READS_SINGLE); /* its list stayed valid */
    pair_close(&pair);
}

TEST(a_failure_to_receive_passes_but_many_end_the_socket)
{
    pair_open(&pair, &loopback4, false);
    fault.receive_error = ECONNREFUSED;
    fault.receive_count = 10;
    pair_send(&pair, 10, 1);
    RIG_UNTIL(&pair.rig, pair.to.count == 1);
    assert_int_equal(pair.to.failed_count, 0);
    fault.receive_error = EIO;
    fault.receive_count = 1000;
    pair_send(&pair, 10, 1);
    RIG_UNTIL(&pair.rig, pair.to.failed_count > 0);
    rig_settle(&pair.rig);
    assert_int_equal(pair.to.failed_count, 1);
    pair_close(&pair);
}

TEST(of_a_range_the_first_free_port_is_taken)
{
    struct datagram_options options = {.bind = loopback4};
    struct datagram_socket *other = NULL;
    pair_open(&pair, &loopback4, false);
    uint16_t taken = pair.target.port;
    options.bind.port = options.port_last = taken;
    assert_int_equal(datagram_open(pair.rig.net, &options, &events, NULL, &other), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "127.0.0.1:"));
    assert_non_null(strstr(actr_errmsg(), "address already in use"));
    options.port_last = 0;
    assert_int_equal(datagram_open(pair.rig.net, &options, &events, NULL, &other), ACTR_EIO);
    assert_null(other);
    options.port_last = (uint16_t)(taken + 30);
    assert_int_equal(datagram_open(pair.rig.net, &options, &events, NULL, &other), 0);
    struct net_address bound;
    datagram_local(other, &bound);
    assert_true(bound.port > taken && bound.port <= taken + 30);
    datagram_close(other);
    pair_close(&pair);
}

TEST(an_address_of_another_machine_is_refused_with_a_reason)
{
    struct datagram_options options = {.bind = {.bytes = {203, 0, 113, 9}}};
    struct datagram_socket *other = NULL;
    pair_open(&pair, &loopback4, false);
    assert_int_equal(datagram_open(pair.rig.net, &options, &events, NULL, &other), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "203.0.113.9:0: address not available"));
    assert_null(other);
    pair_close(&pair);
}

TEST(the_buffers_that_the_system_granted_are_told)
{
    struct datagram_options options = {.bind = loopback4, .buffer_len = 100000};
    struct datagram_socket *small = NULL;
    struct datagram_stats stats;
    pair_open(&pair, &loopback4, false);
    assert_int_equal(datagram_open(pair.rig.net, &options, &events, NULL, &small), 0);
    datagram_get_stats(small, &stats);
    assert_int_equal(stats.receive_buffer, 100000);
    assert_int_equal(stats.send_buffer, 100000);
    assert_true(stats_of(&pair.to).receive_buffer > 100000);
    datagram_close(small);
    pair_close(&pair);
}
