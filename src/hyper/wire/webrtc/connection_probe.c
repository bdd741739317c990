// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Does the peer of a connection still live? Asked of the peer itself, by a check of the path in
 * use, whenever something else suggests that it does not: another connection with it has ended, or
 * its system says that nobody listens on its port any more. Whoever says so may be wrong or lie;
 * only a check that stays unanswered counts, and then the path is lost and no more than that.
 *
 * Without a suspicion the path is checked each second while it is in use, and rests otherwise: in
 * use are CONNECTION_USED_US after a message, all the time that answers are awaited, and while
 * something waits to be sent. So much is longer than it takes to know that the path is
 * lost, and when it is known somebody looks for another.
 *
 * Loop thread. */
#include "hyper/wire/webrtc/connection_parts.h"

/* So long a peer that is asked whether it lives has to answer: two round trips, and at least... */
#define CONNECTION_PROBE_US 1000000u
#define CONNECTION_PROBE_REFUSED_US 25000u     /* when its port is said to be closed */
#define CONNECTION_PROBE_UNMEASURED_US 500000u /* likewise, and the round trip is not known */
/* A closed port says so again at each check of a path that is lost. */
#define CONNECTION_REFUSED_US 2000000u
#define CONNECTION_USED_US 4000000u

static void connection_ask(struct connection *connection, uint64_t least_us)
{
    struct ice_pair_info pair;
    if (connection->is_over || !ice_agent_selected(connection->agent, &pair))
        return;
    uint64_t limit_us = pair.rtt_us ? pair.rtt_us * 2 : CONNECTION_PROBE_UNMEASURED_US;
    ice_agent_probe(connection->agent, limit_us > least_us ? limit_us : least_us,
                    loop_now_us(connection->settings->loop));
    connection_settle(connection);
}

static void connection_rest(struct connection *connection, bool is_resting)
{
    connection->is_resting = is_resting;
    ice_agent_rest(connection->agent, is_resting, loop_now_us(connection->settings->loop));
    connection_settle(connection);
}

void connection_use(struct connection *connection)
{
    connection->used_us = loop_now_us(connection->settings->loop);
    if (connection->is_resting)
        connection_rest(connection, false);
}

void connection_await(struct connection *connection, bool is_awaited)
{
    connection->is_awaited = is_awaited;
    if (is_awaited)
        connection_use(connection);
}

static bool connection_is_waiting(const struct connection *connection)
{
    struct association_stats stats;
    size_t queued = 0;
    association_get_stats(connection->association, &stats);
    for (size_t i = 0; i < ASSOCIATION_LANES; i++)
        queued += stats.queued[i];
    return queued > 0;
}

void connection_look(struct connection *connection)
{
    uint64_t idle_us = loop_now_us(connection->settings->loop) - connection->used_us;
    if (!connection->is_resting && connection->is_told && !connection->is_awaited &&
        idle_us >= CONNECTION_USED_US && !connection_is_waiting(connection))
        connection_rest(connection, true);
}

void connection_probe(struct connection *connection)
{
    connection_ask(connection, CONNECTION_PROBE_US);
}

/* The peer may have been killed; or somebody says so. An answer to a check decides. */
void connection_on_refused(struct udp_mux_user *user, const struct net_address *remote)
{
    struct connection *connection = container_of(user, struct connection, user);
    struct net_address used;

    if (connection->is_over || !ice_agent_path(connection->agent, &used) ||
        !net_address_equal(&used, remote))
        return;
    connection->refused_us = loop_now_us(connection->settings->loop);
    connection_ask(connection, CONNECTION_PROBE_REFUSED_US);
}

bool connection_is_refused(const struct connection *connection)
{
    return !connection->has_path && connection->refused_us != 0 &&
           loop_now_us(connection->settings->loop) - connection->refused_us <=
               CONNECTION_REFUSED_US;
}
