// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Pair: starts the two, passes descriptions and candidates from one to the other, waits.
 *
 * Every wait is bounded. Children die with this process (PR_SET_PDEATHSIG), and are killed at the
 * end. */
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "bench.h"

#define LIMIT_US 60e6
#define IMPAIRED_LIMIT_US 90e6
#define CHANNELS 4
#define PEERS BENCH_SOURCE "/test/interop/peers/"
#define FOLDER BENCH_SOURCE "/build-interop"

static const struct stack {
    const char *name;
    const char *file; /* that is not there before it is installed; NULL: ours */
    const char *argv[4];
} stacks[PAIR_STACKS] = {
    [PAIR_OURS] = {"actr", NULL, {NULL}},
    [PAIR_LIBDATACHANNEL] = {"libdatachannel",
                             FOLDER "/node_modules/node-datachannel/package.json",
                             {"node", PEERS "node.mjs", "node-datachannel"}},
    [PAIR_LIBWEBRTC] = {"libwebrtc",
                        FOLDER "/node_modules/@roamhq/wrtc/package.json",
                        {"node", PEERS "node.mjs", "@roamhq/wrtc"}},
    [PAIR_PION] = {"pion", FOLDER "/pion", {"./pion"}},
};

/* Those of a node. */
static const char offer[] =
    "{\"do\":\"offer\",\"channels\":[{\"label\":\"RPC_RELIABLE\",\"ordered\":true},"
    "{\"label\":\"RPC_SIGNAL\",\"ordered\":true},{\"label\":\"STREAM_RELIABLE\",\"ordered\":true},"
    "{\"label\":\"STREAM_LATENCY_FIRST\",\"ordered\":false,\"retransmits\":3}]}";

const char *pair_stack_name(enum pair_stack stack)
{
    return stacks[stack].name;
}

static bool stack_is_there(const struct stack *stack)
{
    if (!stack->file || access(stack->file, F_OK) == 0)
        return true;
    fprintf(stderr, "bench: %s is not installed (no %s): `./run bench` says why\n", stack->name,
            stack->file);
    return false;
}

/* ---- Processes ---- */

static void end_exec(const char *const *argv, const char *folder, const int *in, const int *out)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    if (folder && chdir(folder) < 0)
        perror(folder);
    execvp(argv[0], (char *const *)argv);
    fprintf(stderr, "bench: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static bool end_start(struct pair_end *end, const char *name, const char *const *argv,
                      const char *folder)
{
    int in[2], out[2];
    end->name = name;
    if (pipe2(in, O_CLOEXEC) < 0)
        return false;
    if (pipe2(out, O_CLOEXEC) < 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    end->pid = fork();
    if (end->pid == 0)
        end_exec(argv, folder, in, out);
    close(in[0]);
    close(out[1]);
    end->in = in[1];
    end->out = out[0];
    if (end->pid > 0)
        return true;
    end->pid = 0;
    close(end->in);
    close(end->out);
    return false;
}

static void end_stop(struct pair_end *end)
{
    if (end->pid == 0)
        return;
    kill(end->pid, SIGKILL);
    waitpid(end->pid, NULL, 0);
    close(end->in);
    close(end->out);
    end->pid = 0;
}

/* ---- Lines ---- */

/* Less than a pipe holds, and the peer reads: it does not block for long. */
static bool end_tell(struct pair_end *end, const char *line)
{
    size_t len = strlen(line);
    if (write(end->in, line, len) == (ssize_t)len && write(end->in, "\n", 1) == 1)
        return true;
    fprintf(stderr, "bench: %s has ended\n", end->name);
    return false;
}

static bool end_tell_json(struct pair_end *end, json_t *command)
{
    char *line = json_dumps(command, JSON_COMPACT);
    bool ok = line && end_tell(end, line);
    free(line);
    return ok;
}

static double number_of(const json_t *event, const char *name)
{
    return json_number_value(json_object_get(event, name));
}

/* A description without candidates, and then one that says that the peer is where the relay is. */
static bool end_tell_relayed(struct pair_end *other, unsigned port, json_t *event)
{
    const char *sdp = json_string_value(json_object_get(event, "sdp"));
    char candidate[192], *text = sdp ? strdup(sdp) : NULL, *line;
    if (!sdp)
        return true; /* a candidate */
    while (text && (line = strstr(text, "a=candidate:")) != NULL) {
        const char *next = strchr(line, '\n');
        memmove(line, next ? next + 1 : "", next ? strlen(next) : 1);
    }
    bool ok = text && json_object_set_new(event, "sdp", json_string(text)) == 0;
    free(text);
    snprintf(candidate, sizeof(candidate),
             "{\"do\":\"candidate\",\"mid\":\"0\",\"candidate\":"
             "\"candidate:1 1 udp 2130706431 127.0.0.1 %u typ host\"}",
             port);
    return ok && end_tell_json(other, event) && end_tell(other, candidate);
}

/* An event; what is for the other end is passed on. relay_port: by that way; 0: directly. */
static bool end_take(struct pair_end *end, struct pair_end *other, unsigned relay_port,
                     json_t *event)
{
    const char *is = json_string_value(json_object_get(event, "is"));
    if (!is) {
        fprintf(stderr, "bench: %s says nothing that is known\n", end->name);
        return false;
    }
    if (strcmp(is, "description") == 0 || strcmp(is, "candidate") == 0) {
        json_object_set_new(event, "do", json_string(is));
        return relay_port ? end_tell_relayed(other, relay_port, event)
                          : end_tell_json(other, event);
    }
    if (strcmp(is, "version") == 0) {
        end->has_version = true;
    } else if (strcmp(is, "open") == 0) {
        end->open_count++;
    } else if (strcmp(is, "state") == 0) {
        const char *state = json_string_value(json_object_get(event, "state"));
        end->is_closed = end->is_closed || (state && strcmp(state, "closed") == 0);
    } else if (strcmp(is, "counted") == 0) {
        end->result = number_of(event, "bytes") / 1e3 / number_of(event, "ms");
    } else if (strcmp(is, "idle") == 0) {
        end->result = number_of(event, "bytes") / 1e3;
    } else if (strcmp(is, "pinged") == 0) {
        end->result = number_of(event, "p50_us");
    } else if (strcmp(is, "failed") == 0) {
        fprintf(stderr, "bench: %s: %s\n", end->name,
                json_string_value(json_object_get(event, "why")));
        return false;
    }
    return true;
}

static bool end_read(struct pair_end *end, struct pair_end *other, unsigned relay_port)
{
    ssize_t got = read(end->out, end->line + end->len, sizeof(end->line) - end->len);
    if (got <= 0) {
        fprintf(stderr, "bench: %s has ended\n", end->name);
        return false;
    }
    end->len += (size_t)got;
    bool ok = true;
    for (char *newline; ok && (newline = memchr(end->line, '\n', end->len)) != NULL;) {
        size_t len = (size_t)(newline - end->line) + 1;
        json_t *event = json_loadb(end->line, len, 0, NULL);
        ok = event && end_take(end, other, relay_port, event);
        json_decref(event);
        end->len -= len;
        memmove(end->line, newline + 1, end->len);
    }
    return ok && end->len < sizeof(end->line);
}

static bool has_versions(const struct pair *pair)
{
    return pair->ends[0].has_version && pair->ends[1].has_version;
}

static bool has_channels(const struct pair *pair)
{
    return pair->ends[0].open_count >= CHANNELS && pair->ends[1].open_count >= CHANNELS;
}

static bool has_closed(const struct pair *pair)
{
    return pair->ends[0].is_closed && pair->ends[1].is_closed;
}

static bool has_result(const struct pair *pair)
{
    return pair->ends[0].result > 0 || pair->ends[1].result > 0;
}

static bool pair_wait(struct pair *pair, const char *what, bool (*is_reached)(const struct pair *))
{
    double end_us = bench_now_us() + (pair->relay.pid ? IMPAIRED_LIMIT_US : LIMIT_US);
    while (!is_reached(pair)) {
        struct pollfd fds[2] = {{.fd = pair->ends[0].out, .events = POLLIN},
                                {.fd = pair->ends[1].out, .events = POLLIN}};
        int left_ms = (int)((end_us - bench_now_us()) / 1e3);
        if (left_ms <= 0 || poll(fds, 2, left_ms) <= 0) {
            fprintf(stderr, "bench: %s: no %s in time\n", pair->ends[0].name, what);
            return false;
        }
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents && !end_read(&pair->ends[i], &pair->ends[!i], pair->relay_ports[!i]))
                return false;
        }
    }
    return true;
}

/* ---- For the cases ---- */

/* A program of the same build. */
static void beside_self(const char *name, char *path, size_t len)
{
    const char *self = bench_self();
    snprintf(path, len, "%.*s/../%s", (int)(strrchr(self, '/') - self), self, name);
}

bool pair_open(struct pair *pair, enum pair_stack stack)
{
    static char ours[4200];
    const struct stack *which = &stacks[stack];
    const char *const ours_argv[] = {ours, NULL};

    memset(pair, 0, sizeof(*pair));
    signal(SIGPIPE, SIG_IGN);
    beside_self("test/interop/webrtc_peer", ours, sizeof(ours));
    if (!stack_is_there(which))
        return false;
    for (int i = 0; i < 2; i++) {
        if (!end_start(&pair->ends[i], which->name, which->file ? which->argv : ours_argv,
                       which->file ? FOLDER : NULL))
            return false;
    }
    return pair_wait(pair, "start", has_versions);
}

void pair_close(struct pair *pair)
{
    end_stop(&pair->ends[0]);
    end_stop(&pair->ends[1]);
    end_stop(&pair->relay);
}

bool pair_impair(struct pair *pair, const char *first, const char *second)
{
    static char path[4200];
    const char *const argv[] = {path, "seed 1", first, second, NULL};
    ssize_t len = 0;
    beside_self("test/net/impair", path, sizeof(path));
    if (end_start(&pair->relay, "impair", argv, NULL))
        len = read(pair->relay.out, pair->relay.line, sizeof(pair->relay.line) - 1);
    if (len > 0 &&
        sscanf(pair->relay.line, "ready %u %u", &pair->relay_ports[0], &pair->relay_ports[1]) == 2)
        return true;
    fprintf(stderr, "bench: no relay that makes a path bad\n");
    return false;
}

bool pair_connect(struct pair *pair, double *ret_ms)
{
    double begin_us = bench_now_us();
    pair->ends[0].open_count = pair->ends[1].open_count = 0;
    if (!end_tell(&pair->ends[1], "{\"do\":\"answer\"}") || !end_tell(&pair->ends[0], offer) ||
        !pair_wait(pair, "session", has_channels))
        return false;
    *ret_ms = (bench_now_us() - begin_us) / 1e3;
    return true;
}

bool pair_disconnect(struct pair *pair)
{
    static const char close[] = "{\"do\":\"close\"}";
    pair->ends[0].is_closed = pair->ends[1].is_closed = false;
    return end_tell(&pair->ends[0], close) && end_tell(&pair->ends[1], close) &&
           pair_wait(pair, "end", has_closed);
}

static bool pair_result(struct pair *pair, const char *what, const char *line, double *ret)
{
    pair->ends[0].result = pair->ends[1].result = 0;
    if (!end_tell(&pair->ends[0], line) || !pair_wait(pair, what, has_result))
        return false;
    *ret = pair->ends[0].result + pair->ends[1].result;
    return true;
}

bool pair_flood(struct pair *pair, size_t size, uint64_t bytes, double *ret_mbps)
{
    char line[256];
    snprintf(line, sizeof(line), "{\"do\":\"count\",\"bytes\":%llu}", (unsigned long long)bytes);
    if (!end_tell(&pair->ends[1], line))
        return false;
    snprintf(line, sizeof(line),
             "{\"do\":\"flood\",\"label\":\"STREAM_RELIABLE\",\"size\":%zu,\"bytes\":%llu}", size,
             (unsigned long long)bytes);
    return pair_result(pair, "end of the flood", line, ret_mbps);
}

bool pair_ping(struct pair *pair, size_t size, unsigned count, double *ret_us)
{
    char line[256];
    snprintf(line, sizeof(line),
             "{\"do\":\"ping\",\"label\":\"RPC_RELIABLE\",\"size\":%zu,\"count\":%u}", size, count);
    return pair_result(pair, "echo", line, ret_us);
}

bool pair_idle_kb(unsigned count, double *ret_kb)
{
    static struct pair pair; /* with one end */
    char number[16];
    static const char script[] = PEERS "idle.mjs";
    const char *const argv[] = {"node", "--expose-gc", script, number, NULL};
    const struct stack *stack = &stacks[PAIR_LIBDATACHANNEL];
    snprintf(number, sizeof(number), "%u", count);
    memset(&pair, 0, sizeof(pair));
    pair.ends[1].out = -1;
    bool ok = stack_is_there(stack) && end_start(&pair.ends[0], stack->name, argv, FOLDER) &&
              pair_wait(&pair, "idle peers", has_result);
    *ret_kb = pair.ends[0].result;
    pair_close(&pair);
    return ok;
}
