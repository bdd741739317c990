// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Answers over HTTP.
 *
 * A request waits until it is answered or abandoned, whichever comes first; the
 * write that it waits for goes on either way, since what it changes was asked for.
 *
 * Loop thread. */
#include "answer.h"

#include <stdio.h>

#include "rendezvous.h"

void answer_defer(struct answer_later *later, struct rendezvous *rendezvous,
                  struct net_request *request)
{
    list_init(&later->_link);
    list_push(&rendezvous->unanswered, &later->_link);
    later->_request = request;
}

struct net_request *answer_resume(struct answer_later *later)
{
    list_remove(&later->_link);
    return later->_request;
}

void answer_abandon(struct rendezvous *rendezvous, struct net_request *request)
{
    list_each(pos, &rendezvous->unanswered)
    {
        struct answer_later *later = container_of(pos, struct answer_later, _link);
        if (later->_request == request)
            later->_request = NULL;
    }
}

#define ALLOW_ORIGIN                                                                               \
    {                                                                                              \
        "access-control-allow-origin", "*"                                                         \
    }

void answer_send(struct net_request *request, const struct answer *answer)
{
    char retry_after[16];
    struct net_header headers[4];
    size_t count = 0;
    unsigned status = actr_bytes_failed(answer->body) ? 500 : answer->status;
    struct actr_bytes body =
        actr_bytes_failed(answer->body) ? (struct actr_bytes){0} : answer->body;

    headers[count++] = (struct net_header){"content-type", answer->content_type};
    if (!answer->is_private)
        headers[count++] = (struct net_header)ALLOW_ORIGIN;
    if (answer->retry_after_s > 0) {
        snprintf(retry_after, sizeof(retry_after), "%u", answer->retry_after_s);
        headers[count++] = (struct net_header){"retry-after", retry_after};
    }
    if (answer->allow)
        headers[count++] = (struct net_header){"allow", answer->allow};
    net_respond(request, status, headers, count, body);
}

void answer_preflight(struct net_request *request)
{
    static const struct net_header headers[] = {
        ALLOW_ORIGIN,
        {"access-control-allow-methods", "*"},
        {"access-control-allow-headers", "*"},
        {"access-control-max-age", "86400"},
    };
    net_respond(request, 200, headers, sizeof(headers) / sizeof(headers[0]),
                (struct actr_bytes){0});
}
