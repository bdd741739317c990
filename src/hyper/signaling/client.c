// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The life of the signaling socket and what goes over it.
 *
 * The network reports a connection's end after it was closed or cut, so each connection has a link
 * of its own, which frees itself when the end has come. What a link that is not the present one
 * still says is not heard.
 *
 * Only a connection that lived for a while resets the pauses between dials; a server that accepts
 * and hangs up is not hammered. A refused credential is not tried again: the client is held until
 * the session has another. Replies are matched by number, relays are handed up; everything else
 * that comes (pushes of presence, text, other versions, what does not decode) is ignored, as no
 * part of the system asks for it. */
#include "hyper/signaling/client.h"

#include <assert.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/signaling/dial_url.h"
#include "hyper/signaling/session_state.h"
#include "net/interfaces.h"
#include "net/net.h"
#include "sys/log.h"

#define MESSAGE_LEN_MAX ((uint32_t)1024 * 1024)
#define MESSAGE_ARENA_MAX ((size_t)64 * 1024 + 16 * (size_t)MESSAGE_LEN_MAX)
#define CONNECT_TIMEOUT_MS 10000
#define PING_INTERVAL_MS 5000
#define DEAD_AFTER_MS 10000
#define STABLE_US ((uint64_t)5000000) /* a connection that lived so long was a good one */
#define LIMITED_PAUSE_MS 10000        /* after 429 on the upgrade */
#define PACE_INTERVAL_US 100000
#define PACE_BURST 40
#define PACE_SPARE 5 /* of the burst, for heartbeats */
#define CLOSE_NORMAL 1000
#define CLOSE_POLICY 1008
#define DETAIL_MAX 256

struct client_link {
    struct list of_client;
    struct client *client; /* NULL: freed */
    struct net_ws *ws;
    uint64_t epoch; /* of the credential that it was dialled with */
};

static const char *const state_names[] = {"idle", "waiting", "dialing", "open", "held", "closing"};
static const uint32_t state_moves[] = {
    [CLIENT_IDLE] = SM_TO(CLIENT_WAITING),
    [CLIENT_WAITING] = SM_TO(CLIENT_WAITING) | SM_TO(CLIENT_DIALING) | SM_TO(CLIENT_CLOSING),
    [CLIENT_DIALING] =
        SM_TO(CLIENT_OPEN) | SM_TO(CLIENT_WAITING) | SM_TO(CLIENT_HELD) | SM_TO(CLIENT_CLOSING),
    [CLIENT_OPEN] = SM_TO(CLIENT_WAITING) | SM_TO(CLIENT_HELD) | SM_TO(CLIENT_CLOSING),
    [CLIENT_HELD] = SM_TO(CLIENT_WAITING) | SM_TO(CLIENT_CLOSING),
    [CLIENT_CLOSING] = SM_TO(CLIENT_IDLE),
};
static const struct sm_table state_table = {"signaling client", state_names, state_moves, 6};

static void client_on_retry(struct loop_timer *timer);
static void client_on_pace(struct loop_timer *timer);

void client_init(struct client *client, const struct client_parts *parts,
                 const struct client_events *events, void *owner)
{
    *client = (struct client){
        ._loop = parts->loop,
        ._net = parts->net,
        ._log = parts->log,
        ._session = parts->session,
        ._url = parts->url,
        ._wants_answer = parts->wants_answer,
        ._events = events,
        ._owner = owner,
        ._backoff = {.initial_ms = 250, .max_ms = 60000, .factor = 2, .jitter_percent = 30},
        ._pacer = {.interval_us = PACE_INTERVAL_US, .burst = PACE_BURST},
    };
    sm_init(&client->_state, &state_table, CLIENT_IDLE);
    loop_timer_init(&client->_retry, parts->loop, client_on_retry);
    loop_timer_init(&client->_pace, parts->loop, client_on_pace);
    client_requests_init(&client->_requests, parts->loop, CLIENT_REQUEST_MAX);
    list_init(&client->_turns);
    list_init(&client->_links);
}

/* Lets go of the present connection, if there is one. */
static void client_drop(struct client *client, uint16_t code)
{
    if (client->_link != NULL)
        net_ws_close(client->_link->ws, code, NULL);
    client->_link = NULL;
}

/* Cuts every connection. */
static void client_sever(struct client *client)
{
    list_each(link, &client->_links)
        net_ws_close(container_of(link, struct client_link, of_client)->ws, 0, NULL);
    client->_link = NULL;
}

void client_deinit(struct client *client)
{
    if (client->_loop == NULL)
        return;
    client->_watch = interfaces_unwatch(client->_watch);
    client_sever(client);
    while (!list_is_empty(&client->_links)) {
        struct list *link = list_pop(&client->_links);
        container_of(link, struct client_link, of_client)->client = NULL;
    }
    loop_timer_stop(&client->_retry);
    loop_timer_stop(&client->_pace);
    client_requests_deinit(&client->_requests);
}

/* To dial, after a pause. */
static void client_wait(struct client *client, uint32_t pause_ms)
{
    sm_move(&client->_state, CLIENT_WAITING);
    loop_timer_start(&client->_retry, (uint64_t)pause_ms * 1000);
}

static uint32_t client_pause_ms(struct client *client)
{
    uint32_t random;
    loop_random(client->_loop, &random, sizeof random);
    return backoff_next(&client->_backoff, random);
}

/* ---- The connection ---- */

static void link_on_open(void *user);
static void link_on_message(void *user, struct actr_bytes message, bool is_binary);
static void link_on_closed(void *user, const struct net_close *why);
static const struct net_ws_events link_events = {
    .on_open = link_on_open, .on_message = link_on_message, .on_closed = link_on_closed};

/* ACTR_ENOMEM, ACTR_EINVALID. */
static int client_connect(struct client *client)
{
    char *url = dial_url_new(client->_url, client->_session, client->_wants_answer);
    struct client_link *link = mem_alloc(sizeof *link);
    int r = ACTR_ENOMEM;
    if (url != NULL && link != NULL) {
        const struct net_ws_options options = {
            .url = url,
            .connect_timeout_ms = CONNECT_TIMEOUT_MS,
            .message_len_max = MESSAGE_LEN_MAX,
            .ping_interval_ms = PING_INTERVAL_MS,
            .dead_after_ms = DEAD_AFTER_MS,
        };
        *link = (struct client_link){.client = client, .epoch = client->_session->epoch};
        r = net_ws_dial(client->_net, &options, &link_events, link, &link->ws);
    }
    mem_free(url);
    if (r < 0) {
        mem_free(link);
        return r;
    }
    list_init(&link->of_client);
    list_push(&client->_links, &link->of_client);
    client->_link = link;
    return 0;
}

static bool link_is_present(const struct client_link *link)
{
    return link->client != NULL && link->client->_link == link;
}

static void client_on_retry(struct loop_timer *timer)
{
    struct client *client = container_of(timer, struct client, _retry);
    assert(client->_link == NULL);
    sm_move(&client->_state, CLIENT_DIALING);
    client->_events->on_dial(client->_owner, ++client->_attempts);
    int r = client_connect(client);
    if (r == 0)
        return;
    client_wait(client, client_pause_ms(client));
    client->_events->on_down(client->_owner, false, CLIENT_LOST, r, "cannot dial the server");
}

static void link_on_open(void *user)
{
    struct client_link *link = user;
    struct client *client = link->client;
    if (!link_is_present(link))
        return;
    sm_move(&client->_state, CLIENT_OPEN);
    client->_opened_us = loop_now_us(client->_loop);
    client->_attempts = 0;
    client->_events->on_accepted(client->_owner, link->epoch);
    client->_events->on_open(client->_owner);
}

static int close_code(const struct net_close *why)
{
    if (why->cause == NET_TIMEOUT)
        return ACTR_ETIMEDOUT;
    if (why->cause == NET_UNFIT)
        return ACTR_ECONFIG;
    if (why->cause == NET_REJECTED && (why->code == 401 || why->code == 403))
        return ACTR_EPERMISSION;
    return ACTR_EUNAVAILABLE;
}

static enum client_loss close_loss(const struct net_close *why)
{
    if (why->cause == NET_REJECTED && why->code == 401)
        return CLIENT_REFUSED;
    if (why->cause == NET_CLOSED && why->code == CLOSE_POLICY)
        return CLIENT_DISPLACED;
    return CLIENT_LOST;
}

static void client_on_down(struct client *client, const struct net_close *why, uint64_t epoch)
{
    bool was_open = client->_state.state == CLIENT_OPEN;
    enum client_loss loss = close_loss(why);
    bool is_outdated = loss == CLIENT_REFUSED && epoch != client->_session->epoch;
    client_requests_finish(&client->_requests, ACTR_EUNAVAILABLE, "the server was lost");
    loop_timer_stop(&client->_pace);
    client->_is_limited = why->cause == NET_REJECTED && why->code == 429;
    if (was_open && loop_now_us(client->_loop) - client->_opened_us >= STABLE_US)
        backoff_reset(&client->_backoff);
    if (loss == CLIENT_LOST || is_outdated) {
        uint32_t pause_ms = client->_is_moving ? 0 : client_pause_ms(client);
        client->_is_moving = false;
        client_wait(client, client->_is_limited ? LIMITED_PAUSE_MS + pause_ms : pause_ms);
    } else {
        sm_move(&client->_state, CLIENT_HELD);
    }
    if (loss == CLIENT_REFUSED)
        client->_events->on_refused(client->_owner, epoch);
    client->_events->on_down(client->_owner, was_open, loss, close_code(why), why->detail);
}

static void link_on_closed(void *user, const struct net_close *why)
{
    struct client_link *link = user;
    struct client *client = link->client;
    bool was_present = link_is_present(link);
    uint64_t epoch = link->epoch;
    list_remove(&link->of_client);
    mem_free(link);
    if (was_present) {
        client->_link = NULL;
        client_on_down(client, why, epoch);
    } else if (client != NULL && client->_state.state == CLIENT_CLOSING &&
               list_is_empty(&client->_links)) {
        sm_move(&client->_state, CLIENT_IDLE);
        client->_events->on_stopped(client->_owner);
    }
}

/* ---- Our addresses ---- */

/* The connection's address has gone, and there is another to dial from. */
static bool client_is_stranded(const struct client *client)
{
    struct interface_address list[INTERFACES_MAX];
    struct net_address local;
    bool has_other = false;

    if (client->_link == NULL || !net_ws_local(client->_link->ws, &local))
        return false;
    size_t count = interfaces_list(client->_net, list);
    for (size_t i = 0; i < count; i++) {
        if (net_address_same_host(&list[i].address, &local))
            return false;
        has_other = has_other || !list[i].is_loopback;
    }
    return has_other;
}

static void client_on_interfaces(void *owner)
{
    struct client *client = owner;
    if (client_is_stranded(client)) {
        client->_is_moving = true;
        net_ws_close(client->_link->ws, 0, NULL);
    } else if (client->_state.state == CLIENT_WAITING && !client->_is_limited) {
        loop_timer_start(&client->_retry, 0);
    }
}

/* Without word of them, losses are noticed by silence. */
static void client_watch(struct client *client)
{
    if (client->_watch == NULL &&
        interfaces_watch(client->_net, client_on_interfaces, client, &client->_watch) < 0)
        log_debug(client->_log, "signaling.interfaces", "%s", actr_errmsg());
}

void client_dial(struct client *client)
{
    client_watch(client);
    client_drop(client, CLOSE_NORMAL);
    client_requests_finish(&client->_requests, ACTR_EUNAVAILABLE, "this node registered anew");
    loop_timer_stop(&client->_pace);
    backoff_reset(&client->_backoff);
    client_wait(client, 0);
}

void client_release(struct client *client)
{
    if (client->_state.state == CLIENT_HELD)
        client_wait(client, 0);
}

void client_give_up(struct client *client)
{
    if (client->_state.state == CLIENT_OPEN)
        net_ws_close(client->_link->ws, 0, NULL);
}

/* The connections have been told; true: to wait for their end. */
static bool client_end(struct client *client)
{
    client->_watch = interfaces_unwatch(client->_watch);
    client_requests_finish(&client->_requests, ACTR_ECANCELED, "signaling is stopping");
    loop_timer_stop(&client->_retry);
    loop_timer_stop(&client->_pace);
    if (client->_state.state != CLIENT_IDLE && client->_state.state != CLIENT_CLOSING)
        sm_move(&client->_state, CLIENT_CLOSING);
    if (!list_is_empty(&client->_links))
        return true;
    if (client->_state.state == CLIENT_CLOSING)
        sm_move(&client->_state, CLIENT_IDLE);
    return false;
}

bool client_stop(struct client *client)
{
    client_drop(client, CLOSE_NORMAL);
    return client_end(client);
}

bool client_cut(struct client *client)
{
    client_sever(client);
    return client_end(client);
}

/* ---- Requests ---- */

static void client_send(struct client *client, struct client_request *request)
{
    struct actr_bytes message = request->_message;
    request->_message = (struct actr_bytes){0};
    /* NET_FULL needs no answer: there are few requests, they are small, and paced. */
    int r = net_ws_send(client->_link->ws, message);
    if (r < 0)
        client_request_finish(&client->_requests, request, r, "cannot send the request");
    else if (request->_ends_sent)
        client_request_finish(&client->_requests, request, ACTR_ETIMEDOUT, "");
}

static void client_on_pace(struct loop_timer *timer)
{
    struct client *client = container_of(timer, struct client, _pace);
    while (!list_is_empty(&client->_turns)) {
        uint64_t wait_us = pacer_take(&client->_pacer, loop_now_us(client->_loop), PACE_SPARE);
        if (wait_us > 0) {
            loop_timer_start(&client->_pace, wait_us);
            return;
        }
        struct list *turn = list_pop(&client->_turns);
        client_send(client, container_of(turn, struct client_request, _turn));
    }
}

static void client_queue(struct client *client, struct client_request *request, bool is_urgent)
{
    uint64_t now_us = loop_now_us(client->_loop);
    bool must_wait = !is_urgent && !list_is_empty(&client->_turns);
    uint64_t wait_us =
        must_wait ? 1 : pacer_take(&client->_pacer, now_us, is_urgent ? 0 : PACE_SPARE);
    if (wait_us == 0) {
        client_send(client, request);
        return;
    }
    if (is_urgent)
        list_push_front(&client->_turns, &request->_turn);
    else
        list_push(&client->_turns, &request->_turn);
    if (!loop_timer_is_active(&client->_pace))
        loop_timer_start(&client->_pace, wait_us);
}

static int client_encode(struct client *client, struct client_request *request,
                         struct signaling_envelope *envelope)
{
    char id[CLIENT_REQUEST_ID_SIZE];
    envelope->version = SIGNALING_VERSION;
    envelope->id = view_text(client_request_id(request, id));
    request->_epoch = client->_session->epoch;
    request->_message = signaling_encode(envelope);
    if (!actr_bytes_failed(request->_message))
        return 0;
    request->_message = (struct actr_bytes){0};
    return err_origin(ACTR_ENOMEM, "signaling: a request");
}

static void client_begin(struct client *client, struct client_request *request,
                         struct signaling_envelope *envelope, uint32_t timeout_ms,
                         client_request_fn *fn)
{
    struct client_requests *requests = &client->_requests;
    bool is_urgent = envelope->flow == SIGNALING_FLOW_ACTR_TO_SERVER &&
                     (envelope->request.kind == SIGNALING_PING ||
                      envelope->request.kind == SIGNALING_UNREGISTER);
    int r = client_request_open(requests, request, timeout_ms, fn);
    if (r == 0 && client->_state.state != CLIENT_OPEN)
        r = ACTR_EUNAVAILABLE;
    if (r == 0)
        r = client_encode(client, request, envelope);
    if (r == 0) {
        request->_ends_sent =
            envelope->flow == SIGNALING_FLOW_RELAY && envelope->relay.kind == RELAY_ICE_CANDIDATE;
        client_queue(client, request, is_urgent);
    } else {
        client_request_finish(requests, request, r,
                              r == ACTR_ENOMEM         ? "out of memory"
                              : client_is_open(client) ? "too many requests to the server"
                                                       : "not connected to the server");
    }
}

void client_ask(struct client *client, struct client_request *request,
                const struct signaling_request *payload, uint32_t timeout_ms, client_request_fn *fn)
{
    struct signaling_envelope envelope = {.flow = SIGNALING_FLOW_ACTR_TO_SERVER,
                                          .request = *payload};
    envelope.request.source = client->_session->identity.id;
    envelope.request.credential = session_credential(client->_session);
    client_begin(client, request, &envelope, timeout_ms, fn);
}

void client_relay(struct client *client, struct client_request *request, const struct relay *relay,
                  client_request_fn *fn)
{
    struct signaling_envelope envelope = {.flow = SIGNALING_FLOW_RELAY, .relay = *relay};
    envelope.relay.source = client->_session->identity.id;
    envelope.relay.credential = session_credential(client->_session);
    client_begin(client, request, &envelope, CLIENT_RELAY_MS, fn);
}

/* ---- Answers ---- */

int client_error_code(uint32_t code)
{
    switch (code) {
    case 400:
        return ACTR_EINVALID;
    case 403:
        return ACTR_EPERMISSION;
    case 404:
        return ACTR_ENOTFOUND;
    default:
        return ACTR_EUNAVAILABLE;
    }
}

static void client_on_error(struct client *client, struct client_request *request,
                            const struct error_response *error)
{
    uint64_t epoch = request->_epoch;
    if (error->code == 401) {
        client_request_finish(&client->_requests, request, ACTR_EUNAVAILABLE,
                              "the server refused the credential");
        client->_events->on_refused(client->_owner, epoch);
        return;
    }
    char detail[DETAIL_MAX];
    struct text text;
    text_init(&text, detail, sizeof detail);
    text_printf(&text, "%u: ", error->code);
    text_append(&text, error->message);
    client_request_close(request);
    request->_fn(request, client_error_code(error->code), detail, NULL);
}

static void client_on_reply(struct client *client, const struct signaling_envelope *envelope)
{
    const struct signaling_reply *reply = &envelope->reply;
    struct client_request *request = client_requests_find(&client->_requests, envelope->reply_for);
    if (request == NULL) {
        log_debug(client->_log, "signaling.unmatched", "kind=%d", (int)reply->kind);
        return;
    }
    if (reply->kind == SIGNALING_REPLY_ERROR) {
        client_on_error(client, request, &reply->error);
        return;
    }
    client->_events->on_accepted(client->_owner, request->_epoch);
    client_request_close(request);
    request->_fn(request, 0, "", reply);
}

static void client_on_envelope(struct client *client, const struct signaling_envelope *envelope)
{
    if (envelope->version != SIGNALING_VERSION)
        return;
    if (envelope->flow == SIGNALING_FLOW_SERVER_TO_ACTR) {
        client_on_reply(client, envelope);
    } else if (envelope->flow == SIGNALING_FLOW_RELAY) {
        if (client->_events->on_relay != NULL)
            client->_events->on_relay(client->_owner, &envelope->relay);
    } else if (envelope->flow == SIGNALING_FLOW_ERROR) {
        /* Not said for which message: it was thrown away before it was read. */
        log_warn(client->_log, "signaling.refused", "code=%u", envelope->error.code);
        pacer_drain(&client->_pacer, loop_now_us(client->_loop));
    }
}

static void link_on_message(void *user, struct actr_bytes message, bool is_binary)
{
    struct client_link *link = user;
    struct client *client = link->client;
    if (link_is_present(link) && is_binary) {
        struct signaling_envelope envelope;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_MAX);
        int r = signaling_decode(actr_bytes_view(message), &arena, &envelope);
        if (r == 0)
            client_on_envelope(client, &envelope);
        else
            log_debug(client->_log, "signaling.undecodable", "len=%zu reason=%s", message.len,
                      actr_errmsg());
        arena_deinit(&arena);
    }
    actr_bytes_unref(message);
}
