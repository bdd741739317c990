// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Does the peer of a connection still live? Asked of the peer itself, by a check of the path in
 * use, whenever something else suggests that it does not: another connection with it has ended, or
 * its system says that nobody listens on its port any more. Whoever says so may be wrong or lie;
 * only a check that stays unanswered counts, and then the path is lost and no more than that.
 *
 * Loop thread. */
#include "hyper/wire/webrtc/connection_parts.h"

/* So long a peer that is asked whether it lives has to answer: two round trips, and at least... */
#define CONNECTION_PROBE_US 1000000u
#define CONNECTION_PROBE_REFUSED_US 25000u     /* when its port is said to be closed */
#define CONNECTION_PROBE_UNMEASURED_US 500000u /* likewise, and the round trip is not known */
/* A closed port says so again at each check of a path that is lost. */
#define CONNECTION_REFUSED_US 2000000u

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
