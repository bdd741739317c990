// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The messages of the Data Channel Establishment Protocol (RFC 8832). Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define DCEP_TEXT_MAX 256 /* of label and protocol each, bytes: longer ones are refused */
#define DCEP_MESSAGE_MAX (12 + 2 * DCEP_TEXT_MAX)

enum dcep_kind { DCEP_OPEN, DCEP_ACK };

struct dcep_open {
    bool is_unordered;
    uint8_t reliability; /* as in sctp_message */
    uint32_t reliability_value;
    uint16_t priority;
    struct actr_view label, protocol;
};

/* ACTR_EDECODE: malformed. ACTR_EINVALID: label or protocol too long. Views point into `bytes`. */
int dcep_parse(struct actr_view bytes, enum dcep_kind *ret_kind,
               struct dcep_open *ret_open) ACTR_MUST_CHECK;
/* Return the length. */
size_t dcep_format_open(const struct dcep_open *open, uint8_t buf[DCEP_MESSAGE_MAX]);
size_t dcep_format_ack(uint8_t buf[DCEP_MESSAGE_MAX]);
