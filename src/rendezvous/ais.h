// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The identity service: registers actors, and renews their credentials.
 *
 * Loop thread. */
#pragma once

#include <actr/bytes.h>
#include <actr/id.h>

#include "net/http.h"
#include "rendezvous.h"

struct visitor;
struct signaling_envelope;

/* POST …/register and POST …/renew; answer the request, now or once the ledger has written. */
void ais_register(struct rendezvous *rendezvous, struct net_request *request,
                  const struct net_request_info *info);
void ais_renew(struct rendezvous *rendezvous, struct net_request *request,
               const struct net_request_info *info);

/* A registration that comes over the signaling socket: 410, or in open mode an actor for the
 * socket. */
void ais_on_socket(struct visitor *visitor, const struct signaling_envelope *envelope);

/* Open mode: an actor that nobody registered, without rules, spec and address. ACTR_ENOMEM,
 * ACTR_ESTATE. */
int ais_add_stub(struct rendezvous *rendezvous, const struct actr_id *id,
                 struct registry_actor **ret_actor) ACTR_MUST_CHECK;
