// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The descriptions and candidates of a connection.
 *
 * The offerer offers actpass, the answerer is active, as the existing system is; an answer that
 * chooses otherwise is obeyed. A restart changes the credentials only: the association, its roles
 * and fingerprints stay what they are. An offer with the credentials that are in use is about
 * something else, such as media: it is answered that there is none, and changes nothing. Should an
 * offer of ours be out at that moment, the answer is of the generation that the peer speaks of, so
 * that it may take ours next.
 *
 * A description takes effect as a whole or not at all. Loop thread. */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/connection_parts.h"

static int connection_name_as(struct connection *connection,
                              const struct ice_credentials *credentials)
{
    return udp_mux_name(connection->settings->mux, &connection->user,
                        view_text(credentials->ufrag));
}

/* The mux forgets those of older generations, but not of the one that carries, however many have
 * come after it in vain. */
int connection_name(struct connection *connection)
{
    const struct ice_credentials *before = ice_agent_local_before(connection->agent);
    int r = before ? connection_name_as(connection, before) : 0;
    return r < 0 ? r : connection_name_as(connection, ice_agent_local(connection->agent));
}

static uint64_t connection_now_us(const struct connection *connection)
{
    return loop_now_us(connection->settings->loop);
}

/* Begins to gather. What is known at once goes into the description: a candidate by itself costs a
 * message of the server's, which counts them, and comes later. */
static void connection_gather(struct connection *connection)
{
    struct candidate candidate;
    uint16_t preference;
    connection->sdp_version++;
    gatherer_start(connection->gatherer);
    while (gatherer_take_host(connection->gatherer, &candidate, &preference))
        (void)!ice_agent_add_local(connection->agent, &candidate, preference);
}

/* What is known by now. */
static size_t connection_list(const struct connection *connection,
                              const struct ice_credentials *credentials,
                              struct candidate list[ICE_LOCALS_MAX])
{
    const struct candidate *candidate;
    size_t count = 0;
    if (credentials != ice_agent_local(connection->agent))
        return 0; /* of a generation that is going */
    while (count < ICE_LOCALS_MAX && (candidate = ice_agent_candidate(connection->agent, count)))
        list[count++] = *candidate;
    return count;
}

/* offer: that is answered; NULL: an offer. */
static int connection_format(struct connection *connection, const struct sdp *offer,
                             struct actr_bytes *ret_sdp)
{
    const struct ice_credentials *credentials =
        offer ? ice_agent_local_for(connection->agent, offer->credentials.ufrag)
              : ice_agent_local(connection->agent);
    enum sdp_setup answered = connection->is_dtls_client ? SDP_SETUP_ACTIVE : SDP_SETUP_PASSIVE;
    struct candidate candidates[ICE_LOCALS_MAX];
    struct sdp_local local = {
        .candidates = candidates,
        .candidate_count = connection_list(connection, credentials, candidates),
        .version = connection->sdp_version,
        .credentials = credentials,
        .fingerprint = association_fingerprint(connection->association),
        .setup = offer ? answered : SDP_SETUP_ACTPASS,
        .message_len_max = association_message_len_max(connection->association),
        .offer = offer,
    };
    if (connection->sdp_session == 0) {
        loop_random(connection->settings->loop, &connection->sdp_session,
                    sizeof(connection->sdp_session));
        connection->sdp_session =
            (connection->sdp_session >> 2) | 1; /* RFC 8866: decimal, 63 bits */
    }
    local.session_id = connection->sdp_session;
    return sdp_format(&local, ret_sdp);
}

static int connection_restart(struct connection *connection)
{
    int r = ice_agent_restart(connection->agent, connection_now_us(connection));
    if (r == 0)
        r = connection_name(connection);
    connection->restarts += r == 0;
    connection->name_count = 0; /* of the description that is over */
    if (connection->has_started)
        association_path_doubted(connection->association);
    return r;
}

int connection_offer(struct connection *connection, bool is_restart, struct actr_bytes *ret_sdp)
{
    int r = is_restart ? connection_restart(connection) : 0;
    if (r < 0)
        return r;
    connection_gather(connection);
    return connection_format(connection, NULL, ret_sdp);
}

int connection_offer_again(struct connection *connection, struct actr_bytes *ret_sdp)
{
    return connection_format(connection, NULL, ret_sdp);
}

/* What the peer's first description says of the association. */
static int connection_begin(struct connection *connection, const struct sdp *sdp)
{
    const struct association_peer peer = {
        .is_offerer = connection->is_offerer,
        .is_dtls_client = connection->is_offerer ? sdp->setup == SDP_SETUP_PASSIVE
                                                 : sdp->setup != SDP_SETUP_ACTIVE,
        .fingerprints = sdp->fingerprints,
        .fingerprint_count = sdp->fingerprint_count,
        .message_len_max = sdp->message_len_max,
        .sctp_port = sdp->sctp_port,
    };
    if (connection->has_begun)
        return 0;
    if (sdp->data_index < 0 || sdp->media[sdp->data_index].is_rejected)
        return err_origin(ACTR_EINVALID, "description: no data section");
    int r = association_begin(connection->association, &peer);
    connection->has_begun = r == 0;
    connection->is_dtls_client = peer.is_dtls_client;
    memcpy(connection->fingerprints, sdp->fingerprints, sizeof(connection->fingerprints));
    connection->fingerprint_count = sdp->fingerprint_count;
    connection->media_count = sdp->media_count;
    return r;
}

static int connection_take(struct connection *connection, const struct sdp *sdp)
{
    int r = connection_begin(connection, sdp);
    if (r < 0)
        return r;
    connection->remote_session = sdp->session_id;
    if (sdp->is_ice_lite)
        ice_agent_control(connection->agent);
    return ice_agent_set_remote(connection->agent, &sdp->credentials,
                                connection_now_us(connection));
}

static void connection_add(struct connection *connection, const struct candidate *candidate);

static void connection_add_all(struct connection *connection, const struct sdp *sdp)
{
    for (size_t i = 0; i < sdp->candidate_count; i++)
        connection_add(connection, &sdp->candidates[i]);
    loop_defer(connection->settings->loop, &connection->soon);
}

static int connection_parse(struct actr_view text, struct sdp **ret_sdp)
{
    struct sdp *sdp = mem_alloc(sizeof(*sdp));
    if (!sdp)
        return err_origin(ACTR_ENOMEM, "description: no memory");
    int r = sdp_parse(text, sdp);
    if (r < 0)
        mem_free(sdp);
    else
        *ret_sdp = sdp;
    return r;
}

/* A restart of a session that the peer still has and we have not (its end and the beginning of the
 * next one are not told at once) must not become one of this session: checks would succeed, and the
 * two associations never understand each other. */
static bool connection_is_of_another(const struct connection *connection, const struct sdp *sdp)
{
    char known[FINGERPRINT_TEXT_MAX], told[FINGERPRINT_TEXT_MAX];
    if (!connection->has_begun)
        return false;
    if (sdp->session_id != connection->remote_session)
        return true;
    for (size_t i = 0; i < connection->fingerprint_count; i++) {
        fingerprint_format(&connection->fingerprints[i], known);
        for (size_t j = 0; j < sdp->fingerprint_count; j++) {
            fingerprint_format(&sdp->fingerprints[j], told);
            if (strcmp(known, told) == 0)
                return false;
        }
    }
    return true;
}

static enum connection_relation connection_compare(const struct connection *connection,
                                                   const struct sdp *sdp)
{
    if (connection_is_of_another(connection, sdp))
        return CONNECTION_STRANGE;
    /* A restart changes the user fragment (RFC 8839 §4.4.1.1.1). */
    return ice_agent_local_for(connection->agent, sdp->credentials.ufrag) ? CONNECTION_KNOWN
                                                                          : CONNECTION_NEWS;
}

enum connection_relation connection_relate(const struct connection *connection,
                                           struct actr_view description)
{
    struct sdp *sdp = NULL;
    if (connection_parse(description, &sdp) < 0)
        return CONNECTION_STRANGE;
    enum connection_relation relation = connection_compare(connection, sdp);
    mem_free(sdp);
    return relation;
}

/* An offer with the credentials that are in use, as often as it comes. Candidates of an older
 * generation are of no use. */
static void connection_take_known(struct connection *connection, const struct sdp *sdp)
{
    connection->sdp_version += sdp->media_count != connection->media_count;
    connection->media_count = sdp->media_count;
    if (strcmp(sdp->credentials.ufrag, connection_remote_ufrag(connection)) == 0)
        connection_add_all(connection, sdp);
}

static int connection_take_new(struct connection *connection, bool is_restart,
                               const struct sdp *sdp)
{
    int r = is_restart ? connection_restart(connection) : 0;
    if (r == 0)
        r = connection_take(connection, sdp);
    if (r < 0)
        return r;
    connection_gather(connection);
    connection_add_all(connection, sdp);
    return 0;
}

int connection_answer(struct connection *connection, bool is_restart, struct actr_view offer,
                      struct actr_bytes *ret_sdp)
{
    struct sdp *sdp = NULL;
    int r = connection_parse(offer, &sdp);
    if (r < 0)
        return r;
    if (connection_compare(connection, sdp) == CONNECTION_KNOWN)
        connection_take_known(connection, sdp);
    else
        r = connection_take_new(connection, is_restart, sdp);
    if (r == 0)
        r = connection_format(connection, sdp, ret_sdp);
    mem_free(sdp);
    return r;
}

int connection_apply(struct connection *connection, struct actr_view answer)
{
    struct sdp *sdp = NULL;
    int r = connection_parse(answer, &sdp);
    if (r < 0)
        return r;
    r = connection_take(connection, sdp);
    if (r == 0)
        connection_add_all(connection, sdp);
    mem_free(sdp);
    return r;
}

void connection_abandon(struct connection *connection)
{
    ice_agent_abandon_restart(connection->agent, connection_now_us(connection));
    if (connection->has_path)
        association_path_changed(connection->association);
}

const char *connection_remote_ufrag(const struct connection *connection)
{
    const struct ice_credentials *remote = ice_agent_remote(connection->agent);
    return remote ? remote->ufrag : "";
}

/* ---- The addresses of this machine ---- */

bool connection_on_locals(struct connection *connection)
{
    struct net_address now[UDP_MUX_LOCALS_MAX];
    size_t count = udp_mux_locals(connection->settings->mux, false, now);
    bool is_other = count != connection->local_count;

    for (size_t i = 0; i < connection->local_count; i++) {
        bool is_there = false;
        for (size_t j = 0; j < count; j++)
            is_there = is_there || net_address_equal(&connection->locals[i], &now[j]);
        if (is_there)
            continue;
        is_other = true;
        ice_agent_drop_base(connection->agent, &connection->locals[i],
                            loop_now_us(connection->settings->loop));
    }
    memcpy(connection->locals, now, count * sizeof(now[0]));
    connection->local_count = count;
    connection_settle(connection);
    return is_other;
}

/* ---- Candidates of the peer ---- */

static void connection_on_resolved(void *owner, const char *name, const struct net_address *address)
{
    struct connection *connection = owner;
    for (size_t i = 0; i < connection->name_count; i++) {
        struct candidate candidate = connection->names[i];
        if (strcmp(candidate.name, name) != 0)
            continue;
        connection->names[i] = connection->names[--connection->name_count];
        if (!address)
            return;
        uint16_t port = candidate.address.port;
        candidate.address = *address;
        candidate.address.port = port;
        candidate.name[0] = '\0';
        connection_add(connection, &candidate);
        return;
    }
}

static void connection_add(struct connection *connection, const struct candidate *candidate)
{
    if (candidate->name[0]) {
        if (connection->name_count < CONNECTION_NAMES_MAX &&
            gatherer_resolve(connection->gatherer, candidate->name, connection_on_resolved))
            connection->names[connection->name_count++] = *candidate;
        return;
    }
    int r = ice_agent_add_remote(connection->agent, candidate, connection_now_us(connection));
    if (r == ACTR_ENOMEM)
        connection_end(connection, r, actr_errmsg());
    if (r < 0) /* else an address of no use, which a name was found to have */
        return;
    gatherer_permit(connection->gatherer, &candidate->address);
    loop_defer(connection->settings->loop, &connection->soon);
}

void connection_add_candidate(struct connection *connection, struct actr_view text)
{
    struct candidate candidate;
    int r = candidate_parse(text, &candidate);
    if (r == 0 && !connection->is_over)
        connection_add(connection, &candidate);
    else if (r < 0)
        log_debug(connection->settings->log, "webrtc.candidate", "%s", actr_errmsg());
}
