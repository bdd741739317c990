// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The two messages of a one-shot mDNS lookup (RFC 6762 §5.1, §6.7; form RFC 1035 §4): the question
 * for the addresses of a name, and what answers it. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "net/address.h"

#define MDNS_NAME_MAX 254     /* characters of a name, without the NUL */
#define MDNS_QUESTION_MAX 300 /* bytes */

/* Asks for A and AAAA. Returns the length; 0: no such name can be asked for (empty or overlong
 * labels). */
size_t mdns_write_question(uint16_t id, const char *name, uint8_t buf[MDNS_QUESTION_MAX]);

/* The first address (port 0) that the message gives for `name`, in any case; false: none, or no
 * answer at all. */
bool mdns_read_answer(struct actr_view packet, const char *name, struct net_address *ret_address);
