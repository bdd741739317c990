// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The ledger contract: what must outlive a restart, as rows of a few tables.
 *
 * The server works in memory. At start it reads the ledger once; afterwards it only writes: rows
 * that belong together make one write, which is kept as a whole or not at all, and is answered when
 * it is safe. Two implementations: ledger_memory.c keeps nothing, ledger_sqlite.c keeps a database
 * on a thread of its own.
 *
 * Loop thread, but for opening, loading and closing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/list.h"
#include "sys/loop.h"

struct ledger;
struct ledger_write;

enum ledger_table {
    LEDGER_SETTING,
    LEDGER_SIGNING_KEY,
    LEDGER_REALM,
    LEDGER_ACTOR,
    LEDGER_MANUFACTURER,
    LEDGER_PACKAGE,
};
#define LEDGER_TABLE_COUNT 6

/* Columns of each table, in the order of the cells; cell 0 is the key. A text or blob cell is in
 * `bytes` (empty: none), a number in `number`. */
enum ledger_setting_column { LEDGER_SETTING_NAME, LEDGER_SETTING_VALUE };
enum ledger_key_column {
    LEDGER_KEY_ID,
    LEDGER_KEY_SEED, /* empty once the key is retired */
    LEDGER_KEY_PUBLIC,
    LEDGER_KEY_RETIRED_AT, /* unix time; 0: in use */
};
enum ledger_realm_column {
    LEDGER_REALM_ID,
    LEDGER_REALM_NAME,
    LEDGER_REALM_ENABLED,
    LEDGER_REALM_SECRET,          /* SHA-256 */
    LEDGER_REALM_PREVIOUS_SECRET, /* SHA-256 */
    LEDGER_REALM_PREVIOUS_UNTIL,  /* unix time */
};
enum ledger_actor_column {
    LEDGER_ACTOR_ID,
    LEDGER_ACTOR_PROFILE,
    LEDGER_ACTOR_WS_ADDRESS,
    LEDGER_ACTOR_EXPIRES_AT, /* unix time */
    LEDGER_ACTOR_TOKEN,      /* SHA-256 of the newest renewal token */
    LEDGER_ACTOR_TOKEN_EXPIRES_AT,
    LEDGER_ACTOR_OLD_TOKEN, /* of the one before */
    LEDGER_ACTOR_OLD_TOKEN_EXPIRES_AT,
};
enum ledger_manufacturer_column {
    LEDGER_MANUFACTURER_NAME,
    LEDGER_MANUFACTURER_KEY,
    LEDGER_MANUFACTURER_CONTACT,
};
enum ledger_package_column {
    LEDGER_PACKAGE_ID, /* type@target */
    LEDGER_PACKAGE_MANIFEST,
};
#define LEDGER_CELLS_MAX 8

enum ledger_kind { LEDGER_NUMBER, LEDGER_TEXT, LEDGER_BLOB };
struct ledger_column {
    const char *name;
    enum ledger_kind kind;
};
struct ledger_schema {
    const char *table;
    struct ledger_column columns[LEDGER_CELLS_MAX];
    unsigned column_count;
};
extern const struct ledger_schema ledger_schemas[LEDGER_TABLE_COUNT];

struct ledger_cell {
    int64_t number;
    struct actr_bytes bytes;
};

struct ledger_row {
    struct list link;
    enum ledger_table table;
    bool is_removal; /* of the row whose key is cell 0; the others are not looked at */
    struct ledger_cell cells[LEDGER_CELLS_MAX];
};

/* result: 0: safe. ACTR_EIO: not kept (disk full, file system gone); the next write may succeed
 * again. ACTR_EUNAVAILABLE: too many writes wait. ACTR_ENOMEM. Runs on the loop, never inside
 * ledger_submit(); the write is freed after it. */
typedef void ledger_done_fn(void *owner, int result);

/* One row at load; lent. A negative return ends the load with it. */
typedef int ledger_row_fn(void *owner, const struct ledger_row *row);

/* Writes that wait at a time; further ones are answered ACTR_EUNAVAILABLE. */
#define LEDGER_WAITING_MAX 8192

struct ledger_ops {
    int (*load)(struct ledger *ledger, ledger_row_fn *fn, void *owner);
    /* Ends in ledger_answer(). */
    void (*submit)(struct ledger *ledger, struct ledger_write *write);
    void (*free)(struct ledger *ledger); /* nothing waits */
};

typedef void ledger_closed_fn(void *owner);

/* First member of each implementation's struct; ledger_init() sets it up. */
struct ledger {
    const struct ledger_ops *ops;
    struct loop *loop;
    uint32_t _waiting;
    struct list _answered;
    struct loop_task _task;
    ledger_closed_fn *_on_closed;
    void *_owner;
    bool _is_closing;
};

struct ledger_write {
    struct list rows;
    ledger_done_fn *done; /* NULL: nobody waits */
    void *owner;
    int result;
    struct ledger *ledger;
    struct list link; /* this and `post` are the implementation's while the write waits */
    struct loop_post post;
};

/* An empty write; NULL when memory has run out. done may be NULL. */
struct ledger_write *ledger_write_new(ledger_done_fn *done, void *owner);

/* A row to fill, last of the write, key not set. NULL write, or no memory: NULL. */
struct ledger_row *ledger_add(struct ledger_write *write, enum ledger_table table);

/* A write that will not be submitted. NULL is fine; done does not run. */
void ledger_write_free(struct ledger_write *write);

/* Consumes the write. done runs later, in the order of submission for writes that are kept. A cell
 * with a failed value: ACTR_ENOMEM. */
void ledger_submit(struct ledger *ledger, struct ledger_write *write);

/* Before the loop runs: every row, table by table in the order of the enum. ACTR_EIO, ACTR_ENOMEM,
 * or what fn returned. */
int ledger_load(struct ledger *ledger, ledger_row_fn *fn, void *owner) ACTR_MUST_CHECK;

/* Everything submitted is written and answered first, then fn runs, on the loop; the ledger is
 * gone. */
void ledger_close(struct ledger *ledger, ledger_closed_fn *fn, void *owner);

/* At once, on any thread, for a server that did not start: nothing may have been submitted. NULL is
 * fine. */
void ledger_free(struct ledger *ledger);

/* For implementations. Answering is on the loop; done runs at the loop's next turn. */
void ledger_init(struct ledger *ledger, const struct ledger_ops *ops, struct loop *loop);
void ledger_answer(struct ledger_write *write, int result);

/* Keeps nothing. NULL: no memory. */
struct ledger *ledger_memory_new(struct loop *loop);

/* Keeps `dir`/rendezvous.db; makes the folder and the file if they are not there. size_max: bytes
 * the file may grow to; 0: no limit of ours. ACTR_EIO (the detail names the file and the cause:
 * not writable, in use by another server, of a newer version), ACTR_ENOMEM. */
int ledger_sqlite_open(struct loop *loop, const char *dir, uint64_t size_max,
                       struct ledger **ret_ledger) ACTR_MUST_CHECK;

/* Cells. */
static inline struct ledger_cell ledger_number(int64_t number)
{
    return (struct ledger_cell){.number = number};
}
static inline struct ledger_cell ledger_bytes(const void *data, size_t len)
{
    return (struct ledger_cell){.bytes = actr_bytes_copy(actr_view_of(data, len))};
}
