// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The certificate of a node, and the associations made with it.
 *
 * Associations hold what they were made with, so that renewing it is no matter to those that live.
 * The first is made soon after the start, and tried: that costs a node a few milliseconds while it
 * waits for the server, and not its first session.
 *
 * Loop thread. It must outlive its associations. */
#include "hyper/wire/webrtc/secure_factory.h"

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/data_channel.h"
#include "hyper/wire/webrtc/dtls.h"
#include "hyper/wire/webrtc/rehearsal.h"
#include "hyper/wire/webrtc/secure_association.h"
#include "sys/loop.h"

#define SECURE_QUEUED_MAX ((size_t)256 << 20)
#define SECURE_MESSAGE_LEN_MAX (256u << 10) /* what browsers and libdatachannel take */

struct secure_factory {
    struct association_factory base;
    struct secure_shared shared; /* without a context: none was needed yet */
    struct loop_task prepare;
    struct data_channels_total queued;
};

static int secure_factory_renew(struct secure_factory *factory)
{
    struct secure_shared *shared = &factory->shared;
    uint64_t now_s = loop_wall_ms(shared->loop) / 1000;
    struct certificate *certificate;
    struct dtls_context *context;

    if (shared->context && !certificate_is_old(shared->certificate, now_s))
        return 0;
    int r = certificate_new(now_s, &certificate);
    if (r < 0)
        return r;
    r = dtls_context_new(certificate, &context);
    if (r < 0) {
        certificate_unref(certificate);
        return r;
    }
    dtls_context_unref(shared->context);
    certificate_unref(shared->certificate);
    shared->certificate = certificate;
    shared->context = context;
    return 0;
}

/* A failure is that of the first association, which tries again. */
static void secure_factory_on_prepare(struct loop_task *task)
{
    struct secure_factory *factory = container_of(task, struct secure_factory, prepare);
    struct secure_shared *shared = &factory->shared;
    if (shared->context || secure_factory_renew(factory) < 0)
        return;
    (void)rehearsal_run(shared->context, certificate_fingerprint(shared->certificate),
                        loop_now_us(shared->loop));
}

static int secure_factory_make(struct association_factory *base,
                               const struct association_events *events, void *owner,
                               struct association **ret_association)
{
    struct secure_factory *factory = container_of(base, struct secure_factory, base);
    int r = secure_factory_renew(factory);
    return r < 0 ? r : secure_association_new(&factory->shared, events, owner, ret_association);
}

struct secure_factory *secure_factory_new(struct loop *loop, uint32_t message_len_max)
{
    struct secure_factory *factory = mem_alloc(sizeof(*factory));
    if (!factory)
        return NULL;
    factory->base.make = secure_factory_make;
    factory->queued.bytes_max = SECURE_QUEUED_MAX;
    factory->shared.queued = &factory->queued;
    factory->shared.loop = loop;
    factory->shared.message_len_max = message_len_max ? message_len_max : SECURE_MESSAGE_LEN_MAX;
    loop_task_init(&factory->prepare, secure_factory_on_prepare);
    loop_defer(loop, &factory->prepare);
    return factory;
}

void secure_factory_free(struct secure_factory *factory)
{
    if (!factory)
        return;
    loop_task_cancel(&factory->prepare);
    dtls_context_unref(factory->shared.context);
    certificate_unref(factory->shared.certificate);
    mem_free(factory);
}

struct association_factory *secure_factory_base(struct secure_factory *factory)
{
    return &factory->base;
}
