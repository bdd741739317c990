// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What is in a mailbox: a message, where it came from, and how it ended. See mailbox.h. */
#pragma once

#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/list.h"

enum mailbox_priority { MAILBOX_NORMAL = 0, MAILBOX_HIGH = 1 };
#define MAILBOX_PRIORITY_COUNT 2

/* Where a message came from. */
struct mailbox_origin {
    struct actr_id peer;
    uint64_t session; /* of the wire it came by; 0: none any more */
};

struct mailbox_message {
    struct list _link;
    uint64_t id; /* ascending in the order of arrival; 1 or more */
    struct mailbox_origin origin;
    enum mailbox_priority priority;
    struct actr_bytes envelope; /* encoded RpcEnvelope, as received */
    int64_t received_us;        /* loop clock; before its zero for what an earlier run received */
};

/* How a message ended, for who sends it again. */
struct mailbox_answer {
    struct actr_view request_id;
    int code;                  /* 0, or ACTR_E… */
    int64_t retry_after_ms;    /* -1: none */
    struct actr_bytes payload; /* code == 0 */
    struct actr_bytes text;    /* code != 0: for people */
};

/* Why a message became a dead letter. */
struct mailbox_verdict {
    const char *category; /* one of the four; static */
    const char *detail;   /* for people */
};
#define MAILBOX_UNDECODABLE "protobuf_decode"
#define MAILBOX_DENIED "permission_denied"
#define MAILBOX_POISON "poison"    /* the process ended while it was handled, again and again */
#define MAILBOX_NO_SENDER "sender" /* its row does not say who sent it */

/* 0: the default of the store. */
struct mailbox_limits {
    uint32_t count_max, peer_count_max;
    uint64_t bytes_max, peer_bytes_max;
};
