// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The linked backend: handlers in C, in this process. See <actr/workload.h>. */
#pragma once

#include <actr/workload.h>

#include "hyper/workload/workload.h"

/* Takes the workload for a node: no more routes may be added. ACTR_EINVALID (NULL, or the first
 * error of actr_workload_route(); the workload is freed), ACTR_ESTATE. */
int linked_use(struct actr_workload *linked, struct workload **ret_workload) ACTR_MUST_CHECK;

/* A workload without routes, for a pure client. NULL when memory has run out. */
struct actr_workload *linked_client(void);

/* The public form of a workload of another backend, which is consumed on success. NULL when memory
 * has run out. */
struct actr_workload *linked_wrap(struct workload *other);

/* Adds a route with a self of its own; for the host side. Errors as actr_workload_route(). */
int linked_route(struct actr_workload *linked, const char *route, actr_handler_fn *handler,
                 void *self, const struct actr_route_options *options) ACTR_MUST_CHECK;
