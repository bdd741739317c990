// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The server: its start, its end, and what runs in between by itself.
 *
 * Start: the ledger is read; what a server needs that is not there yet (a signing key, secrets) is
 * made and written; only when that is safe does it listen, so that a data folder that cannot be
 * written is found at start and not at the first registration. End, the other way round:
 * connections, then the ledger, then memory.
 *
 * Every half minute registrations whose time is over are dropped, a bounded number at a time.
 *
 * Loop thread. */
#include "rendezvous.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "binding.h"
#include "routes.h"
#include "visitor.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define SWEEP_US 30000000u
#define SWEEP_MAX 1000  /* actors dropped at a time */
#define POSTPONE_S 3600 /* an actor that is connected is not dropped */

/* Rows of one write when a realm goes. */
#define REMOVAL_ROWS_MAX 1000

#define SETTING_TOKEN_SECRET "renewal_token_secret"
#define SETTING_TURN_SECRET "turn_secret"
#define SETTING_STARTED_AT "started_at"

/* Test servers sign with a key that everybody knows. */
static const uint8_t open_seed[CRYPTO_SEED_LEN] = {
    0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a,
    0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a};

/* ---- For the parts ---- */

uint64_t rendezvous_draw(struct rendezvous *rendezvous)
{
    uint64_t x = rendezvous->draw_state += 0x9e3779b97f4a7c15u; /* SplitMix64 */
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

struct registry_viewer rendezvous_viewer(const struct rendezvous *rendezvous,
                                         const struct actr_id *id)
{
    enum visibility_policy policy = VISIBILITY_SAME_REALM;
    if (rendezvous->options.is_open)
        policy = VISIBILITY_EVERYBODY;
    else if (rendezvous->options.is_default_deny)
        policy = VISIBILITY_NOBODY;
    return (struct registry_viewer){id, policy};
}

static void on_removed(void *owner, int result)
{
    struct rendezvous *rendezvous = owner;
    if (result == 0)
        return;
    rendezvous->counters.ledger_failures++;
    log_error(rendezvous->base.log, "ledger.failed", "what=removal reason=%s",
              actr_strerror(result));
}

static void drop(struct rendezvous *rendezvous, struct registry_actor *actor)
{
    pairing_forget(&rendezvous->pairing, actor);
    registry_remove(&rendezvous->registry, actor);
}

static void submit_removal(struct rendezvous *rendezvous, struct ledger_write *write)
{
    if (write)
        ledger_submit(rendezvous->base.ledger, write);
    else
        on_removed(rendezvous, ACTR_ENOMEM);
}

void rendezvous_forget(struct rendezvous *rendezvous, struct registry_actor *actor)
{
    struct actr_id id;
    struct ledger_write *write = ledger_write_new(on_removed, rendezvous);
    registry_id(actor, &id);
    if (write && registry_write_removal(&id, write) < 0) {
        ledger_write_free(write);
        write = NULL;
    }
    submit_removal(rendezvous, write);
    drop(rendezvous, actor);
}

struct exodus {
    struct rendezvous *rendezvous;
    struct ledger_write *write;
    size_t row_count;
};

static void forget_one(void *arg, struct registry_actor *actor)
{
    struct exodus *exodus = arg;
    struct actr_id id;
    if (exodus->row_count == 0)
        exodus->write = ledger_write_new(on_removed, exodus->rendezvous);
    registry_id(actor, &id);
    if (exodus->write && registry_write_removal(&id, exodus->write) < 0)
        on_removed(exodus->rendezvous, ACTR_ENOMEM);
    if (++exodus->row_count == REMOVAL_ROWS_MAX) {
        submit_removal(exodus->rendezvous, exodus->write);
        exodus->row_count = 0;
    }
    if (actor->visitor)
        visitor_close(actor->visitor, 1008, "realm removed");
    drop(exodus->rendezvous, actor);
}

void rendezvous_forget_realm(struct rendezvous *rendezvous, uint32_t realm)
{
    struct exodus exodus = {.rendezvous = rendezvous};
    registry_each(&rendezvous->registry, realm, forget_one, &exodus);
    if (exodus.row_count > 0)
        submit_removal(rendezvous, exodus.write);
}

static void on_sweep(struct loop_timer *timer)
{
    struct rendezvous *rendezvous = container_of(timer, struct rendezvous, sweep);
    uint64_t now_s = rendezvous_now_s(rendezvous);
    struct registry_actor *actor;
    for (int i = 0; i < SWEEP_MAX && (actor = registry_expired(&rendezvous->registry, now_s));
         i++) {
        if (actor->visitor)
            registry_set_expiry(&rendezvous->registry, actor, now_s + POSTPONE_S);
        else
            rendezvous_forget(rendezvous, actor);
    }
    loop_timer_start(timer, SWEEP_US);
}

/* ---- Loading ---- */

static int load_setting(struct rendezvous *rendezvous, const struct ledger_row *row)
{
    struct actr_view name = actr_bytes_view(row->cells[LEDGER_SETTING_NAME].bytes);
    struct actr_view value = actr_bytes_view(row->cells[LEDGER_SETTING_VALUE].bytes);
    struct issuer *issuer = &rendezvous->issuer;
    if (view_equal(name, view_text(SETTING_TOKEN_SECRET))) {
        if (value.len != sizeof(issuer->token_secret))
            return err_origin(ACTR_EIO, "the stored " SETTING_TOKEN_SECRET " makes no sense");
        memcpy(issuer->token_secret, value.ptr, value.len);
        rendezvous->has_token_secret = true;
    } else if (view_equal(name, view_text(SETTING_TURN_SECRET))) {
        if (value.len == 0 || value.len >= sizeof(issuer->turn_secret))
            return err_origin(ACTR_EIO, "the stored " SETTING_TURN_SECRET " makes no sense");
        memcpy(issuer->turn_secret, value.ptr, value.len);
        issuer->turn_secret[value.len] = '\0';
    }
    return 0;
}

/* One broken registration does not keep the server from serving the others. */
static int load_actor(struct rendezvous *rendezvous, const struct ledger_row *row)
{
    int r = registry_load(&rendezvous->registry, row);
    if (r == 0 || r == ACTR_ENOMEM)
        return r;
    log_warn(rendezvous->base.log, "ledger.skipped", "actor=%.*s reason=%s",
             (int)row->cells[LEDGER_ACTOR_ID].bytes.len,
             (const char *)row->cells[LEDGER_ACTOR_ID].bytes.ptr, actr_errmsg());
    return 0;
}

static int load_row(void *owner, const struct ledger_row *row)
{
    struct rendezvous *rendezvous = owner;
    switch (row->table) {
    case LEDGER_SETTING:
        return load_setting(rendezvous, row);
    case LEDGER_SIGNING_KEY:
        return keyring_load(&rendezvous->keyring, row);
    case LEDGER_REALM:
        return realms_load(&rendezvous->realms, row);
    case LEDGER_ACTOR:
        return load_actor(rendezvous, row);
    case LEDGER_MANUFACTURER:
        return catalog_load(&rendezvous->manufacturers, row);
    case LEDGER_PACKAGE:
        return catalog_load(&rendezvous->packages, row);
    }
    return 0;
}

/* ---- What is missing is made ---- */

static int write_setting(struct ledger_write *write, const char *name, struct actr_view value)
{
    struct ledger_row *row = ledger_add(write, LEDGER_SETTING);
    if (!row)
        return err_origin(ACTR_ENOMEM, "start: out of memory");
    row->cells[LEDGER_SETTING_NAME] = ledger_bytes(name, strlen(name));
    row->cells[LEDGER_SETTING_VALUE] = ledger_bytes(value.ptr, value.len);
    return 0;
}

static int make_token_secret(struct rendezvous *rendezvous, struct ledger_write *write)
{
    struct issuer *issuer = &rendezvous->issuer;
    if (rendezvous->has_token_secret)
        return 0;
    int r = crypto_random(issuer->token_secret, sizeof(issuer->token_secret));
    return r < 0 ? r
                 : write_setting(write, SETTING_TOKEN_SECRET,
                                 actr_view_of(issuer->token_secret, sizeof(issuer->token_secret)));
}

static int make_turn_secret(struct rendezvous *rendezvous, struct ledger_write *write)
{
    uint8_t random[32];
    char *secret = rendezvous->issuer.turn_secret;
    const char *given = rendezvous->options.turn_secret;
    if (given) {
        if (given[0] == '\0' || strlen(given) >= sizeof(rendezvous->issuer.turn_secret))
            return err_origin(ACTR_EINVALID, "the TURN secret has 1 to %zu characters",
                              sizeof(rendezvous->issuer.turn_secret) - 1);
        memcpy(secret, given, strlen(given) + 1);
        return 0;
    }
    if (secret[0] != '\0')
        return 0;
    int r = crypto_random(random, sizeof(random));
    if (r < 0)
        return r;
    text_hex_encode(random, sizeof(random), secret);
    return write_setting(write, SETTING_TURN_SECRET, view_text(secret));
}

static int make_key(struct rendezvous *rendezvous, struct ledger_write *write)
{
    if (keyring_current(&rendezvous->keyring))
        return 0;
    return keyring_prepare(&rendezvous->keyring, rendezvous->options.is_open ? open_seed : NULL,
                           rendezvous_now_s(rendezvous), write, &rendezvous->next_key);
}

static int make_realm(struct rendezvous *rendezvous, const struct rendezvous_realm *wanted,
                      struct ledger_write *write)
{
    struct realm realm;
    const struct realm *known = realms_find(&rendezvous->realms, wanted->id);
    if (wanted->id == 0)
        return err_origin(ACTR_EINVALID, "a realm is a number from 1 to 4294967295");
    realm_init(&realm, wanted->id);
    if (known)
        realm = *known;
    int r = wanted->secret
                ? realm_set_secret(&realm, view_text(wanted->secret), rendezvous_now_s(rendezvous))
                : 0;
    if (r == 0)
        r = realm_write(&realm, false, write);
    return r == 0 ? realms_put(&rendezvous->realms, &realm) : r;
}

/* The time of the start is written in any case: a start proves that writing works. */
static int make_all(struct rendezvous *rendezvous, struct ledger_write *write)
{
    char started_at[24];
    struct text text;
    text_init(&text, started_at, sizeof(started_at));
    text_printf(&text, "%" PRIu64, rendezvous_now_s(rendezvous));
    int r = write_setting(write, SETTING_STARTED_AT, view_text(started_at));
    if (r == 0)
        r = make_token_secret(rendezvous, write);
    if (r == 0)
        r = make_turn_secret(rendezvous, write);
    if (r == 0)
        r = make_key(rendezvous, write);
    for (size_t i = 0; i < rendezvous->options.realm_count && r == 0; i++)
        r = make_realm(rendezvous, &rendezvous->options.realms[i], write);
    return r;
}

/* ---- Listening ---- */

static void on_datagram(void *user, struct actr_view datagram, const struct net_address *from)
{
    struct rendezvous *rendezvous = user;
    struct binding_source source = {.port = from->port, .is_ipv6 = from->is_ipv6};
    uint8_t answer[BINDING_ANSWER_MAX];
    memcpy(source.address, from->bytes, sizeof(source.address));
    size_t len = binding_answer(datagram, &source, answer);
    if (len == 0)
        return;
    rendezvous->counters.stun_requests++;
    udp_send(rendezvous->stun, from, actr_view_of(answer, len));
}

static int listen_all(struct rendezvous *rendezvous)
{
    const struct rendezvous_options *options = &rendezvous->options;
    struct net_server_options server = {
        .host = options->host,
        .port = options->port,
        .tls_cert = options->tls_cert,
        .tls_key = options->tls_key,
        .connection_max = options->connection_max,
        .ws = {.message_len_max = RENDEZVOUS_MESSAGE_MAX,
               .queue_high = RENDEZVOUS_QUEUE_MAX,
               .ping_interval_ms = RENDEZVOUS_PING_INTERVAL_MS,
               .dead_after_ms = RENDEZVOUS_DEAD_AFTER_MS},
    };
    int r = 0;
    if (options->want_stun)
        r = udp_open(rendezvous->base.loop, options->host, options->stun_port, on_datagram,
                     rendezvous, &rendezvous->stun);
    if (r == 0)
        r = net_listen(rendezvous->base.net, &server, &routes_events, rendezvous,
                       &rendezvous->server);
    return r;
}

static void on_made(void *owner, int result)
{
    struct rendezvous *rendezvous = owner;
    int r = result;
    if (r < 0)
        (void)!err_origin(r, "the data folder cannot be written: %s", actr_strerror(r));
    if (rendezvous->is_closing) {
        keyring_key_deinit(&rendezvous->next_key);
        return;
    }
    if (r == 0) {
        if (rendezvous->next_key.id != 0)
            keyring_adopt(&rendezvous->keyring, &rendezvous->next_key,
                          rendezvous_now_s(rendezvous));
        r = listen_all(rendezvous);
    }
    if (r == 0) {
        loop_timer_start(&rendezvous->sweep, SWEEP_US);
        log_info(rendezvous->base.log, "rendezvous.started", "port=%u actors=%zu realms=%zu",
                 rendezvous_port(rendezvous), registry_count(&rendezvous->registry),
                 realms_count(&rendezvous->realms));
    }
    rendezvous->events->on_started(rendezvous->user, r);
}

/* ---- Starting ---- */

static void rate_default(struct limiter_rate *rate, uint32_t per_s, uint32_t burst)
{
    if (rate->per_s == 0)
        *rate = (struct limiter_rate){per_s, burst};
}

static int take_options(struct rendezvous *rendezvous, const struct rendezvous_options *options)
{
    struct rendezvous_options *mine = &rendezvous->options;
    *mine = *options;
    rate_default(&mine->register_rate, 100, 1000);
    rate_default(&mine->connect_rate, 10, 50);
    rate_default(&mine->message_rate, 100, 500);
    if (mine->open_max == 0)
        mine->open_max = 256;
    rendezvous->issuer.is_open = mine->is_open;
    rendezvous->issuer.ttl_s = mine->credential_ttl_s ? mine->credential_ttl_s : ISSUER_TTL_S;
    rendezvous->issuer.heartbeat_s = mine->heartbeat_s ? mine->heartbeat_s : ISSUER_HEARTBEAT_S;
    if (rendezvous->issuer.ttl_s > ISSUER_ROTATION_WINDOW_S)
        return err_origin(ACTR_EINVALID, "credentials live %d s at most", ISSUER_ROTATION_WINDOW_S);
    if (!mine->tls_cert != !mine->tls_key)
        return err_origin(ACTR_EINVALID, "TLS needs a certificate and its key, not one of them");
    return 0;
}

static int init_parts(struct rendezvous *rendezvous)
{
    struct hash_key key;
    uint8_t random[14];
    loop_random(rendezvous->base.loop, random, sizeof(random));
    memcpy(&rendezvous->draw_state, random, 8);
    rendezvous->issuer.worker = random[8] & 31;
    text_hex_encode(random + 9, 4, rendezvous->envelope_prefix);
    int r = crypto_random(key.bytes, sizeof(key.bytes));
    if (r < 0)
        return r;
    rendezvous->keyring.keep_s = ISSUER_ROTATION_WINDOW_S;
    rendezvous->issuer.keyring = &rendezvous->keyring;
    realms_init(&rendezvous->realms, &key);
    registry_init(&rendezvous->registry, &key);
    pairing_init(&rendezvous->pairing, &key);
    subscriptions_init(&rendezvous->subscriptions, &key);
    catalog_init(&rendezvous->manufacturers, LEDGER_MANUFACTURER, &key);
    catalog_init(&rendezvous->packages, LEDGER_PACKAGE, &key);
    catalog_init(&rendezvous->nonces, LEDGER_PACKAGE, &key);
    limiter_init(&rendezvous->registering, &rendezvous->options.register_rate, 0, &key);
    limiter_init(&rendezvous->connecting, &rendezvous->options.connect_rate,
                 rendezvous->options.open_max, &key);
    return 0;
}

static int begin(struct rendezvous *rendezvous)
{
    int r = ledger_load(rendezvous->base.ledger, load_row, rendezvous);
    if (r < 0)
        return r;
    rendezvous->issuer.serial_last = rendezvous->registry.serial_max;
    struct ledger_write *write = ledger_write_new(on_made, rendezvous);
    r = write ? make_all(rendezvous, write) : err_origin(ACTR_ENOMEM, "start: out of memory");
    if (r < 0) {
        ledger_write_free(write);
        return r;
    }
    ledger_submit(rendezvous->base.ledger, write);
    return 0;
}

static void rendezvous_free(struct rendezvous *rendezvous)
{
    pairing_deinit(&rendezvous->pairing);
    registry_deinit(&rendezvous->registry);
    subscriptions_deinit(&rendezvous->subscriptions);
    realms_deinit(&rendezvous->realms);
    catalog_deinit(&rendezvous->manufacturers);
    catalog_deinit(&rendezvous->packages);
    catalog_deinit(&rendezvous->nonces);
    limiter_deinit(&rendezvous->registering);
    limiter_deinit(&rendezvous->connecting);
    keyring_key_deinit(&rendezvous->next_key);
    keyring_deinit(&rendezvous->keyring);
    arena_deinit(&rendezvous->arena);
    explicit_bzero(&rendezvous->issuer, sizeof(rendezvous->issuer));
    mem_free(rendezvous);
}

int rendezvous_start(const struct rendezvous_base *base, const struct rendezvous_options *options,
                     const struct rendezvous_events *events, void *user,
                     struct rendezvous **ret_rendezvous)
{
    struct rendezvous *rendezvous = mem_alloc(sizeof(*rendezvous));
    if (!rendezvous) {
        ledger_free(base->ledger);
        return err_origin(ACTR_ENOMEM, "start: out of memory");
    }
    rendezvous->base = *base;
    rendezvous->events = events;
    rendezvous->user = user;
    list_init(&rendezvous->visitors);
    list_init(&rendezvous->unanswered);
    arena_init(&rendezvous->arena, ARENA_MAX);
    loop_timer_init(&rendezvous->sweep, base->loop, on_sweep);
    int r = take_options(rendezvous, options);
    if (r == 0)
        r = init_parts(rendezvous);
    if (r == 0)
        r = begin(rendezvous);
    if (r < 0) {
        ledger_free(base->ledger);
        rendezvous_free(rendezvous);
        return r;
    }
    *ret_rendezvous = rendezvous;
    return 0;
}

/* ---- Ending ---- */

static void on_ledger_closed(void *owner)
{
    struct rendezvous *rendezvous = owner;
    const struct rendezvous_events *events = rendezvous->events;
    void *user = rendezvous->user;
    rendezvous_free(rendezvous);
    events->on_closed(user);
}

void rendezvous_on_unlistened(struct rendezvous *rendezvous)
{
    rendezvous->server = NULL;
    ledger_close(rendezvous->base.ledger, on_ledger_closed, rendezvous);
}

void rendezvous_close(struct rendezvous *rendezvous)
{
    rendezvous->is_closing = true;
    loop_timer_stop(&rendezvous->sweep);
    rendezvous->stun = udp_close(rendezvous->stun);
    if (rendezvous->server)
        net_server_close(rendezvous->server);
    else
        rendezvous_on_unlistened(rendezvous);
}

uint16_t rendezvous_port(const struct rendezvous *rendezvous)
{
    return net_server_port(rendezvous->server);
}

uint16_t rendezvous_stun_port(const struct rendezvous *rendezvous)
{
    return rendezvous->stun ? udp_port(rendezvous->stun) : 0;
}
