// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* How groups are found: by type, and by the name of their spec. Private to the registry.
 *
 * Loop thread. */
#pragma once

#include "registry.h"

void registry_index_init(struct registry *registry);
/* Every group must have been removed. */
void registry_index_deinit(struct registry *registry);

/* Enters a group whose profile is decoded. ACTR_ENOMEM: it is in no index. */
int registry_index_add(struct registry *registry, struct registry_group *group) ACTR_MUST_CHECK;
void registry_index_remove(struct registry *registry, struct registry_group *group);
