// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Large datagrams on real sockets, over the loopback device, which is as good as any for those that
 * fit. sendmmsg() of this program plays a first link that takes less: as the system does, it
 * fragments what may be fragmented, and refuses what may not, or is to be segmented. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "net/datagram.h"
#include "rig.h"

#define LARGE DATAGRAM_LEN_BEST
#define LARGEST 16500

/* ---- the link ---- */

static struct {
    size_t len; /* of a datagram that it takes in one; 0: any */
    int send_error;
    size_t messages, whole; /* that left; and might not be fragmented */
} narrow;

static size_t segment_of(struct msghdr *message)
{
    uint16_t segment = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
            memcpy(&segment, CMSG_DATA(c), sizeof(segment));
    return segment;
}

static bool may_fragment(int fd, const struct msghdr *message)
{
    bool is_ipv6 = ((const struct sockaddr *)message->msg_name)->sa_family == AF_INET6;
    int mode = -1;
    socklen_t size = sizeof(mode);
    getsockopt(fd, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
               is_ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &mode, &size);
    assert_true(mode == IP_PMTUDISC_DONT || mode == IP_PMTUDISC_PROBE);
    return mode == IP_PMTUDISC_DONT;
}

/* 0 or an errno. */
static int link_take(int fd, struct msghdr *message)
{
    size_t segment = segment_of(message), len = segment ? segment : message->msg_iov->iov_len;
    bool is_whole = !may_fragment(fd, message);
    if (narrow.send_error)
        return narrow.send_error;
    if (narrow.len && len > narrow.len && (segment || is_whole))
        return EMSGSIZE;
    narrow.messages++;
    narrow.whole += is_whole;
    return syscall(SYS_sendmsg, fd, message, MSG_DONTWAIT) < 0 ? errno : 0;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    assert_int_equal(flags, MSG_DONTWAIT);
    for (unsigned i = 0; i < count; i++) {
        int error = link_take(fd, &messages[i].msg_hdr);
        if (error) {
            errno = error;
            return i ? (int)i : -1;
        }
        messages[i].msg_len = (unsigned)messages[i].msg_hdr.msg_iov->iov_len;
    }
    return (int)count;
}

/* ---- two sockets ---- */

static struct {
    struct rig rig;
    struct datagram_socket *from, *to;
    struct net_address target;
    size_t sent, received; /* datagrams */
    size_t lens[64];       /* of what is on its way, by number modulo 64 */
} world;

static uint8_t data[DATAGRAM_LEN_MAX + 1];

static uint8_t pattern(size_t number, size_t at)
{
    return (uint8_t)(number * 31 + at * 7 + at / 251);
}

/* Each comes whole, and in order. */
static void on_burst(void *owner, struct datagram_socket *socket, const struct datagram *list,
                     size_t count)
{
    (void)owner, (void)socket;
    for (size_t i = 0; i < count; i++) {
        struct actr_view bytes = list[i].bytes;
        size_t number = world.received++;
        assert_int_equal(bytes.len, world.lens[number % 64]);
        for (size_t at = 0; at < bytes.len; at++)
            if (bytes.ptr[at] != pattern(number, at))
                fail_msg("datagram %zu, byte %zu", number, at);
    }
}

static void on_failed(void *owner, struct datagram_socket *socket, int code, const char *detail)
{
    (void)owner, (void)socket, (void)code;
    fail_msg("%s", detail);
}

static const struct datagram_events events = {.on_burst = on_burst, .on_failed = on_failed};

static void begin(bool is_ipv6, bool no_offload)
{
    struct datagram_options options = {.no_offload = no_offload};
    options.bind.is_ipv6 = is_ipv6;
    if (is_ipv6)
        options.bind.bytes[15] = 1;
    else
        memcpy(options.bind.bytes, "\x7f\0\0\1", 4);
    memset(&world, 0, sizeof(world));
    memset(&narrow, 0, sizeof(narrow));
    rig_open(&world.rig);
    assert_int_equal(datagram_open(world.rig.net, &options, &events, NULL, &world.from), 0);
    assert_int_equal(datagram_open(world.rig.net, &options, &events, NULL, &world.to), 0);
    datagram_local(world.to, &world.target);
}

static void end(void)
{
    narrow.send_error = 0;
    datagram_close(world.from);
    datagram_close(world.to);
    rig_close(&world.rig);
}

static struct actr_view next_datagram(size_t len)
{
    size_t number = world.sent++;
    for (size_t at = 0; at < len; at++)
        data[at] = pattern(number, at);
    world.lens[number % 64] = len;
    return actr_view_of(data, len);
}

static void send_some(size_t len, size_t count)
{
    for (size_t i = 0; i < count; i++)
        datagram_send(world.from, NULL, &world.target, next_datagram(len));
}

static bool probe(size_t len)
{
    return datagram_send_probe(world.from, NULL, &world.target, next_datagram(len));
}

static void arrive(void)
{
    RIG_UNTIL(&world.rig, world.received == world.sent);
}

static struct datagram_stats stats(void)
{
    struct datagram_stats ret;
    datagram_get_stats(world.from, &ret);
    return ret;
}

/* ---- large ones ---- */

static void pass_large(bool is_ipv6, bool no_offload)
{
    begin(is_ipv6, no_offload);
    for (int i = 0; i < 20; i++) {
        send_some(LARGE, 8);
        send_some(LARGEST, 5);
        send_some(100, 1);
        send_some(LARGE, 1);
        send_some(1168, 10);
        arrive();
    }
    assert_int_equal(stats().dropped_out, 0);
    end();
}

TEST(large_datagrams_pass_in_every_mode)
{
    pass_large(false, false);
    pass_large(true, false);
    pass_large(false, true);
    pass_large(true, true);
}

TEST(large_datagrams_leave_together_and_their_tail_with_them)
{
    begin(false, false);
    if (!stats().can_segment) {
        print_message("SKIPPED: this system does not segment UDP\n");
        end();
        return;
    }
    send_some(LARGE, 4);
    datagram_flush(world.from);
    assert_int_equal(narrow.messages, 1);
    send_some(LARGEST, 3);
    send_some(700, 1);
    datagram_flush(world.from);
    assert_int_equal(narrow.messages, 2);
    arrive();
    end();
}

/* ---- a link that takes less ---- */

static void pass_a_narrow_link(bool is_ipv6)
{
    begin(is_ipv6, false);
    bool could_segment = stats().can_segment;
    narrow.len = 1400;
    send_some(1452, 20);
    send_some(1200, 10);
    arrive();
    assert_int_equal(narrow.whole, 0);
    assert_int_equal(stats().dropped_out, 0);
    assert_int_equal(stats().can_segment, could_segment);
    size_t messages = narrow.messages;
    send_some(1168, 40);
    arrive();
    assert_int_equal(narrow.messages - messages, could_segment ? 1 : 40);
    end();
}

TEST(what_was_cut_for_a_wider_path_leaves_in_fragments)
{
    pass_a_narrow_link(false);
    pass_a_narrow_link(true);
}

/* The system says that it is the length: whatever that is, no device is to blame. */
TEST(a_link_narrower_than_any_costs_no_segmenting)
{
    begin(false, false);
    bool could_segment = stats().can_segment;
    narrow.len = 552;
    send_some(1168, 20);
    arrive();
    assert_int_equal(stats().can_segment, could_segment);
    end();
}

/* ---- probes ---- */

static void pass_probes(bool is_ipv6, bool no_offload)
{
    begin(is_ipv6, no_offload);
    narrow.len = 1472;
    send_some(1000, 3);
    assert_true(probe(1472)); /* behind them */
    send_some(1000, 3);
    assert_int_equal(narrow.whole, 1); /* it did not wait */
    arrive();
    assert_int_equal(narrow.whole, 1);
    assert_int_equal(stats().datagrams_out, 7);
    assert_int_equal(stats().dropped_out, 0);
    end();
}

TEST(a_probe_leaves_at_once_and_whole)
{
    pass_probes(false, false);
    pass_probes(true, false);
    pass_probes(false, true);
}

TEST(a_probe_larger_than_the_link_is_refused)
{
    begin(false, false);
    narrow.len = 1472;
    assert_false(probe(1473));
    assert_false(probe(LARGE));
    assert_int_equal(stats().dropped_out, 2);
    world.sent = 0;
    send_some(LARGE, 1); /* others are not affected */
    assert_true(probe(1472));
    arrive();
    end();
}

TEST(a_probe_that_cannot_leave_is_a_lost_one)
{
    begin(false, false);
    narrow.send_error = ENOBUFS;
    assert_true(probe(1472));
    assert_int_equal(stats().dropped_out, 1);
    assert_true(probe(DATAGRAM_LEN_MAX + 1)); /* no datagram at all */
    assert_int_equal(stats().dropped_out, 2);
    world.sent = 0;
    narrow.send_error = EAGAIN;
    send_some(1000, 2);
    datagram_flush(world.from);
    narrow.send_error = 0;
    assert_true(probe(1472)); /* it does not overtake those that wait */
    assert_int_equal(stats().dropped_out, 3);
    world.sent = 2;
    arrive();
    end();
}
