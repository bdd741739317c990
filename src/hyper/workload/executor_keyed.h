// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The keyed half of executor.h; for executor.c only. Loop thread. */
#pragma once

#include "hyper/workload/executor.h"

/* Sets executor->_keyed. ACTR_ENOMEM. */
int executor_keyed_new(struct executor *executor, uint32_t budget,
                       const struct hash_key *hash) ACTR_MUST_CHECK;
/* Nothing may run. NULL is fine. Blocks until its threads have ended. */
void executor_keyed_free(struct executor_keyed *keyed);

/* Starts what may start. Calls done() of what has run here, last. */
void executor_keyed_pump(struct executor_keyed *keyed);
bool executor_keyed_has_room(struct executor_keyed *keyed);
/* The longest-running job that was not reported; NULL: none. */
struct executor_job *executor_keyed_oldest(struct executor_keyed *keyed);
/* It has been reported. */
void executor_keyed_forget(struct executor_keyed *keyed, struct executor_job *job);

/* executor.c: runs the job on this thread, as a turn of its executor. */
void executor_run_job(struct executor *executor, struct executor_job *job);
/* executor.c, worker: brings the end of a job to the loop. */
void executor_post_back(struct executor *executor, struct loop_post *post, loop_post_fn *fn);
/* executor.c: something has begun to run on a worker. */
void executor_watch_start(struct executor *executor);
