// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A mailbox file with rows that anybody may have written: it opens or it is refused, and what it
 * hands out has a sender; every message ends once, and nothing is left behind.
 *
 * The input is a list of rows: a byte for the table, then its columns, each a byte of type and
 * length with its bytes after it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "fuzz.h"
#include "mailbox/database.h"
#include "mailbox/sqlite_mailbox.h"
#include "mailbox/statement.h"
#include "sys/loop.h"
#include "sys/loop_virtual.h"

#define ROWS_MAX 64
#define STEPS_MAX 100000

struct input {
    const uint8_t *data;
    size_t len;
};

struct fuzz_rig {
    char dir[32], path[64];
    struct loop *loop;
    struct mailbox *mailbox;
    struct actr_id self;
    int open_code;
    bool is_open, is_stopped;
    uint32_t ended;
};

static struct actr_view input_take(struct input *input, size_t len)
{
    struct actr_view part = {input->data, len < input->len ? len : input->len};
    input->data += part.len;
    input->len -= part.len;
    return part;
}

static uint8_t input_byte(struct input *input)
{
    struct actr_view part = input_take(input, 1);
    return part.len ? part.ptr[0] : 0;
}

/* Two bits of type, six of length. */
static void bind_column(struct statement *statement, int index, struct input *input)
{
    uint8_t head = input_byte(input);
    struct actr_view part = input_take(input, head & 63);
    int64_t number = 0;
    switch (head >> 6) {
    case 0:
        for (size_t i = 0; i < part.len && i < 8; i++)
            number = (int64_t)((uint64_t)number << 8 | part.ptr[i]);
        statement_int(statement, index, number);
        return;
    case 1:
        statement_blob(statement, index, part);
        return;
    case 2:
        statement_text(statement, index, "text");
        return;
    default:
        return; /* NULL */
    }
}

static void write_rows(struct database *database, struct input *input)
{
    static const struct {
        const char *sql;
        int columns;
    } tables[] = {
        {"INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)", 7},
        {"INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", 8},
        {"INSERT OR REPLACE INTO dead_letter_queue (id, raw_bytes, error_message, error_category,"
         " trace_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
         6},
    };
    struct statement *statements[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++)
        fuzz_check(database_prepare(database, tables[i].sql, &statements[i]) == 0, "no statement");
    fuzz_check(database_begin(database) == 0, "no transaction");
    for (int rows = 0; rows < ROWS_MAX && input->len > 0; rows++) {
        int table = input_byte(input) % 3;
        for (int i = 1; i <= tables[table].columns; i++)
            bind_column(statements[table], i, input);
        (void)!statement_run(statements[table]); /* NULL where there must be something */
    }
    fuzz_check(database_commit(database) == 0, "no commit");
    for (int i = 0; i < 3; i++)
        statement_free(statements[i]);
}

static void on_answer(void *owner, const struct actr_id *caller,
                      const struct mailbox_answer *answer, uint64_t age_us)
{
    (void)owner;
    fuzz_check(answer->code <= 0 && age_us <= 31000000 && caller->type.name[0], "a bad answer");
}

static void on_open(void *owner, int code, const char *detail)
{
    struct fuzz_rig *rig = owner;
    rig->open_code = code;
    rig->is_open = code == 0;
    fuzz_check((code == 0) == (detail[0] == '\0'), "an error without words");
}

static void on_ready(void *owner)
{
    struct fuzz_rig *rig = owner;
    struct mailbox_message *message;
    while ((message = mailbox_take(rig->mailbox)) != NULL) {
        fuzz_check(message->origin.peer.type.name[0] && message->origin.session == 0,
                   "a message of nobody");
        mailbox_ack(rig->mailbox, message, NULL);
        rig->ended++;
    }
}

static void on_room(void *owner, const struct actr_id *peer)
{
    (void)owner;
    (void)peer;
}

static void on_trouble(void *owner, int code, const char *detail)
{
    (void)owner;
    (void)detail;
    fuzz_check(code == 0, "trouble without a cause");
}

static void on_stopped(void *owner)
{
    ((struct fuzz_rig *)owner)->is_stopped = true;
}

static void run_mailbox(struct fuzz_rig *rig)
{
    static const struct mailbox_events events = {
        .on_answer = on_answer,
        .on_open = on_open,
        .on_ready = on_ready,
        .on_room = on_room,
        .on_trouble = on_trouble,
        .on_stopped = on_stopped,
    };
    const struct sqlite_mailbox_options options = {.loop = rig->loop,
                                                   .store_loop = rig->loop,
                                                   .path = rig->path,
                                                   .self = &rig->self,
                                                   .events = &events,
                                                   .owner = rig};
    rig->mailbox = sqlite_mailbox_new(&options);
    fuzz_check(rig->mailbox && mailbox_open(rig->mailbox) == 0, "no mailbox");
    for (int i = 0; i < STEPS_MAX && loop_virtual_step(rig->loop); i++) {
    }
    fuzz_check(rig->is_open || rig->open_code == ACTR_ECONFIG, "neither open nor refused");
    if (rig->is_open) {
        fuzz_check(rig->mailbox->count == 0 && rig->mailbox->bytes == 0, "messages are stuck");
        mailbox_stop(rig->mailbox);
        for (int i = 0; i < STEPS_MAX && loop_virtual_step(rig->loop); i++) {
        }
        fuzz_check(rig->is_stopped, "it does not stop");
    }
    mailbox_close(rig->mailbox);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const endings[] = {"", ".lock", "-wal", "-shm"};
    size_t live = mem_live();
    struct fuzz_rig rig = {.dir = "/tmp/actr-fuzz-XXXXXX"};
    struct input input = {data, len};
    struct database *database = NULL;
    fuzz_check(mkdtemp(rig.dir) && loop_virtual_new(1, &rig.loop) == 0, "no folder, or no loop");
    snprintf(rig.path, sizeof(rig.path), "%s/m", rig.dir);
    fuzz_check(database_open(rig.path, DATABASE_NODE, &database) == 0, "no database");
    write_rows(database, &input);
    database_close(database);
    run_mailbox(&rig);
    loop_virtual_close(rig.loop);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[80];
        snprintf(path, sizeof(path), "%s%s", rig.path, endings[i]);
        unlink(path);
    }
    rmdir(rig.dir);
    fuzz_check(mem_live() == live, "memory is left behind");
    return 0;
}
