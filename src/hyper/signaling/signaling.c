// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Joins the parts of signaling and starts and stops them in order; what each part does is its own.
 *
 *     credential_manager  who we are   -> client       the socket  -> heartbeat
 *          ais_client, session_state       key_cache, discovery, verifier ask over it
 *
 * The socket is dialled whenever there is a new identity, or a new credential it was held for. What
 * the socket learns about the credential goes back to the manager.
 *
 * Every handler here ends with the one event that goes up, for the owner may free everything in
 * it. Loop thread. */
#include "hyper/signaling/signaling.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "hyper/signaling/ais_client.h"
#include "hyper/signaling/client.h"
#include "hyper/signaling/credential_manager.h"
#include "hyper/signaling/dial_url.h"
#include "hyper/signaling/discovery.h"
#include "hyper/signaling/heartbeat.h"
#include "hyper/signaling/relaying.h"
#include "hyper/signaling/session_state.h"
#include "hyper/signaling/verifier.h"
#include "sys/log.h"

#define START_TIMEOUT_MS 30000
#define FAREWELL_TIMEOUT_MS 1000
#define DISCOVER_TIMEOUT_MS 5000
#define DETAIL_MAX 256

enum signaling_state {
    STATE_IDLE,
    STATE_STARTING,
    STATE_RUNNING,
    STATE_FAILING, /* the start has failed; on_failed when the last connection has ended */
    STATE_STOPPING
};

struct signaling {
    struct loop *loop;
    struct log *log;
    const struct signaling_events *events;
    void *owner;
    struct actr_type type;
    uint32_t realm;
    uint32_t start_timeout_ms;
    struct acl_rule *acl; /* NULL: none */
    size_t acl_count;
    bool has_acl;
    char *url;
    struct sm state;
    struct loop_timer deadline; /* of the start */
    struct loop_task ended;
    int last_code; /* of what failed last; 0: nothing since the start */
    char last_detail[DETAIL_MAX];
    struct client_request farewell;

    struct session_state session;
    struct ais_client ais;
    struct credential_manager credentials;
    struct client client;
    struct heartbeat heartbeat;
    struct key_cache keys;
    struct discovery discovery;
    struct relaying relaying;
    struct verifier verifier;
};

static const char *const state_names[] = {"idle", "starting", "running", "failing", "stopping"};
static const uint32_t state_moves[] = {
    [STATE_IDLE] = SM_TO(STATE_STARTING) | SM_TO(STATE_STOPPING),
    [STATE_STARTING] = SM_TO(STATE_RUNNING) | SM_TO(STATE_FAILING) | SM_TO(STATE_STOPPING),
    [STATE_RUNNING] = SM_TO(STATE_STOPPING),
    [STATE_FAILING] = SM_TO(STATE_STOPPING) | SM_TO(STATE_IDLE),
    [STATE_STOPPING] = SM_TO(STATE_IDLE),
};
static const struct sm_table state_table = {"signaling", state_names, state_moves, 5};

/* ---- What the parts report ---- */

static void signaling_halt(struct signaling *signaling)
{
    loop_timer_stop(&signaling->deadline);
    heartbeat_stop(&signaling->heartbeat);
    credential_manager_stop(&signaling->credentials);
}

/* Why the start has failed, or has not succeeded yet. */
static void signaling_note(struct signaling *signaling, int code, const char *detail)
{
    struct text text;
    signaling->last_code = code;
    text_init(&text, signaling->last_detail, sizeof signaling->last_detail);
    text_append(&text, view_text(detail));
}

/* What was noted last is the reason. */
static void signaling_fail(struct signaling *signaling)
{
    signaling_halt(signaling);
    sm_move(&signaling->state, STATE_FAILING);
    if (!client_cut(&signaling->client))
        loop_defer(signaling->loop, &signaling->ended);
}

static void signaling_on_deadline(struct loop_timer *timer)
{
    struct signaling *signaling = container_of(timer, struct signaling, deadline);
    if (signaling->last_code == 0)
        signaling_note(signaling, ACTR_ETIMEDOUT, "the server did not answer in time");
    signaling_fail(signaling);
}

static void signaling_on_identity(void *owner)
{
    struct signaling *signaling = owner;
    const struct signaling_identity *identity = &signaling->session.identity;
    char id[ACTR_ID_STR_MAX];
    log_info(signaling->log, "signaling.registered", "id=%s generation=%" PRIu64,
             actr_id_format(&identity->id, id), identity->generation);
    heartbeat_stop(&signaling->heartbeat);
    client_dial(&signaling->client);
    if (signaling->events->on_registered != NULL)
        signaling->events->on_registered(signaling->owner, &identity->id, identity->generation);
}

static void signaling_on_renewed(void *owner)
{
    struct signaling *signaling = owner;
    uint64_t expires_at_s = signaling->session.identity.expires_at_s;
    log_info(signaling->log, "signaling.renewed", "expires_at=%" PRIu64, expires_at_s);
    client_release(&signaling->client);
    if (signaling->events->on_credential_renewed != NULL)
        signaling->events->on_credential_renewed(signaling->owner, expires_at_s);
}

static void signaling_report(struct signaling *signaling, int code, const char *detail)
{
    signaling_note(signaling, code, detail);
    if (signaling->events->on_error != NULL)
        signaling->events->on_error(signaling->owner, code, detail);
}

static void signaling_on_error(void *owner, int code, const char *detail, bool is_final)
{
    struct signaling *signaling = owner;
    log_warn(signaling->log, "signaling.refused", "code=%s reason=%s", actr_errname(code), detail);
    if (is_final && signaling->state.state == STATE_STARTING) {
        signaling_note(signaling, code, detail);
        signaling_fail(signaling);
    } else {
        signaling_report(signaling, code, detail);
    }
}

static void signaling_on_expiring(void *owner)
{
    struct signaling *signaling = owner;
    uint64_t expires_at_s = signaling->session.identity.expires_at_s;
    log_info(signaling->log, "signaling.expiring", "expires_at=%" PRIu64, expires_at_s);
    if (signaling->events->on_credential_expiring != NULL)
        signaling->events->on_credential_expiring(signaling->owner, expires_at_s);
}

static const struct credential_events credential_events = {
    .on_identity = signaling_on_identity,
    .on_renewed = signaling_on_renewed,
    .on_expiring = signaling_on_expiring,
    .on_error = signaling_on_error,
};

static void signaling_on_dial(void *owner, uint32_t attempt)
{
    struct signaling *signaling = owner;
    if (signaling->events->on_connecting != NULL)
        signaling->events->on_connecting(signaling->owner, attempt);
}

static void signaling_on_open(void *owner)
{
    struct signaling *signaling = owner;
    heartbeat_start(&signaling->heartbeat, signaling->session.heartbeat_interval_s);
    if (signaling->state.state == STATE_STARTING)
        sm_move(&signaling->state, STATE_RUNNING);
    loop_timer_stop(&signaling->deadline);
    log_info(signaling->log, "signaling.connected", "generation=%" PRIu64,
             signaling->session.identity.generation);
    if (signaling->events->on_connected != NULL)
        signaling->events->on_connected(signaling->owner);
}

static void signaling_on_down(void *owner, bool was_open, enum client_loss loss, int code,
                              const char *detail)
{
    struct signaling *signaling = owner;
    heartbeat_stop(&signaling->heartbeat);
    log_warn(signaling->log, was_open ? "signaling.lost" : "signaling.unreachable",
             "code=%s reason=%s", actr_errname(code), detail);
    if (signaling->state.state == STATE_STOPPING) {
        /* Ends the farewell, and that goes on with the stop. */
        (void)client_cut(&signaling->client);
        return;
    }
    if (loss == CLIENT_DISPLACED)
        credential_manager_on_displaced(&signaling->credentials);
    if (!was_open && code == ACTR_ECONFIG && signaling->state.state == STATE_STARTING) {
        signaling_note(signaling, code, detail); /* waiting does not mend it */
        signaling_fail(signaling);
        return;
    }
    if (!was_open)
        signaling_report(signaling, code, detail);
    else if (signaling->events->on_disconnected != NULL)
        signaling->events->on_disconnected(signaling->owner, code, detail);
}

static void signaling_on_accepted(void *owner, uint64_t epoch)
{
    struct signaling *signaling = owner;
    credential_manager_on_accepted(&signaling->credentials, epoch);
}

static void signaling_on_refused(void *owner, uint64_t epoch)
{
    struct signaling *signaling = owner;
    credential_manager_on_refused(&signaling->credentials, epoch);
}

/* The last connection has ended. */
static void signaling_on_end(void *owner)
{
    struct signaling *signaling = owner;
    bool has_failed = signaling->state.state == STATE_FAILING;
    int code = signaling->last_code;
    sm_move(&signaling->state, STATE_IDLE);
    if (has_failed) {
        log_error(signaling->log, "signaling.failed", "code=%s reason=%s", actr_errname(code),
                  signaling->last_detail);
        signaling->events->on_failed(signaling->owner, code, signaling->last_detail);
    } else {
        log_info(signaling->log, "signaling.stopped", "generation=%" PRIu64,
                 signaling->session.identity.generation);
        signaling->events->on_stopped(signaling->owner);
    }
}

static void signaling_on_relay(void *owner, const struct relay *relay)
{
    struct signaling *signaling = owner;
    if (signaling->events->on_relay != NULL)
        signaling->events->on_relay(signaling->owner, relay);
}

static void signaling_on_relay_refused(void *owner, const struct actr_id *target, int code,
                                       const char *detail)
{
    struct signaling *signaling = owner;
    if (signaling->events->on_relay_refused != NULL)
        signaling->events->on_relay_refused(signaling->owner, target, code, detail);
}

static const struct client_events client_events = {
    .on_dial = signaling_on_dial,
    .on_open = signaling_on_open,
    .on_down = signaling_on_down,
    .on_accepted = signaling_on_accepted,
    .on_refused = signaling_on_refused,
    .on_relay = signaling_on_relay,
    .on_stopped = signaling_on_end,
};

static void signaling_load(void *owner, struct signaling_load *ret_load)
{
    struct signaling *signaling = owner;
    if (signaling->events->load != NULL)
        signaling->events->load(signaling->owner, ret_load);
}

static void signaling_on_warning(void *owner)
{
    struct signaling *signaling = owner;
    credential_manager_on_warning(&signaling->credentials);
}

static void signaling_on_dead(void *owner)
{
    struct signaling *signaling = owner;
    log_warn(signaling->log, "signaling.silent", "heartbeats=%d", HEARTBEAT_MISSES_MAX);
    client_give_up(&signaling->client);
}

static const struct heartbeat_events heartbeat_events = {
    .load = signaling_load,
    .on_warning = signaling_on_warning,
    .on_dead = signaling_on_dead,
};

/* ---- Building ---- */

static void signaling_on_ended(struct loop_task *task)
{
    signaling_on_end(container_of(task, struct signaling, ended));
}

static int signaling_copy(struct signaling *signaling, const struct signaling_config *config)
{
    size_t acl_size = config->acl_count * sizeof *config->acl;
    signaling->type = config->type;
    signaling->realm = config->realm;
    signaling->has_acl = config->has_acl;
    signaling->acl_count = config->acl_count;
    signaling->start_timeout_ms =
        config->start_timeout_ms > 0 ? config->start_timeout_ms : START_TIMEOUT_MS;
    signaling->url = mem_text(config->signaling_url, strlen(config->signaling_url));
    if (acl_size > 0)
        signaling->acl = mem_alloc_raw(acl_size);
    if (signaling->url == NULL || (acl_size > 0 && signaling->acl == NULL))
        return err_origin(ACTR_ENOMEM, "signaling: the configuration");
    if (acl_size > 0)
        memcpy(signaling->acl, config->acl, acl_size);
    return 0;
}

static void signaling_join(struct signaling *signaling, struct net *net,
                           const struct signaling_config *config)
{
    struct loop *loop = signaling->loop;
    const struct credential_parts credential_parts = {.loop = loop,
                                                      .session = &signaling->session,
                                                      .ais = &signaling->ais,
                                                      .keys = &signaling->keys,
                                                      .expiry_lead_s = config->expiry_lead_s};
    const struct client_parts client_parts = {.loop = loop,
                                              .net = net,
                                              .log = signaling->log,
                                              .session = &signaling->session,
                                              .url = signaling->url,
                                              .wants_answer = config->wants_answer};
    sm_init(&signaling->state, &state_table, STATE_IDLE);
    loop_timer_init(&signaling->deadline, loop, signaling_on_deadline);
    loop_task_init(&signaling->ended, signaling_on_ended);
    client_init(&signaling->client, &client_parts, &client_events, signaling);
    heartbeat_init(&signaling->heartbeat, loop, &signaling->client, &heartbeat_events, signaling);
    key_cache_init(&signaling->keys, loop, &signaling->client);
    discovery_init(&signaling->discovery, loop, &signaling->client, &signaling->session);
    verifier_init(&signaling->verifier, loop, &signaling->keys);
    relaying_init(&signaling->relaying, &signaling->client, signaling_on_relay_refused, signaling);
    credential_manager_init(&signaling->credentials, &credential_parts, &credential_events,
                            signaling);
}

int signaling_new(struct loop *loop, struct net *net, struct log *log,
                  const struct signaling_config *config, const struct signaling_events *events,
                  void *owner, struct signaling **ret_signaling)
{
    int r = dial_url_check(config->signaling_url);
    if (r < 0)
        return r;
    struct signaling *signaling = mem_alloc(sizeof *signaling);
    if (signaling == NULL)
        return err_origin(ACTR_ENOMEM, "signaling");
    signaling->loop = loop;
    signaling->log = log;
    signaling->events = events;
    signaling->owner = owner;
    r = signaling_copy(signaling, config);
    if (r == 0)
        r = ais_client_init(&signaling->ais, net, config->ais_url, config->realm_secret,
                            config->realm);
    signaling_join(signaling, net, config);
    if (r < 0)
        signaling_free(signaling);
    else
        *ret_signaling = signaling;
    return r;
}

void signaling_free(struct signaling *signaling)
{
    if (signaling == NULL)
        return;
    loop_timer_stop(&signaling->deadline);
    loop_task_cancel(&signaling->ended);
    heartbeat_stop(&signaling->heartbeat);
    client_request_close(&signaling->farewell);
    credential_manager_deinit(&signaling->credentials);
    verifier_deinit(&signaling->verifier);
    discovery_deinit(&signaling->discovery);
    relaying_deinit(&signaling->relaying);
    key_cache_deinit(&signaling->keys);
    client_deinit(&signaling->client);
    ais_client_deinit(&signaling->ais);
    session_deinit(&signaling->session);
    mem_free(signaling->acl);
    mem_free(signaling->url);
    mem_free(signaling);
}

/* ---- Start and stop ---- */

int signaling_start(struct signaling *signaling, const char *ws_address)
{
    if (signaling->state.state != STATE_IDLE)
        return err_origin(ACTR_ESTATE, "signaling is %s", sm_name(&signaling->state));
    const struct ais_register_request request = {
        .type = signaling->type,
        .realm = signaling->realm,
        .has_auth_mode = true,
        .auth_mode = AIS_AUTH_LINKED,
        .has_acl = signaling->has_acl,
        .acl = signaling->acl,
        .acl_count = signaling->acl_count,
        .ws_address = ws_address != NULL ? view_text(ws_address) : (struct actr_view){0},
    };
    struct actr_bytes encoded = ais_register_request_encode(&request);
    if (actr_bytes_failed(encoded))
        return err_origin(ACTR_ENOMEM, "signaling: the registration");
    sm_move(&signaling->state, STATE_STARTING);
    signaling->last_code = 0;
    loop_timer_start(&signaling->deadline, (uint64_t)signaling->start_timeout_ms * 1000);
    credential_manager_start(&signaling->credentials, encoded);
    return 0;
}

static void signaling_close(struct signaling *signaling)
{
    if (!client_stop(&signaling->client))
        loop_defer(signaling->loop, &signaling->ended);
}

static void signaling_on_farewell(struct client_request *request, int code, const char *detail,
                                  const struct signaling_reply *reply)
{
    struct signaling *signaling = container_of(request, struct signaling, farewell);
    log_debug(signaling->log, "signaling.unregistered", "code=%d", code);
    signaling_close(signaling);
}

void signaling_stop(struct signaling *signaling)
{
    if (signaling->state.state == STATE_STOPPING)
        return;
    sm_move(&signaling->state, STATE_STOPPING);
    signaling_halt(signaling);
    discovery_cancel_all(&signaling->discovery);
    verifier_cancel_all(&signaling->verifier);
    if (!client_is_open(&signaling->client)) {
        signaling_close(signaling);
        return;
    }
    const struct signaling_request farewell = {
        .kind = SIGNALING_UNREGISTER,
        .unregister = {.id = signaling->session.identity.id,
                       .reason = view_text("Graceful shutdown")},
    };
    client_ask(&signaling->client, &signaling->farewell, &farewell, FAREWELL_TIMEOUT_MS,
               signaling_on_farewell);
}

/* ---- Questions ---- */

bool signaling_is_connected(const struct signaling *signaling)
{
    return client_is_open(&signaling->client);
}

const struct signaling_identity *signaling_identity(const struct signaling *signaling)
{
    const struct signaling_identity *identity = &signaling->session.identity;
    return identity->generation > 0 ? identity : NULL;
}

void signaling_discover(struct signaling *signaling, struct signaling_lookup *lookup,
                        const struct actr_type *type, uint32_t count_max, uint32_t timeout_ms,
                        signaling_lookup_fn *fn)
{
    assert(lookup->_discovery == NULL);
    lookup->_fn = fn;
    discovery_find(&signaling->discovery, lookup, type, count_max > 0 ? count_max : 1,
                   timeout_ms > 0 ? timeout_ms : DISCOVER_TIMEOUT_MS);
}

void signaling_discover_cancel(struct signaling_lookup *lookup)
{
    discovery_cancel(lookup);
}

const char *signaling_address_of(struct signaling *signaling, const struct actr_id *id)
{
    return discovery_address_of(&signaling->discovery, id);
}

void signaling_verify(struct signaling *signaling, struct signaling_check *check,
                      const struct actr_id *id, struct actr_view credential, signaling_check_fn *fn)
{
    assert(check->_verifier == NULL);
    verifier_check(&signaling->verifier, check, id, actr_bytes_copy(credential), fn);
}

void signaling_verify_cancel(struct signaling_check *check)
{
    verifier_cancel(check);
}

int signaling_relay(struct signaling *signaling, const struct relay *relay)
{
    return relaying_send(&signaling->relaying, relay);
}
