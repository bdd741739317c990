// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Names of payload types, as they are written in .proto files and in logs.
 *
 * The numbers are the wire's: the first byte of a frame, the label of a data channel.
 *
 * Pure; any thread. Never allocates, never fails: a number from elsewhere has a name too ("?"). */
#include "protocol/payload_type.h"

const char *payload_type_name(enum actr_payload_type type)
{
    switch (type) {
    case ACTR_RPC_RELIABLE:
        return "RPC_RELIABLE";
    case ACTR_RPC_SIGNAL:
        return "RPC_SIGNAL";
    case ACTR_STREAM_RELIABLE:
        return "STREAM_RELIABLE";
    case ACTR_STREAM_LATENCY_FIRST:
        return "STREAM_LATENCY_FIRST";
    case ACTR_MEDIA_RTP:
        return "MEDIA_RTP";
    }
    return "?";
}
