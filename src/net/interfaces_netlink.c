// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The addresses of this machine as Linux tells them.
 *
 * A list is one dump of addresses (RTM_GETADDR), which the kernel writes while it is asked, so that
 * reading it does not wait; name and state of an address's interface are asked for by ioctl on the
 * same socket. It is sorted, because the kernel's own order changes.
 *
 * A watch is a socket in the multicast groups of links and addresses. What its messages say is not
 * looked at: whoever is told lists again. That way a message that was lost (ENOBUFS) costs nothing.
 *
 * Loop thread. */
#include "net/interfaces_netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "net/net_ops.h"
#include "net/socket.h"
#include "sys/loop.h"

#define INTERFACES_QUIET_US 50000
/* The kernel fills at most so much by one call. */
#define INTERFACES_READ_MAX 16384
/* Messages read in one turn; what is left comes in the next. */
#define INTERFACES_DRAIN_MAX 256

/* ---- listing ---- */

struct interfaces_dump {
    int fd;
    struct interface_address *list;
    size_t count;
};

static bool dump_ask(int fd)
{
    struct {
        struct nlmsghdr head;
        struct ifaddrmsg body;
    } request = {
        .head = {.nlmsg_len = sizeof(request),
                 .nlmsg_type = RTM_GETADDR,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.ifa_family = AF_UNSPEC},
    };
    return send(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request);
}

/* Name and state; false: it is down, or has just gone. */
static bool dump_look_at_link(int fd, struct interface_address *address)
{
    struct ifreq request = {.ifr_ifindex = (int)address->index};
    if (ioctl(fd, SIOCGIFNAME, &request) < 0)
        return false;
    memcpy(address->name, request.ifr_name, sizeof(address->name));
    address->name[sizeof(address->name) - 1] = '\0';
    if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
        return false;
    address->is_loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
    return (request.ifr_flags & IFF_UP) && (request.ifr_flags & IFF_RUNNING);
}

struct interfaces_attributes {
    const uint8_t *address, *local;
    uint32_t flags;
};

static struct interfaces_attributes dump_attributes(struct nlmsghdr *message, size_t address_len)
{
    struct ifaddrmsg *body = NLMSG_DATA(message);
    struct interfaces_attributes found = {.flags = body->ifa_flags};
    size_t len = IFA_PAYLOAD(message);
    for (struct rtattr *a = IFA_RTA(body); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
        if (a->rta_type == IFA_ADDRESS && RTA_PAYLOAD(a) == address_len)
            found.address = RTA_DATA(a);
        else if (a->rta_type == IFA_LOCAL && RTA_PAYLOAD(a) == address_len)
            found.local = RTA_DATA(a);
        else if (a->rta_type == IFA_FLAGS && RTA_PAYLOAD(a) == sizeof(found.flags))
            memcpy(&found.flags, RTA_DATA(a), sizeof(found.flags));
    }
    return found;
}

static void dump_add(struct interfaces_dump *dump, struct nlmsghdr *message)
{
    struct ifaddrmsg *body = NLMSG_DATA(message);
    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) ||
        (body->ifa_family != AF_INET && body->ifa_family != AF_INET6) ||
        dump->count == INTERFACES_MAX)
        return;
    bool is_ipv6 = body->ifa_family == AF_INET6;
    size_t len = is_ipv6 ? 16 : 4;
    struct interfaces_attributes found = dump_attributes(message, len);
    /* Of a point-to-point link IFA_ADDRESS is the other end. */
    const uint8_t *bytes = found.local ? found.local : found.address;
    if (!bytes || (found.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
        return;
    struct interface_address *to = &dump->list[dump->count];
    *to = (struct interface_address){.address.is_ipv6 = is_ipv6, .index = body->ifa_index};
    memcpy(to->address.bytes, bytes, len);
    if (is_ipv6 && net_address_is_link_local(&to->address))
        to->address.scope = body->ifa_index;
    to->is_temporary = is_ipv6 && (found.flags & IFA_F_TEMPORARY);
    to->is_deprecated = (found.flags & IFA_F_DEPRECATED) != 0;
    if (dump_look_at_link(dump->fd, to))
        dump->count++;
}

static void dump_read(struct interfaces_dump *dump)
{
    union {
        struct nlmsghdr head;
        uint8_t bytes[INTERFACES_READ_MAX];
    } buf;
    for (;;) {
        ssize_t got = recv(dump->fd, &buf, sizeof(buf), MSG_DONTWAIT);
        if (got <= 0)
            return;
        unsigned len = (unsigned)got;
        for (struct nlmsghdr *m = &buf.head; NLMSG_OK(m, len); m = NLMSG_NEXT(m, len)) {
            if (m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR)
                return;
            dump_add(dump, m);
        }
    }
}

static int address_order(const void *a, const void *b)
{
    const struct interface_address *one = a, *other = b;
    if (one->index != other->index)
        return one->index < other->index ? -1 : 1;
    if (one->address.is_ipv6 != other->address.is_ipv6)
        return one->address.is_ipv6 ? 1 : -1;
    return memcmp(one->address.bytes, other->address.bytes, sizeof(one->address.bytes));
}

size_t interfaces_netlink_list(struct net *net, struct interface_address list[INTERFACES_MAX])
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct interfaces_dump dump = {.fd = fd, .list = list};
    (void)net;
    if (fd < 0)
        return 0;
    if (dump_ask(fd))
        dump_read(&dump);
    close(fd);
    qsort(list, dump.count, sizeof(*list), address_order);
    return dump.count;
}

/* ---- watching ---- */

struct interfaces_netlink {
    struct interfaces base;
    struct socket_net *net;
    uv_poll_t poll;
    struct loop_timer timer;
    int fd;
    void (*on_change)(void *owner);
    void *owner;
};

static void watch_on_timer(struct loop_timer *timer)
{
    struct interfaces_netlink *watch = container_of(timer, struct interfaces_netlink, timer);
    watch->on_change(watch->owner);
}

static void watch_on_event(uv_poll_t *poll, int status, int events)
{
    struct interfaces_netlink *watch = poll->data;
    char first[1]; /* the rest of a message is dropped */
    (void)status;
    (void)events;
    for (int i = 0; i < INTERFACES_DRAIN_MAX; i++)
        if (recv(watch->fd, first, sizeof(first), MSG_DONTWAIT) < 0 && errno != ENOBUFS)
            break;
    if (!loop_timer_is_active(&watch->timer))
        loop_timer_start(&watch->timer, INTERFACES_QUIET_US);
    /* libuv stops the handle on an error, and messages that were lost are one. */
    if (!uv_is_active((const uv_handle_t *)poll))
        uv_poll_start(poll, UV_READABLE, watch_on_event);
}

static void watch_free(struct interfaces_netlink *watch)
{
    socket_unref(watch->net);
    mem_free(watch);
}

static void watch_on_closed(uv_handle_t *handle)
{
    watch_free(handle->data);
}

/* 0 or an errno. */
static int watch_open(struct interfaces_netlink *watch)
{
    struct sockaddr_nl groups = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
    };
    watch->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (watch->fd < 0)
        return errno;
    return bind(watch->fd, (const struct sockaddr *)&groups, sizeof(groups)) < 0 ? errno : 0;
}

int interfaces_netlink_watch(struct net *net, void (*on_change)(void *owner), void *owner,
                             struct interfaces **ret_watch)
{
    struct interfaces_netlink *watch = mem_alloc(sizeof(*watch));
    if (!watch)
        return err_origin(ACTR_ENOMEM, "interfaces: no memory");
    watch->base.ops = net->ops;
    watch->net = socket_ref(socket_of(net));
    watch->on_change = on_change;
    watch->owner = owner;
    watch->poll.data = watch;
    loop_timer_init(&watch->timer, net->loop, watch_on_timer);
    int error = watch_open(watch);
    int r = error ? uv_translate_sys_error(error)
                  : uv_poll_init(watch->net->uv, &watch->poll, watch->fd);
    if (r < 0) {
        if (watch->fd >= 0)
            close(watch->fd);
        watch_free(watch);
        return err_origin(ACTR_EIO, "interfaces: %s", uv_strerror(r));
    }
    uv_poll_start(&watch->poll, UV_READABLE, watch_on_event);
    *ret_watch = &watch->base;
    return 0;
}

void interfaces_netlink_unwatch(struct interfaces *base)
{
    struct interfaces_netlink *watch = container_of(base, struct interfaces_netlink, base);
    loop_timer_stop(&watch->timer);
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, watch_on_closed);
    close(watch->fd);
}
