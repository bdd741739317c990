// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* CRC32c (Castagnoli), the checksum of SCTP (RFC 9260 appendix A). Pure; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CRC32C_BEGIN UINT32_MAX

/* Takes `len` more bytes in; begin with CRC32C_BEGIN, the checksum is the complement at the end. */
uint32_t crc32c_update(uint32_t state, const void *data, size_t len);

/* The same without the processor's instruction. */
uint32_t crc32c_update_table(uint32_t state, const void *data, size_t len);
