// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A foreign peer: its process, and talking with it while our own loop turns. */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "sys/loop_uv.h"

void peer_start(struct peer *peer, struct rig *rig)
{
    int in[2], out[2];
    char *arguments[] = {getenv("ACTR_PEER"), NULL};
    posix_spawn_file_actions_t actions;
    *peer = (struct peer){.rig = rig};
    assert_non_null(arguments[0]);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO), 0);
    assert_int_equal(posix_spawn(&peer->pid, arguments[0], &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    peer->in = in[1];
    peer->out = out[0];
    assert_int_equal(fcntl(peer->out, F_SETFL, O_NONBLOCK), 0);
    print_message("peer: %s\n", peer_hear(peer));
}

void peer_end(struct peer *peer)
{
    int status;
    char last[512];
    close(peer->in);
    assert_int_equal(fcntl(peer->out, F_SETFL, 0), 0);
    while (read(peer->out, last, sizeof(last)) > 0)
        ;
    close(peer->out);
    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
    assert_int_equal(status, 0);
}

void peer_say(struct peer *peer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vdprintf(peer->in, format, args);
    va_end(args);
    assert_true(len > 0);
    assert_int_equal(write(peer->in, "\n", 1), 1);
}

/* Until the peer has said something; our side goes on meanwhile. */
static void peer_turn(struct peer *peer)
{
    struct pollfd fds[] = {{.fd = loop_uv_fd(peer->rig->loop), .events = POLLIN},
                           {.fd = peer->out, .events = POLLIN}};
    poll(fds, 2, loop_uv_timeout_ms(peer->rig->loop));
    loop_uv_dispatch(peer->rig->loop);
}

const char *peer_hear(struct peer *peer)
{
    for (peer->line_len = 0; peer->line_len + 1 < sizeof(peer->line);) {
        char c;
        ssize_t got = read(peer->out, &c, 1);
        if (got < 0 && errno == EAGAIN) {
            peer_turn(peer);
            continue;
        }
        if (got <= 0)
            fail_msg("the peer has ended");
        if (c == '\n')
            break;
        peer->line[peer->line_len++] = c;
    }
    peer->line[peer->line_len] = '\0';
    return peer->line;
}

void peer_expect(struct peer *peer, const char *format, ...)
{
    char wanted[512];
    va_list args;
    va_start(args, format);
    vsnprintf(wanted, sizeof(wanted), format, args);
    va_end(args);
    const char *said = peer_hear(peer);
    if (strcmp(said, wanted) != 0)
        fail_msg("the peer said '%s', wanted '%s'", said, wanted);
}

struct actr_bytes peer_pattern(bool is_text, size_t len)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len, &data);
    assert_false(actr_bytes_failed(bytes));
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(is_text ? 'a' + i % 26 : i * 31 + (i >> 8));
    return bytes;
}
