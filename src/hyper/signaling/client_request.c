// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of requests.
 *
 * A request that runs is in exactly one of two lists: open (and then in the hash table too) or
 * finished (its function is about to run). Closing takes it out of wherever it is, so an owner may
 * let go at any time, and a lost reply or a deadline leaves nothing behind.
 *
 * Numbers grow and are ours, so the table needs no key. */
#include "hyper/signaling/client_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

static bool request_is(const struct hash_node *node, const void *wanted)
{
    return container_of(node, struct client_request, _node)->_number == *(const uint64_t *)wanted;
}

void client_requests_init(struct client_requests *table, struct loop *loop, size_t count_max)
{
    *table = (struct client_requests){._loop = loop, ._count_max = count_max};
    hash_table_init(&table->_by_number, request_is);
    list_init(&table->_open);
    list_init(&table->_finished);
}

static void requests_close(struct list *requests)
{
    while (!list_is_empty(requests))
        client_request_close(container_of(requests->next, struct client_request, _link));
}

void client_requests_deinit(struct client_requests *table)
{
    if (table->_loop == NULL)
        return;
    requests_close(&table->_open);
    requests_close(&table->_finished);
    hash_table_deinit(&table->_by_number);
}

static void request_on_deadline(struct loop_timer *timer)
{
    struct client_request *request = container_of(timer, struct client_request, _deadline);
    client_request_close(request);
    request->_fn(request, ACTR_ETIMEDOUT, "no answer from the server in time", NULL);
}

static void request_on_task(struct loop_task *task)
{
    struct client_request *request = container_of(task, struct client_request, _task);
    client_request_close(request);
    request->_fn(request, request->_code, request->_detail, NULL);
}

static void request_init(struct client_request *request, struct client_requests *table,
                         client_request_fn *fn)
{
    *request = (struct client_request){._table = table, ._fn = fn};
    list_init(&request->_link);
    list_init(&request->_turn);
    loop_timer_init(&request->_deadline, table->_loop, request_on_deadline);
    loop_task_init(&request->_task, request_on_task);
}

int client_request_open(struct client_requests *table, struct client_request *request,
                        uint32_t timeout_ms, client_request_fn *fn)
{
    request_init(request, table, fn);
    request->_table = NULL;
    if (table->_by_number.count >= table->_count_max)
        return err_origin(ACTR_EUNAVAILABLE, "too many requests to the server are under way");
    int r = hash_table_insert(&table->_by_number, &request->_node, table->_number_last + 1);
    if (r < 0)
        return r;
    request->_number = ++table->_number_last;
    request->_table = table;
    list_push(&table->_open, &request->_link);
    if (timeout_ms > 0)
        loop_timer_start(&request->_deadline, (uint64_t)timeout_ms * 1000);
    return 0;
}

const char *client_request_id(const struct client_request *request,
                              char buf[CLIENT_REQUEST_ID_SIZE])
{
    snprintf(buf, CLIENT_REQUEST_ID_SIZE, "env-%" PRIu64, request->_number);
    return buf;
}

struct client_request *client_requests_find(const struct client_requests *table,
                                            struct actr_view reply_for)
{
    static const char prefix[] = {'e', 'n', 'v', '-'};
    uint64_t number;
    if (reply_for.len <= sizeof prefix || memcmp(reply_for.ptr, prefix, sizeof prefix) != 0)
        return NULL;
    struct actr_view digits =
        actr_view_of(reply_for.ptr + sizeof prefix, reply_for.len - sizeof prefix);
    if (!text_u64(digits, &number))
        return NULL;
    struct hash_node *node = hash_table_find(&table->_by_number, number, &number);
    return node != NULL ? container_of(node, struct client_request, _node) : NULL;
}

/* Takes the request out of the open ones. */
static void request_take(struct client_request *request)
{
    hash_table_remove(&request->_table->_by_number, &request->_node);
    request->_number = 0;
    list_remove(&request->_link);
    list_remove(&request->_turn);
    loop_timer_stop(&request->_deadline);
    actr_bytes_unref(request->_message);
    request->_message = (struct actr_bytes){0};
}

void client_request_close(struct client_request *request)
{
    if (request->_table == NULL)
        return;
    if (request->_number != 0)
        request_take(request);
    list_remove(&request->_link);
    loop_task_cancel(&request->_task);
    request->_table = NULL;
}

void client_request_finish(struct client_requests *table, struct client_request *request, int code,
                           const char *detail)
{
    if (request->_number != 0)
        request_take(request);
    request->_table = table;
    request->_code = code;
    request->_detail = detail;
    list_push(&table->_finished, &request->_link);
    loop_defer(table->_loop, &request->_task);
}

void client_requests_finish(struct client_requests *table, int code, const char *detail)
{
    while (!list_is_empty(&table->_open))
        client_request_finish(table, container_of(table->_open.next, struct client_request, _link),
                              code, detail);
}
