// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Associations for virtual time: no cipher, one reliable order over all lanes, and the contract of
 * association.h. A side is known by the fingerprint in its description. Loop thread. */
#pragma once

#include "hyper/wire/webrtc/association.h"

struct loop;

struct sim_association_factory {
    struct association_factory base;
    struct loop *loop;
    unsigned live; /* associations */
};

void sim_association_factory_init(struct sim_association_factory *factory, struct loop *loop);
