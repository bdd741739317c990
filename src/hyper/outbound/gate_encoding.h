// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From what the gate is to send to the bytes that go, and no larger ones. Pure but for memory; any
 * thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hyper/outbound/gate.h"
#include "protocol/envelope.h"

/* The envelope of a request or a tell, into a fresh *send. The payload is borrowed. `len_max`: of
 * the encoded envelope. ACTR_EINVALID (larger; the text gives both), ACTR_ENOMEM: *send is
 * untouched. */
int gate_encoding_message(const struct gate_message *message, enum envelope_direction direction,
                          const char request_id[GATE_REQUEST_ID_SIZE], uint32_t len_max,
                          struct gate_send *ret_send) ACTR_MUST_CHECK;

/* ACTR_EINVALID, with the text that gives both. */
int gate_encoding_too_large(size_t len, uint32_t len_max);

/* An answer; one that is larger becomes an error answer that says so. ACTR_ENOMEM. */
int gate_encoding_reply(const struct envelope *reply, uint32_t len_max,
                        struct actr_bytes *ret_bytes) ACTR_MUST_CHECK;
