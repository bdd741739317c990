// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a simulated rendezvous writes down, kept across its restarts. Loop thread. */
#pragma once

#include "base/list.h"
#include "rendezvous/ledger.h"

struct sim_disk {
    struct list rows; /* struct ledger_row */
};

void sim_disk_init(struct sim_disk *disk);
/* Forgets everything. */
void sim_disk_wipe(struct sim_disk *disk);

/* A ledger on the disk, for one run of a server. NULL: no memory. */
struct ledger *sim_ledger_new(struct sim_disk *disk, struct loop *loop);
