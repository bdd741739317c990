// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Many client nodes in one process, on one thread, each with a WebRTC session to the same service;
 * they have called it once and do nothing from then on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "process.h"

struct actr_id;

/* Starts `count` of them in a child; returns when all have been answered. False, with a line on
 * standard error. */
bool swarm_start(struct process *swarm, uint16_t port, const struct actr_id *service,
                 unsigned count);

/* The child; argument: PORT:COUNT:ID. */
int swarm_role(const char *argument);
