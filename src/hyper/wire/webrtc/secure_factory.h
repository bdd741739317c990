// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Makes associations of DTLS, SCTP and data channels (association.h), all with the certificate of
 * the node, which is made, and tried, in the first turn of the loop, and renewed when it is old.
 * What waits in all of them together is bounded (256 MiB): beyond it who lets more than 1 MiB wait
 * loses its session. Loop thread. */
#pragma once

#include "hyper/wire/webrtc/association.h"

struct loop;
struct secure_factory;

/* message_len_max: of one message received; 0: 256 KiB. NULL when memory has run out. */
struct secure_factory *secure_factory_new(struct loop *loop, uint32_t message_len_max);
/* After its associations. NULL is fine. */
void secure_factory_free(struct secure_factory *factory);
struct association_factory *secure_factory_base(struct secure_factory *factory);
