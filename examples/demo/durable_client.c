// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A client of the durable demo.
 *
 * A request is done when it is answered. A tell has no answer: it is done when a request that was
 * sent behind it by the same connection is answered, because messages of one priority are accepted
 * in their order. That must be a request that was never sent before: the answer to a repeat may be
 * that of its first copy, and says nothing of what went out before the repeat. Which connection
 * carries a message cannot be seen from outside; so a loss of any counts for everything that is not
 * done (client->link), and calls are never sent again by the node on its own (no_retry). Where no
 * request goes out that could confirm the last tells, one without effect does.
 *
 * Results and hooks come on the node's threads and only note what happened; the client's own thread
 * sends. */
#include "durable_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger_service.h"

#define CLIENT_TYPE "acme:LedgerClient:1.0.0"
#define CLIENT_TIMEOUT_MS 10000

void client_request_id(const struct client *client, uint32_t index, char ret_id[37])
{
    snprintf(ret_id, 37, "%08" PRIx32 "-%04x-4000-8000-%012" PRIx32, (uint32_t)client->seed,
             client->number & 0xffff, index);
}

/* Under the lock, all of these ----------------------------------------------------------------- */

static void client_wait_again(struct client *client, uint32_t index)
{
    uint32_t at = (client->waiting_first + client->waiting_count) % CLIENT_MESSAGES_MAX;
    client->waiting[at] = index;
    client->waiting_count++;
}

static uint32_t client_pop_told(struct client *client)
{
    uint32_t index = client->told[client->told_first].index;
    client->told_first = (client->told_first + 1) % CLIENT_UNCONFIRMED;
    client->told_count--;
    return index;
}

/* A request of this place in the order was answered. */
static void client_confirm(struct client *client, uint64_t order)
{
    while (client->told_count && client->told[client->told_first].order < order) {
        client->messages[client_pop_told(client)].is_done = true;
        client->done_tells++;
    }
}

static void client_lose(struct client *client)
{
    client->link++;
    client->is_up = false;
    while (client->told_count)
        client_wait_again(client, client_pop_told(client));
    pthread_cond_signal(&client->changed);
}

static void client_note_answer(struct client *client, const struct client_flight *flight,
                               const struct actr_result *result)
{
    struct client_message *message = &client->messages[flight->index % CLIENT_MESSAGES_MAX];
    if (flight->is_first && flight->link == client->link)
        client_confirm(client, flight->order);
    if (flight->index == CLIENT_MESSAGES_MAX)
        return;
    message->is_done = true;
    client->done_requests++;
    if (result->reply.len == sizeof(message->place))
        memcpy(&message->place, result->reply.ptr, sizeof(message->place));
}

static void client_note_failure(struct client *client, const struct client_flight *flight,
                                const struct actr_result *result)
{
    if (flight->index != CLIENT_MESSAGES_MAX)
        client_wait_again(client, flight->index);
    if (flight->link == client->link)
        client_lose(client);
    if (actr_error_kind(result->code) != ACTR_KIND_TRANSIENT && result->code != ACTR_ECANCELED &&
        client->error[0] == '\0')
        snprintf(client->error, sizeof(client->error), "%s: %s", actr_errname(result->code),
                 result->message);
}

/* Told by the node ----------------------------------------------------------------------------- */

static void client_on_result(void *arg, const struct actr_result *result)
{
    struct client_flight *flight = arg;
    struct client *client = flight->client;
    pthread_mutex_lock(&client->lock);
    if (result->code == 0)
        client_note_answer(client, flight, result);
    else
        client_note_failure(client, flight, result);
    flight->next_free = client->free_flights;
    client->free_flights = flight;
    client->in_flight--;
    pthread_cond_signal(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

static void client_on_disconnected(struct actr_ctx *ctx, const struct actr_peer_event *event,
                                   void *self)
{
    struct client *client = self;
    (void)ctx;
    pthread_mutex_lock(&client->lock);
    if (actr_id_equal(&event->peer, &client->service))
        client_lose(client);
    pthread_mutex_unlock(&client->lock);
}

/* A tell that could not be sent is told here only. */
static void client_on_error(struct actr_ctx *ctx, const struct actr_error_event *event, void *self)
{
    struct client *client = self;
    (void)ctx;
    if (event->category != ACTR_ERROR_TRANSPORT)
        return;
    pthread_mutex_lock(&client->lock);
    client_lose(client);
    pthread_mutex_unlock(&client->lock);
}

struct actr_workload *client_workload(struct client *client)
{
    const struct actr_workload_options options = {
        .size = sizeof(options),
        .never_blocks = true,
        .on_websocket_disconnected = client_on_disconnected,
        .on_webrtc_disconnected = client_on_disconnected,
        .on_error = client_on_error,
    };
    return actr_workload_new(CLIENT_TYPE, &options, client);
}

/* Sending, by the client's thread, under the lock ------------------------------------------------
 */

static void client_refused(struct client *client, uint32_t index)
{
    snprintf(client->error, sizeof(client->error), "cannot send: %s", actr_errmsg());
    if (index != CLIENT_MESSAGES_MAX)
        client_wait_again(client, index);
    client_lose(client);
}

static void client_send_request(struct client *client, uint32_t index, const char *id)
{
    struct actr_call_options options = {.size = sizeof(options),
                                        .timeout_ms = CLIENT_TIMEOUT_MS,
                                        .no_retry = true,
                                        .request_id = id};
    struct client_flight *flight = client->free_flights;
    client->free_flights = flight->next_free;
    client->in_flight++;
    *flight = (struct client_flight){.client = client,
                                     .index = index,
                                     .link = client->link,
                                     .order = ++client->order,
                                     .is_first = !id || client->messages[index].sends == 1};
    int r = actr_call(client->node, &client->service, id ? LEDGER_ADD : LEDGER_SYNC,
                      actr_bytes_copy(actr_view_of(&index, sizeof(index))), &options,
                      client_on_result, flight, NULL);
    if (r == 0)
        return;
    flight->next_free = client->free_flights;
    client->free_flights = flight;
    client->in_flight--;
    client_refused(client, index);
}

static void client_send_tell(struct client *client, uint32_t index, const char *id)
{
    struct actr_call_options options = {.size = sizeof(options), .request_id = id};
    uint32_t last = (client->told_first + client->told_count) % CLIENT_UNCONFIRMED;
    client->told[last].index = index;
    client->told[last].order = ++client->order;
    client->told_count++;
    if (actr_tell(client->node, &client->service, LEDGER_NOTE,
                  actr_bytes_copy(actr_view_of(&index, sizeof(index))), &options) < 0) {
        client->told_count--;
        client_refused(client, index);
    }
}

static void client_send(struct client *client, uint32_t index)
{
    char id[37];
    client_request_id(client, index, id);
    client->resent += client->messages[index].sends++ > 0;
    if (client->messages[index].is_tell)
        client_send_tell(client, index, id);
    else
        client_send_request(client, index, id);
}

/* Sends one message, if there is one and room for it. */
static bool client_step(struct client *client)
{
    if (!client->is_up || client->in_flight == CLIENT_IN_FLIGHT)
        return false;
    bool has_more = client->waiting_count || client->next < client->count;
    if (has_more && client->told_count < CLIENT_UNCONFIRMED) {
        uint32_t index = client->next;
        if (client->waiting_count) {
            index = client->waiting[client->waiting_first];
            client->waiting_first = (client->waiting_first + 1) % CLIENT_MESSAGES_MAX;
            client->waiting_count--;
        } else {
            client->next++;
        }
        client_send(client, index);
        return true;
    }
    if (client->told_count == 0 || client->in_flight > 0)
        return false;
    client_send_request(client, CLIENT_MESSAGES_MAX, NULL);
    return true;
}

static void *client_run(void *arg)
{
    struct client *client = arg;
    pthread_mutex_lock(&client->lock);
    while (!client->is_over) {
        if (!client_step(client))
            pthread_cond_wait(&client->changed, &client->lock);
    }
    pthread_mutex_unlock(&client->lock);
    return NULL;
}

/* From the main thread ------------------------------------------------------------------------- */

bool client_start(struct client *client)
{
    pthread_mutex_init(&client->lock, NULL);
    pthread_cond_init(&client->changed, NULL);
    for (int i = 0; i < CLIENT_IN_FLIGHT; i++) {
        client->flights[i].next_free = client->free_flights;
        client->free_flights = &client->flights[i];
    }
    return pthread_create(&client->thread, NULL, client_run, client) == 0;
}

void client_up(struct client *client, const struct actr_id *service)
{
    pthread_mutex_lock(&client->lock);
    client->service = *service;
    client->is_up = true;
    pthread_cond_signal(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

void client_down(struct client *client)
{
    pthread_mutex_lock(&client->lock);
    client_lose(client);
    pthread_mutex_unlock(&client->lock);
}

uint32_t client_progress(struct client *client, char *ret_error, bool *ret_is_up)
{
    pthread_mutex_lock(&client->lock);
    uint32_t done = client->done_requests + client->done_tells;
    *ret_is_up = client->is_up;
    memcpy(ret_error, client->error, sizeof(client->error));
    pthread_mutex_unlock(&client->lock);
    return done;
}

void client_finish(struct client *client)
{
    pthread_mutex_lock(&client->lock);
    client->is_over = true;
    pthread_cond_signal(&client->changed);
    pthread_mutex_unlock(&client->lock);
    pthread_join(client->thread, NULL);
    pthread_cond_destroy(&client->changed);
    pthread_mutex_destroy(&client->lock);
}
