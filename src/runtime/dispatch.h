// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dispatch: what happens to a message of a peer before a handler sees it. ACL, then dedup, then
 * run.
 *
 * Pure: no clock, no thread, no I/O; time is an argument. One dispatch serves one actor; the caller
 * runs it on one thread. It is the only way in for peers, so a caller is never "unknown": what does
 * not name one does not get here. Messages from inside the process carry no identity to check and
 * cannot be repeated by a network; they go from host_gate to the executor directly. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/hash.h"
#include "base/list.h"
#include "protocol/envelope.h"

struct acl; /* acl.h */
struct dispatch;

/* What became of the handling of a message, whatever its caller is told. */
enum dispatch_fate {
    DISPATCH_HANDLED,
    DISPATCH_REFUSED, /* no handler has begun, and none will in this run of the node */
    DISPATCH_CRASHED  /* what the handler ran in has ended with it; this process has not */
};

/* How a message ended. Owns its bytes. */
struct dispatch_result {
    int code;                  /* 0, or ACTR_E… */
    int64_t retry_after_ms;    /* -1: no hint */
    struct actr_bytes payload; /* code == 0 */
    struct actr_bytes message; /* code != 0: text for people, without prefix */
    enum dispatch_fate fate;
};

/* A request that came again while its first copy still runs waits here; embedded by the caller. */
struct dispatch_waiter {
    struct list link;
    void (*fn)(struct dispatch_waiter *waiter,
               const struct dispatch_result *result); /* result: lent */
};

/* One admitted message, from admission to completion. */
struct dispatch_entry;

enum dispatch_verdict {
    DISPATCH_RUN,    /* fresh: run the handler, then dispatch_complete(), on every path */
    DISPATCH_ANSWER, /* seen and finished: *ret_result (lent until the next call) is the old answer
                      */
    DISPATCH_JOINED, /* seen and running: waiter->fn runs when it finishes */
    DISPATCH_DROP,   /* a tell seen before: nothing to do */
    DISPATCH_DENIED  /* refused by the ACL: *ret_result (lent until the next call) says so */
};

struct dispatch_limits {
    /* How long answers are kept, from completion; 0: 30 s, more than a sender's retries span. A
     * request that comes after that is not run again for a while (dedup.h), but its answer is that
     * there is none any more: ACTR_EUNAVAILABLE. */
    uint64_t dedup_ttl_us;
    uint64_t
        dedup_bytes_max; /* of all entries (dedup.h); over it the oldest result goes; 0: 32 MiB */
};

struct dispatch_message {
    const struct actr_id *caller; /* verified */
    const struct actr_id *self;
    const struct envelope *envelope; /* direction REQUEST or TELL */
};

/* acl is borrowed and may be NULL (everyone may). NULL when memory has run out. */
struct dispatch *dispatch_new(const struct acl *acl, const struct dispatch_limits *limits,
                              const struct hash_key *key);
/* Every admitted message must have been completed, every waiter have left. */
void dispatch_free(struct dispatch *dispatch);

/* Decides. waiter is used for DISPATCH_JOINED only and must stay until its fn ran or
 * dispatch_leave(). *ret_entry is set for DISPATCH_RUN, *ret_result for DISPATCH_ANSWER and
 * DISPATCH_DENIED. ACTR_ENOMEM. */
int dispatch_admit(struct dispatch *dispatch, const struct dispatch_message *message,
                   uint64_t now_us, struct dispatch_waiter *waiter,
                   enum dispatch_verdict *ret_verdict, struct dispatch_entry **ret_entry,
                   const struct dispatch_result **ret_result) ACTR_MUST_CHECK;

/* Ends a message that got DISPATCH_RUN: remembers the result (takes references), answers the
 * waiters. */
void dispatch_complete(struct dispatch *dispatch, struct dispatch_entry *entry, uint64_t now_us,
                       const struct dispatch_result *result);

/* Instead of dispatch_complete(): it has not been handled, and will be admitted again. False: a
 * repeat of it waits for its end; complete it. */
bool dispatch_forget(struct dispatch *dispatch, struct dispatch_entry *entry) ACTR_MUST_CHECK;

/* Remembers what a message ended with `age_us` ago, in an earlier life of the process (takes
 * references): a durable mailbox brings these back before it lets anything in. In any order; those
 * older than the memory goes back are left out. ACTR_ENOMEM: a repeat of it would run again. */
int dispatch_restore(struct dispatch *dispatch, const struct actr_id *caller,
                     struct actr_view request_id, const struct dispatch_result *result,
                     uint64_t now_us, uint64_t age_us) ACTR_MUST_CHECK;

/* A waiter that gives up. */
void dispatch_leave(struct dispatch_waiter *waiter);

/* How many messages were refused by the ACL; how many were answered from memory, joined or dropped.
 */
uint64_t dispatch_denied_count(const struct dispatch *dispatch);
uint64_t dispatch_repeat_count(const struct dispatch *dispatch);
