// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The public face of the server: <actr/rendezvous.h>.
 *
 * The caller's texts are copied, so that its options may go when the start has returned.
 *
 * Any thread but the server's. */
#include <actr/rendezvous.h>

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "hosting.h"

#define TEXTS_MAX 5

struct actr_rendezvous {
    struct hosting *hosting;
    struct rendezvous_realm realm;
    char *texts[TEXTS_MAX];
    size_t text_count;
};

static struct actr_rendezvous *embedded_free(struct actr_rendezvous *server)
{
    for (size_t i = 0; i < server->text_count; i++) {
        explicit_bzero(server->texts[i], strlen(server->texts[i]));
        mem_free(server->texts[i]);
    }
    mem_free(server);
    return NULL;
}

/* A copy that lives as long as the server. */
static int keep_text(struct actr_rendezvous *server, const char *text, const char **ret_text)
{
    if (!text)
        return 0;
    char *copy = mem_text(text, strlen(text));
    if (!copy)
        return err_origin(ACTR_ENOMEM, "start: out of memory");
    server->texts[server->text_count++] = copy;
    *ret_text = copy;
    return 0;
}

static int copy_texts(struct actr_rendezvous *server, const struct actr_rendezvous_options *from,
                      struct hosting_options *to)
{
    int r = keep_text(server, from->bind ? from->bind : "127.0.0.1", &to->server.host);
    if (r == 0)
        r = keep_text(server, from->tls_cert, &to->server.tls_cert);
    if (r == 0)
        r = keep_text(server, from->tls_key, &to->server.tls_key);
    if (r == 0)
        r = keep_text(server, from->data_dir, &to->data_dir);
    if (r == 0)
        r = keep_text(server, from->realm_secret, &to->server.any_secret);
    return r;
}

static void copy_rest(struct actr_rendezvous *server, const struct actr_rendezvous_options *from,
                      struct hosting_options *to)
{
    server->realm = (struct rendezvous_realm){from->realm, to->server.any_secret};
    to->server.realms = &server->realm;
    to->server.realm_count = from->realm ? 1 : 0;
    to->server.port = from->port;
    to->server.is_open = from->open;
    to->server.is_default_deny = from->default_deny;
    to->server.want_any_realm = from->allow_any_realm;
    to->server.credential_ttl_s = from->credential_ttl_s;
    to->server.heartbeat_s = from->heartbeat_s;
    to->server.want_stun = from->stun;
    to->server.stun_port = from->stun_port;
    to->log.sink = from->log ? from->log : log_to_stderr;
    to->log.arg = from->arg;
    to->log.level = from->log_level ? from->log_level : ACTR_LOG_WARN;
}

int actr_rendezvous_start(struct actr_rendezvous **ret_server,
                          const struct actr_rendezvous_options *options)
{
    struct actr_rendezvous_options given = {0};
    struct hosting_options hosting = {0};
    if (options)
        memcpy(&given, options, options->size < sizeof(given) ? options->size : sizeof(given));
    struct actr_rendezvous *server = mem_alloc(sizeof(*server));
    if (!server)
        return err_origin(ACTR_ENOMEM, "start: out of memory");
    int r = copy_texts(server, &given, &hosting);
    if (r == 0) {
        copy_rest(server, &given, &hosting);
        r = hosting_start(&hosting, &server->hosting);
    }
    if (r < 0) {
        embedded_free(server);
        return r;
    }
    *ret_server = server;
    return 0;
}

uint16_t actr_rendezvous_port(const struct actr_rendezvous *server)
{
    return hosting_port(server->hosting);
}

uint16_t actr_rendezvous_stun_port(const struct actr_rendezvous *server)
{
    return hosting_stun_port(server->hosting);
}

void actr_rendezvous_stop(struct actr_rendezvous *server)
{
    if (!server)
        return;
    server->hosting = hosting_stop(server->hosting);
    embedded_free(server);
}
