// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Connectivity checks as packets: requests, answers, refusals (RFC 8445 §7.2.2, §7.3).
 *
 * A request is signed with the peer's password and names its user fragment first; an answer is
 * signed with ours, which the request proved to know. Attributes go in the order in which the
 * existing system writes them. Answers are only made for requests whose integrity was verified.
 *
 * The agent's thread. Must never allocate: consent runs through here for as long as a session
 * lives. */
#include "hyper/wire/webrtc/ice/core.h"

#include "base/bytes.h"
#include "base/text.h"

void ice_check_announce(struct ice_agent *agent, struct ice_remote *remote,
                        const struct ice_local *local, const struct net_address *to)
{
    if (remote->is_announced || local->candidate.type == CANDIDATE_RELAY)
        return;
    remote->is_announced = true;
    agent->events->on_remote(agent->owner, to);
}

/* What our priority would be as the peer-reflexive candidate that the peer may discover. */
static uint32_t ice_check_priority(const struct candidate *local)
{
    return candidate_priority(CANDIDATE_PRFLX, (uint16_t)(local->priority >> 8));
}

static struct actr_view ice_check_request(const struct ice_agent *agent,
                                          const struct ice_pair *pair,
                                          const struct ice_transaction *transaction,
                                          uint8_t buf[STUN_PACKET_MAX])
{
    const struct ice_generation *generation = pair->generation;
    char username[2 * ICE_CREDENTIAL_MAX + 2];
    struct stun_writer writer;
    struct text name;
    text_init(&name, username, sizeof(username));
    text_append(&name, view_text(generation->remote_credentials.ufrag));
    text_append(&name, view_text(":"));
    text_append(&name, view_text(generation->local_credentials.ufrag));
    stun_begin(&writer, buf, STUN_PACKET_MAX, STUN_REQUEST, STUN_BINDING, transaction->id);
    stun_put(&writer, STUN_USERNAME, actr_view_of(username, name.len));
    if (transaction->is_nominating)
        stun_put(&writer, STUN_USE_CANDIDATE, actr_view_of(NULL, 0));
    stun_put_u64(&writer,
                 transaction->role == ICE_CONTROLLING ? STUN_ICE_CONTROLLING : STUN_ICE_CONTROLLED,
                 agent->tie_breaker);
    stun_put_u32(&writer, STUN_PRIORITY, ice_check_priority(&pair->local->candidate));
    stun_put_integrity(&writer, view_text(generation->remote_credentials.pwd));
    stun_put_fingerprint(&writer);
    return stun_end(&writer);
}

void ice_check_send(struct ice_agent *agent, struct ice_pair *pair, uint64_t now_us)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct ice_generation *generation = pair->generation;
    if (agent->is_resting && pair == agent->selected && pair->unanswered == 0)
        agent->silent_us = now_us;
    struct ice_transaction *transaction = ice_pair_begin(pair, now_us);
    agent->events->random(agent->owner, transaction->id, sizeof(transaction->id));
    transaction->role = agent->role;
    transaction->is_nominating = agent->role == ICE_CONTROLLING &&
                                 (pair == generation->nominating || pair == generation->chosen);
    if (!generation->checked_us)
        generation->checked_us = now_us;
    ice_schedule_pair(agent, pair, now_us);

    struct actr_view packet = ice_check_request(agent, pair, transaction, buf);
    if (!packet.ptr) /* the next one may fare better */
        return;
    agent->stats.requests_sent++;
    ice_check_announce(agent, pair->remote, pair->local, &pair->to);
    agent->events->send(agent->owner, &pair->local->candidate, &pair->to, packet);
}

/* Nobody is answered with more than was sent, were it signed ten times: where the request comes
 * from is its sender's word. What a peer sends is longer than its answer (RFC 8445 §7.1.1). */
static struct actr_view ice_check_sign(const struct ice_generation *generation,
                                       const struct stun_message *request,
                                       struct stun_writer *writer)
{
    stun_put_integrity(writer, view_text(generation->local_credentials.pwd));
    stun_put_fingerprint(writer);
    struct actr_view packet = stun_end(writer);
    return packet.len <= request->packet.len ? packet : actr_view_of(NULL, 0);
}

static void ice_check_reply(struct ice_agent *agent, const struct ice_local *local,
                            const struct net_address *remote, struct actr_view packet)
{
    if (!packet.ptr)
        return;
    agent->stats.responses_sent++;
    agent->events->send(agent->owner, &local->candidate, remote, packet);
}

void ice_check_answer(struct ice_agent *agent, const struct ice_generation *generation,
                      const struct stun_message *request, const struct ice_local *local,
                      const struct net_address *remote)
{
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    stun_begin(&writer, buf, sizeof(buf), STUN_SUCCESS, STUN_BINDING, request->transaction);
    stun_put_address(&writer, STUN_XOR_MAPPED_ADDRESS, remote);
    ice_check_reply(agent, local, remote, ice_check_sign(generation, request, &writer));
}

static const char *ice_check_reason(unsigned code)
{
    switch (code) {
    case 401:
        return "Unauthorized";
    case 420:
        return "Unknown Attribute";
    default:
        return "Role Conflict";
    }
}

void ice_check_refuse(struct ice_agent *agent, const struct ice_generation *generation,
                      const struct stun_message *request, const struct ice_local *local,
                      const struct net_address *remote, unsigned code)
{
    uint8_t buf[STUN_PACKET_MAX], unknown[2 * sizeof(request->unknown)];
    struct stun_writer writer;
    stun_begin(&writer, buf, sizeof(buf), STUN_ERROR, STUN_BINDING, request->transaction);
    stun_put_error(&writer, code, ice_check_reason(code));
    for (size_t i = 0; i < request->unknown_count; i++) {
        unknown[2 * i] = (uint8_t)(request->unknown[i] >> 8);
        unknown[2 * i + 1] = (uint8_t)request->unknown[i];
    }
    if (request->unknown_count)
        stun_put(&writer, STUN_UNKNOWN_ATTRIBUTES,
                 actr_view_of(unknown, 2 * request->unknown_count));
    ice_check_reply(agent, local, remote, ice_check_sign(generation, request, &writer));
}
