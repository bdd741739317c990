// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Supervision of the node's actor: from actr_poison() to its restart, or to the node's leaving.
 * Loop thread where nothing else is said. */
#pragma once

struct actr_node;

void supervision_init(struct actr_node *node);

/* The actor is about to start, whole. */
void supervision_begin(struct actr_node *node);
/* The node goes down: no restart any more. When the actor is broken, what still waits is answered
 * ACTR_EUNAVAILABLE without it. */
void supervision_end(struct actr_node *node);

/* Any thread that is in a turn of the actor: its state is broken. Always 0. */
int supervision_poison(struct actr_node *node, const char *text);
