// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* impair [COMMAND…]: a relay for UDP between two ends that makes the path between them bad.
 *
 * It has two sockets on 127.0.0.1 and says where on its first line: `ready PORT PORT`. The left end
 * speaks to the first port and hears from it, the right end to the second: to each of them that
 * port is the other end. An end is the address told by `left` or `right`; when none was told, the
 * one that has spoken last there.
 *
 * Commands are arguments (each one word: "loss 5") and lines of standard input; each line is
 * answered by a line, and what it says holds from then on. The end of standard input ends it.
 *   left ADDRESS PORT, right ADDRESS PORT   where an end is (IPv4)
 *   loss PERCENT        of all datagrams, in both directions
 *   duplicate PERCENT   come twice
 *   reorder PERCENT MS  come so much later than they should, after others
 *   delay MS [JITTER]   one way, with up to JITTER more (order kept)
 *   rate KBITS          a second, with at most 200 ms waiting; 0: any
 *   mtu BYTES           longer IP packets vanish; 0: any
 *   hole on|off         all vanish
 *   seed NUMBER         the same seed and the same datagrams: the same fates; argument only
 *   stats               answered by counts: left to right, then right to left
 * Fractions are allowed but for mtu and seed. Packets count with 28 bytes of IPv4 and UDP.
 *
 * Example: impair "left 127.0.0.1 4001" "right 127.0.0.1 4002" "delay 100" "loss 1" "seed 7" */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "impair_path.h"

#define BURST 64
#define SOCKET_BUFFER (8 << 20)

struct side {
    int fd;
    struct sockaddr_in end;
    bool is_told;
};

static struct impair_settings settings;
static struct side sides[2];
static struct impair_path paths[2]; /* [i]: from sides[i] to the other */
static uint64_t seed = 1;

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000;
}

static void die(const char *what)
{
    fprintf(stderr, "impair: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint16_t side_open(struct side *side)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(own);
    int buffer = SOCKET_BUFFER;

    side->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (side->fd < 0 || bind(side->fd, (const struct sockaddr *)&own, len) != 0 ||
        getsockname(side->fd, (struct sockaddr *)&own, &len) != 0)
        die("socket");
    /* Beyond the system's limit only root may go; what then is lost on the way in is lost. */
    if (setsockopt(side->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0)
        (void)setsockopt(side->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    return ntohs(own.sin_port);
}

static void side_receive(struct side *side, struct impair_path *path)
{
    static uint8_t bytes[65536];

    for (int i = 0; i < BURST; i++) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof(from);
        ssize_t len =
            recvfrom(side->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);
        if (len < 0 && (errno == EAGAIN || errno == ECONNREFUSED))
            return;
        if (len < 0)
            die("recvfrom");
        if (!side->is_told)
            side->end = from;
        impair_path_push(path, bytes, (size_t)len, now_us());
    }
}

/* What cannot be sent is lost, as on any network. */
static void side_send(const struct side *side, struct impair_path *path)
{
    struct impair_packet *packet;

    while ((packet = impair_path_pop(path, now_us())) != NULL) {
        if (side->end.sin_port != 0)
            (void)sendto(side->fd, packet->bytes, packet->len, 0,
                         (const struct sockaddr *)&side->end, sizeof(side->end));
        free(packet);
    }
}

static bool command_end(struct side *side, const char *arguments)
{
    char text[INET_ADDRSTRLEN];
    struct sockaddr_in end = {.sin_family = AF_INET};
    uint16_t port;

    if (sscanf(arguments, "%15s %hu", text, &port) != 2 ||
        inet_pton(AF_INET, text, &end.sin_addr) != 1)
        return false;
    end.sin_port = htons(port);
    side->end = end;
    side->is_told = true;
    return true;
}

static bool command_hole(const char *arguments)
{
    settings.is_hole = strcmp(arguments, "on") == 0;
    return settings.is_hole || strcmp(arguments, "off") == 0;
}

static bool command_stats(void)
{
    for (int i = 0; i < 2; i++) {
        const struct impair_counts *counts = &paths[i].counts;
        printf("in=%lu out=%lu lost=%lu doubled=%lu reordered=%lu too_long=%lu in_hole=%lu "
               "over=%lu%c",
               counts->in, counts->out, counts->lost, counts->doubled, counts->reordered,
               counts->too_long, counts->in_hole, counts->over, i == 0 ? ' ' : '\n');
    }
    return true;
}

static bool numbers_take(const char *name, const double numbers[2], int count)
{
    const double a = numbers[0], b = count == 2 ? numbers[1] : 0;

    if (a < 0 || b < 0)
        return false;
    if (strcmp(name, "loss") == 0 && count == 1)
        settings.loss = a;
    else if (strcmp(name, "duplicate") == 0 && count == 1)
        settings.duplicate = a;
    else if (strcmp(name, "rate") == 0 && count == 1)
        settings.rate_bps = (uint64_t)(a * 1000);
    else if (strcmp(name, "mtu") == 0 && count == 1)
        settings.mtu = (uint32_t)a;
    else if (strcmp(name, "seed") == 0 && count == 1)
        seed = (uint64_t)a;
    else if (strcmp(name, "delay") == 0)
        settings.delay_us = (uint64_t)(a * 1000), settings.jitter_us = (uint64_t)(b * 1000);
    else if (strcmp(name, "reorder") == 0 && count == 2)
        settings.reorder = a, settings.reorder_us = (uint64_t)(b * 1000);
    else
        return false;
    return true;
}

/* `answers`: whether it has said what it has to say itself. */
static bool command_do(const char *line, bool *ret_answers)
{
    char name[16];
    int at = 0;
    double numbers[2];

    *ret_answers = false;
    if (sscanf(line, "%15s %n", name, &at) != 1)
        return false;
    const char *arguments = line + at;
    if (strcmp(name, "left") == 0)
        return command_end(&sides[0], arguments);
    if (strcmp(name, "right") == 0)
        return command_end(&sides[1], arguments);
    if (strcmp(name, "hole") == 0)
        return command_hole(arguments);
    if (strcmp(name, "stats") == 0)
        return *ret_answers = command_stats();
    int count = sscanf(arguments, "%lf %lf", &numbers[0], &numbers[1]);
    return count >= 1 && numbers_take(name, numbers, count);
}

/* False: standard input has ended. */
static bool input_take(void)
{
    static char input[4096];
    static size_t len;
    char *end;

    ssize_t got = read(STDIN_FILENO, input + len, sizeof(input) - 1 - len);
    if (got <= 0)
        return false;
    len += (size_t)got;
    input[len] = '\0';
    while ((end = strchr(input, '\n')) != NULL) {
        bool answers;
        *end++ = '\0';
        bool is_done = command_do(input, &answers);
        if (!answers)
            puts(is_done ? "ok" : "what?");
        len -= (size_t)(end - input);
        memmove(input, end, len + 1);
    }
    return len < sizeof(input) - 1;
}

static void wait_for_work(struct pollfd fds[3])
{
    uint64_t first = impair_path_due(&paths[0]), second = impair_path_due(&paths[1]);
    uint64_t due_us = first < second ? first : second, at_us = now_us();
    uint64_t wait_us = due_us > at_us ? due_us - at_us : 0;
    struct timespec timeout = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};

    if (ppoll(fds, 3, due_us == UINT64_MAX ? NULL : &timeout, NULL) < 0)
        die("poll");
}

int main(int argc, char **argv)
{
    uint16_t ports[] = {side_open(&sides[0]), side_open(&sides[1])};
    struct pollfd fds[] = {{.fd = sides[0].fd, .events = POLLIN},
                           {.fd = sides[1].fd, .events = POLLIN},
                           {.fd = STDIN_FILENO, .events = POLLIN}};
    bool answers;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++)
        if (!command_do(argv[i], &answers)) {
            fprintf(stderr, "impair: what is `%s`?\n", argv[i]);
            return 2;
        }
    for (int i = 0; i < 2; i++)
        if (!impair_path_init(&paths[i], &settings, seed + (uint64_t)i * 0x10001))
            die("memory");
    printf("ready %u %u\n", ports[0], ports[1]);
    for (;;) {
        wait_for_work(fds);
        if (fds[2].revents && !input_take())
            break;
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents)
                side_receive(&sides[i], &paths[i]);
            side_send(&sides[1 - i], &paths[i]);
        }
    }
    impair_path_deinit(&paths[0]);
    impair_path_deinit(&paths[1]);
    return 0;
}
