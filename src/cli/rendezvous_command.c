// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* `actr rendezvous`: runs the server until SIGINT or SIGTERM.
 *
 * Secrets come from files or the environment, never from arguments, which every user of the host
 * can read. Once it listens it says so on standard output, in a form that scripts wait for.
 *
 * The main thread; the server has its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/bytes.h"
#include "command.h"
#include "option.h"
#include "rendezvous/hosting.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/signals.h"

#define NAME "rendezvous"
#define SECRET_ENVIRONMENT "ACTR_REALM_SECRET"
#define SECRET_MAX 512 /* bytes */
#define MIB 1048576

struct arguments {
    const char *bind, *data, *tls_cert, *tls_key, *realm_secret_file, *turn_secret_file, *log;
    uint64_t port, data_max, credential_ttl, heartbeat, stun, address_connections, connections;
    struct option_rate register_rate, connect_rate, message_rate;
    struct option_list realms;
    bool any_realm, default_deny, open, admin_open, json, help;
    bool has_stun;
};

/* What the server borrows while it runs. */
struct settings {
    struct hosting_options hosting;
    struct rendezvous_realm realms[OPTION_LIST_MAX];
    char realm_secret[SECRET_MAX + 1], turn_secret[SECRET_MAX + 1];
};

static const char intro[] =
    "usage: actr rendezvous [OPTIONS]\n\n"
    "Runs the server where actors register (HTTP) and find each other (WebSocket).\n\n";

static const char outro[] =
    "\nThe secret may also come from the environment, in " SECRET_ENVIRONMENT ".\n"
    "\n/admin and /metrics answer processes of this host only, which need no password: where "
    "others\n"
    "share the host, or a proxy runs on it, keep those paths from them.\n";

static size_t list_options(struct arguments *a, struct option ret_options[32])
{
    const struct option options[] = {
        {"--bind", "ADDRESS", "numeric address to listen on (127.0.0.1)", OPTION_TEXT, &a->bind, 0,
         0},
        {"--port", "PORT", "port to listen on; 0: any (8081)", OPTION_NUMBER, &a->port, 0, 65535},
        {"--data", "DIR", "folder of the database; without it a restart forgets everything",
         OPTION_TEXT, &a->data, 0, 0},
        {"--data-max", "MIB", "size that the database may grow to (no limit)", OPTION_NUMBER,
         &a->data_max, 1, 1048576},
        {"--tls-cert", "FILE", "certificate chain, PEM", OPTION_TEXT, &a->tls_cert, 0, 0},
        {"--tls-key", "FILE", "its key, PEM", OPTION_TEXT, &a->tls_key, 0, 0},
        {"--realm", "ID", "a realm that exists from the start; may come more than once",
         OPTION_LIST, &a->realms, 1, UINT32_MAX},
        {"--any-realm", NULL, "realms come into being when somebody registers in them", OPTION_FLAG,
         &a->any_realm, 0, 0},
        {"--realm-secret-file", "FILE", "what those who register in such realms must know",
         OPTION_TEXT, &a->realm_secret_file, 0, 0},
        {"--default-deny", NULL, "actors without rules are seen by nobody, not by their realm",
         OPTION_FLAG, &a->default_deny, 0, 0},
        {"--credential-ttl", "SECONDS", "life of a credential (3600)", OPTION_NUMBER,
         &a->credential_ttl, 10, ISSUER_ROTATION_WINDOW_S},
        {"--heartbeat", "SECONDS", "how often actors report (30)", OPTION_NUMBER, &a->heartbeat, 1,
         3600},
        {"--turn-secret-file", "FILE", "secret shared with a TURN server", OPTION_TEXT,
         &a->turn_secret_file, 0, 0},
        {"--stun", "PORT", "answer STUN binding requests on this UDP port; 0: any (off)",
         OPTION_NUMBER, &a->stun, 0, 65535},
        {"--register-rate", "N[:BURST]", "registrations a second of one address (100:1000)",
         OPTION_RATE, &a->register_rate, 0, 0},
        {"--connect-rate", "N[:BURST]", "sockets a second of one address (10:50)", OPTION_RATE,
         &a->connect_rate, 0, 0},
        {"--message-rate", "N[:BURST]", "messages a second of one socket (100:500)", OPTION_RATE,
         &a->message_rate, 0, 0},
        {"--address-connections", "N", "sockets of one address at a time (256)", OPTION_NUMBER,
         &a->address_connections, 1, 1000000},
        {"--connections", "N", "connections at a time (16384)", OPTION_NUMBER, &a->connections, 1,
         1000000},
        {"--admin-open", NULL, "/admin and /metrics answer everybody", OPTION_FLAG, &a->admin_open,
         0, 0},
        {"--open", NULL, "for tests: check nothing, sign with a public key, keep nothing",
         OPTION_FLAG, &a->open, 0, 0},
        {"--json", NULL, "say in JSON when it listens", OPTION_FLAG, &a->json, 0, 0},
        {"--log", "LEVEL", "trace, debug, info, warn or error (info)", OPTION_TEXT, &a->log, 0, 0},
        {"--help", NULL, "this text", OPTION_FLAG, &a->help, 0, 0},
    };
    memcpy(ret_options, options, sizeof(options));
    return sizeof(options) / sizeof(options[0]);
}

/* One line of a file, without the line's end. */
static int read_secret(const char *path, char ret_secret[SECRET_MAX + 1])
{
    AUTO_BYTES struct actr_bytes content = {0};
    int r = file_read(path, SECRET_MAX, &content);
    if (r < 0)
        return r;
    size_t len = content.len;
    while (len > 0 && (content.ptr[len - 1] == '\n' || content.ptr[len - 1] == '\r'))
        len--;
    memcpy(ret_secret, content.ptr, len);
    ret_secret[len] = '\0';
    return 0;
}

static int read_secrets(const struct arguments *a, struct settings *settings)
{
    const char *inherited = getenv(SECRET_ENVIRONMENT);
    int r = 0;
    if (a->realm_secret_file)
        r = read_secret(a->realm_secret_file, settings->realm_secret);
    else if (inherited && strlen(inherited) <= SECRET_MAX)
        memcpy(settings->realm_secret, inherited, strlen(inherited) + 1);
    if (r == 0 && a->turn_secret_file)
        r = read_secret(a->turn_secret_file, settings->turn_secret);
    return r;
}

static struct limiter_rate rate_of(const struct option_rate *rate)
{
    return (struct limiter_rate){rate->per_s, rate->burst};
}

static void fill_limits(const struct arguments *a, struct rendezvous_options *server)
{
    server->register_rate = rate_of(&a->register_rate);
    server->connect_rate = rate_of(&a->connect_rate);
    server->message_rate = rate_of(&a->message_rate);
    server->open_max = (uint32_t)a->address_connections;
    server->connection_max = (uint32_t)a->connections;
}

static void fill_settings(const struct arguments *a, struct settings *settings)
{
    struct rendezvous_options *server = &settings->hosting.server;
    const char *secret = settings->realm_secret[0] ? settings->realm_secret : NULL;
    for (size_t i = 0; i < a->realms.count; i++)
        settings->realms[i] = (struct rendezvous_realm){a->realms.items[i], secret};
    server->host = a->bind;
    server->port = (uint16_t)a->port;
    server->tls_cert = a->tls_cert;
    server->tls_key = a->tls_key;
    server->is_open = a->open;
    server->is_admin_open = a->admin_open;
    server->is_default_deny = a->default_deny;
    server->want_any_realm = a->any_realm;
    server->any_secret = secret;
    server->realms = settings->realms;
    server->realm_count = a->realms.count;
    server->credential_ttl_s = (uint32_t)a->credential_ttl;
    server->heartbeat_s = (uint32_t)a->heartbeat;
    server->turn_secret = settings->turn_secret[0] ? settings->turn_secret : NULL;
    server->want_stun = a->has_stun;
    server->stun_port = (uint16_t)a->stun;
    fill_limits(a, server);
    settings->hosting.data_dir = a->data;
    settings->hosting.data_len_max = a->data_max * MIB;
    settings->hosting.log.sink = log_to_stderr;
}

/* How others reach it: an address for all interfaces is no destination. */
static void format_origin(const struct arguments *a, uint16_t port, char *buf, size_t cap)
{
    const char *host = a->bind;
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        host = "127.0.0.1";
    snprintf(buf, cap, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

static int print_json(const struct hosting *hosting, const char *http, const char *ws)
{
    json_t *ready = json_pack("{s:s, s:s, s:i, s:i}", "http", http, "ws", ws, "port",
                              hosting_port(hosting), "stun_port", hosting_stun_port(hosting));
    int r = ready ? json_dumpf(ready, stdout, JSON_COMPACT) : -1;
    json_decref(ready);
    putchar('\n');
    return r;
}

/* The plain form of a server for tests is the one that test scripts know. */
static int print_ready(const struct arguments *a, const struct hosting *hosting)
{
    char origin[80], http[96], ws[112];
    format_origin(a, hosting_port(hosting), origin, sizeof(origin));
    snprintf(http, sizeof(http), "http%s://%s", a->tls_cert ? "s" : "", origin);
    snprintf(ws, sizeof(ws), "ws%s://%s/signaling/ws", a->tls_cert ? "s" : "", origin);
    int r = 0;
    if (a->json)
        r = print_json(hosting, http, ws);
    else
        printf("%s listening on %s\n  http: %s\n  ws:   %s\n",
               a->open ? "mock-actrix" : "actr rendezvous", origin, http, ws);
    if (!a->json && a->has_stun)
        printf("  stun: UDP port %u\n", hosting_stun_port(hosting));
    return fflush(stdout) == 0 ? r : -1;
}

static enum command_exit serve(const struct arguments *a, const struct settings *settings)
{
    struct signals signals;
    struct hosting *hosting = NULL;
    signals_block(&signals);
    int r = hosting_start(&settings->hosting, &hosting);
    if (r < 0)
        return command_fail(NAME, COMMAND_FAILED, "`actr rendezvous --help` lists the options",
                            "%s", actr_errmsg());
    if (print_ready(a, hosting) == 0)
        signals_wait(&signals);
    signals_restore(&signals);
    hosting_stop(hosting);
    return COMMAND_DONE;
}

static const char *find_fault(const struct arguments *a, struct settings *settings)
{
    if (a->log && !log_level_parse(view_text(a->log), &settings->hosting.log.level))
        return "--log takes error, warn, info, debug or trace";
    if (a->open && a->data)
        return "--open keeps nothing: leave out --data";
    if (!a->tls_cert != !a->tls_key)
        return "--tls-cert and --tls-key go together";
    return NULL;
}

enum command_exit command_rendezvous(int argc, char **argv)
{
    struct arguments a = {.bind = "127.0.0.1", .port = 8081, .stun = UINT64_MAX};
    static struct settings settings;
    struct option options[32];
    char why[128];
    size_t count = list_options(&a, options);
    if (!option_parse(options, count, argv + 1, why, sizeof(why)))
        return command_fail(NAME, COMMAND_USAGE, "`actr rendezvous --help` lists the options", "%s",
                            why);
    if (a.help) {
        fputs(intro, stdout);
        option_print_help(options, count);
        fputs(outro, stdout);
        return COMMAND_DONE;
    }
    a.has_stun = a.stun != UINT64_MAX;
    settings.hosting.log.level = ACTR_LOG_INFO;
    const char *fault = find_fault(&a, &settings);
    if (fault)
        return command_fail(NAME, COMMAND_USAGE, NULL, "%s", fault);
    if (read_secrets(&a, &settings) < 0)
        return command_fail(NAME, COMMAND_FAILED, NULL, "%s", actr_errmsg());
    fill_settings(&a, &settings);
    return serve(&a, &settings);
}
