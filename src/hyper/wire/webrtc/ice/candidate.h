// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* ICE candidates (RFC 8445 §5.1, text form RFC 8839 §5.1). Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "net/address.h"

#define CANDIDATE_FOUNDATION_MAX 33 /* 32 characters and the NUL */
#define CANDIDATE_NAME_MAX 256      /* of an mDNS name, with the NUL */
#define CANDIDATE_TEXT_MAX 512

enum candidate_type { CANDIDATE_HOST, CANDIDATE_SRFLX, CANDIDATE_PRFLX, CANDIDATE_RELAY };

struct candidate {
    enum candidate_type type;
    struct net_address address; /* unset while name is set */
    struct net_address base;    /* local candidates: what is really sent from; relay: the relayed
                                   address itself */
    struct net_address related; /* raddr, rport; any: absent */
    uint32_t priority;
    char foundation[CANDIDATE_FOUNDATION_MAX];
    char name[CANDIDATE_NAME_MAX]; /* "….local" (RFC 8828, mDNS) to be looked up; "": none */
};

/* "candidate:…" (the prefix "a=" or none at all are accepted too). Unknown extensions are skipped.
 * ACTR_EINVALID: malformed. ACTR_ENOTIMPL: well formed but of no use to us (TCP, a component
 * other than 1, a type we do not know, a name that is not ….local). */
int candidate_parse(struct actr_view text, struct candidate *ret_candidate) ACTR_MUST_CHECK;

/* "candidate:…", without "a=" and line end. Returns the length. */
size_t candidate_format(const struct candidate *candidate, char text[CANDIDATE_TEXT_MAX]);

/* RFC 8445 §5.1.2.1, component 1; local_preference 0…65535. */
uint32_t candidate_priority(enum candidate_type type, uint16_t local_preference);

/* "host", "srflx", "prflx", "relay". */
const char *candidate_type_name(enum candidate_type type);
