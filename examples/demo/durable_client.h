// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A client of the durable demo: sends numbered requests and tells to a service that keeps dying,
 * and stops only when each request is answered and each tell accepted.
 *
 * All are sent by one thread, so what it sends later comes later. Whenever the service is lost,
 * what is not answered or accepted goes out again, with the same request id, to the service's next
 * actor id. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/actr.h>

#define CLIENT_MESSAGES_MAX 32768
#define CLIENT_IN_FLIGHT 64    /* requests that wait for their answer */
#define CLIENT_UNCONFIRMED 256 /* tells that are not known to be accepted */

/* A request that waits. */
struct client_flight {
    struct client *client;
    struct client_flight *next_free;
    uint32_t index; /* CLIENT_MESSAGES_MAX: a sync */
    unsigned link;
    uint64_t order;
    bool is_first; /* nothing was sent with its request id before */
};

struct client_message {
    bool is_tell, is_done;
    uint32_t sends;
    uint32_t place; /* a request's answer */
};

struct client {
    struct actr_node *node;
    unsigned number; /* of this client, in its request ids */
    uint64_t seed;

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct actr_id service;
    bool is_up;     /* the service may be there: send */
    bool is_over;   /* the thread ends */
    unsigned link;  /* counts the times that the service, or the connection to it, was lost */
    uint64_t order; /* of the last message sent */

    uint32_t count, next; /* messages; the first that was never sent */
    uint32_t done_requests, done_tells, resent;
    uint32_t waiting[CLIENT_MESSAGES_MAX]; /* to be sent again: a queue */
    uint32_t waiting_first, waiting_count;
    struct {
        uint32_t index;
        uint64_t order;
    } told[CLIENT_UNCONFIRMED]; /* the oldest first: a queue */
    uint32_t told_first, told_count;
    struct client_flight flights[CLIENT_IN_FLIGHT], *free_flights;
    uint32_t in_flight;
    char error[256]; /* an answer that no repeat will better; "": none */
    struct client_message messages[CLIENT_MESSAGES_MAX];
};

/* `index`'s request id; 37 bytes. */
void client_request_id(const struct client *client, uint32_t index, char ret_id[37]);

/* The workload whose hooks tell the client of lost connections; for its node. */
struct actr_workload *client_workload(struct client *client);

/* client->node and count are set. False: no thread. */
bool client_start(struct client *client);
/* The service is there under this id / is gone. */
void client_up(struct client *client, const struct actr_id *service);
void client_down(struct client *client);
/* How many are done, of count. An error, if there is one, in ret_error (256 bytes). */
uint32_t client_progress(struct client *client, char *ret_error, bool *ret_is_up);
/* After the node is closed, so that every call has ended. */
void client_finish(struct client *client);
