// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* See sweep.h.
 *
 * A first run of each test, without a fault, counts its allocations and must pass. Then a child is
 * forked for each injection: it has a copy of a process in which no test has run, and whatever it
 * leaves behind goes with it. It says by its exit code how the test ended; any other end is a
 * fault, and what it printed is shown. The folders that tests make are in one that the sweep
 * removes.
 *
 * One thread when it forks. It never goes on in a process in which a test has failed. */
#include "sweep.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

/* Injections of each kind into one test: the first 16, and 16 of the others. A test that allocates
 * much is slow, so it gets fewer: as many as make 30,000 allocations, and at least one. */
#define SWEEP_EDGE_MAX 16u
#define SWEEP_EDGE_MIN 1u
#define SWEEP_WORK 30000u

/* A hang, even on a machine that is very busy. */
#define SWEEP_HANG_S 60u

/* Faults of one test that are shown; then the next test. */
#define SWEEP_SHOWN_MAX 3

/* How a child ends, by its exit code; other ends are crashes. */
enum sweep_end { SWEEP_PASSED = 80, SWEEP_FAILED, SWEEP_LEFT };

struct sweep {
    const struct harness_test *test;
    size_t *seen; /* shared with the children: allocations of the last run that ended by itself */
    int output;   /* of the last child */
    uint64_t random;
    unsigned injections, passed, faults;
};

/* One run, in the child. */
struct sweep_run {
    const struct harness_test *test;
    struct sweep_fault fault;
    enum sweep_end end;
};

static const int signals[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS};
#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))
static struct sigaction handlers[SIGNAL_COUNT];

bool sweep_is_on(void)
{
    return getenv("ACTR_SWEEP") != NULL;
}

bool sweep_is_wanted(void)
{
    const char *text = getenv("ACTR_SWEEP");
    return text && strcmp(text, "all") == 0;
}

struct sweep_fault sweep_given(void)
{
    struct sweep_fault fault = {0};
    const char *text = getenv("ACTR_SWEEP");
    const char *colon = text ? strchr(text, ':') : NULL;
    if (colon) {
        fault.at = strtoul(colon + 1, NULL, 10);
        fault.is_once = strncmp(text, "once", 4) == 0;
    }
    return fault;
}

/* cmocka makes a failed test of a crash: a crash must stay one. */
static void sweep_run_test(void **state)
{
    struct sweep_run *run = *state;
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &handlers[i], NULL);
    size_t live = mem_live();
    int open = harness_descriptors();
    mem_sweep_at(run->fault.at ? run->fault.at : SIZE_MAX, run->fault.is_once);
    run->test->fn();
    mem_sweep_at(0, false);
    mem_fail_at(0);
    size_t left = mem_live() - live;
    int left_open = harness_descriptors() - open;
    run->end = left || left_open ? SWEEP_LEFT : SWEEP_PASSED;
    if (run->end == SWEEP_LEFT)
        printf("leaves %zd blocks of memory, %d descriptors\n", (ssize_t)left, left_open);
}

__attribute__((noreturn)) static void sweep_child(const struct sweep *sweep,
                                                  struct sweep_fault fault)
{
    struct sweep_run run = {sweep->test, fault, SWEEP_FAILED};
    const struct CMUnitTest test = {
        .name = sweep->test->name, .test_func = sweep_run_test, .initial_state = &run};
    dup2(sweep->output, STDOUT_FILENO);
    dup2(sweep->output, STDERR_FILENO);
    alarm(SWEEP_HANG_S);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], NULL, &handlers[i]);
    _cmocka_run_group_tests("sweep", &test, 1, NULL, NULL);
    *sweep->seen = mem_sweep_count();
    fflush(NULL);
    _exit((int)run.end);
}

/* How the child ended, as wait() says it. */
static int sweep_fork(struct sweep *sweep, struct sweep_fault fault)
{
    int status = -1;
    fflush(NULL);
    if (ftruncate(sweep->output, 0) < 0 || lseek(sweep->output, 0, SEEK_SET) < 0)
        abort();
    pid_t child = fork();
    if (child == 0)
        sweep_child(sweep, fault);
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("sweep");
        exit(1);
    }
    return status;
}

static void sweep_show(const struct sweep *sweep, struct sweep_fault fault, int status)
{
    char text[4096];
    ssize_t len;
    printf("[  FAULT   ] ACTR_TEST=%s", sweep->test->name);
    if (fault.at)
        printf(" ACTR_SWEEP=%s:%zu", fault.is_once ? "once" : "from", fault.at);
    printf(": ");
    if (WIFSIGNALED(status))
        printf("%s\n", WTERMSIG(status) == SIGALRM ? "hangs" : strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == SWEEP_LEFT)
        printf("passes, and leaves something behind\n");
    else
        printf("exit code %d\n", WEXITSTATUS(status));
    fflush(stdout);
    lseek(sweep->output, 0, SEEK_SET);
    while ((len = read(sweep->output, text, sizeof(text))) > 0)
        (void)!write(STDOUT_FILENO, text, (size_t)len);
}

/* False: a fault. */
static bool sweep_inject(struct sweep *sweep, struct sweep_fault fault)
{
    int status = sweep_fork(sweep, fault);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    sweep->injections++;
    sweep->passed += code == SWEEP_PASSED;
    if (code == SWEEP_PASSED || code == SWEEP_FAILED)
        return true;
    sweep->faults++;
    sweep_show(sweep, fault, status);
    return false;
}

/* All of few allocations; of many the first, and one out of each of as many equal parts. */
static void sweep_kind(struct sweep *sweep, size_t allocations, bool is_once)
{
    size_t edge = SWEEP_EDGE_MAX;
    if (allocations > SWEEP_WORK / SWEEP_EDGE_MAX)
        edge =
            SWEEP_WORK / allocations > SWEEP_EDGE_MIN ? SWEEP_WORK / allocations : SWEEP_EDGE_MIN;
    size_t parts = allocations > 2 * edge ? edge : 0;
    size_t first = parts ? edge : allocations;
    int shown = 0;
    for (size_t n = 1; n <= first && shown < SWEEP_SHOWN_MAX; n++)
        shown += !sweep_inject(sweep, (struct sweep_fault){n, is_once});
    for (size_t part = 0; part < parts && shown < SWEEP_SHOWN_MAX; part++) {
        size_t from = first + (allocations - first) * part / parts;
        size_t to = first + (allocations - first) * (part + 1) / parts;
        size_t n = from + 1 + harness_random(&sweep->random) % (to - from);
        shown += !sweep_inject(sweep, (struct sweep_fault){n, is_once});
    }
}

static void sweep_test(struct sweep *sweep)
{
    const struct sweep_fault none = {0};
    int status = sweep_fork(sweep, none);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != SWEEP_PASSED) {
        sweep->faults++;
        sweep_show(sweep, none, status);
        return;
    }
    size_t allocations = *sweep->seen;
    sweep_kind(sweep, allocations, true);
    sweep_kind(sweep, allocations, false);
}

static int sweep_remove(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

int sweep_all(const struct harness_test *const *tests, size_t count, uint64_t seed)
{
    /* Nothing that a sweep writes is to be kept, so no disk need be waited for. */
    char in_memory[] = "/dev/shm/actr-sweep-XXXXXX", on_disk[] = "/tmp/actr-sweep-XXXXXX";
    const char *folder = mkdtemp(in_memory);
    if (!folder)
        folder = mkdtemp(on_disk);
    struct sweep sweep = {.random = seed};
    sweep.seen =
        mmap(NULL, sizeof(*sweep.seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sweep.output = memfd_create("sweep", MFD_CLOEXEC);
    if (sweep.seen == MAP_FAILED || sweep.output < 0 || !folder) {
        perror("sweep");
        return 1;
    }
    setenv("TMPDIR", folder, 1);
    for (size_t i = 0; i < count; i++) {
        sweep.test = tests[i];
        sweep_test(&sweep);
    }
    nftw(folder, sweep_remove, 16, FTW_DEPTH | FTW_PHYS);
    printf("swept %zu tests with %u injections: %u passed all the same, %u faults\n", count,
           sweep.injections, sweep.passed, sweep.faults);
    close(sweep.output);
    munmap(sweep.seen, sizeof(*sweep.seen));
    return (int)sweep.faults;
}
