// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Lookups, in groups: a group is one request for one type, and everybody who asked while it was
 * under way. Each lookup has its own deadline; the request has none, it ends when its last lookup
 * does.
 *
 * With the answer the group dissolves: each lookup takes a reference to the result and runs its
 * function from a task of its own, for any of them may end everything.
 *
 * A server may name the asker among the candidates: it is left out, and so one more is asked for
 * when the type is ours. Addresses come for some candidates, all or none, with or without text. */
#include "hyper/signaling/discovery.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hyper/signaling/client.h"
#include "hyper/signaling/session_state.h"

struct lookup_group {
    struct list link;
    struct discovery *discovery;
    struct client_request request;
    struct list lookups;
    struct actr_type type;
    uint32_t count; /* asked for, without us */
};

void discovery_init(struct discovery *discovery, struct loop *loop, struct client *client,
                    const struct session_state *session)
{
    struct hash_key key;
    loop_random(loop, key.bytes, sizeof key.bytes);
    *discovery = (struct discovery){._loop = loop, ._client = client, ._session = session};
    address_book_init(&discovery->_addresses, &key, DISCOVERY_ADDRESSES);
    list_init(&discovery->_groups);
    list_init(&discovery->_finished);
}

static void group_free(struct lookup_group *group)
{
    client_request_close(&group->request);
    list_remove(&group->link);
    group->discovery->_group_count--;
    mem_free(group);
}

/* Takes the lookup out of its group, and ends the group with its last one. */
static void lookup_leave(struct signaling_lookup *lookup)
{
    struct lookup_group *group = lookup->_group;
    list_remove(&lookup->_link);
    loop_timer_stop(&lookup->_deadline);
    lookup->_group = NULL;
    if (group != NULL && list_is_empty(&group->lookups))
        group_free(group);
}

void discovery_cancel(struct signaling_lookup *lookup)
{
    if (lookup->_discovery == NULL)
        return;
    lookup_leave(lookup);
    loop_task_cancel(&lookup->_task);
    actr_bytes_unref(lookup->_result);
    lookup->_result = (struct actr_bytes){0};
    lookup->_discovery = NULL;
}

static struct signaling_lookup *lookup_first(const struct list *lookups)
{
    return container_of(lookups->next, struct signaling_lookup, _link);
}

void discovery_deinit(struct discovery *discovery)
{
    if (discovery->_loop == NULL)
        return;
    while (!list_is_empty(&discovery->_groups))
        discovery_cancel(lookup_first(
            &container_of(discovery->_groups.next, struct lookup_group, link)->lookups));
    while (!list_is_empty(&discovery->_finished))
        discovery_cancel(lookup_first(&discovery->_finished));
    address_book_deinit(&discovery->_addresses);
}

const char *discovery_address_of(struct discovery *discovery, const struct actr_id *id)
{
    return address_book_find(&discovery->_addresses, id);
}

/* ---- Answers ---- */

static void lookup_on_task(struct loop_task *task)
{
    struct signaling_lookup *lookup = container_of(task, struct signaling_lookup, _task);
    AUTO_BYTES struct actr_bytes result = bytes_take(&lookup->_result);
    int code = lookup->_code;
    discovery_cancel(lookup);
    if (code < 0) {
        const char *detail = result.len > 0 ? (const char *)result.ptr : actr_strerror(code);
        lookup->_fn(lookup, code, detail, NULL, 0);
        return;
    }
    size_t count = result.len / sizeof(struct actr_id);
    if (count > lookup->_count_max)
        count = lookup->_count_max;
    lookup->_fn(lookup, 0, "", (const void *)result.ptr, count);
}

static void lookup_on_deadline(struct loop_timer *timer)
{
    struct signaling_lookup *lookup = container_of(timer, struct signaling_lookup, _deadline);
    discovery_cancel(lookup);
    lookup->_fn(lookup, ACTR_ETIMEDOUT, "no answer from the server in time", NULL, 0);
}

/* Consumes the result: ids when code is 0, else text with its NUL, or nothing. */
static void lookup_finish(struct signaling_lookup *lookup, int code, struct actr_bytes result)
{
    struct discovery *discovery = lookup->_discovery;
    lookup_leave(lookup);
    lookup->_code = actr_bytes_failed(result) ? ACTR_ENOMEM : code;
    lookup->_result = actr_bytes_failed(result) ? (struct actr_bytes){0} : result;
    list_push(&discovery->_finished, &lookup->_link);
    loop_defer(discovery->_loop, &lookup->_task);
}

/* The group is gone when it returns. Consumes the result. */
static void group_finish(struct lookup_group *group, int code, struct actr_bytes result)
{
    bool is_last;
    do {
        is_last = group->lookups.next->next == &group->lookups;
        lookup_finish(lookup_first(&group->lookups), code,
                      actr_bytes_failed(result) ? result : actr_bytes_ref(result));
    } while (!is_last);
    actr_bytes_unref(result);
}

static struct actr_bytes result_text(struct actr_view text)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(text.len + 1, &data);
    if (data != NULL) {
        if (text.len > 0)
            memcpy(data, text.ptr, text.len);
        data[text.len] = '\0';
    }
    return bytes;
}

/* The candidates but for us. */
static struct actr_bytes result_ids(const struct signaling_candidates *candidates,
                                    const struct actr_id *self)
{
    uint8_t *data;
    size_t cap = candidates->id_count < DISCOVERY_COUNT_MAX + 1 ? candidates->id_count
                                                                : DISCOVERY_COUNT_MAX + 1;
    struct actr_bytes bytes = bytes_new(cap * sizeof(struct actr_id), &data);
    if (data == NULL)
        return bytes;
    struct actr_id *ids = (void *)data;
    size_t count = 0;
    for (size_t i = 0; i < candidates->id_count && count < cap; i++)
        if (!actr_id_equal(&candidates->ids[i], self))
            ids[count++] = candidates->ids[i];
    bytes_truncate(&bytes, count * sizeof(struct actr_id));
    return bytes;
}

static void discovery_learn(struct discovery *discovery,
                            const struct signaling_candidates *candidates)
{
    for (size_t i = 0; i < candidates->address_count; i++) {
        const struct signaling_ws_address *entry = &candidates->addresses[i];
        /* Out of memory: the address is unknown, which dialling finds out. */
        (void)!address_book_put(&discovery->_addresses, &entry->candidate, entry->address);
    }
}

static void group_on_candidates(struct lookup_group *group,
                                const struct signaling_candidates *candidates)
{
    struct discovery *discovery = group->discovery;
    if (candidates->result == AIS_RESULT_ERROR) {
        group_finish(group, client_error_code(candidates->error.code),
                     result_text(candidates->error.message));
        return;
    }
    discovery_learn(discovery, candidates);
    AUTO_BYTES struct actr_bytes ids = result_ids(candidates, &discovery->_session->identity.id);
    if (ids.len > 0)
        group_finish(group, 0, bytes_take(&ids));
    else
        group_finish(group, ACTR_ENOTFOUND, result_text(view_text("no actor of this type is up")));
}

static void group_on_reply(struct client_request *request, int code, const char *detail,
                           const struct signaling_reply *reply)
{
    struct lookup_group *group = container_of(request, struct lookup_group, request);
    if (code < 0)
        group_finish(group, code, result_text(view_text(detail)));
    else if (reply->kind != SIGNALING_CANDIDATES || reply->candidates.result == AIS_RESULT_NONE)
        group_finish(group, ACTR_EUNAVAILABLE,
                     result_text(view_text("the server answered something else")));
    else
        group_on_candidates(group, &reply->candidates);
}

/* ---- Questions ---- */

static struct lookup_group *group_find(const struct discovery *discovery,
                                       const struct actr_type *type, uint32_t count)
{
    list_each(link, &discovery->_groups)
    {
        struct lookup_group *group = container_of(link, struct lookup_group, link);
        if (group->count >= count && actr_type_equal(&group->type, type))
            return group;
    }
    return NULL;
}

/* NULL: out of memory. */
static struct lookup_group *group_new(struct discovery *discovery, const struct actr_type *type,
                                      uint32_t count)
{
    struct lookup_group *group = mem_alloc(sizeof *group);
    if (group == NULL)
        return NULL;
    group->discovery = discovery;
    group->type = *type;
    group->count = count;
    list_init(&group->lookups);
    list_init(&group->link);
    list_push(&discovery->_groups, &group->link);
    discovery->_group_count++;
    bool may_be_us = actr_type_equal(type, &discovery->_session->identity.id.type);
    const struct signaling_request question = {
        .kind = SIGNALING_ROUTE_CANDIDATES,
        .route_candidates = {.target_type = *type,
                             .has_criteria = true,
                             .criteria = {.candidate_count = count + (may_be_us ? 1 : 0)},
                             .client_fingerprint = view_text("")},
    };
    client_ask(discovery->_client, &group->request, &question, 0, group_on_reply);
    return group;
}

void discovery_find(struct discovery *discovery, struct signaling_lookup *lookup,
                    const struct actr_type *type, uint32_t count_max, uint32_t timeout_ms)
{
    lookup->_discovery = discovery;
    lookup->_group = NULL;
    lookup->_result = (struct actr_bytes){0};
    lookup->_count_max = count_max < DISCOVERY_COUNT_MAX ? count_max : DISCOVERY_COUNT_MAX;
    list_init(&lookup->_link);
    loop_task_init(&lookup->_task, lookup_on_task);
    loop_timer_init(&lookup->_deadline, discovery->_loop, lookup_on_deadline);
    struct lookup_group *group = group_find(discovery, type, lookup->_count_max);
    if (group == NULL && discovery->_group_count >= DISCOVERY_GROUPS_MAX) {
        lookup_finish(lookup, ACTR_EUNAVAILABLE,
                      result_text(view_text("too many searches are under way")));
        return;
    }
    if (group == NULL)
        group = group_new(discovery, type, lookup->_count_max);
    if (group == NULL) {
        lookup_finish(lookup, ACTR_ENOMEM, (struct actr_bytes){0});
        return;
    }
    lookup->_group = group;
    list_push(&group->lookups, &lookup->_link);
    loop_timer_start(&lookup->_deadline, (uint64_t)timeout_ms * 1000);
}

void discovery_cancel_all(struct discovery *discovery)
{
    while (!list_is_empty(&discovery->_groups)) {
        struct lookup_group *group =
            container_of(discovery->_groups.next, struct lookup_group, link);
        group_finish(group, ACTR_ECANCELED, result_text(view_text("signaling is stopping")));
    }
}
