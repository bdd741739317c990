// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two SCTP associations on virtual time, joined by a path, that talk at random; and a ledger of all
 * messages, by which each that arrives is judged: its bytes, its order, that it comes once, that it
 * crosses no reset. A failed sim_sctp_check() says which seed it was.
 *
 * A message's payload protocol identifier is its number. Loop thread, which is the test's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyper/wire/webrtc/sctp/sctp.h"
#include "sim_path.h"

#define SIM_SCTP_MS 1000u
#define SIM_SCTP_S 1000000u
#define SIM_SCTP_STREAMS 1024
#define SIM_SCTP_LEN_MAX (256u << 10)
#define SIM_SCTP_NEVER UINT32_MAX

/* How a side talks; what is 0 does not happen. */
struct sim_sctp_habits {
    unsigned messages;     /* in all */
    unsigned burst;        /* at most at a time */
    uint64_t pause_us;     /* at most between two bursts; 0: as fast as there is room */
    uint32_t len_max;      /* of a message */
    uint16_t streams;      /* used at first */
    unsigned unordered;    /* of 100 */
    unsigned partial;      /* of 100: reliability limited by number or by time */
    unsigned sparing;      /* of 100 messages: after it waits until little is unsent */
    unsigned resets, naps; /* of 1000 bursts; a nap: nothing is read for a while */
    uint64_t nap_us;       /* at most */
};

struct sim_sctp_sent {
    uint32_t len;
    uint16_t stream, epoch; /* of the stream: how often it was reset before */
    bool is_unordered, may_be_lost;
    uint8_t arrived;
    uint64_t sent_us, arrived_us;
};

struct sim_sctp;

struct sim_sctp_side {
    struct sim_sctp *world;
    struct sim_sctp_side *peer;
    struct sctp *sctp; /* NULL when freed */
    struct sim_path out;
    struct sim_sctp_habits habits;
    struct sctp_options options;
    struct sim_sctp_sent *sent;
    uint32_t sent_count, sent_max;
    uint64_t bytes_arrived; /* of messages, here */
    unsigned opened, closed, writable, resets_asked, resets_in, resets_out, naps;
    uint16_t streams_out, streams_in;
    bool is_blocked, is_napping;
    bool is_ending, has_ended; /* waits until all is acknowledged, and was told */
    uint32_t free_at;          /* inside its so-manyth event; SIM_SCTP_NEVER */
    uint32_t events;
    struct loop_timer pump, wake, begin;
    bool is_resetting[SIM_SCTP_STREAMS];
    uint16_t epoch_out[SIM_SCTP_STREAMS], epoch_in[SIM_SCTP_STREAMS];
    uint32_t next[SIM_SCTP_STREAMS]; /* the lowest number that may come in order */
    /* For a test that writes by itself; either may be NULL. */
    void (*on_room)(struct sim_sctp_side *side);
    void (*on_heard)(struct sim_sctp_side *side, const struct sim_sctp_sent *sent);
};

struct sim_sctp {
    struct loop *loop;
    const char *test;
    uint64_t seed, random;
    struct sim_sctp_side sides[2];
};

/* The sides do nothing yet: habits, options and paths (`sides[i].out.nature`) are to be set. */
void sim_sctp_init(struct sim_sctp *world, uint64_t seed, const char *test);
void sim_sctp_deinit(struct sim_sctp *world);

/* Makes the association of a side and starts it after a while. */
void sim_sctp_begin(struct sim_sctp_side *side, uint64_t after_us);
void sim_sctp_free(struct sim_sctp_side *side);
/* Both ways. */
void sim_sctp_cut(struct sim_sctp *world, bool is_cut);

/* Sends one message of `len` bytes. What sctp_send() said; the ledger has it unless that is < 0. */
int sim_sctp_say(struct sim_sctp_side *side, const struct sctp_message *head, uint32_t len);

/* Until nothing is left to do, which must be before `limit_us` from now; then everything that was
 * said has arrived, nothing is outstanding, and both sides are of one mind. */
void sim_sctp_settle(struct sim_sctp *world, uint64_t limit_us);

/* From `low` to `high`, both included. */
uint64_t sim_sctp_between(struct sim_sctp *world, uint64_t low, uint64_t high);
bool sim_sctp_chance(struct sim_sctp *world, unsigned of_100);
uint64_t sim_sctp_now_us(const struct sim_sctp *world);

#define sim_sctp_check(world, condition)                                                           \
    sim_sctp_check_at((world), (condition), #condition, __FILE__, __LINE__)
void sim_sctp_check_at(const struct sim_sctp *world, bool condition, const char *text,
                       const char *file, int line);
