// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A UDP socket that answers.
 *
 * uv_udp does the reading, a few datagrams a turn; answers leave with uv_udp_try_send(), which
 * neither queues nor allocates. Where the socket is an IPv6 one that also speaks IPv4, addresses
 * are translated both ways, so that the user sees and uses IPv4 ones.
 *
 * The memory goes when libuv has closed the handle. Loop thread. */
#include "net/udp.h"

#include <netinet/in.h>
#include <string.h>

#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "sys/loop_uv.h"

struct udp {
    uv_udp_t handle;
    udp_fn *fn;
    void *user;
    bool is_ipv6;
    uint16_t port;
    char datagram[UDP_LEN_MAX];
};

union udp_sockaddr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static void udp_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct udp *udp = handle->data;
    *buf = uv_buf_init(udp->datagram, sizeof(udp->datagram));
}

static void udp_on_receive(uv_udp_t *handle, ssize_t len, const uv_buf_t *buf,
                           const struct sockaddr *address, unsigned flags)
{
    struct udp *udp = handle->data;
    /* No address: nothing was there. Errors are of earlier datagrams (ICMP), and nobody's now. */
    if (len < 0 || !address || (flags & UV_UDP_PARTIAL))
        return;
    struct net_address from;
    if (net_address_from_sockaddr(address, &from))
        udp->fn(udp->user, actr_view_of(buf->base, (size_t)len), &from);
}

static void udp_on_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

struct udp *udp_close(struct udp *udp)
{
    if (udp)
        uv_close((uv_handle_t *)&udp->handle, udp_on_closed);
    return NULL;
}

/* Binds by the text of an address of either family. A libuv error. */
static int udp_bind(struct udp *udp, const char *host, uint16_t port)
{
    union udp_sockaddr address;
    int r = uv_ip6_addr(host ? host : "::", port, &address.v6);
    udp->is_ipv6 = r == 0;
    if (r == 0)
        r = uv_udp_bind(&udp->handle, &address.any, 0);
    if ((host && udp->is_ipv6) || r == 0)
        return r;
    /* An IPv4 address, or a system without IPv6. */
    udp->is_ipv6 = false;
    r = uv_ip4_addr(host ? host : "0.0.0.0", port, &address.v4);
    return r == 0 ? uv_udp_bind(&udp->handle, &address.any, 0) : r;
}

int udp_open(struct loop *loop, const char *host, uint16_t port, udp_fn *fn, void *user,
             struct udp **ret_udp)
{
    union udp_sockaddr bound = {0};
    int len = sizeof(bound);
    struct udp *udp = mem_alloc(sizeof(*udp));
    if (!udp)
        return err_origin(ACTR_ENOMEM, "udp: no memory");
    udp->fn = fn;
    udp->user = user;
    udp->handle.data = udp;
    uv_udp_init(loop_uv_handle(loop), &udp->handle); /* without a family: cannot fail */
    int r = udp_bind(udp, host, port);
    if (r == 0)
        r = uv_udp_recv_start(&udp->handle, udp_on_alloc, udp_on_receive);
    if (r == 0)
        r = uv_udp_getsockname(&udp->handle, &bound.any, &len);
    if (r < 0) {
        udp_close(udp);
        return err_origin(ACTR_EIO, "udp on %s port %u: %s", host ? host : "*", port,
                          uv_strerror(r));
    }
    udp->port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
    *ret_udp = udp;
    return 0;
}

uint16_t udp_port(const struct udp *udp)
{
    return udp->port;
}

void udp_send(struct udp *udp, const struct net_address *to, struct actr_view datagram)
{
    struct sockaddr_storage address;
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)datagram.ptr, (unsigned)datagram.len);
    if (net_address_to_sockaddr(to, udp->is_ipv6, &address) != 0)
        uv_udp_try_send(&udp->handle, &buf, 1, (const struct sockaddr *)&address);
}
