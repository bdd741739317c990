// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A side of sim_sctp.h that talks at random, by its habits. Loop thread. */
#pragma once

struct sim_sctp_side;

void sim_sctp_talk_init(struct sim_sctp_side *side);
/* on_writable. */
void sim_sctp_talk_on_room(struct sim_sctp_side *side);
/* Unless it waits for room it goes on soon. */
void sim_sctp_talk_start(struct sim_sctp_side *side);
void sim_sctp_talk_stop(struct sim_sctp_side *side);
/* A message came; it may stop reading for a while. */
void sim_sctp_talk_heard(struct sim_sctp_side *side);
