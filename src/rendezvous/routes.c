// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* HTTP requests, by path.
 *
 * What everybody may ask is answered to every origin. What is for the administrator is answered to
 * processes of this host only: such a request must come from a loopback address, and must carry
 * neither Origin (a web page in somebody's browser) nor a forwarding header (a proxy that serves
 * others), unless the server was told to be open.
 *
 * Loop thread. Must never log a query. */
#include "routes.h"

#include <string.h>

#include "admin.h"
#include "ais.h"
#include "answer.h"
#include "base/bytes.h"
#include "packages.h"
#include "visitor.h"

typedef void route_fn(struct rendezvous *rendezvous, struct net_request *request,
                      const struct net_request_info *info);

enum access {
    ACCESS_ALL,
    ACCESS_ADMIN,
    ACCESS_OPEN, /* in open mode only; otherwise the path does not exist */
};

struct route {
    const char *method, *path; /* a path that ends in '/' is a prefix */
    route_fn *fn;
    enum access access;
};

static void respond_text(struct net_request *request, unsigned status, const char *text)
{
    answer_send(request, &(struct answer){.status = status,
                                          .content_type = ANSWER_TEXT,
                                          .body = actr_bytes_str(text)});
}

static void on_health(struct rendezvous *rendezvous, struct net_request *request,
                      const struct net_request_info *info)
{
    respond_text(request, 200, "ok");
}

static const struct route routes[] = {
    {"POST", "/ais/register", ais_register, ACCESS_ALL},
    {"POST", "/register", ais_register, ACCESS_ALL},
    {"POST", "/ais/renew", ais_renew, ACCESS_ALL},
    {"POST", "/renew", ais_renew, ACCESS_ALL},
    {"GET", "/health", on_health, ACCESS_ALL},
    {"GET", "/signaling/health", on_health, ACCESS_ALL},
    {"GET", "/ais/health", on_health, ACCESS_ALL},
    {"POST", "/mfr/pkg/nonce", packages_nonce, ACCESS_OPEN},
    {"POST", "/ais/mfr/pkg/nonce", packages_nonce, ACCESS_OPEN},
    {"POST", "/mfr/pkg/publish", packages_publish, ACCESS_OPEN},
    {"POST", "/ais/mfr/pkg/publish", packages_publish, ACCESS_OPEN},
    {"GET", "/mfr/", packages_verifying_key, ACCESS_ALL},
    {"GET", "/ais/mfr/", packages_verifying_key, ACCESS_ALL},
    {"GET", "/metrics", admin_metrics, ACCESS_ADMIN},
    {"GET", "/admin/state", admin_state, ACCESS_ADMIN},
    {"POST", "/admin/realms", admin_realms, ACCESS_ADMIN},
    {"POST", "/admin/mfr", admin_manufacturers, ACCESS_ADMIN},
    {"POST", "/admin/packages", admin_packages, ACCESS_ADMIN},
    {"POST", "/admin/keys/rotate", admin_rotate_key, ACCESS_ADMIN},
};

static bool path_matches(const struct route *route, const char *path)
{
    size_t len = strlen(route->path);
    return route->path[len - 1] == '/' ? strncmp(path, route->path, len) == 0
                                       : strcmp(path, route->path) == 0;
}

static bool is_administrator(const struct rendezvous *rendezvous, struct net_request *request,
                             const struct net_request_info *info)
{
    static const char *const foreign[] = {"origin", "forwarded", "x-forwarded-for"};
    if (rendezvous->options.is_open || rendezvous->options.is_admin_open)
        return true;
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (net_request_header(request, foreign[i]))
            return false;
    return limiter_is_loopback(info->peer_address);
}

/* Who may GET may also HEAD (RFC 9110 §9.3.2); the network leaves the body out of that answer. */
static bool method_matches(const struct route *route, const char *method)
{
    return strcmp(method, route->method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

static void respond_wrong_method(struct net_request *request, const struct route *route)
{
    answer_send(request,
                &(struct answer){.status = 405,
                                 .content_type = ANSWER_TEXT,
                                 .body = actr_bytes_str("method not allowed\n"),
                                 .allow = strcmp(route->method, "GET") == 0 ? "GET, HEAD, OPTIONS"
                                                                            : "POST, OPTIONS"});
}

/* NULL: answered already. */
static const struct route *find_route(const struct rendezvous *rendezvous,
                                      struct net_request *request,
                                      const struct net_request_info *info)
{
    const struct route *other = NULL; /* of that path, with another method */
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        const struct route *route = &routes[i];
        if (!path_matches(route, info->path) ||
            (route->access == ACCESS_OPEN && !rendezvous->options.is_open))
            continue;
        if (method_matches(route, info->method))
            return route;
        other = route;
    }
    if (other)
        respond_wrong_method(request, other);
    else
        respond_text(request, 404, "not found\n");
    return NULL;
}

static void on_request(void *user, struct net_request *request, const struct net_request_info *info)
{
    struct rendezvous *rendezvous = user;
    arena_reset(&rendezvous->arena);
    if (strcmp(info->method, "OPTIONS") == 0) {
        answer_preflight(request);
        return;
    }
    const struct route *route = find_route(rendezvous, request, info);
    if (!route)
        return;
    if (route->access == ACCESS_ADMIN && !is_administrator(rendezvous, request, info)) {
        respond_text(request, 403, "for processes of this host only\n");
        return;
    }
    route->fn(rendezvous, request, info);
}

static unsigned on_upgrade(void *user, struct net_request *request,
                           const struct net_request_info *info, struct net_ws *ws,
                           const struct net_ws_events **ret_events, void **ret_user)
{
    return visitor_accept(user, info, ws, ret_events, ret_user);
}

static void on_abandoned(void *user, struct net_request *request)
{
    answer_abandon(user, request);
}

static void on_closed(void *user)
{
    rendezvous_on_unlistened(user);
}

const struct net_server_events routes_events = {.on_request = on_request,
                                                .on_upgrade = on_upgrade,
                                                .on_abandoned = on_abandoned,
                                                .on_closed = on_closed};
