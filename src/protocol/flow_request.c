// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Requests of actors, between their generated and their plain form. One pair of functions for each
 * payload, one switch each way.
 *
 * Numbers of unknown enumerators pass as they are: what they mean is for the server to decide.
 *
 * Pure; any thread. */
#include "protocol/flow_request.h"

static int flow_request_decode_ping(const Actr__Ping *message, struct arena *arena,
                                    struct signaling_ping *ret_ping)
{
    *ret_ping = (struct signaling_ping){
        .availability = (int32_t)message->availability,
        .power_reserve = message->power_reserve,
        .mailbox_backlog = message->mailbox_backlog,
        .sticky_client_id_count = message->n_sticky_client_ids,
    };
    return part_decode_texts(message->sticky_client_ids, message->n_sticky_client_ids, arena,
                             &ret_ping->sticky_client_ids);
}

static int flow_request_decode_criteria(const Actr__NodeSelectionCriteria *message,
                                        struct arena *arena,
                                        struct signaling_criteria *ret_criteria)
{
    size_t count = message->n_ranking_factors;
    int32_t *factors = part_array(arena, count, sizeof(*factors));
    if (!factors)
        return ACTR_ENOMEM;
    for (size_t i = 0; i < count; i++)
        factors[i] = (int32_t)message->ranking_factors[i];
    *ret_criteria = (struct signaling_criteria){
        .candidate_count = message->candidate_count,
        .ranking_factors = factors,
        .ranking_factor_count = count,
        .has_dependency_min = message->has_minimal_dependency_requirement,
        .dependency_min = (int32_t)message->minimal_dependency_requirement,
        .has_health_min = message->has_minimal_health_requirement,
        .health_min = (int32_t)message->minimal_health_requirement,
    };
    return 0;
}

static int flow_request_decode_route(const Actr__RouteCandidatesRequest *message,
                                     struct arena *arena,
                                     struct signaling_route_candidates *ret_route)
{
    const Actr__ServiceLocation *location = message->client_location;
    *ret_route = (struct signaling_route_candidates){
        .has_criteria = message->criteria != NULL,
        .has_location = location != NULL,
        .client_fingerprint = message_text(message->client_fingerprint),
    };
    if (location) {
        ret_route->location = (struct signaling_location){
            .region = message_optional(location->has_region, location->region),
            .latitude = location->latitude,
            .longitude = location->longitude,
            .has_latitude = location->has_latitude,
            .has_longitude = location->has_longitude,
        };
    }
    int r = part_decode_type(message->target_type, &ret_route->target_type);
    if (r == 0 && message->criteria)
        r = flow_request_decode_criteria(message->criteria, arena, &ret_route->criteria);
    return r;
}

static int flow_request_decode_unregister(const Actr__UnregisterRequest *message,
                                          struct signaling_unregister *ret_unregister)
{
    ret_unregister->reason = message_optional(message->has_reason, message->reason);
    return part_decode_id(message->actr_id, &ret_unregister->id);
}

static int flow_request_decode_payload(const Signaling__ActrToSignaling *message,
                                       struct arena *arena, struct signaling_request *request)
{
    switch (request->kind) {
    case SIGNALING_UNREGISTER:
        return flow_request_decode_unregister(message->unregister_request, &request->unregister);
    case SIGNALING_PING:
        return flow_request_decode_ping(message->ping, arena, &request->ping);
    case SIGNALING_DISCOVERY:
        request->discovery = (struct signaling_discovery){
            .manufacturer = message_optional(message->discovery_request->has_manufacturer,
                                             message->discovery_request->manufacturer),
            .limit = message->discovery_request->limit,
            .has_limit = message->discovery_request->has_limit,
        };
        return 0;
    case SIGNALING_ROUTE_CANDIDATES:
        return flow_request_decode_route(message->route_candidates_request, arena,
                                         &request->route_candidates);
    case SIGNALING_GET_SERVICE_SPEC:
        request->spec_name = message_text(message->get_service_spec_request->name);
        return 0;
    case SIGNALING_GET_SIGNING_KEY:
        request->key_id = message->get_signing_key_request->key_id;
        return 0;
    case SIGNALING_SUBSCRIBE_UP:
        return part_decode_type(message->subscribe_actr_up_request->target_type, &request->up_type);
    case SIGNALING_UNSUBSCRIBE_UP:
        return part_decode_type(message->unsubscribe_actr_up_request->target_type,
                                &request->up_type);
    case SIGNALING_REQUEST_ERROR:
        part_decode_error(message->error, &request->error);
        return 0;
    case SIGNALING_REQUEST_NONE:
        break;
    }
    return 0;
}

int flow_request_decode(const Signaling__ActrToSignaling *message, struct arena *arena,
                        struct signaling_request *ret_request)
{
    *ret_request = (struct signaling_request){
        .kind = (enum signaling_request_kind)message->payload_case,
    };
    part_decode_credential(message->credential, &ret_request->credential);
    int r = part_decode_id(message->source, &ret_request->source);
    return r < 0 ? r : flow_request_decode_payload(message, arena, ret_request);
}

static Actr__UnregisterRequest *
flow_request_encode_unregister(struct message_build *build,
                               const struct signaling_unregister *unregister)
{
    Actr__UnregisterRequest *message = message_new(build, &actr__unregister_request__descriptor);
    if (!message)
        return NULL;
    message->actr_id = part_encode_id(build, &unregister->id);
    message->has_reason = unregister->reason.ptr != NULL;
    message->reason = message_data(unregister->reason);
    return message;
}

static Actr__Ping *flow_request_encode_ping(struct message_build *build,
                                            const struct signaling_ping *ping)
{
    Actr__Ping *message = message_new(build, &actr__ping__descriptor);
    if (!message)
        return NULL;
    message->availability = (Actr__ServiceAvailabilityState)ping->availability;
    message->power_reserve = ping->power_reserve;
    message->mailbox_backlog = ping->mailbox_backlog;
    message->n_sticky_client_ids = ping->sticky_client_id_count;
    message->sticky_client_ids =
        part_encode_texts(build, ping->sticky_client_ids, ping->sticky_client_id_count);
    return message;
}

static Actr__DiscoveryRequest *
flow_request_encode_discovery(struct message_build *build,
                              const struct signaling_discovery *discovery)
{
    Actr__DiscoveryRequest *message = message_new(build, &actr__discovery_request__descriptor);
    if (!message)
        return NULL;
    message->has_manufacturer = discovery->manufacturer.ptr != NULL;
    message->manufacturer = message_data(discovery->manufacturer);
    message->has_limit = discovery->has_limit;
    message->limit = discovery->limit;
    return message;
}

static Actr__NodeSelectionCriteria *
flow_request_encode_criteria(struct message_build *build, const struct signaling_criteria *criteria)
{
    size_t count = criteria->ranking_factor_count;
    Actr__NodeSelectionCriteria *message =
        message_new(build, &actr__node_selection_criteria__descriptor);
    if (!message)
        return NULL;
    message->candidate_count = criteria->candidate_count;
    message->n_ranking_factors = count;
    message->ranking_factors = message_array(build, count, sizeof(*message->ranking_factors));
    for (size_t i = 0; message->ranking_factors && i < count; i++)
        message->ranking_factors[i] =
            (Actr__NodeSelectionCriteria__NodeRankingFactor)criteria->ranking_factors[i];
    message->has_minimal_dependency_requirement = criteria->has_dependency_min;
    message->minimal_dependency_requirement =
        (Actr__ServiceDependencyState)criteria->dependency_min;
    message->has_minimal_health_requirement = criteria->has_health_min;
    message->minimal_health_requirement = (Actr__ServiceAvailabilityState)criteria->health_min;
    return message;
}

static Actr__ServiceLocation *
flow_request_encode_location(struct message_build *build, const struct signaling_location *location)
{
    Actr__ServiceLocation *message = message_new(build, &actr__service_location__descriptor);
    if (!message)
        return NULL;
    message->has_region = location->region.ptr != NULL;
    message->region = message_data(location->region);
    message->has_latitude = location->has_latitude;
    message->latitude = location->latitude;
    message->has_longitude = location->has_longitude;
    message->longitude = location->longitude;
    return message;
}

static Actr__RouteCandidatesRequest *
flow_request_encode_route(struct message_build *build,
                          const struct signaling_route_candidates *route)
{
    Actr__RouteCandidatesRequest *message =
        message_new(build, &actr__route_candidates_request__descriptor);
    if (!message)
        return NULL;
    message->target_type = part_encode_type(build, &route->target_type);
    if (route->has_criteria)
        message->criteria = flow_request_encode_criteria(build, &route->criteria);
    if (route->has_location)
        message->client_location = flow_request_encode_location(build, &route->location);
    message->client_fingerprint = message_data(route->client_fingerprint);
    return message;
}

static Actr__GetServiceSpecRequest *flow_request_encode_spec(struct message_build *build,
                                                             struct actr_view name)
{
    Actr__GetServiceSpecRequest *message =
        message_new(build, &actr__get_service_spec_request__descriptor);
    if (message)
        message->name = message_data(name);
    return message;
}

static Signaling__GetSigningKeyRequest *flow_request_encode_key(struct message_build *build,
                                                                uint32_t key_id)
{
    Signaling__GetSigningKeyRequest *message =
        message_new(build, &signaling__get_signing_key_request__descriptor);
    if (message)
        message->key_id = key_id;
    return message;
}

static Actr__ActrUpRequest *flow_request_encode_up(struct message_build *build,
                                                   const struct actr_type *type)
{
    Actr__ActrUpRequest *message = message_new(build, &actr__actr_up_request__descriptor);
    if (message)
        message->target_type = part_encode_type(build, type);
    return message;
}

static void flow_request_encode_payload(struct message_build *build,
                                        const struct signaling_request *request,
                                        Signaling__ActrToSignaling *message)
{
    message->payload_case = (Signaling__ActrToSignaling__PayloadCase)request->kind;
    switch (request->kind) {
    case SIGNALING_UNREGISTER:
        message->unregister_request = flow_request_encode_unregister(build, &request->unregister);
        break;
    case SIGNALING_PING:
        message->ping = flow_request_encode_ping(build, &request->ping);
        break;
    case SIGNALING_DISCOVERY:
        message->discovery_request = flow_request_encode_discovery(build, &request->discovery);
        break;
    case SIGNALING_ROUTE_CANDIDATES:
        message->route_candidates_request =
            flow_request_encode_route(build, &request->route_candidates);
        break;
    case SIGNALING_GET_SERVICE_SPEC:
        message->get_service_spec_request = flow_request_encode_spec(build, request->spec_name);
        break;
    case SIGNALING_GET_SIGNING_KEY:
        message->get_signing_key_request = flow_request_encode_key(build, request->key_id);
        break;
    case SIGNALING_SUBSCRIBE_UP:
        message->subscribe_actr_up_request = flow_request_encode_up(build, &request->up_type);
        break;
    case SIGNALING_UNSUBSCRIBE_UP:
        message->unsubscribe_actr_up_request = flow_request_encode_up(build, &request->up_type);
        break;
    case SIGNALING_REQUEST_ERROR:
        message->error = part_encode_error(build, &request->error);
        break;
    case SIGNALING_REQUEST_NONE:
        break;
    }
}

Signaling__ActrToSignaling *flow_request_encode(struct message_build *build,
                                                const struct signaling_request *request)
{
    Signaling__ActrToSignaling *message =
        message_new(build, &signaling__actr_to_signaling__descriptor);
    if (!message)
        return NULL;
    message->source = part_encode_id(build, &request->source);
    message->credential = part_encode_credential(build, &request->credential);
    flow_request_encode_payload(build, request, message);
    return message;
}
