// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Answers and pushes of the server, between their generated and their plain form.
 *
 * Every answer with a result is a oneof of success (1) and error (2); they are of different
 * generated types, so each has its own lines, but one order: result, error, success.
 *
 * Pure; any thread. */
#include "protocol/flow_reply.h"
#include "protocol/registration.h"

/* The field numbers of every result. */
enum { FLOW_REPLY_SUCCESS = 1, FLOW_REPLY_ERROR = 2 };

static enum ais_result flow_reply_result(unsigned result_case)
{
    if (result_case == FLOW_REPLY_SUCCESS)
        return AIS_RESULT_SUCCESS;
    return result_case == FLOW_REPLY_ERROR ? AIS_RESULT_ERROR : AIS_RESULT_NONE;
}

static void flow_reply_decode_outcome(const Actr__Outcome *message,
                                      struct signaling_outcome *ret_outcome)
{
    *ret_outcome = (struct signaling_outcome){.result = flow_reply_result(message->result_case)};
    if (ret_outcome->result == AIS_RESULT_ERROR)
        part_decode_error(message->error, &ret_outcome->error);
}

static void flow_reply_decode_pong(const Actr__Pong *message, struct signaling_pong *ret_pong)
{
    *ret_pong = (struct signaling_pong){
        .seq = message->seq,
        .suggest_interval_s = message->suggest_interval_secs,
        .has_suggest_interval = message->has_suggest_interval_secs,
        .has_warning = message->credential_warning != NULL,
    };
    if (message->credential_warning) {
        ret_pong->warning_type = (int32_t)message->credential_warning->type;
        ret_pong->warning_message = message_text(message->credential_warning->message);
    }
}

static int flow_reply_decode_entry(const Actr__TypeEntry *message, struct arena *arena,
                                   struct signaling_type_entry *ret_entry)
{
    *ret_entry = (struct signaling_type_entry){
        .name = message_text(message->name),
        .description = message_optional(message->has_description, message->description),
        .fingerprint = message_text(message->service_fingerprint),
        .tag_count = message->n_tags,
        .published_at_s = message->published_at,
        .has_published_at = message->has_published_at,
    };
    int r = part_decode_type(message->actr_type, &ret_entry->type);
    return r < 0 ? r : part_decode_texts(message->tags, message->n_tags, arena, &ret_entry->tags);
}

static int flow_reply_decode_discovered(const Actr__DiscoveryResponse *message, struct arena *arena,
                                        struct signaling_discovered *ret_discovered)
{
    *ret_discovered =
        (struct signaling_discovered){.result = flow_reply_result(message->result_case)};
    if (ret_discovered->result == AIS_RESULT_ERROR)
        part_decode_error(message->error, &ret_discovered->error);
    if (ret_discovered->result != AIS_RESULT_SUCCESS)
        return 0;

    size_t count = message->success->n_entries;
    struct signaling_type_entry *entries = part_array(arena, count, sizeof(*entries));
    if (!entries)
        return ACTR_ENOMEM;
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = flow_reply_decode_entry(message->success->entries[i], arena, &entries[i]);
    if (r < 0)
        return r;
    ret_discovered->entries = entries;
    ret_discovered->entry_count = count;
    return 0;
}

static int flow_reply_decode_addresses(const Actr__RouteCandidatesOk *message, struct arena *arena,
                                       struct signaling_candidates *candidates)
{
    size_t count = message->n_ws_address_map;
    struct signaling_ws_address *addresses = part_array(arena, count, sizeof(*addresses));
    if (!addresses)
        return ACTR_ENOMEM;
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        const Actr__WsAddressEntry *entry = message->ws_address_map[i];
        addresses[i].address = message_optional(entry->has_ws_address, entry->ws_address);
        r = part_decode_id(entry->candidate_id, &addresses[i].candidate);
    }
    if (r < 0)
        return r;
    candidates->addresses = addresses;
    candidates->address_count = count;
    return 0;
}

static int flow_reply_decode_candidates(const Actr__RouteCandidatesResponse *message,
                                        struct arena *arena,
                                        struct signaling_candidates *ret_candidates)
{
    *ret_candidates =
        (struct signaling_candidates){.result = flow_reply_result(message->result_case)};
    if (ret_candidates->result == AIS_RESULT_ERROR)
        part_decode_error(message->error, &ret_candidates->error);
    if (ret_candidates->result != AIS_RESULT_SUCCESS)
        return 0;

    size_t count = message->success->n_candidates;
    struct actr_id *ids = part_array(arena, count, sizeof(*ids));
    if (!ids)
        return ACTR_ENOMEM;
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = part_decode_id(message->success->candidates[i], &ids[i]);
    if (r < 0)
        return r;
    ret_candidates->ids = ids;
    ret_candidates->id_count = count;
    return flow_reply_decode_addresses(message->success, arena, ret_candidates);
}

static int flow_reply_decode_spec(const Actr__GetServiceSpecResponse *message, struct arena *arena,
                                  struct signaling_service_spec *ret_spec)
{
    *ret_spec = (struct signaling_service_spec){.result = flow_reply_result(message->result_case)};
    if (ret_spec->result == AIS_RESULT_ERROR)
        part_decode_error(message->error, &ret_spec->error);
    return ret_spec->result == AIS_RESULT_SUCCESS
               ? part_decode_spec(message->success, arena, &ret_spec->spec)
               : 0;
}

static int flow_reply_decode_payload(const Signaling__SignalingToActr *message, struct arena *arena,
                                     struct signaling_reply *reply)
{
    switch (reply->kind) {
    case SIGNALING_REGISTERED:
        return registration_decode_response(message->register_response, &reply->registered);
    case SIGNALING_UNREGISTERED:
        flow_reply_decode_outcome(message->unregister_response, &reply->outcome);
        return 0;
    case SIGNALING_PONG:
        flow_reply_decode_pong(message->pong, &reply->pong);
        return 0;
    case SIGNALING_DISCOVERED:
        return flow_reply_decode_discovered(message->discovery_response, arena, &reply->discovered);
    case SIGNALING_CANDIDATES:
        return flow_reply_decode_candidates(message->route_candidates_response, arena,
                                            &reply->candidates);
    case SIGNALING_SERVICE_SPEC:
        return flow_reply_decode_spec(message->get_service_spec_response, arena,
                                      &reply->service_spec);
    case SIGNALING_SIGNING_KEY:
        reply->signing_key =
            (struct signaling_signing_key){message->get_signing_key_response->key_id,
                                           message_text(message->get_signing_key_response->pubkey)};
        return 0;
    case SIGNALING_SUBSCRIBED:
        flow_reply_decode_outcome(message->subscribe_actr_up_response, &reply->outcome);
        return 0;
    case SIGNALING_UNSUBSCRIBED:
        flow_reply_decode_outcome(message->unsubscribe_actr_up_response, &reply->outcome);
        return 0;
    case SIGNALING_ACTOR_UP:
        return part_decode_id(message->actr_up_event->actor_id, &reply->up_id);
    case SIGNALING_REPLY_ERROR:
        part_decode_error(message->error, &reply->error);
        return 0;
    case SIGNALING_REPLY_NONE:
        break;
    }
    return 0;
}

int flow_reply_decode(const Signaling__SignalingToActr *message, struct arena *arena,
                      struct signaling_reply *ret_reply)
{
    *ret_reply = (struct signaling_reply){
        .kind = (enum signaling_reply_kind)message->payload_case,
    };
    int r = part_decode_id(message->target, &ret_reply->target);
    return r < 0 ? r : flow_reply_decode_payload(message, arena, ret_reply);
}

static Actr__Outcome *flow_reply_encode_outcome(struct message_build *build,
                                                const struct signaling_outcome *outcome)
{
    Actr__Outcome *message = message_new(build, &actr__outcome__descriptor);
    if (!message)
        return NULL;
    if (outcome->result == AIS_RESULT_SUCCESS) {
        message->result_case = ACTR__OUTCOME__RESULT_SUCCESS;
        message->success = message_new(build, &actr__outcome__success__descriptor);
    } else if (outcome->result == AIS_RESULT_ERROR) {
        message->result_case = ACTR__OUTCOME__RESULT_ERROR;
        message->error = part_encode_error(build, &outcome->error);
    }
    return message;
}

static Actr__CredentialWarning *flow_reply_encode_warning(struct message_build *build,
                                                          const struct signaling_pong *pong)
{
    Actr__CredentialWarning *message = message_new(build, &actr__credential_warning__descriptor);
    if (!message)
        return NULL;
    message->type = (Actr__CredentialWarning__WarningType)pong->warning_type;
    message->message = message_data(pong->warning_message);
    return message;
}

static Actr__Pong *flow_reply_encode_pong(struct message_build *build,
                                          const struct signaling_pong *pong)
{
    Actr__Pong *message = message_new(build, &actr__pong__descriptor);
    if (!message)
        return NULL;
    message->seq = pong->seq;
    message->has_suggest_interval_secs = pong->has_suggest_interval;
    message->suggest_interval_secs = pong->suggest_interval_s;
    if (pong->has_warning)
        message->credential_warning = flow_reply_encode_warning(build, pong);
    return message;
}

static Actr__TypeEntry *flow_reply_encode_entry(struct message_build *build,
                                                const struct signaling_type_entry *entry)
{
    Actr__TypeEntry *message = message_new(build, &actr__type_entry__descriptor);
    if (!message)
        return NULL;
    message->actr_type = part_encode_type(build, &entry->type);
    message->name = message_data(entry->name);
    message->has_description = entry->description.ptr != NULL;
    message->description = message_data(entry->description);
    message->service_fingerprint = message_data(entry->fingerprint);
    message->has_published_at = entry->has_published_at;
    message->published_at = entry->published_at_s;
    message->n_tags = entry->tag_count;
    message->tags = part_encode_texts(build, entry->tags, entry->tag_count);
    return message;
}

static Actr__DiscoveryOk *flow_reply_encode_entries(struct message_build *build,
                                                    const struct signaling_discovered *discovered)
{
    size_t count = discovered->entry_count;
    Actr__DiscoveryOk *message = message_new(build, &actr__discovery_ok__descriptor);
    if (!message)
        return NULL;
    message->n_entries = count;
    message->entries = message_array(build, count, sizeof(*message->entries));
    for (size_t i = 0; message->entries && i < count; i++)
        message->entries[i] = flow_reply_encode_entry(build, &discovered->entries[i]);
    return message;
}

static Actr__DiscoveryResponse *
flow_reply_encode_discovered(struct message_build *build,
                             const struct signaling_discovered *discovered)
{
    Actr__DiscoveryResponse *message = message_new(build, &actr__discovery_response__descriptor);
    if (!message)
        return NULL;
    if (discovered->result == AIS_RESULT_SUCCESS) {
        message->result_case = ACTR__DISCOVERY_RESPONSE__RESULT_SUCCESS;
        message->success = flow_reply_encode_entries(build, discovered);
    } else if (discovered->result == AIS_RESULT_ERROR) {
        message->result_case = ACTR__DISCOVERY_RESPONSE__RESULT_ERROR;
        message->error = part_encode_error(build, &discovered->error);
    }
    return message;
}

static Actr__WsAddressEntry *flow_reply_encode_address(struct message_build *build,
                                                       const struct signaling_ws_address *address)
{
    Actr__WsAddressEntry *message = message_new(build, &actr__ws_address_entry__descriptor);
    if (!message)
        return NULL;
    message->candidate_id = part_encode_id(build, &address->candidate);
    message->has_ws_address = address->address.ptr != NULL;
    message->ws_address = message_data(address->address);
    return message;
}

static Actr__RouteCandidatesOk *flow_reply_encode_ids(struct message_build *build,
                                                      const struct signaling_candidates *candidates)
{
    Actr__RouteCandidatesOk *message = message_new(build, &actr__route_candidates_ok__descriptor);
    if (!message)
        return NULL;
    message->n_candidates = candidates->id_count;
    message->candidates = message_array(build, candidates->id_count, sizeof(*message->candidates));
    for (size_t i = 0; message->candidates && i < candidates->id_count; i++)
        message->candidates[i] = part_encode_id(build, &candidates->ids[i]);
    message->n_ws_address_map = candidates->address_count;
    message->ws_address_map =
        message_array(build, candidates->address_count, sizeof(*message->ws_address_map));
    for (size_t i = 0; message->ws_address_map && i < candidates->address_count; i++)
        message->ws_address_map[i] = flow_reply_encode_address(build, &candidates->addresses[i]);
    return message;
}

static Actr__RouteCandidatesResponse *
flow_reply_encode_candidates(struct message_build *build,
                             const struct signaling_candidates *candidates)
{
    Actr__RouteCandidatesResponse *message =
        message_new(build, &actr__route_candidates_response__descriptor);
    if (!message)
        return NULL;
    if (candidates->result == AIS_RESULT_SUCCESS) {
        message->result_case = ACTR__ROUTE_CANDIDATES_RESPONSE__RESULT_SUCCESS;
        message->success = flow_reply_encode_ids(build, candidates);
    } else if (candidates->result == AIS_RESULT_ERROR) {
        message->result_case = ACTR__ROUTE_CANDIDATES_RESPONSE__RESULT_ERROR;
        message->error = part_encode_error(build, &candidates->error);
    }
    return message;
}

static Actr__GetServiceSpecResponse *
flow_reply_encode_spec(struct message_build *build, const struct signaling_service_spec *spec)
{
    Actr__GetServiceSpecResponse *message =
        message_new(build, &actr__get_service_spec_response__descriptor);
    if (!message)
        return NULL;
    if (spec->result == AIS_RESULT_SUCCESS) {
        message->result_case = ACTR__GET_SERVICE_SPEC_RESPONSE__RESULT_SUCCESS;
        message->success = part_encode_spec(build, &spec->spec);
    } else if (spec->result == AIS_RESULT_ERROR) {
        message->result_case = ACTR__GET_SERVICE_SPEC_RESPONSE__RESULT_ERROR;
        message->error = part_encode_error(build, &spec->error);
    }
    return message;
}

static Signaling__GetSigningKeyResponse *
flow_reply_encode_key(struct message_build *build, const struct signaling_signing_key *key)
{
    Signaling__GetSigningKeyResponse *message =
        message_new(build, &signaling__get_signing_key_response__descriptor);
    if (!message)
        return NULL;
    message->key_id = key->key_id;
    message->pubkey = message_data(key->pubkey);
    return message;
}

static Actr__ActrUpEvent *flow_reply_encode_up(struct message_build *build,
                                               const struct actr_id *id)
{
    Actr__ActrUpEvent *message = message_new(build, &actr__actr_up_event__descriptor);
    if (message)
        message->actor_id = part_encode_id(build, id);
    return message;
}

static void flow_reply_encode_payload(struct message_build *build,
                                      const struct signaling_reply *reply,
                                      Signaling__SignalingToActr *message)
{
    message->payload_case = (Signaling__SignalingToActr__PayloadCase)reply->kind;
    switch (reply->kind) {
    case SIGNALING_REGISTERED:
        message->register_response = registration_encode_response(build, &reply->registered);
        break;
    case SIGNALING_UNREGISTERED:
        message->unregister_response = flow_reply_encode_outcome(build, &reply->outcome);
        break;
    case SIGNALING_PONG:
        message->pong = flow_reply_encode_pong(build, &reply->pong);
        break;
    case SIGNALING_DISCOVERED:
        message->discovery_response = flow_reply_encode_discovered(build, &reply->discovered);
        break;
    case SIGNALING_CANDIDATES:
        message->route_candidates_response =
            flow_reply_encode_candidates(build, &reply->candidates);
        break;
    case SIGNALING_SERVICE_SPEC:
        message->get_service_spec_response = flow_reply_encode_spec(build, &reply->service_spec);
        break;
    case SIGNALING_SIGNING_KEY:
        message->get_signing_key_response = flow_reply_encode_key(build, &reply->signing_key);
        break;
    case SIGNALING_SUBSCRIBED:
        message->subscribe_actr_up_response = flow_reply_encode_outcome(build, &reply->outcome);
        break;
    case SIGNALING_UNSUBSCRIBED:
        message->unsubscribe_actr_up_response = flow_reply_encode_outcome(build, &reply->outcome);
        break;
    case SIGNALING_ACTOR_UP:
        message->actr_up_event = flow_reply_encode_up(build, &reply->up_id);
        break;
    case SIGNALING_REPLY_ERROR:
        message->error = part_encode_error(build, &reply->error);
        break;
    case SIGNALING_REPLY_NONE:
        break;
    }
}

Signaling__SignalingToActr *flow_reply_encode(struct message_build *build,
                                              const struct signaling_reply *reply)
{
    Signaling__SignalingToActr *message =
        message_new(build, &signaling__signaling_to_actr__descriptor);
    if (!message)
        return NULL;
    message->target = part_encode_id(build, &reply->target);
    flow_reply_encode_payload(build, reply, message);
    return message;
}
