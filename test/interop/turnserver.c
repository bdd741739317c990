// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* coturn as a child: configuration, ports, log. */
#include "turnserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "rig.h"
#include "sys/loop_uv.h"

#define TURNSERVER_TRIES 5

/* A port that is free for TCP and UDP; another may take it before the server does. */
static uint16_t free_port(void)
{
    for (;;) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof(address);
        int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_true(tcp >= 0 && udp >= 0);
        assert_int_equal(bind(tcp, (const struct sockaddr *)&address, len), 0);
        assert_int_equal(getsockname(tcp, (struct sockaddr *)&address, &len), 0);
        int r = bind(udp, (const struct sockaddr *)&address, len);
        close(tcp);
        close(udp);
        if (r == 0)
            return ntohs(address.sin_port);
    }
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

static void write_config(const struct turnserver *server, const char *path)
{
    const char *vectors = getenv("ACTR_TEST_VECTORS");
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(
        file,
        "listening-ip=127.0.0.1\nlistening-ip=127.0.0.2\nrelay-ip=127.0.0.1\nlistening-port=%u\n"
        "tls-listening-port=%u\nrealm=actrix.local\nlt-cred-mech\nuser=actor:secret\n"
        "allow-loopback-peers\nno-cli\nno-dtls\nno-rfc5780\nrelay-threads=1\nverbose\n"
        "log-file=stdout\nsimple-log\nmax-allocate-lifetime=4\nstale-nonce=1\n"
        "cert=%s/tls/server.pem\npkey=%s/tls/server.key\npidfile=%s/pid\nuserdb=%s/db\n",
        server->port, server->tls_port, vectors, vectors, server->folder, server->folder);
    if (server->has_ipv6)
        fprintf(file, "relay-ip=::1\n");
    if (server->alternate)
        fprintf(file, "alternate-server=127.0.0.1:%u\n", server->alternate);
    assert_int_equal(fclose(file), 0);
}

static void spawn(struct turnserver *server)
{
    char config[128];
    int out[2];
    snprintf(config, sizeof(config), "%s/conf", server->folder);
    write_config(server, config);
    /* It ends with the test, and speaks line by line, also into a pipe. */
    char *arguments[] = {"setpriv",           "--pdeathsig", "KILL", "stdbuf", "-oL",
                         getenv("ACTR_PEER"), "-c",          config, NULL};
    posix_spawn_file_actions_t actions;
    assert_non_null(arguments[5]);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out[1], STDERR_FILENO), 0);
    assert_int_equal(posix_spawnp(&server->pid, "setpriv", &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    server->out = out[0];
    server->log_len = 0;
    server->log[0] = '\0';
    assert_int_equal(fcntl(server->out, F_SETFL, O_NONBLOCK), 0);
}

/* False: it has ended. */
static bool take(struct turnserver *server)
{
    for (;;) {
        size_t room = sizeof(server->log) - 1 - server->log_len;
        assert_true(room > 0);
        ssize_t got = read(server->out, server->log + server->log_len, room);
        if (got < 0 && errno == EAGAIN)
            return true;
        if (got <= 0)
            return false;
        server->log_len += (size_t)got;
        server->log[server->log_len] = '\0';
    }
}

static void stop(struct turnserver *server)
{
    kill(server->pid, SIGKILL);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    close(server->out);
}

unsigned turnserver_said(const struct turnserver *server, const char *text)
{
    unsigned count = 0;
    for (const char *at = server->log; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

void turnserver_turn(struct turnserver *server)
{
    struct pollfd fds[] = {{.fd = loop_uv_fd(server->rig->loop), .events = POLLIN},
                           {.fd = server->out, .events = POLLIN}};
    poll(fds, 2, loop_uv_timeout_ms(server->rig->loop));
    loop_uv_dispatch(server->rig->loop);
    if (!take(server))
        fail_msg("turnserver has ended: %s", server->log);
}

/* Each listener says so, in an order of its threads' choice. */
static bool is_ready(const struct turnserver *server)
{
    char tcp[64], tls[64], other[64], udp[64];
    snprintf(tcp, sizeof(tcp), "TCP listener opened on : 127.0.0.1:%u\n", server->port);
    snprintf(tls, sizeof(tls), "TCP listener opened on : 127.0.0.1:%u\n", server->tls_port);
    snprintf(other, sizeof(other), "TCP listener opened on : 127.0.0.2:%u\n", server->tls_port);
    snprintf(udp, sizeof(udp), "UDP listener opened on: 127.0.0.1:%u\n", server->port);
    return turnserver_said(server, tcp) && turnserver_said(server, tls) &&
           turnserver_said(server, other) && turnserver_said(server, udp);
}

/* False: it could not have its ports. */
static bool begin(struct turnserver *server, bool is_again)
{
    if (!is_again) {
        server->port = free_port();
        server->tls_port = free_port();
    }
    spawn(server);
    for (;;) {
        struct pollfd fd = {.fd = server->out, .events = POLLIN};
        poll(&fd, 1, -1);
        bool lives = take(server);
        if (is_ready(server))
            return true;
        if (!lives || turnserver_said(server, "Cannot bind"))
            return false;
    }
}

void turnserver_start_sending_to(struct turnserver *server, struct rig *rig, uint16_t alternate)
{
    *server = (struct turnserver){.rig = rig, .alternate = alternate, .has_ipv6 = has_ipv6()};
    harness_folder(server->folder, sizeof(server->folder));
    for (unsigned tries = 0; !begin(server, false); tries++) {
        if (tries == TURNSERVER_TRIES)
            fail_msg("turnserver does not start: %s", server->log);
        stop(server);
    }
}

void turnserver_start(struct turnserver *server, struct rig *rig)
{
    turnserver_start_sending_to(server, rig, 0);
}

void turnserver_restart(struct turnserver *server)
{
    stop(server);
    for (unsigned tries = 0; !begin(server, true); tries++) {
        if (tries == TURNSERVER_TRIES)
            fail_msg("turnserver does not start again: %s", server->log);
        stop(server);
    }
}

void turnserver_end(struct turnserver *server)
{
    static const char *const files[] = {"conf", "pid", "db"};
    char path[128];
    stop(server);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", server->folder, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(server->folder), 0);
}
