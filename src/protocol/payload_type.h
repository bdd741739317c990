// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Payload types: what a lane carries (numbers of actr.PayloadType, enum actr_payload_type).
 *
 * Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/context.h>

#define PAYLOAD_TYPE_COUNT 5

/* True for a number that is a payload type. */
static inline bool payload_type_is_valid(uint32_t number)
{
    return number < PAYLOAD_TYPE_COUNT;
}

/* Carries an RpcEnvelope: may be used by call and tell. */
static inline bool payload_type_is_rpc(enum actr_payload_type type)
{
    return type == ACTR_RPC_RELIABLE || type == ACTR_RPC_SIGNAL;
}

/* Carries a DataChunk. */
static inline bool payload_type_is_stream(enum actr_payload_type type)
{
    return type == ACTR_STREAM_RELIABLE || type == ACTR_STREAM_LATENCY_FIRST;
}

/* "RPC_RELIABLE"…; "?" for a number that is none. Static storage. */
const char *payload_type_name(enum actr_payload_type type);
