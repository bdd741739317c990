// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Looking names up with the system's resolver, on libuv's pool.
 *
 * uv_getaddrinfo() cannot always be called back, so a lookup that is cancelled stays behind without
 * a user (fn NULL), and its callback frees it. A numeric host takes the same way but for the
 * resolver, by a deferred task; so does localhost, which needs no resolver to be this machine.
 *
 * The lookup is gone before fn runs, so fn may free whoever asked. Loop thread. Must never resolve
 * in place, and never call fn inside resolve_start(). */
#include "net/resolve.h"

#include <string.h>
#include <strings.h>

#include <uv.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/socket.h"

struct resolve {
    struct net_resolve base;
    uv_getaddrinfo_t request;
    struct loop_task answer;
    struct socket_net *net;
    net_resolve_fn *fn; /* NULL: nobody wants it any more */
    void *user;
    uint16_t port;
    bool is_asking;              /* the resolver has it */
    struct net_address known[2]; /* of a host that needs no resolver */
    size_t known_count;
};

static void resolve_free(struct resolve *resolve)
{
    socket_unref(resolve->net);
    mem_free(resolve);
}

/* Calls up. */
static void resolve_end(struct resolve *resolve, const struct net_address *list, size_t count,
                        const char *detail)
{
    net_resolve_fn *fn = resolve->fn;
    void *user = resolve->user;
    resolve_free(resolve);
    if (fn)
        fn(user, list, count, detail);
}

static void resolve_on_answer(struct loop_task *task)
{
    struct resolve *resolve = container_of(task, struct resolve, answer);
    struct net_address list[2] = {resolve->known[0], resolve->known[1]};
    resolve_end(resolve, list, resolve->known_count, "");
}

static void resolve_on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *answers)
{
    struct resolve *resolve = container_of(request, struct resolve, request);
    struct net_address list[NET_RESOLVE_MAX];
    size_t count = 0;

    for (struct addrinfo *at = answers; at && count < NET_RESOLVE_MAX; at = at->ai_next) {
        if (!net_address_from_sockaddr(at->ai_addr, &list[count]))
            continue;
        list[count++].port = resolve->port;
    }
    uv_freeaddrinfo(answers);
    resolve_end(resolve, list, count, status < 0 ? uv_strerror(status) : "no address");
}

/* "localhost" and what ends in ".localhost": the loopback addresses whatever a resolver says, or if
 * there is none (RFC 6761 §6.3). */
static bool resolve_is_loopback(const char *host)
{
    static const char name[] = "localhost";
    size_t len = strlen(host), name_len = sizeof(name) - 1;
    return len >= name_len && strcasecmp(host + len - name_len, name) == 0 &&
           (len == name_len || host[len - name_len - 1] == '.');
}

/* Fills in what is known without asking; false: the resolver must be asked. */
static bool resolve_is_known(struct resolve *resolve, const char *host)
{
    uint16_t port = resolve->port;
    if (net_address_parse(view_text(host), port, &resolve->known[0])) {
        resolve->known_count = 1;
    } else if (resolve_is_loopback(host)) {
        resolve->known_count = 2;
        net_address_parse(view_text("127.0.0.1"), port, &resolve->known[0]);
        net_address_parse(view_text("::1"), port, &resolve->known[1]);
    }
    return resolve->known_count > 0;
}

int resolve_start(struct net *net, const char *host, uint16_t port, net_resolve_fn *fn, void *user,
                  struct net_resolve **ret_resolve)
{
    static const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct resolve *resolve = mem_alloc(sizeof(*resolve));
    if (!resolve)
        return err_origin(ACTR_ENOMEM, "resolve: no memory");
    resolve->base.ops = net->ops;
    resolve->net = socket_ref(socket_of(net));
    resolve->fn = fn;
    resolve->user = user;
    resolve->port = port;
    loop_task_init(&resolve->answer, resolve_on_answer);
    if (resolve_is_known(resolve, host)) {
        loop_defer(net->loop, &resolve->answer);
    } else {
        int r = uv_getaddrinfo(resolve->net->uv, &resolve->request, resolve_on_looked_up, host,
                               NULL, &hints);
        if (r < 0) {
            resolve_free(resolve);
            return err_origin(r == UV_ENOMEM ? ACTR_ENOMEM : ACTR_EUNAVAILABLE, "%s",
                              uv_strerror(r));
        }
        resolve->is_asking = true;
    }
    *ret_resolve = &resolve->base;
    return 0;
}

void resolve_cancel(struct net_resolve *base)
{
    struct resolve *resolve = (struct resolve *)base;
    resolve->fn = NULL;
    if (resolve->is_asking) {
        uv_cancel((uv_req_t *)&resolve->request); /* its callback comes in any case */
        return;
    }
    loop_task_cancel(&resolve->answer);
    resolve_free(resolve);
}
