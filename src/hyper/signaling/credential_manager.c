// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The life of a credential, as a state machine with one timer.
 *
 * Every exchange begins in the timer's function, also those that begin at once, so that a failure
 * to begin one reports like any other and never inside a caller. A failed attempt waits: a growing
 * pause, or as long as the service asked for.
 *
 * A credential that was never accepted is handled with suspicion: fresh from a renewal and refused,
 * it is replaced by a registration; fresh from a registration and refused, the next attempt waits,
 * or a broken server would be flooded with registrations. */
#include "hyper/signaling/credential_manager.h"

#include <assert.h>

#include "base/err.h"
#include "hyper/signaling/key_cache.h"

#define S_US ((uint64_t)1000000)
#define RENEW_LEAD_S 300
#define EXPIRY_LEAD_S 300
#define RENEW_SPREAD_US (30 * S_US)
#define SHORT_TTL_S 600             /* below: a share of the lifetime */
#define RETRY_AFTER_MAX_S 3600      /* more than that is not believed */
#define WARNING_REST_US (60 * S_US) /* between renewals that a warning caused */
#define SETTLED_US (10 * S_US)      /* a credential that was good for so long was a good one */
#define CONFUSED_MAX 3
#define TTL_MAX_S (30 * 86400)

static const char *const state_names[] = {"idle",     "registering", "valid",
                                          "renewing", "waiting",     "realm refused"};
static const uint32_t state_moves[] = {
    [CREDENTIAL_IDLE] = SM_TO(CREDENTIAL_WAITING),
    [CREDENTIAL_REGISTERING] = SM_TO(CREDENTIAL_VALID) | SM_TO(CREDENTIAL_WAITING) |
                               SM_TO(CREDENTIAL_REALM_REFUSED) | SM_TO(CREDENTIAL_IDLE),
    [CREDENTIAL_VALID] = SM_TO(CREDENTIAL_WAITING) | SM_TO(CREDENTIAL_IDLE),
    [CREDENTIAL_RENEWING] = SM_TO(CREDENTIAL_VALID) | SM_TO(CREDENTIAL_WAITING) |
                            SM_TO(CREDENTIAL_REALM_REFUSED) | SM_TO(CREDENTIAL_IDLE),
    [CREDENTIAL_WAITING] = SM_TO(CREDENTIAL_WAITING) | SM_TO(CREDENTIAL_REGISTERING) |
                           SM_TO(CREDENTIAL_RENEWING) | SM_TO(CREDENTIAL_IDLE),
    [CREDENTIAL_REALM_REFUSED] = SM_TO(CREDENTIAL_WAITING) | SM_TO(CREDENTIAL_IDLE),
};
static const struct sm_table state_table = {"credential", state_names, state_moves, 6};

static void manager_on_timer(struct loop_timer *timer);
static void manager_on_expiry(struct loop_timer *timer);
static void manager_on_outcome(void *user, const struct ais_outcome *outcome);

static uint32_t manager_random(struct credential_manager *manager)
{
    uint32_t random;
    loop_random(manager->_loop, &random, sizeof random);
    return random;
}

/* Of the credential. */
static uint64_t manager_age_us(const struct credential_manager *manager)
{
    return loop_now_us(manager->_loop) - manager->_granted_us;
}

void credential_manager_init(struct credential_manager *manager,
                             const struct credential_parts *parts,
                             const struct credential_events *events, void *owner)
{
    *manager = (struct credential_manager){
        ._loop = parts->loop,
        ._session = parts->session,
        ._ais = parts->ais,
        ._keys = parts->keys,
        ._events = events,
        ._owner = owner,
        ._expiry_lead_s = parts->expiry_lead_s > 0 ? parts->expiry_lead_s : EXPIRY_LEAD_S,
        ._register_backoff = {.initial_ms = 1000,
                              .max_ms = 300000,
                              .factor = 2,
                              .jitter_percent = 25},
        ._renew_backoff = {.initial_ms = 5000, .max_ms = 300000, .factor = 2, .jitter_percent = 25},
    };
    sm_init(&manager->_state, &state_table, CREDENTIAL_IDLE);
    loop_timer_init(&manager->_timer, parts->loop, manager_on_timer);
    loop_timer_init(&manager->_expiry, parts->loop, manager_on_expiry);
}

void credential_manager_deinit(struct credential_manager *manager)
{
    if (manager->_loop == NULL)
        return;
    credential_manager_stop(manager);
}

/* The next attempt, delay_us from now. */
static void manager_schedule(struct credential_manager *manager, uint64_t delay_us)
{
    sm_move(&manager->_state, CREDENTIAL_WAITING);
    loop_timer_start(&manager->_timer, delay_us);
}

void credential_manager_start(struct credential_manager *manager, struct actr_bytes request)
{
    assert(manager->_state.state == CREDENTIAL_IDLE);
    manager->_request = request;
    manager->_must_register = true;
    manager->_rejected_count = 0;
    backoff_reset(&manager->_register_backoff);
    backoff_reset(&manager->_renew_backoff);
    manager_schedule(manager, 0);
}

void credential_manager_stop(struct credential_manager *manager)
{
    if (manager->_state.state == CREDENTIAL_IDLE)
        return;
    ais_client_cancel(manager->_ais);
    loop_timer_stop(&manager->_timer);
    loop_timer_stop(&manager->_expiry);
    actr_bytes_unref(manager->_request);
    manager->_request = (struct actr_bytes){0};
    sm_move(&manager->_state, CREDENTIAL_IDLE);
}

static void manager_on_timer(struct loop_timer *timer)
{
    struct credential_manager *manager = container_of(timer, struct credential_manager, _timer);
    const struct session_state *session = manager->_session;
    if (manager->_state.state != CREDENTIAL_WAITING)
        sm_move(&manager->_state, CREDENTIAL_WAITING);
    if (session->renewal_token.len == 0)
        manager->_must_register = true;
    int r;
    if (manager->_must_register) {
        sm_move(&manager->_state, CREDENTIAL_REGISTERING);
        r = ais_client_register(manager->_ais, actr_bytes_ref(manager->_request),
                                manager_on_outcome, manager);
    } else {
        sm_move(&manager->_state, CREDENTIAL_RENEWING);
        r = ais_client_renew(manager->_ais, &session->identity.id,
                             actr_bytes_view(session->renewal_token), manager_on_outcome, manager);
    }
    if (r == 0)
        return;
    const struct ais_outcome outcome = {
        .verdict = AIS_FAILED, .code = r, .detail = actr_errmsg(), .retry_after_s = -1};
    manager_on_outcome(manager, &outcome);
}

uint64_t credential_manager_renew_delay_us(int64_t ttl_s, uint32_t random)
{
    if (ttl_s > TTL_MAX_S)
        ttl_s = TTL_MAX_S;
    if (ttl_s >= SHORT_TTL_S)
        return (uint64_t)(ttl_s - RENEW_LEAD_S) * S_US - RENEW_SPREAD_US * random / UINT32_MAX;
    uint64_t lifetime_us = (uint64_t)(ttl_s > 0 ? ttl_s : SHORT_TTL_S) * S_US;
    return lifetime_us / 2 + lifetime_us * 3 / 10 * random / UINT32_MAX;
}

/* When to tell of the end of a credential that lives for another ttl_s (> 0) seconds. */
static uint64_t manager_expiry_delay_us(int64_t ttl_s, uint32_t lead_s)
{
    if (ttl_s > TTL_MAX_S)
        ttl_s = TTL_MAX_S;
    uint64_t ttl_us = (uint64_t)ttl_s * S_US, lead_us = lead_s * S_US;
    return ttl_us >= 2 * lead_us ? ttl_us - lead_us : ttl_us - ttl_us / 10;
}

static void manager_on_expiry(struct loop_timer *timer)
{
    struct credential_manager *manager = container_of(timer, struct credential_manager, _expiry);
    manager->_is_expiring_told = true;
    manager->_events->on_expiring(manager->_owner);
}

/* Tells of it now, not inside. */
static void manager_expire(struct credential_manager *manager)
{
    if (manager->_state.state != CREDENTIAL_IDLE && !manager->_is_expiring_told)
        loop_timer_start(&manager->_expiry, 0);
}

static void manager_on_granted(struct credential_manager *manager,
                               const struct ais_outcome *outcome)
{
    const struct ais_registration *grant = outcome->registration;
    uint64_t now_s = loop_wall_ms(manager->_loop) / 1000;
    int64_t ttl_s = (int64_t)(outcome->expires_at_s - now_s);
    bool is_registered = manager->_must_register;
    manager->_is_registered = is_registered;
    manager->_is_accepted = false;
    manager->_must_register = false;
    manager->_confused_count = 0;
    manager->_rejected_count = 0;
    manager->_granted_us = loop_now_us(manager->_loop);
    backoff_reset(&manager->_renew_backoff);
    sm_move(&manager->_state, CREDENTIAL_VALID);
    loop_timer_start(&manager->_timer,
                     credential_manager_renew_delay_us(ttl_s, manager_random(manager)));
    manager->_is_expiring_told = false;
    loop_timer_stop(&manager->_expiry);
    if (ttl_s > 0)
        loop_timer_start(&manager->_expiry,
                         manager_expiry_delay_us(ttl_s, manager->_expiry_lead_s));
    /* When there is no memory for it the key will be fetched. */
    key_cache_put(manager->_keys, grant->signing_key_id, grant->signing_pubkey.ptr);
    if (is_registered)
        manager->_events->on_identity(manager->_owner);
    else
        manager->_events->on_renewed(manager->_owner);
}

/* Will a registration that failed so fail again? A clock that is off is the one cause of 401 that
 * may pass by itself: it gets a second attempt. */
static bool manager_is_final(struct credential_manager *manager, enum ais_verdict verdict)
{
    if (verdict == AIS_REJECTED)
        return ++manager->_rejected_count > 1;
    return verdict == AIS_FORBIDDEN || verdict == AIS_MALFORMED || verdict == AIS_MISMATCH;
}

/* A renewal that failed so cannot succeed later: only a registration helps. */
static bool manager_is_lost(struct credential_manager *manager, enum ais_verdict verdict)
{
    if (verdict == AIS_CONFUSED)
        return ++manager->_confused_count >= CONFUSED_MAX;
    return verdict == AIS_REJECTED || verdict == AIS_MALFORMED || verdict == AIS_UNFIT;
}

static uint64_t manager_pause_us(struct credential_manager *manager,
                                 const struct ais_outcome *outcome)
{
    struct backoff *backoff =
        manager->_must_register ? &manager->_register_backoff : &manager->_renew_backoff;
    uint64_t pause_us = (uint64_t)backoff_next(backoff, manager_random(manager)) * 1000;
    if (outcome->retry_after_s <= 0)
        return pause_us;
    uint64_t asked_s = (uint64_t)outcome->retry_after_s;
    uint64_t asked_us = (asked_s < RETRY_AFTER_MAX_S ? asked_s : RETRY_AFTER_MAX_S) * S_US;
    return asked_us > pause_us ? asked_us : pause_us;
}

static void manager_on_failed(struct credential_manager *manager, const struct ais_outcome *outcome)
{
    bool was_renewal = !manager->_must_register;
    bool is_final = !was_renewal && manager_is_final(manager, outcome->verdict);
    uint64_t pause_us = 0;
    if (was_renewal && manager_is_lost(manager, outcome->verdict))
        manager->_must_register = true;
    else
        pause_us = manager_pause_us(manager, outcome);
    if (outcome->verdict == AIS_FORBIDDEN) {
        sm_move(&manager->_state, CREDENTIAL_REALM_REFUSED);
        loop_timer_start(&manager->_timer, pause_us);
    } else {
        manager_schedule(manager, pause_us);
    }
    manager->_events->on_error(manager->_owner, outcome->code, outcome->detail, is_final);
}

static void manager_on_outcome(void *user, const struct ais_outcome *outcome)
{
    struct credential_manager *manager = user;
    if (outcome->verdict != AIS_GRANTED) {
        manager_on_failed(manager, outcome);
        return;
    }
    int r = manager->_must_register
                ? session_adopt(manager->_session, outcome->registration, outcome->expires_at_s)
                : session_renew(manager->_session, outcome->registration, outcome->expires_at_s);
    if (r == 0) {
        manager_on_granted(manager, outcome);
        return;
    }
    const struct ais_outcome failed = {
        .verdict = AIS_FAILED, .code = r, .detail = actr_errmsg(), .retry_after_s = -1};
    manager_on_failed(manager, &failed);
}

void credential_manager_on_accepted(struct credential_manager *manager, uint64_t epoch)
{
    if (epoch != manager->_session->epoch)
        return;
    manager->_is_accepted = true;
    if (manager->_state.state == CREDENTIAL_VALID && manager_age_us(manager) >= SETTLED_US)
        backoff_reset(&manager->_register_backoff);
    if (manager->_state.state == CREDENTIAL_REALM_REFUSED)
        manager_schedule(manager, 0);
}

void credential_manager_on_refused(struct credential_manager *manager, uint64_t epoch)
{
    if (epoch != manager->_session->epoch || manager->_state.state != CREDENTIAL_VALID)
        return;
    manager_expire(manager);
    manager->_must_register = !manager->_is_accepted;
    bool is_suspect = !manager->_is_accepted && manager->_is_registered;
    uint32_t pause_ms =
        is_suspect ? backoff_next(&manager->_register_backoff, manager_random(manager)) : 0;
    manager_schedule(manager, (uint64_t)pause_ms * 1000);
}

void credential_manager_on_warning(struct credential_manager *manager)
{
    manager_expire(manager);
    if (manager->_state.state == CREDENTIAL_VALID && manager_age_us(manager) >= WARNING_REST_US)
        manager_schedule(manager, 0);
}

void credential_manager_on_displaced(struct credential_manager *manager)
{
    bool is_registering = manager->_must_register;
    if (manager->_state.state == CREDENTIAL_IDLE || is_registering)
        return;
    ais_client_cancel(manager->_ais);
    manager->_must_register = true;
    uint32_t pause_ms = 0;
    if (manager_age_us(manager) < SETTLED_US)
        pause_ms = backoff_next(&manager->_register_backoff, manager_random(manager));
    manager_schedule(manager, (uint64_t)pause_ms * 1000);
}
