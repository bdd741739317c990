// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An association of DTLS, SCTP and data channels (association.h); secure_factory.h makes them. Loop
 * thread. */
#pragma once

#include "hyper/wire/webrtc/association.h"

struct data_channels_total;
struct dtls_context;
struct loop;

/* What it has in common with others of its node. */
struct secure_shared {
    struct loop *loop;
    uint32_t message_len_max;
    struct certificate *certificate;
    struct dtls_context *context;
    struct data_channels_total *queued; /* by all of them */
};

/* Takes references. ACTR_ENOMEM. */
int secure_association_new(const struct secure_shared *shared,
                           const struct association_events *events, void *owner,
                           struct association **ret_association) ACTR_MUST_CHECK;
