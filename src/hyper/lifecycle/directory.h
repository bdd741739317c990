// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Directory: what the transport must know about other actors and only signaling can tell: where one
 * listens, and whether one that connects is who it says. Keeps the questions that are under way.
 * Loop thread. */
#pragma once

#include "base/list.h"
#include "hyper/wire/websocket/dialer.h"
#include "hyper/wire/websocket/server.h"

struct acl;
struct log;
struct signaling;

struct directory {
    struct signaling *signaling;
    const struct acl *acl; /* NULL: none */
    struct log *log;
    struct list _searches; /* struct search */
    struct list _vettings; /* struct vetting */
};

/* signaling and acl are borrowed. */
void directory_init(struct directory *directory, struct signaling *signaling, const struct acl *acl,
                    struct log *log);
/* Forgets every question. */
void directory_deinit(struct directory *directory);

/* ws_dialer_options.resolve and .resolve_cancel; an unknown address is searched for by the type of
 * the actor. */
const char *directory_resolve(struct directory *directory, struct ws_address *address);
void directory_resolve_cancel(struct directory *directory, struct ws_address *address);

/* ws_server_events.verify and .verify_cancel. Beyond the credential: an actor of another realm is
 * let in only if the ACL has a rule that allows it. */
void directory_verify(struct directory *directory, struct ws_verification *verification);
void directory_verify_cancel(struct directory *directory, struct ws_verification *verification);
