// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Who may register, who may renew, and what they are given.
 *
 * Where a function returns a code of the identity service (0: yes; 400, 401, 403, 500, 503), the
 * thread's error detail says why. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "protocol/ais.h"
#include "realms.h"
#include "registry.h"
#include "rendezvous.h"

/* May this actor register? secret: of the request's header; NULL: there was none. *ret_realm: a
 * realm that comes into being with it; id 0: it is there already. */
uint32_t enrolment_check(struct rendezvous *rendezvous, const struct ais_register_request *request,
                         const char *secret, struct realm *ret_realm) ACTR_MUST_CHECK;

/* What a registration or renewal results in. */
struct enrolment {
    struct registry_entry entry; /* as it will be kept */
    struct actr_bytes response;  /* as it will be sent; holds the only copy of the token */
    bool is_changed;             /* the entry differs from what is kept */
};
void enrolment_deinit(struct enrolment *enrolment);

/* Makes up an actor and its credential; nothing is kept yet. 0, 400, 500, 503. */
uint32_t enrolment_issue(struct rendezvous *rendezvous, const struct ais_register_request *request,
                         struct enrolment *ret_enrolment) ACTR_MUST_CHECK;

/* Makes another credential for the actor whose token it is. Codes: 401, 403, 500. */
uint32_t enrolment_renew(struct rendezvous *rendezvous, const struct ais_renew_request *request,
                         struct enrolment *ret_enrolment) ACTR_MUST_CHECK;
