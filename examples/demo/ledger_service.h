// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The service of the durable demo: its messages have an effect once, whatever happens to it. */
#pragma once

#define LEDGER_TYPE "acme:LedgerService:1.0.0"
#define LEDGER_ADD "demo.Ledger.Add"   /* request: the reply is the place of the effect, 4 bytes */
#define LEDGER_NOTE "demo.Ledger.Note" /* tell */
#define LEDGER_SYNC                                                                                \
    "demo.Ledger.Sync" /* request without effect: what was told before is accepted */

/* A whole process: actr_main(), with a ledger in the file `path`. */
int ledger_service_main(const char *path, int argc, char **argv);
