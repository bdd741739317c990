// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* CRC-32 of ITU-T V.42, which STUN ends with (RFC 8489 §14.7). Pure; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *data, size_t len);
