// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The rendezvous server under load: memory of many idle actors, joins a second, discoveries a
 * second. The server is `actr rendezvous` in a process of its own; the actors are this process.
 *
 * Discoveries go over bare sockets with the identity of registered actors, because the node's own
 * client paces itself far below what the server can do. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <actr/bytes.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/text.h"
#include "bench.h"
#include "crowd.h"
#include "hyper/signaling/signaling.h"
#include "net/net.h"
#include "protocol/signaling.h"
#include "support.h"
#include "sys/loop_uv.h"

#define IDLE_ACTORS 9500 /* descriptors: one here and one there for each, of 20,000 a process */
#define JOIN_ACTORS 3000
#define JOIN_AT_ONCE 64
#define ASKERS 8
#define ASK_IN_FLIGHT 32
#define ASK_COUNT 60000

static bool run_idle(struct bench_sample *sample)
{
    struct crowd crowd;
    double seconds;
    bool ok = crowd_open(&crowd, IDLE_ACTORS) && crowd_join(&crowd, JOIN_AT_ONCE, &seconds);
    if (ok) /* scaled to 10,000, because two descriptors each is what a process may have */
        sample->value = (double)support_rss(crowd.server.pid, NULL) / 1e6 * 10000 / IDLE_ACTORS;
    crowd_close(&crowd);
    return ok;
}

static bool run_join(struct bench_sample *sample)
{
    struct crowd crowd;
    double seconds;
    bool ok = crowd_open(&crowd, JOIN_ACTORS) && crowd_join(&crowd, JOIN_AT_ONCE, &seconds);
    if (ok)
        sample->value = JOIN_ACTORS / seconds;
    crowd_close(&crowd);
    return ok;
}

/* Discovery -------------------------------------------------------------------------------------
 */

struct asker {
    struct net_ws *ws;
    struct actr_bytes request; /* the same each time */
    char url[2048];
};

static struct {
    struct crowd *crowd;
    struct asker askers[ASKERS];
    size_t open, sent, answered, wrong, closed;
    double begin_us, end_us;
} asking;

static void asker_send(struct asker *asker)
{
    if (asking.sent == ASK_COUNT)
        return;
    asking.sent++;
    if (net_ws_send(asker->ws, actr_bytes_copy(actr_bytes_view(asker->request))) < 0)
        asking.wrong++;
}

static void asker_on_open(void *user)
{
    (void)user;
    if (++asking.open < ASKERS)
        return;
    asking.begin_us = bench_now_us();
    for (int i = 0; i < ASKERS; i++)
        for (int n = 0; n < ASK_IN_FLIGHT; n++)
            asker_send(&asking.askers[i]);
}

static void asker_on_message(void *user, struct actr_bytes message, bool is_binary)
{
    /* An answer with a candidate is longer than any error; one in 256 is looked at closely. */
    if (!is_binary || message.len < 100)
        asking.wrong++;
    if (asking.answered % 256 == 0) {
        struct arena arena;
        struct signaling_envelope envelope;
        arena_init(&arena, 1 << 20);
        if (signaling_decode(actr_bytes_view(message), &arena, &envelope) < 0 ||
            envelope.flow != SIGNALING_FLOW_SERVER_TO_ACTR ||
            envelope.reply.kind != SIGNALING_CANDIDATES || envelope.reply.candidates.id_count != 1)
            asking.wrong++;
        arena_deinit(&arena);
    }
    actr_bytes_unref(message);
    if (++asking.answered == ASK_COUNT) {
        asking.end_us = bench_now_us();
        for (int i = 0; i < ASKERS; i++)
            net_ws_close(asking.askers[i].ws, 1000, NULL);
        return;
    }
    asker_send(user);
}

static void asker_on_closed(void *user, const struct net_close *why)
{
    (void)user;
    (void)why;
    if (++asking.closed == ASKERS)
        loop_uv_stop(asking.crowd->loop);
}

static const struct net_ws_events asker_events = {
    .on_open = asker_on_open,
    .on_message = asker_on_message,
    .on_closed = asker_on_closed,
};

/* Takes over the identity of a member, whose own socket is cut. */
static bool asker_make(struct asker *asker, struct crowd_member *member)
{
    const struct signaling_identity *identity = signaling_identity(member->signaling);
    struct arena arena;
    struct credential credential;
    char id[ACTR_ID_STR_MAX], claims[512], signature[TEXT_BASE64_SIZE(64)];
    struct text url;
    arena_init(&arena, 1 << 16);
    if (credential_decode(actr_bytes_view(identity->credential), &arena, &credential) < 0)
        return false;
    text_base64_encode(credential.claims.ptr, credential.claims.len, claims);
    text_base64_encode(credential.signature.ptr, credential.signature.len, signature);
    text_init(&url, asker->url, sizeof(asker->url));
    text_printf(&url, "ws://127.0.0.1:%u/signaling/ws?actor_id=", member->crowd->port);
    text_percent_encode(&url, view_text(actr_id_format(&identity->id, id)));
    text_printf(&url, "&key_id=%u&claims=", credential.key_id);
    text_percent_encode(&url, view_text(claims));
    text_printf(&url, "&signature=");
    text_percent_encode(&url, view_text(signature));
    struct signaling_envelope envelope = {.version = SIGNALING_VERSION,
                                          .id = view_text("ask"),
                                          .flow = SIGNALING_FLOW_ACTR_TO_SERVER};
    envelope.request.source = identity->id;
    envelope.request.credential = credential;
    envelope.request.kind = SIGNALING_ROUTE_CANDIDATES;
    envelope.request.route_candidates.target_type = (struct actr_type){"bench", "Member", "1.0.0"};
    envelope.request.route_candidates.has_criteria = true;
    envelope.request.route_candidates.criteria.candidate_count = 1;
    envelope.request.route_candidates.client_fingerprint = view_text("");
    asker->request = signaling_encode(&envelope);
    arena_deinit(&arena);
    signaling_free(member->signaling);
    member->signaling = NULL;
    return !actr_bytes_failed(asker->request);
}

static bool ask_all(struct crowd *crowd)
{
    memset(&asking, 0, sizeof(asking));
    asking.crowd = crowd;
    for (int i = 0; i < ASKERS; i++) {
        struct asker *asker = &asking.askers[i];
        struct net_ws_options options = {0};
        if (!asker_make(asker, &crowd->members[i]))
            return false;
        options.url = asker->url;
        if (net_ws_dial(crowd->net, &options, &asker_events, asker, &asker->ws) < 0)
            return false;
    }
    loop_uv_run(crowd->loop);
    for (int i = 0; i < ASKERS; i++)
        actr_bytes_unref(asking.askers[i].request);
    if (asking.answered != ASK_COUNT || asking.wrong)
        fprintf(stderr, "bench: %zu of %d answered, %zu wrong\n", asking.answered, ASK_COUNT,
                asking.wrong);
    return asking.answered == ASK_COUNT && asking.wrong == 0;
}

static bool run_discover(struct bench_sample *sample)
{
    struct crowd crowd;
    double seconds;
    bool ok =
        crowd_open(&crowd, 100) && crowd_join(&crowd, JOIN_AT_ONCE, &seconds) && ask_all(&crowd);
    if (ok)
        sample->value = ASK_COUNT / ((asking.end_us - asking.begin_us) / 1e6);
    crowd_close(&crowd);
    return ok;
}

const struct bench_case bench_rendezvous[] = {
    {"rendezvous_idle", "resident memory of the server with 10,000 idle connected actors", "MB",
     BENCH_VALUE_MAX, 300, 1, false, run_idle},
    {"rendezvous_join", "register and connect", "joins/s", BENCH_VALUE_MIN, 1000, 3, false,
     run_join},
    {"rendezvous_discover", "RouteCandidates among 92 actors of the type", "asks/s",
     BENCH_VALUE_MIN, 20000, 3, false, run_discover},
    {0},
};
