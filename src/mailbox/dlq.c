// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The dead letters.
 *
 * They are few, and looked at by people: statements are prepared when they are needed. What a
 * letter says of its message is read from the envelope if there is one in it; a letter without one
 * gets a trace id that names the message.
 *
 * The thread that has the database. Must never fail a letter for what is in its bytes. */
#include "mailbox/dlq.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/bytes.h"
#include "mailbox/database.h"
#include "mailbox/row.h"
#include "mailbox/statement.h"
#include "protocol/envelope.h"

#define DLQ_COUNT_DEFAULT 100
#define DLQ_TRACE_SIZE 64

#define DLQ_COLUMNS                                                                                \
    " id, original_message_id, from_actr_id, to_actr_id, raw_bytes, error_message,"                \
    " error_category, trace_id, request_id, created_at, redrive_attempts, last_redrive_at,"        \
    " context "

/* ?1 category, ?2 trace id, ?3 from, ?4 after, ?5 before. */
#define DLQ_WHERE                                                                                  \
    " WHERE (?1 IS NULL OR error_category = ?1) AND (?2 IS NULL OR trace_id = ?2)"                 \
    " AND (?3 IS NULL OR from_actr_id = ?3) AND (?4 IS NULL OR created_at > ?4)"                   \
    " AND (?5 IS NULL OR created_at < ?5) "

void dlq_format_time(uint64_t wall_ms, char buf[DLQ_TIME_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    struct text text;
    gmtime_r(&seconds, &utc);
    text_init(&text, buf, DLQ_TIME_SIZE);
    text_printf(&text, "%04d-%02d-%02dT%02d:%02d:%02d", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    if (wall_ms % 1000)
        text_printf(&text, ".%03u", (unsigned)(wall_ms % 1000));
    text_printf(&text, "+00:00");
}

/* Looking ------------------------------------------------------------------------------------ */

static void dlq_bind_filter(struct statement *statement, const struct dlq_filter *filter)
{
    statement_text(statement, 1, filter->category);
    statement_text(statement, 2, filter->trace_id);
    if (filter->from.ptr)
        statement_blob(statement, 3, filter->from);
    statement_text(statement, 4, filter->created_after);
    statement_text(statement, 5, filter->created_before);
}

static void dlq_tell(struct statement *statement, dlq_letter_fn *fn, void *arg)
{
    const struct dlq_letter letter = {
        .id = statement_get_view(statement, 0),
        .original_message_id = statement_get_view(statement, 1),
        .from = statement_get_view(statement, 2),
        .to = statement_get_view(statement, 3),
        .raw = statement_get_view(statement, 4),
        .error_message = statement_get_view(statement, 5),
        .error_category = statement_get_view(statement, 6),
        .trace_id = statement_get_view(statement, 7),
        .request_id = statement_get_view(statement, 8),
        .created_at = statement_get_view(statement, 9),
        .redrive_attempts = statement_get_int(statement, 10),
        .last_redrive_at = statement_get_view(statement, 11),
        .context = statement_get_view(statement, 12),
    };
    fn(arg, &letter);
}

/* Runs a statement that yields letters, and frees it. */
static int dlq_tell_all(struct statement *statement, dlq_letter_fn *fn, void *arg)
{
    int r;
    while ((r = statement_next(statement)) > 0)
        dlq_tell(statement, fn, arg);
    statement_free(statement);
    return r;
}

/* Runs a statement that yields none, and frees it. */
static int dlq_run(struct statement *statement)
{
    int r = statement_run(statement);
    statement_free(statement);
    return r;
}

int dlq_query(struct database *database, const struct dlq_filter *filter, dlq_letter_fn *fn,
              void *arg)
{
    struct statement *statement = NULL;
    int r = database_prepare(database,
                             "SELECT" DLQ_COLUMNS "FROM dead_letter_queue" DLQ_WHERE
                             "ORDER BY created_at DESC, rowid DESC LIMIT ?6",
                             &statement);
    if (r < 0)
        return r;
    dlq_bind_filter(statement, filter);
    statement_int(statement, 6, filter->count_max ? filter->count_max : DLQ_COUNT_DEFAULT);
    return dlq_tell_all(statement, fn, arg);
}

int dlq_get(struct database *database, const char *id, dlq_letter_fn *fn, void *arg)
{
    struct statement *statement = NULL;
    int r = database_prepare(database, "SELECT" DLQ_COLUMNS "FROM dead_letter_queue WHERE id = ?",
                             &statement);
    if (r < 0)
        return r;
    statement_text(statement, 1, id);
    return dlq_tell_all(statement, fn, arg);
}

static int dlq_read_totals(struct database *database, struct dlq_stats *stats)
{
    struct statement *statement = NULL;
    int r = database_prepare(database,
                             "SELECT count(*), coalesce(sum(length(raw_bytes)), 0),"
                             " count(nullif(max(redrive_attempts, 0), 0)), min(created_at)"
                             " FROM dead_letter_queue",
                             &statement);
    if (r == 0)
        r = statement_next(statement);
    if (r > 0) {
        struct actr_view oldest = statement_get_view(statement, 3);
        stats->total = (uint64_t)statement_get_int(statement, 0);
        stats->bytes = (uint64_t)statement_get_int(statement, 1);
        stats->redriven = (uint64_t)statement_get_int(statement, 2);
        struct text text;
        text_init(&text, stats->oldest, sizeof(stats->oldest));
        text_append(&text, oldest);
    }
    statement_free(statement);
    return r < 0 ? r : 0;
}

int dlq_get_stats(struct database *database, struct dlq_stats *ret_stats,
                  dlq_category_fn *category_fn, void *arg)
{
    struct statement *statement = NULL;
    struct dlq_stats stats = {0};
    int r = dlq_read_totals(database, &stats);
    if (r == 0 && category_fn)
        r = database_prepare(database,
                             "SELECT error_category, count(*) FROM dead_letter_queue"
                             " GROUP BY error_category ORDER BY error_category",
                             &statement);
    while (r >= 0 && statement && (r = statement_next(statement)) > 0)
        category_fn(arg, statement_get_view(statement, 0),
                    (uint64_t)statement_get_int(statement, 1));
    statement_free(statement);
    if (r == 0)
        *ret_stats = stats;
    return r;
}

/* Changing ----------------------------------------------------------------------------------- */

int dlq_delete(struct database *database, const char *id, uint64_t *ret_count)
{
    struct statement *statement = NULL;
    int r = database_prepare(database, "DELETE FROM dead_letter_queue WHERE id = ?", &statement);
    if (r < 0)
        return r;
    statement_text(statement, 1, id);
    r = dlq_run(statement);
    if (r == 0)
        *ret_count = database_changes(database);
    return r;
}

int dlq_purge(struct database *database, const struct dlq_filter *filter, uint64_t *ret_count)
{
    struct statement *statement = NULL;
    int r = database_prepare(database, "DELETE FROM dead_letter_queue" DLQ_WHERE, &statement);
    if (r < 0)
        return r;
    dlq_bind_filter(statement, filter);
    r = dlq_run(statement);
    if (r == 0)
        *ret_count = database_changes(database);
    return r;
}

int dlq_record_redrive(struct database *database, const char *id, uint64_t now_ms)
{
    struct statement *statement = NULL;
    char now[DLQ_TIME_SIZE];
    int r = database_prepare(database,
                             "UPDATE dead_letter_queue SET redrive_attempts = redrive_attempts + 1,"
                             " last_redrive_at = ?2 WHERE id = ?1",
                             &statement);
    if (r < 0)
        return r;
    dlq_format_time(now_ms, now);
    statement_text(statement, 1, id);
    statement_text(statement, 2, now);
    return dlq_run(statement);
}

/* The part of `traceparent` that names the trace (W3C Trace Context §3.2.2.3); else the message. */
static void dlq_trace_id(const struct row *row, const struct envelope *envelope,
                         const char *letter_id, char buf[DLQ_TRACE_SIZE])
{
    const struct actr_view *trace = &envelope->traceparent;
    uint8_t id[16];
    size_t len;
    if (trace->len > 35 && text_hex_decode(actr_view_of(trace->ptr + 3, 32), id, sizeof(id), &len))
        text_hex_encode(id, sizeof(id), buf);
    else if (row->message.id)
        snprintf(buf, DLQ_TRACE_SIZE, "mailbox-%" PRIu64, row->message.id);
    else
        snprintf(buf, DLQ_TRACE_SIZE, "inbound-%s", letter_id);
}

static int dlq_insert(struct statement *insert, const struct row *row, const char *letter_id,
                      const char *now)
{
    struct envelope envelope = {0};
    char original[32] = "", trace[DLQ_TRACE_SIZE], context[128];
    struct actr_view raw = actr_bytes_view(row->message.envelope);

    if (envelope_decode(raw, &envelope) < 0)
        envelope = (struct envelope){0};
    dlq_trace_id(row, &envelope, letter_id, trace);
    snprintf(original, sizeof(original), "%" PRIu64, row->message.id);
    snprintf(context, sizeof(context),
             "{\"source\":\"%s\",\"priority\":\"%s\",\"deliveries\":%" PRIu32 "}",
             row->message.id ? "mailbox" : "inbound",
             row->message.priority == MAILBOX_HIGH ? "high" : "normal", row->deliveries);
    statement_text(insert, 1, letter_id);
    statement_text(insert, 2, row->message.id ? original : NULL);
    statement_blob(insert, 3, actr_bytes_view(row->from));
    if (row->to.len)
        statement_blob(insert, 4, actr_bytes_view(row->to));
    statement_blob(insert, 5, raw);
    statement_blob(insert, 6, actr_bytes_view(row->detail));
    statement_text(insert, 7, row->category);
    statement_text(insert, 8, trace);
    if (envelope.request_id.len)
        statement_blob(insert, 9, envelope.request_id);
    statement_text(insert, 10, now);
    statement_text(insert, 11, context);
    return statement_run(insert);
}

int dlq_trim(struct database *database)
{
    struct statement *statement = NULL;
    int r = database_prepare(
        database,
        "DELETE FROM dead_letter_queue WHERE rowid IN (SELECT number FROM (SELECT rowid AS number,"
        " row_number() OVER newest AS place, sum(length(raw_bytes)) OVER newest AS bytes"
        " FROM dead_letter_queue WHERE error_category NOT IN (?1, ?2)"
        " WINDOW newest AS (PARTITION BY error_category ORDER BY rowid DESC))"
        " WHERE place > ?3 OR bytes > ?4)",
        &statement);
    if (r < 0)
        return r;
    statement_text(statement, 1, MAILBOX_POISON);
    statement_text(statement, 2, MAILBOX_NO_SENDER);
    statement_int(statement, 3, DLQ_COUNT_MAX);
    statement_int(statement, 4, (int64_t)DLQ_BYTES_MAX);
    return dlq_run(statement);
}

int dlq_add(struct database *database, const struct row *row, const uint8_t uuid[16],
            uint64_t now_ms)
{
    struct statement *insert = NULL;
    char id[TEXT_UUID_SIZE], now[DLQ_TIME_SIZE];
    int r = database_prepare(database,
                             "INSERT INTO dead_letter_queue (id, original_message_id, from_actr_id,"
                             " to_actr_id, raw_bytes, error_message, error_category, trace_id,"
                             " request_id, created_at, context)"
                             " VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS TEXT), ?7, ?8,"
                             " CAST(?9 AS TEXT), ?10, ?11)",
                             &insert);
    if (r < 0)
        return r;
    text_uuid(id, uuid);
    dlq_format_time(now_ms, now);
    r = dlq_insert(insert, row, id, now);
    statement_free(insert);
    return r;
}
