// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* net_node CONFIG TYPE: a node for nets.py. It sends numbered messages to its peer, which is
 * another such node, and counts what comes from there: each of the four sequences (tells and calls,
 * on the lanes RPC_RELIABLE and RPC_SIGNAL) must come whole, once and in order.
 *
 * Commands are lines of standard input:
 *   peer TYPE                   finds the peer; then `found`
 *   send COUNT BYTES INTERVAL   COUNT of each sequence, one each INTERVAL ms; COUNT 0: no end
 *   stop                        no more; what is out is waited for by nobody
 *   mark                        forgets the longest pause so far
 *   report                      `report`, the counts
 *   quit
 * Each answer and each event is a JSON object a line: ready, found, path (another pair, or none),
 * report. Times are microseconds of the monotonic clock, as all processes see it.
 *
 * Handlers and results run on the node's threads; what they share with main() is under a lock. */
#include <actr/actr.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define SEQUENCES 4
#define BYTES_MAX 65536
#define SAMPLE_US 5000
#define TIMEOUT_MS 120000

enum { TELL, TELL_SIGNAL, CALL, CALL_SIGNAL };

static struct {
    pthread_mutex_t lock;
    struct actr_node *node;
    struct actr_id peer;
    bool has_peer;
    /* Out. */
    uint64_t sent[SEQUENCES], wanted, interval_us, due_us;
    size_t bytes;
    uint64_t answered, failed;
    char why[256]; /* the first failure */
    /* In. */
    uint64_t came[SEQUENCES], wrong;
    uint64_t last_us, pause_us, pause_end_us;
    struct actr_peer_stats path; /* as told last */
} net = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000;
}

/* ---- In ---- */

static void note_arrival(void)
{
    uint64_t at_us = now_us();
    if (net.last_us && at_us - net.last_us > net.pause_us) {
        net.pause_us = at_us - net.last_us;
        net.pause_end_us = at_us;
    }
    net.last_us = at_us;
}

static void on_numbered(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint64_t number, sequence;

    (void)self;
    if (request.len < 2 * sizeof(number)) {
        actr_fail(ctx, ACTR_EINVALID, "too short");
        return;
    }
    memcpy(&number, request.ptr, sizeof(number));
    memcpy(&sequence, request.ptr + sizeof(number), sizeof(sequence));
    pthread_mutex_lock(&net.lock);
    note_arrival();
    if (sequence >= SEQUENCES || number != net.came[sequence] + 1)
        net.wrong++;
    else
        net.came[sequence] = number;
    pthread_mutex_unlock(&net.lock);
    actr_reply(ctx, actr_bytes_copy(request));
}

/* ---- Out ---- */

static void note_failure(const char *message)
{
    if (net.failed++ == 0)
        snprintf(net.why, sizeof(net.why), "%s", message);
}

static void on_answer(void *arg, const struct actr_result *result)
{
    (void)arg;
    pthread_mutex_lock(&net.lock);
    if (result->code == 0)
        net.answered++;
    else
        note_failure(result->message);
    pthread_mutex_unlock(&net.lock);
}

static void send_one(uint64_t sequence)
{
    static uint8_t content[BYTES_MAX];
    const struct actr_call_options options = {.size = sizeof(options),
                                              .timeout_ms = TIMEOUT_MS,
                                              .payload_type = sequence % 2 ? ACTR_RPC_SIGNAL
                                                                           : ACTR_RPC_RELIABLE};
    uint64_t number = ++net.sent[sequence];
    int r;

    memcpy(content, &number, sizeof(number));
    memcpy(content + sizeof(number), &sequence, sizeof(sequence));
    struct actr_bytes payload = actr_bytes_copy(actr_view_of(content, net.bytes));
    if (sequence >= CALL)
        r = actr_call(net.node, &net.peer, "net.Numbered", payload, &options, on_answer, NULL,
                      NULL);
    else
        r = actr_tell(net.node, &net.peer, "net.Numbered", payload, &options);
    if (r == 0)
        return;
    pthread_mutex_lock(&net.lock);
    note_failure(actr_errmsg());
    pthread_mutex_unlock(&net.lock);
}

static void send_due(void)
{
    if (!net.has_peer || net.sent[TELL] >= net.wanted || now_us() < net.due_us)
        return;
    net.due_us += net.interval_us;
    for (uint64_t sequence = 0; sequence < SEQUENCES; sequence++)
        send_one(sequence);
}

/* ---- What is told ---- */

static void tell_path(void)
{
    struct actr_peer_stats path = {.size = sizeof(path)};

    if (!net.has_peer || actr_node_get_peer_stats(net.node, &net.peer, &path) != 0) {
        path.has_path = false;
        path.local[0] = path.remote[0] = '\0';
    }
    if (path.has_path == net.path.has_path && path.relayed == net.path.relayed &&
        strcmp(path.local, net.path.local) == 0 && strcmp(path.remote, net.path.remote) == 0)
        return;
    net.path = path;
    printf("{\"is\":\"path\",\"at_us\":%lu,\"up\":%s,\"relayed\":%s,\"local\":\"%s\","
           "\"remote\":\"%s\",\"local_type\":\"%s\",\"remote_type\":\"%s\"}\n",
           now_us(), path.has_path ? "true" : "false", path.relayed ? "true" : "false", path.local,
           path.remote, path.local_type ? path.local_type : "",
           path.remote_type ? path.remote_type : "");
}

static void tell_report(void)
{
    struct actr_peer_stats path = {.size = sizeof(path)};
    struct actr_node_stats node = {.size = sizeof(node)};

    if (net.has_peer)
        (void)actr_node_get_peer_stats(net.node, &net.peer, &path);
    (void)actr_node_get_stats(net.node, &node);
    pthread_mutex_lock(&net.lock);
    printf("{\"is\":\"report\",\"sent\":[%lu,%lu,%lu,%lu],\"came\":[%lu,%lu,%lu,%lu],"
           "\"wrong\":%lu,\"answered\":%lu,\"failed\":%lu,\"why\":\"%s\",\"pause_us\":%lu,"
           "\"pause_end_us\":%lu,\"last_us\":%lu,",
           net.sent[0], net.sent[1], net.sent[2], net.sent[3], net.came[0], net.came[1],
           net.came[2], net.came[3], net.wrong, net.answered, net.failed, net.why, net.pause_us,
           net.pause_end_us, net.last_us);
    pthread_mutex_unlock(&net.lock);
    printf("\"resends\":%lu,\"restarts\":%lu,\"retransmissions\":%lu,\"rtt_us\":%lu,"
           "\"bytes\":%zu,\"session_bytes_out\":%lu}\n",
           node.resends, path.restarts, path.retransmissions, path.rtt_us, net.bytes,
           path.bytes_out);
}

/* ---- Commands ---- */

static void find_peer(const char *type)
{
    if (actr_discover_one(net.node, type, &net.peer) < 0) {
        printf("{\"is\":\"failed\",\"why\":\"%s\"}\n", actr_errmsg());
        return;
    }
    net.has_peer = true;
    puts("{\"is\":\"found\"}");
}

/* False: the end. */
static bool do_command(const char *line)
{
    char type[128];
    uint64_t count, interval_ms;
    size_t bytes;

    if (sscanf(line, "peer %127s", type) == 1) {
        find_peer(type);
    } else if (sscanf(line, "send %lu %zu %lu", &count, &bytes, &interval_ms) == 3) {
        net.wanted = count ? net.sent[TELL] + count : UINT64_MAX;
        net.bytes = bytes < 16 ? 16 : bytes > BYTES_MAX ? BYTES_MAX : bytes;
        net.interval_us = interval_ms * 1000;
        net.due_us = now_us();
    } else if (strcmp(line, "stop") == 0) {
        net.wanted = 0;
    } else if (strcmp(line, "mark") == 0) {
        pthread_mutex_lock(&net.lock);
        net.pause_us = net.pause_end_us = 0;
        pthread_mutex_unlock(&net.lock);
    } else if (strcmp(line, "report") == 0) {
        tell_report();
    } else {
        return false;
    }
    return true;
}

/* False: the end. */
static bool take_input(void)
{
    static char input[1024];
    static size_t len;
    char *end;

    ssize_t got = read(STDIN_FILENO, input + len, sizeof(input) - 1 - len);
    if (got <= 0)
        return false;
    len += (size_t)got;
    input[len] = '\0';
    while ((end = strchr(input, '\n')) != NULL) {
        *end++ = '\0';
        if (!do_command(input))
            return false;
        len -= (size_t)(end - input);
        memmove(input, end, len + 1);
    }
    return len < sizeof(input) - 1;
}

static void run(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    uint64_t sample_us = 0;

    for (;;) {
        if (poll(&input, 1, 1) > 0 && !take_input())
            return;
        send_due();
        if (now_us() < sample_us)
            continue;
        sample_us = now_us() + SAMPLE_US;
        tell_path();
    }
}

int main(int argc, char **argv)
{
    const struct actr_node_options options = {.size = sizeof(options), .mailbox_count_max = 65536};

    if (argc != 3) {
        fprintf(stderr, "usage: net_node CONFIG TYPE\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct actr_workload *workload = actr_workload_new(argv[2], NULL, NULL);
    actr_workload_route(workload, "net.Numbered", on_numbered, NULL);
    int r = actr_node_open(&net.node, argv[1], &options);
    if (r == 0)
        r = actr_node_use(net.node, workload);
    if (r == 0)
        r = actr_node_start(net.node);
    if (r < 0) {
        fprintf(stderr, "net_node: %s\n", actr_errmsg());
        actr_node_close(net.node);
        return 1;
    }
    puts("{\"is\":\"ready\"}");
    run();
    actr_node_close(net.node);
    return 0;
}
