// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the administrator may ask for, in JSON. Whether somebody is the administrator has been
 * decided before.
 *
 *     POST /admin/realms       {"id": n, "name"?: s, "secret"?: s, "enabled"?: b, "remove"?: b}
 *     POST /admin/mfr          {"name": s, "pubkey_b64": s, "contact"?: s}
 *     POST /admin/packages     {"manufacturer", "name", "version", "target", "manifest"?}
 *     POST /admin/keys/rotate
 *     GET  /admin/state        {"realms": [id…], "mfrs": [name…], "packages": ["m:n:v@target"…]}
 *     GET  /metrics            Prometheus text
 *
 * Changes are answered {"ok":true} once they are in the ledger; errors {"error": why} with status
 * 400 (the request), 409 (no room, or too soon), 503 (could not be stored). Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "net/http.h"
#include "rendezvous.h"

/* "m:n:v@target" of the members manufacturer, name, version and target. False: one is missing or
 * breaks the rules of names, or buf is too small. */
bool admin_package_name(const json_t *body, char *buf, size_t cap);

void admin_realms(struct rendezvous *rendezvous, struct net_request *request,
                  const struct net_request_info *info);
void admin_manufacturers(struct rendezvous *rendezvous, struct net_request *request,
                         const struct net_request_info *info);
void admin_packages(struct rendezvous *rendezvous, struct net_request *request,
                    const struct net_request_info *info);
void admin_rotate_key(struct rendezvous *rendezvous, struct net_request *request,
                      const struct net_request_info *info);
void admin_state(struct rendezvous *rendezvous, struct net_request *request,
                 const struct net_request_info *info);
void admin_metrics(struct rendezvous *rendezvous, struct net_request *request,
                   const struct net_request_info *info);
