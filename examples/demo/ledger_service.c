// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The service of the durable demo.
 *
 * Its mailbox is on the disk, so a message that was accepted comes back when the process died
 * before it was done with it: at least once. The process may have died after the effect, so the
 * handler looks into its ledger first: the request id is the key. Handlers of one actor run one at
 * a time, so the ledger needs no lock. */
#include "ledger_service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <actr/actr.h>

#include "ledger.h"

static uint32_t add(struct actr_ctx *ctx, struct ledger *ledger)
{
    const char *id = actr_ctx_request_id(ctx);
    return strlen(id) == LEDGER_ID_LEN ? ledger_add(ledger, id) : 0;
}

static void on_add(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint32_t place = add(ctx, self);
    (void)request;
    if (place == 0)
        actr_fail(ctx, ACTR_EINTERNAL, "the ledger cannot be written");
    else
        actr_reply(ctx, actr_bytes_copy(actr_view_of(&place, sizeof(place))));
}

static void on_note(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request;
    if (add(ctx, self) == 0)
        actr_ctx_log(ctx, ACTR_LOG_ERROR, "the ledger cannot be written");
}

static void on_sync(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)request, (void)self;
    actr_reply(ctx, (struct actr_bytes){0});
}

int ledger_service_main(const char *path, int argc, char **argv)
{
    static struct ledger ledger;
    if (!ledger_open(&ledger, path)) {
        fprintf(stderr, "demo: %s: %s\n", path, strerror(errno));
        return 1;
    }
    struct actr_workload *workload = actr_workload_new(LEDGER_TYPE, NULL, &ledger);
    actr_workload_route(workload, LEDGER_ADD, on_add, NULL);
    actr_workload_route(workload, LEDGER_NOTE, on_note, NULL);
    actr_workload_route(workload, LEDGER_SYNC, on_sync, NULL);
    int status = actr_main(argc, argv, workload);
    ledger_close(&ledger);
    return status;
}
