// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The same tables that the store works on, one call at a time.
 *
 * What changes something is one transaction, so a command that is interrupted has done all or
 * nothing. A message that is taken out is told before it is gone.
 *
 * One thread, which may block. Must never count a delivery: to look is not to deliver. */
#include "mailbox/mailbox_file.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "mailbox/database.h"
#include "mailbox/messages.h"
#include "mailbox/statement.h"
#include "protocol/id.h"

#define MAILBOX_FILE_BATCH 1024

struct mailbox_file {
    struct database *database;
    struct messages *messages;
};

int mailbox_file_open(const char *path, bool is_writer, struct mailbox_file **ret_file)
{
    struct mailbox_file *file = mem_alloc(sizeof(*file));
    if (!file)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    int r = database_open(path, is_writer ? DATABASE_EDITOR : DATABASE_READER, &file->database);
    if (r == 0)
        r = messages_new(file->database, &file->messages);
    if (r < 0) {
        mailbox_file_close(file);
        return r;
    }
    *ret_file = file;
    return 0;
}

struct mailbox_file *mailbox_file_close(struct mailbox_file *file)
{
    if (!file)
        return NULL;
    messages_free(file->messages);
    database_close(file->database);
    mem_free(file);
    return NULL;
}

struct database *mailbox_file_database(struct mailbox_file *file)
{
    return file->database;
}

int mailbox_file_get_status(struct mailbox_file *file, struct mailbox_file_status *ret_status)
{
    struct statement *statement = NULL;
    int r = database_prepare(file->database,
                             "SELECT count(*) - coalesce(sum(priority = 1), 0),"
                             " coalesce(sum(priority = 1), 0),"
                             " coalesce(sum(length(payload)), 0), coalesce(sum(deliveries > 0), 0),"
                             " min(received_ms),"
                             " (SELECT count(*) FROM answers) FROM messages",
                             &statement);
    if (r == 0)
        r = statement_next(statement);
    if (r > 0) {
        ret_status->counts[MAILBOX_NORMAL] = (uint64_t)statement_get_int(statement, 0);
        ret_status->counts[MAILBOX_HIGH] = (uint64_t)statement_get_int(statement, 1);
        ret_status->bytes = (uint64_t)statement_get_int(statement, 2);
        ret_status->suspects = (uint64_t)statement_get_int(statement, 3);
        ret_status->oldest_ms = (uint64_t)statement_get_int(statement, 4);
        ret_status->answers = (uint64_t)statement_get_int(statement, 5);
    }
    statement_free(statement);
    return r < 0 ? r : 0;
}

int mailbox_file_list(struct mailbox_file *file, uint64_t after_id, uint32_t count_max,
                      mailbox_file_row_fn *fn, void *arg)
{
    return messages_list(file->messages, after_id, count_max, fn, arg);
}

/* Drain -------------------------------------------------------------------------------------- */

struct drain {
    mailbox_file_take_fn *fn;
    void *arg;
    int code; /* of fn */
    uint64_t ids[MAILBOX_FILE_BATCH];
    uint32_t count;
};

static void drain_on_row(void *arg, const struct row *row)
{
    struct drain *drain = arg;
    drain->ids[drain->count++] = row->message.id;
    if (drain->code == 0)
        drain->code = drain->fn(drain->arg, row);
}

static int mailbox_file_drain_batch(struct mailbox_file *file, struct drain *drain, uint32_t count)
{
    drain->count = 0;
    int r = messages_list(file->messages, 0, count, drain_on_row, drain);
    if (r == 0)
        r = drain->code;
    for (uint32_t i = 0; i < drain->count && r == 0; i++)
        r = messages_delete(file->messages, drain->ids[i]);
    return r;
}

int mailbox_file_drain(struct mailbox_file *file, uint32_t count_max, mailbox_file_take_fn *fn,
                       void *arg, uint32_t *ret_count)
{
    uint32_t total = 0;
    struct drain *drain = mem_alloc(sizeof(*drain));
    if (!drain)
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    drain->fn = fn;
    drain->arg = arg;
    int r = database_begin(file->database);
    do {
        uint32_t left = count_max - total;
        drain->count = 0;
        if (r == 0)
            r = mailbox_file_drain_batch(file, drain,
                                         left < MAILBOX_FILE_BATCH ? left : MAILBOX_FILE_BATCH);
        total += drain->count;
    } while (r == 0 && drain->count > 0 && total < count_max);
    if (r == 0)
        r = fn(arg, NULL);
    if (r == 0)
        r = database_commit(file->database);
    if (r < 0)
        database_rollback(file->database);
    else
        *ret_count = total;
    mem_free(drain);
    return r;
}

/* Redrive ------------------------------------------------------------------------------------ */

struct redrive {
    struct row *row; /* NULL: there is no such letter, or no memory */
    bool is_found;
};

static void redrive_on_letter(void *arg, const struct dlq_letter *letter)
{
    struct redrive *redrive = arg;
    redrive->is_found = true;
    redrive->row = row_new();
    if (!redrive->row)
        return;
    redrive->row->from = actr_bytes_copy(letter->from);
    redrive->row->message.envelope = actr_bytes_copy(letter->raw);
}

static int mailbox_file_next_id(struct mailbox_file *file, uint64_t *ret_id)
{
    struct statement *statement = NULL;
    int r = database_prepare(file->database, "SELECT coalesce(max(id), 0) + 1 FROM messages",
                             &statement);
    if (r == 0)
        r = statement_next(statement);
    if (r > 0)
        *ret_id = (uint64_t)statement_get_int(statement, 0);
    statement_free(statement);
    return r < 0 ? r : 0;
}

static int mailbox_file_redrive_row(struct mailbox_file *file, struct row *row,
                                    const char *letter_id, bool keeps)
{
    uint64_t count;
    int r = mailbox_file_next_id(file, &row->message.id);
    if (r == 0)
        r = messages_insert(file->messages, row);
    if (r == 0 && keeps)
        r = dlq_record_redrive(file->database, letter_id, row->received_ms);
    else if (r == 0)
        r = dlq_delete(file->database, letter_id, &count);
    return r;
}

static int mailbox_file_find_letter(struct mailbox_file *file, const char *letter_id,
                                    struct redrive *redrive)
{
    struct actr_id from;
    int r = dlq_get(file->database, letter_id, redrive_on_letter, redrive);
    if (r < 0)
        return r;
    if (!redrive->is_found)
        return err_origin(ACTR_ENOTFOUND, "%.64s: no such dead letter", letter_id);
    if (!redrive->row || actr_bytes_failed(redrive->row->from) ||
        actr_bytes_failed(redrive->row->message.envelope))
        return err_origin(ACTR_ENOMEM, "mailbox: no memory");
    if (id_decode(actr_bytes_view(redrive->row->from), &from) < 0)
        return err_origin(ACTR_EINVALID, "%.64s: the letter does not say who sent it", letter_id);
    return 0;
}

int mailbox_file_redrive(struct mailbox_file *file, const char *letter_id, bool keeps,
                         uint64_t now_ms)
{
    struct redrive redrive = {0};
    int r = mailbox_file_find_letter(file, letter_id, &redrive);
    if (r == 0)
        r = database_begin(file->database);
    if (r == 0) {
        redrive.row->received_ms = now_ms;
        r = mailbox_file_redrive_row(file, redrive.row, letter_id, keeps);
        if (r == 0)
            r = database_commit(file->database);
        if (r < 0)
            database_rollback(file->database);
    }
    row_free(redrive.row);
    return r;
}
