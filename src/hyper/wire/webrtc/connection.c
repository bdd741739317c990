// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One session: datagrams are told apart by their first byte (RFC 7983 §7), STUN goes to the agent,
 * DTLS to the association, media is counted; what the association sends takes the agent's path.
 *
 * News for the owner are noted and told by a task, one a turn, so that the owner may free the
 * connection in each of them. Messages are handed up as they come, but for those that come before
 * the owner reads: they wait here, and the association is stopped.
 *
 * One timer for all. Loop thread. It retries nothing by itself. */
#include "hyper/wire/webrtc/connection.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/text.h"
#include "hyper/wire/webrtc/connection_parts.h"
#include "hyper/wire/webrtc/ice/stun.h"
#include "hyper/wire/webrtc/rtp.h"

#define CONNECTION_CLOSE_US 1000000u
/* Bytes of a probe through a relay of ours: it may fragment what it passes on, and would not say.
 */
#define CONNECTION_RELAYED_MAX 1452

/* ---- News ---- */

static void connection_note(struct connection *connection, unsigned what)
{
    connection->news |= what;
    loop_defer(connection->settings->loop, &connection->told);
}

void connection_end(struct connection *connection, int code, const char *detail)
{
    struct text text;
    if (connection->is_over)
        return;
    connection->is_over = true;
    connection->code = code;
    text_init(&text, connection->detail, sizeof(connection->detail));
    text_append(&text, view_text(detail));
    connection_note(connection, CONNECTION_NEWS_END);
}

/* Hands up what waited while nobody read. */
static void connection_deliver(struct connection *connection)
{
    while (!list_is_empty(&connection->held) && (connection->is_reading || connection->is_over)) {
        struct connection_held *held =
            container_of(list_pop(&connection->held), struct connection_held, link);
        struct actr_bytes message = held->message;
        uint8_t lane = held->lane;
        mem_free(held);
        connection->events->on_message(connection->owner, connection, lane, message);
    }
    if (connection->is_reading && !connection->is_over)
        association_read(connection->association, true);
}

static void connection_tell_path(struct connection *connection)
{
    struct connection_path path = {.is_up = connection->has_path};
    struct ice_pair_info pair;
    struct ice_stats stats;

    ice_agent_get_stats(connection->agent, &stats);
    if (path.is_up && ice_agent_selected(connection->agent, &pair)) {
        path.is_newest = pair.generation == stats.generation;
        path.is_relayed = pair.is_relayed;
    }
    connection->events->on_path(connection->owner, connection, &path);
}

/* One of the candidates that were told before; the next run tells the next. */
static void connection_tell_again(struct connection *connection)
{
    const struct candidate *candidate =
        ice_agent_candidate(connection->agent, connection->announced);
    char text[CANDIDATE_TEXT_MAX];

    if (!candidate || connection->is_over)
        return;
    connection->announced++;
    connection_note(connection, CONNECTION_NEWS_CANDIDATES);
    candidate_format(candidate, text);
    connection->events->on_candidate(connection->owner, connection,
                                     ice_agent_local(connection->agent)->ufrag, text);
}

void connection_announce(struct connection *connection)
{
    connection->announced = 0;
    connection_note(connection, CONNECTION_NEWS_CANDIDATES);
}

static void connection_on_told(struct loop_task *task)
{
    struct connection *connection = container_of(task, struct connection, told);
    unsigned news = connection->news & (0u - connection->news); /* one of them, in this order */

    connection->news &= ~news;
    if (connection->news)
        loop_defer(connection->settings->loop, task);
    if (news == CONNECTION_NEWS_READY) {
        connection->is_told = true;
        connection->events->on_ready(connection->owner, connection);
    } else if (news == CONNECTION_NEWS_HELD) {
        connection_deliver(connection);
    } else if (news == CONNECTION_NEWS_PATH && connection->is_told) {
        connection_tell_path(connection);
    } else if (news == CONNECTION_NEWS_CANDIDATES) {
        connection_tell_again(connection);
    } else if (news == CONNECTION_NEWS_END) {
        if (connection->is_told)
            connection_deliver(connection);
        connection->events->on_closed(connection->owner, connection, connection->code,
                                      connection->detail);
    }
}

/* ---- Time ---- */

static void connection_schedule(struct connection *connection)
{
    uint64_t now_us = loop_now_us(connection->settings->loop);
    uint64_t due_us = ice_agent_deadline(connection->agent);
    uint64_t other_us = association_deadline(connection->association);

    if (connection->is_over) {
        loop_timer_stop(&connection->timer);
        return;
    }
    if (other_us < due_us)
        due_us = other_us;
    if (connection->close_us < due_us)
        due_us = connection->close_us;
    if (due_us == connection->armed_us && loop_timer_is_active(&connection->timer))
        return;
    connection->armed_us = due_us;
    loop_timer_stop(&connection->timer);
    if (due_us != UINT64_MAX)
        loop_timer_start(&connection->timer, due_us > now_us ? due_us - now_us : 0);
}

static void connection_start(struct connection *connection)
{
    uint64_t now_us = loop_now_us(connection->settings->loop);

    connection->has_started = true;
    association_start(connection->association, now_us);
    connection_early_deliver(connection, now_us);
}

/* After whatever may have changed the agent: begins the association when there is a path. */
void connection_settle(struct connection *connection)
{
    if (connection->has_begun && !connection->has_started && !connection->is_over &&
        ice_agent_path(connection->agent, &(struct net_address){0}) != NULL)
        connection_start(connection);
    connection_schedule(connection);
}

static void connection_tick(struct connection *connection)
{
    uint64_t now_us = loop_now_us(connection->settings->loop);

    ice_agent_tick(connection->agent, now_us);
    association_tick(connection->association, now_us);
    connection_look(connection);
    if (now_us >= connection->close_us)
        connection_end(connection, 0, "");
    connection_settle(connection);
}

static void connection_on_timer(struct loop_timer *timer)
{
    connection_tick(container_of(timer, struct connection, timer));
}

static void connection_on_soon(struct loop_task *task)
{
    struct connection *connection = container_of(task, struct connection, soon);
    if (!connection->is_over)
        connection_tick(connection);
}

/* ---- Out ---- */

static void connection_transmit(struct connection *connection, const struct candidate *local,
                                const struct net_address *remote, struct actr_view bytes)
{
    connection->datagrams_out++;
    if (local->type == CANDIDATE_RELAY)
        gatherer_send_relayed(connection->gatherer, &local->address, remote, bytes);
    else
        udp_mux_send(connection->settings->mux, &local->base, remote, bytes);
}

static void connection_on_association_send(void *owner, struct actr_view datagram)
{
    struct connection *connection = owner;
    struct net_address remote;
    const struct candidate *local = ice_agent_path(connection->agent, &remote);
    if (local)
        connection_transmit(connection, local, &remote, datagram);
}

static bool connection_on_association_probe(void *owner, struct actr_view datagram)
{
    struct connection *connection = owner;
    struct net_address remote;
    const struct candidate *local = ice_agent_path(connection->agent, &remote);
    if (!local)
        return true;
    if (local->type == CANDIDATE_RELAY && datagram.len > CONNECTION_RELAYED_MAX)
        return false;
    connection->datagrams_out++;
    if (local->type == CANDIDATE_RELAY)
        return gatherer_probe_relayed(connection->gatherer, &local->address, &remote, datagram);
    return udp_mux_send_probe(connection->settings->mux, &local->base, &remote, datagram);
}

/* ---- The association ---- */

static void connection_on_association_ready(void *owner)
{
    struct connection *connection = owner;
    connection->user.is_unsure = false;
    connection_note(connection, CONNECTION_NEWS_READY);
}

static void connection_on_association_message(void *owner, uint8_t lane, struct actr_bytes message)
{
    struct connection *connection = owner;

    connection_use(connection);
    if (connection->is_reading && list_is_empty(&connection->held)) {
        connection->events->on_message(connection->owner, connection, lane, message);
        return;
    }
    struct connection_held *held = mem_alloc(sizeof(*held));
    if (!held) {
        actr_bytes_unref(message);
        connection_end(connection, ACTR_ENOMEM, "no memory for a message");
        return;
    }
    held->lane = lane;
    held->message = message;
    list_init(&held->link);
    list_push(&connection->held, &held->link);
    association_read(connection->association, false);
}

static void connection_on_association_writable(void *owner, uint8_t lane)
{
    struct connection *connection = owner;
    if (!connection->is_over)
        connection->events->on_writable(connection->owner, connection, lane);
}

static void connection_on_association_closed(void *owner, int code, const char *detail)
{
    connection_end(owner, code, detail);
}

static const struct association_events connection_association_events = {
    .send = connection_on_association_send,
    .probe = connection_on_association_probe,
    .on_ready = connection_on_association_ready,
    .on_message = connection_on_association_message,
    .on_writable = connection_on_association_writable,
    .on_closed = connection_on_association_closed,
};

/* ---- ICE ---- */

static void connection_on_ice_send(void *owner, const struct candidate *local,
                                   const struct net_address *remote, struct actr_view packet)
{
    connection_transmit(owner, local, remote, packet);
}

static void connection_on_ice_state(void *owner, enum ice_state state)
{
    struct connection *connection = owner;
    bool has_path = state == ICE_CONNECTED;

    if (state == ICE_FAILED && !connection->is_told) {
        connection_end(connection, ACTR_EUNAVAILABLE, "WebRTC: no path to the peer");
        return;
    }
    if (has_path && !connection->has_path && connection->has_started)
        association_path_changed(connection->association);
    if (has_path)
        connection->refused_us = 0;
    else if (connection->has_started)
        association_path_doubted(connection->association);
    connection->has_path = has_path;
    connection_note(connection, CONNECTION_NEWS_PATH);
}

static void connection_on_ice_selected(void *owner, const struct ice_pair_info *pair)
{
    struct connection *connection = owner;
    (void)pair;
    if (connection->has_started)
        association_path_changed(connection->association);
    connection_note(connection, CONNECTION_NEWS_PATH);
}

static void connection_on_ice_remote(void *owner, const struct net_address *remote)
{
    struct connection *connection = owner;
    if (udp_mux_route(connection->settings->mux, &connection->user, remote) < 0)
        connection_end(connection, ACTR_ENOMEM, actr_errmsg());
}

static void connection_random(void *owner, void *buf, size_t len)
{
    const struct connection *connection = owner;
    loop_random(connection->settings->loop, buf, len);
}

static const struct ice_events connection_ice_events = {
    .send = connection_on_ice_send,
    .on_state = connection_on_ice_state,
    .on_selected = connection_on_ice_selected,
    .on_remote = connection_on_ice_remote,
    .random = connection_random,
};

/* ---- In ---- */

/* Nobody has agreed on media: it is counted. */
static void connection_on_media(struct connection *connection, struct actr_view bytes)
{
    connection->media[rtp_classify(bytes)]++;
}

/* A packet of the peer, by whatever way. */
static bool connection_receive(struct connection *connection, const struct net_address *local,
                               const struct net_address *remote, struct actr_view bytes)
{
    uint64_t now_us = loop_now_us(connection->settings->loop);

    if (connection->is_over)
        return false;
    connection->datagrams_in++;
    if (stun_is(bytes))
        return ice_agent_receive(connection->agent, local, remote, bytes, now_us);
    if (rtp_is(bytes)) {
        connection_on_media(connection, bytes);
        return true;
    }
    if (!connection->has_started) {
        connection_early_keep(connection, bytes);
        return true;
    }
    if (!association_receive(connection->association, bytes, now_us))
        return false;
    ice_agent_heard(connection->agent, remote, now_us);
    return true;
}

static bool connection_on_datagram(struct udp_mux_user *user, const struct datagram *datagram)
{
    struct connection *connection = container_of(user, struct connection, user);
    return connection_receive(connection, &datagram->local, &datagram->remote, datagram->bytes);
}

static void connection_on_burst_end(struct udp_mux_user *user)
{
    struct connection *connection = container_of(user, struct connection, user);
    if (connection->is_over)
        return;
    association_receive_end(connection->association);
    connection_settle(connection);
}

static const struct udp_mux_user_events connection_user_events = {
    .on_datagram = connection_on_datagram,
    .on_burst_end = connection_on_burst_end,
    .on_refused = connection_on_refused,
};

/* ---- Candidates of ours ---- */

static void connection_on_candidate(void *owner, const struct candidate *found, uint16_t preference)
{
    struct connection *connection = owner;
    struct candidate candidate = *found;
    char text[CANDIDATE_TEXT_MAX];

    if (connection->is_over || ice_agent_add_local(connection->agent, &candidate, preference) < 0)
        return;
    candidate_format(&candidate, text);
    connection_settle(connection);
    connection->events->on_candidate(connection->owner, connection,
                                     ice_agent_local(connection->agent)->ufrag, text);
}

static void connection_on_gathered(void *owner)
{
    connection_schedule(owner);
}

static void connection_on_trouble(void *owner, int code, const char *detail)
{
    const struct connection *connection = owner;
    log_debug(connection->settings->log, "webrtc.server", "code=%d %s", code, detail);
}

static void connection_on_relayed(void *owner, const struct net_address *relayed,
                                  const struct net_address *remote, struct actr_view bytes)
{
    connection_receive(owner, relayed, remote, bytes);
}

static void connection_on_relayed_end(void *owner)
{
    struct connection *connection = owner;
    connection_on_burst_end(&connection->user);
}

static void connection_on_relay_lost(void *owner, const struct net_address *relayed, int code,
                                     const char *detail)
{
    struct connection *connection = owner;
    connection_on_trouble(owner, code, detail);
    ice_agent_drop_base(connection->agent, relayed, loop_now_us(connection->settings->loop));
    connection_settle(connection);
}

static const struct gatherer_events connection_gatherer_events = {
    .on_candidate = connection_on_candidate,
    .on_done = connection_on_gathered,
    .on_trouble = connection_on_trouble,
    .on_relayed = connection_on_relayed,
    .on_relayed_end = connection_on_relayed_end,
    .on_relay_lost = connection_on_relay_lost,
};

/* ---- For the owner ---- */

void connection_on_credentials(struct connection *connection)
{
    const struct connection_settings *settings = connection->settings;
    if (gatherer_set_credentials(connection->gatherer, settings->turn_username,
                                 settings->turn_password) < 0)
        connection_on_trouble(connection, ACTR_ENOMEM, actr_errmsg());
}

int connection_send(struct connection *connection, uint8_t lane, struct actr_bytes message)
{
    if (connection->is_over) {
        actr_bytes_unref(message);
        return 0;
    }
    connection_use(connection);
    int r = association_send(connection->association, lane, message);
    connection_schedule(connection);
    return r == ASSOCIATION_FULL ? CONNECTION_FULL : r;
}

void connection_read(struct connection *connection, bool enable)
{
    if (connection->is_reading == enable)
        return;
    connection->is_reading = enable;
    if (!enable)
        association_read(connection->association, false);
    else
        connection_note(connection, CONNECTION_NEWS_HELD);
}

void connection_close(struct connection *connection)
{
    if (connection->close_us != UINT64_MAX || connection->is_over)
        return;
    connection->close_us = loop_now_us(connection->settings->loop) + CONNECTION_CLOSE_US;
    association_close(connection->association);
    connection_schedule(connection);
}

void connection_get_stats(const struct connection *connection, struct connection_stats *ret_stats)
{
    struct ice_stats ice;
    ice_agent_get_stats(connection->agent, &ice);
    *ret_stats = (struct connection_stats){
        .datagrams_in = connection->datagrams_in,
        .datagrams_out = connection->datagrams_out,
        .checks_forged = ice.forged,
        .media_in = connection->media[RTP_MEDIA],
        .media_control = connection->media[RTP_CONTROL],
        .media_malformed = connection->media[RTP_MALFORMED],
        .restarts = connection->restarts,
    };
    ret_stats->has_pair = ice_agent_selected(connection->agent, &ret_stats->pair);
    association_get_stats(connection->association, &ret_stats->association);
}

/* ---- Life ---- */

static int connection_build(struct connection *connection)
{
    const struct connection_settings *settings = connection->settings;
    struct ice_options ice = {
        .role = connection->is_offerer ? ICE_CONTROLLING : ICE_CONTROLLED,
        .now_us = loop_now_us(settings->loop),
    };
    const struct gatherer_options gatherer = {
        .loop = settings->loop,
        .net = settings->net,
        .mux = settings->mux,
        .stun_urls = settings->stun_urls,
        .turn_urls = settings->turn_urls,
        .turn_username = settings->turn_username,
        .turn_password = settings->turn_password,
        .public_addresses = settings->public_addresses,
        .public_count = settings->public_count,
        .relay_only = settings->relay_only,
    };
    memcpy(ice.wait_us, settings->wait_us, sizeof(ice.wait_us));
    int r = association_make(settings->associations, &connection_association_events, connection,
                             &connection->association);
    if (r < 0)
        return r;
    connection->agent = ice_agent_new(&ice, &connection_ice_events, connection);
    connection->gatherer = gatherer_new(&gatherer, &connection_gatherer_events, connection);
    if (!connection->agent || !connection->gatherer)
        return err_origin(ACTR_ENOMEM, "connection: no memory");
    return connection_name(connection);
}

int connection_new(const struct connection_settings *settings, bool is_offerer,
                   const struct connection_events *events, void *owner,
                   struct connection **ret_connection)
{
    struct connection *connection = mem_alloc(sizeof(*connection));
    if (!connection)
        return err_origin(ACTR_ENOMEM, "connection: no memory");
    connection->settings = settings;
    connection->events = events;
    connection->owner = owner;
    connection->is_offerer = is_offerer;
    connection->close_us = UINT64_MAX;
    connection->user.events = &connection_user_events;
    connection->user.is_unsure = true; /* anybody's handshake looks like ours */
    list_init(&connection->held);
    list_init(&connection->early);
    loop_task_init(&connection->told, connection_on_told);
    loop_task_init(&connection->soon, connection_on_soon);
    loop_timer_init(&connection->timer, settings->loop, connection_on_timer);
    connection->local_count = udp_mux_locals(settings->mux, false, connection->locals);
    int r = connection_build(connection);
    if (r < 0)
        connection_free(connection);
    else
        *ret_connection = connection;
    return r;
}

struct connection *connection_free(struct connection *connection)
{
    struct list *link;
    if (!connection)
        return NULL;
    connection->is_over = true;
    association_free(connection->association);
    udp_mux_leave(connection->settings->mux, &connection->user);
    gatherer_free(connection->gatherer);
    ice_agent_free(connection->agent);
    loop_timer_stop(&connection->timer);
    loop_task_cancel(&connection->told);
    loop_task_cancel(&connection->soon);
    while ((link = list_pop(&connection->held)) != NULL) {
        struct connection_held *held = container_of(link, struct connection_held, link);
        actr_bytes_unref(held->message);
        mem_free(held);
    }
    connection_early_drop(connection);
    mem_free(connection);
    return NULL;
}
