// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A node whose actor is a library that was built beside the tests, and what is asked of it. */
#pragma once

#include <actr/actr.h>

#include "harness.h"
#include "sys/waiter.h"

#define TYPE "acme:Tester:1.0.0"

extern struct rig {
    struct actr_rendezvous *server;
    struct actr_node *node;
    struct waiter told;    /* the host side's route "late" has been called */
    struct waiter stopped; /* the node has stopped by itself or otherwise */
    const char *config;    /* more of it; NULL: none */
    struct actr_load_options options;
    char answer[1024]; /* of rig_ask() */
} rig;

/* The path of a library. */
const char *rig_library(const char *name);
/* The workload of one; its error is the caller's to see. */
struct actr_workload *rig_load(const char *name);
/* The configuration of a node of the realm. */
void rig_config(char *buf, size_t len, const char *more);

/* From here on libraries get a process of their own, with all other options at their defaults. */
void rig_isolate(void);

/* A node that is not started yet, and one that is. */
void rig_open(const char *name);
void rig_start(const char *name);
/* The options of loading stay. */
void rig_close(void);

/* The code; the reply or the text of the error is in rig.answer. timeout_ms 0: 30,000. */
int rig_ask(const char *route, const char *payload, uint32_t timeout_ms);
/* Asks the route "raw", and wants this. */
void rig_expect(const char *word, int code, const char *answer);
/* Loading is refused, with a text that has this behind the path. */
void rig_refused(const char *name, const char *text);

/* Every test of what both isolations have in common. */
#define IN_BOTH(name)                                                                              \
    static void name(void);                                                                        \
    TEST(name##_in_this_process)                                                                   \
    {                                                                                              \
        rig.options = (struct actr_load_options){.isolation = ACTR_ISOLATION_NONE};                \
        name();                                                                                    \
    }                                                                                              \
    TEST(name##_in_a_process_of_its_own)                                                           \
    {                                                                                              \
        rig.options = (struct actr_load_options){.isolation = ACTR_ISOLATION_PROCESS};             \
        name();                                                                                    \
        rig.options = (struct actr_load_options){.isolation = ACTR_ISOLATION_NONE};                \
    }                                                                                              \
    static void name(void)
