// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The demo of the durable mailbox: a service is killed (SIGKILL) at random moments while two
 * clients send it numbered requests and tells, half of each; at the end every request is answered,
 * every tell handled, and none had its effect twice.
 *
 *     demo durable ACTR [--kills 20] [--messages 20000] [--seconds 90] [--seed N]
 *
 * What the mailbox promises: a message that was accepted (its row is on the disk) is handled, at
 * least once, by this process or the next one. What it cannot promise, and who does it here:
 *
 * - A request that was sent but not accepted when the service died is lost. The client sends it
 *   again, to the actor id that the service has after its restart, with the same request id
 *   (actr_call_options.request_id). If the first copy was accepted after all, the service knows the
 *   id: the second copy waits for the first one's answer, or gets the answer that the mailbox kept.
 * - A tell has no acknowledgement. Messages of one priority from one peer are accepted in the order
 *   in which one connection brought them, and a request is answered only after it was accepted. So
 *   the answer to a request says of all tells that went before it on the same connection that they
 *   are accepted. (Of a request whose id was never sent before: the answer to a repeat may be that
 *   of an earlier copy, which the service found in its mailbox.) The client keeps a tell until
 * then, and otherwise sends it again, with the same request id. (A service whose disk refuses
 * writes for a while breaks that rule, and logs it.)
 * - A handler may have had its effect just before the process died, and sees the message again. It
 *   keeps a ledger of request ids (ledger.h) and recognises it.
 *
 * The place in the ledger is the answer, so an answer that was given twice must be the same one.
 * The exit status is 0 only if every check held. Moments and message kinds come from the seed; what
 * the processes make of them does not. */
#include "durable.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "durable_client.h"
#include "ledger.h"
#include "ledger_service.h"
#include "world.h"

#define CLIENTS 2
#define MESSAGES_MAX 30000
#define KILLS_MAX 1000

static struct {
    struct world world;
    struct process service;
    struct actr_id id; /* the service's, this time */
    struct client *clients[CLIENTS];
    char ledger_path[128];
    uint64_t kills, messages, seconds, seed, random;
    uint64_t killed, starts, begin_ms, told_ms;
    char failure[256];
} durable;

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_ms(uint64_t ms)
{
    struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/* splitmix64; below `bound`. */
static uint64_t draw(uint64_t bound)
{
    uint64_t z = durable.random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % bound;
}

/* The service -------------------------------------------------------------------------------- */

static bool launch_service(void)
{
    char *argv[] = {durable.world.self, "ledger", durable.ledger_path, NULL};
    durable.starts++;
    return world_launch_service(&durable.world, &durable.service, "service", argv);
}

static void kill_service(void)
{
    process_end(&durable.service, SIGKILL);
    durable.killed++;
    for (int i = 0; i < CLIENTS; i++)
        client_down(durable.clients[i]);
}

/* One start of four is killed too, before it is ready. */
static bool restart_service(void)
{
    while (durable.killed < durable.kills && draw(4) == 0) {
        if (!launch_service())
            return false;
        pause_ms(draw(150));
        kill_service();
    }
    if (!launch_service() || !world_await_service(&durable.service, &durable.id))
        return false;
    for (int i = 0; i < CLIENTS; i++)
        client_up(durable.clients[i], &durable.id);
    return true;
}

/* The run ------------------------------------------------------------------------------------ */

static void tell_progress(uint64_t done)
{
    uint64_t at_ms = now_ms();
    if (at_ms - durable.told_ms < 1000)
        return;
    durable.told_ms = at_ms;
    world_say("  %5.1f s  %6" PRIu64 " of %" PRIu64 " done, %2" PRIu64 " kills",
              (double)(at_ms - durable.begin_ms) / 1e3, done, durable.messages, durable.killed);
}

/* How many messages are done. A client that lost the service while it lives tries again. */
static uint64_t progress(void)
{
    uint64_t done = 0;
    for (int i = 0; i < CLIENTS; i++) {
        char error[256];
        bool is_up;
        done += client_progress(durable.clients[i], error, &is_up);
        if (error[0] && !durable.failure[0])
            snprintf(durable.failure, sizeof(durable.failure), "client %d: %.200s", i + 1, error);
        if (!is_up && durable.service.pid)
            client_up(durable.clients[i], &durable.id);
    }
    tell_progress(done);
    return done;
}

/* Waits until so many are done. */
static bool await(uint64_t wanted)
{
    while (progress() < wanted && !durable.failure[0]) {
        if (now_ms() - durable.begin_ms > durable.seconds * 1000)
            snprintf(durable.failure, sizeof(durable.failure), "not done after %" PRIu64 " s",
                     durable.seconds);
        pause_ms(1);
    }
    return !durable.failure[0];
}

/* Kills are spread over the messages, each at a random place of its part and a random moment. */
static void run(void)
{
    uint64_t part = durable.messages / (durable.kills + 1);
    while (durable.killed < durable.kills) {
        if (!await(durable.killed * part + draw(part)))
            return;
        pause_ms(draw(5));
        kill_service();
        if (!restart_service()) {
            snprintf(durable.failure, sizeof(durable.failure), "the service did not start");
            return;
        }
    }
    await(durable.messages);
}

/* Setting up, checking, the end -------------------------------------------------------------- */

static bool start_client(unsigned number)
{
    struct client *client = calloc(1, sizeof(*client));
    if (!client)
        return false;
    client->number = number;
    client->seed = durable.seed;
    client->count = (uint32_t)(durable.messages / CLIENTS);
    if (number == 0)
        client->count += (uint32_t)(durable.messages % CLIENTS);
    for (uint32_t i = 0; i < client->count; i++)
        client->messages[i].is_tell = draw(2) == 1;
    if (world_start_client(&durable.world, client_workload(client), &client->node)) {
        if (client_start(client)) {
            durable.clients[number] = client;
            return true;
        }
        actr_node_close(client->node);
    }
    free(client);
    return false;
}

static bool set_up(void)
{
    char service[512];
    world_say(
        "starting a rendezvous server, two clients, and a service with a mailbox on the disk");
    snprintf(durable.ledger_path, sizeof(durable.ledger_path), "%s/ledger", durable.world.dir);
    snprintf(service, sizeof(service),
             "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n"
             "[storage]\nmailbox_path = \"%s/mailbox.db\"\n",
             durable.world.dir);
    if (!world_start_rendezvous(&durable.world) ||
        !world_write_config(&durable.world, "service", service) ||
        !world_write_config(&durable.world, "client", ""))
        return false;
    for (unsigned i = 0; i < CLIENTS; i++)
        if (!start_client(i))
            return false;
    durable.begin_ms = durable.told_ms = now_ms();
    if (!launch_service() || !world_await_service(&durable.service, &durable.id))
        return false;
    for (int i = 0; i < CLIENTS; i++)
        client_up(durable.clients[i], &durable.id);
    return true;
}

struct account {
    uint64_t requests, tells, answered, accepted, resent;
    uint64_t handled, missing, twice, wrong; /* by the ledger */
};

static void account_client(const struct client *client, const struct ledger *ledger,
                           struct account *account)
{
    account->answered += client->done_requests;
    account->accepted += client->done_tells;
    account->resent += client->resent;
    for (uint32_t i = 0; i < client->count; i++) {
        const struct client_message *message = &client->messages[i];
        char id[37];
        client_request_id(client, i, id);
        const struct ledger_entry *entry = ledger_find(ledger, id);
        *(message->is_tell ? &account->tells : &account->requests) += 1;
        account->handled += entry != NULL;
        account->missing += !entry && message->is_done;
        account->twice += entry && entry->effects > 1;
        account->wrong +=
            message->is_done && !message->is_tell && entry && entry->place != message->place;
    }
}

static void print_table(const struct account *account, const struct ledger *ledger)
{
    double seconds = (double)(now_ms() - durable.begin_ms) / 1e3;
    world_say("\n%-44s %9s %9s", "", "requests", "tells");
    world_say("%-44s %9" PRIu64 " %9" PRIu64, "numbered messages", account->requests,
              account->tells);
    world_say("%-44s %9" PRIu64 " %9" PRIu64, "answered, or known to be accepted",
              account->answered, account->accepted);
    world_say("%-44s %19" PRIu64, "sent again by the clients", account->resent);
    world_say("%-44s %19" PRIu64, "effects in the ledger", account->handled);
    world_say("%-44s %19" PRIu32, "repeats that the ledger recognised", ledger->repeats);
    world_say("%-44s %19" PRIu64, "accepted, but not in the ledger", account->missing);
    world_say("%-44s %19" PRIu64, "effects that happened twice", account->twice);
    world_say("%-44s %19" PRIu64, "answers that are not the ledger's", account->wrong);
    world_say("%-44s %19" PRIu64, "kills", durable.killed);
    world_say("%-44s %19" PRIu64, "starts of the service", durable.starts);
    world_say("%-44s %19.1f\n", "seconds", seconds);
}

static void check_ledger(void)
{
    static struct ledger ledger;
    struct account account = {0};
    if (!ledger_open(&ledger, durable.ledger_path)) {
        world_check(false, "%s: %s", durable.ledger_path, strerror(errno));
        return;
    }
    for (int i = 0; i < CLIENTS; i++)
        account_client(durable.clients[i], &ledger, &account);
    print_table(&account, &ledger);
    world_check(durable.killed == durable.kills, "the service was killed %" PRIu64 " times",
                durable.killed);
    world_check(account.answered == account.requests, "every request was answered");
    world_check(account.accepted == account.tells, "every tell was accepted");
    world_check(account.missing == 0 && account.handled == durable.messages,
                "every accepted message was handled");
    world_check(account.twice == 0 && ledger.count == account.handled,
                "no effect happened twice, and none that nobody asked for");
    world_check(account.wrong == 0, "every answer is that of the one effect");
    ledger_close(&ledger);
}

/* The command's own view of the file. */
static void check_mailbox(void)
{
    struct process status = {0};
    char path[128], line[1024] = "";
    snprintf(path, sizeof(path), "%s/mailbox.db", durable.world.dir);
    char *argv[] = {(char *)durable.world.actr, "mailbox", "status", "--json", "--db", path, NULL};
    bool is_told = process_start(&status, "actr mailbox status", argv) &&
                   process_line(&status, line, sizeof(line), 10000);
    if (status.pid)
        is_told = process_end(&status, 0) == 0 && is_told;
    world_check(
        is_told && strstr(line, "\"high\":0,\"normal\":0,") && strstr(line, "\"dead_letters\":0"),
        "the mailbox is empty, without dead letters%s%s", is_told ? "" : ": ", is_told ? "" : line);
}

static void tear_down(bool is_up)
{
    for (int i = 0; i < CLIENTS; i++) {
        if (durable.clients[i]) {
            actr_node_close(durable.clients[i]->node);
            client_finish(durable.clients[i]);
        }
    }
    if (durable.service.pid)
        world_check(process_end(&durable.service, SIGTERM) == 0, "the service stopped cleanly");
    if (is_up) {
        check_ledger();
        check_mailbox();
    }
    for (int i = 0; i < CLIENTS; i++)
        free(durable.clients[i]);
    world_close(&durable.world);
}

static bool read_number(const char *text, uint64_t max, uint64_t *ret_number)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || number > max)
        return false;
    *ret_number = number;
    return true;
}

static bool read_options(int argc, char **argv)
{
    const struct {
        const char *name;
        uint64_t *target, max;
    } options[] = {{"--kills", &durable.kills, KILLS_MAX},
                   {"--messages", &durable.messages, MESSAGES_MAX},
                   {"--seconds", &durable.seconds, 3600},
                   {"--seed", &durable.seed, UINT32_MAX}};
    for (int i = 1; i < argc; i += 2) {
        bool is_read = false;
        for (size_t o = 0; o < sizeof(options) / sizeof(options[0]) && i + 1 < argc; o++)
            if (strcmp(argv[i], options[o].name) == 0)
                is_read = read_number(argv[i + 1], options[o].max, options[o].target);
        if (!is_read)
            return false;
    }
    return true;
}

int durable_main(int argc, char **argv)
{
    durable.kills = 20;
    durable.messages = 20000;
    durable.seconds = 90;
    durable.seed = (uint64_t)time(NULL) & UINT32_MAX;
    if (!read_options(argc, argv)) {
        fprintf(stderr, "usage: demo durable ACTR " DURABLE_USAGE "\n");
        return 2;
    }
    durable.random = durable.seed;
    world_say("%" PRIu64 " messages, %" PRIu64 " kills, seed %" PRIu64, durable.messages,
              durable.kills, durable.seed);
    bool is_up = world_open(&durable.world, argv[0]);
    is_up = is_up && set_up();
    if (is_up)
        run();
    world_check(is_up && !durable.failure[0], "it ran to its end%s%s",
                durable.failure[0] ? ": " : "", durable.failure);
    tear_down(is_up);
    return world_verdict();
}
