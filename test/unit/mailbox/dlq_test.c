// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The dead-letter queue: what is in a letter, how it is found, sent again, thrown away, and
 * bounded. */
#include "mailbox/dlq.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "mailbox/database.h"
#include "mailbox/mailbox_file.h"
#include "protocol/envelope.h"
#include "protocol/id.h"
#include "rig.h"

static const struct mailbox_limits no_limits;

static void reject(struct rig *rig, uint64_t serial, struct actr_bytes bytes, const char *category)
{
    const struct mailbox_verdict verdict = {category, "because"};
    struct mailbox_origin origin = rig_origin(serial);
    mailbox_reject(rig->mailbox, &origin, bytes, &verdict);
}

static struct actr_bytes request(const char *id, const char *traceparent)
{
    const struct envelope envelope = {
        .route = view_text("r"),
        .request_id = view_text(id),
        .traceparent = view_text(traceparent),
        .timeout_ms = 1000,
        .direction = ENVELOPE_REQUEST,
        .has_payload = true,
    };
    return envelope_encode(&envelope);
}

/* The letters of a query, in their order. */
struct found {
    unsigned count;
    char ids[16][TEXT_UUID_SIZE];
    char text[16][256]; /* original|category|trace|request|message|attempts */
    char created[16][DLQ_TIME_SIZE];
    bool has_redrive[16], has_context[16];
    struct actr_bytes from, to, raw; /* of the last */
};

static void on_letter(void *arg, const struct dlq_letter *letter)
{
    struct found *found = arg;
    unsigned i = found->count++;
    assert_in_range(i, 0, 15);
#define PART(view) (int)letter->view.len, letter->view.ptr ? (const char *)letter->view.ptr : ""
    snprintf(found->ids[i], sizeof(found->ids[i]), "%.*s", PART(id));
    snprintf(found->created[i], sizeof(found->created[i]), "%.*s", PART(created_at));
    snprintf(found->text[i], sizeof(found->text[i]), "%.*s|%.*s|%.*s|%.*s|%.*s|%d",
             PART(original_message_id), PART(error_category), PART(trace_id), PART(request_id),
             PART(error_message), (int)letter->redrive_attempts);
#undef PART
    found->has_redrive[i] = letter->last_redrive_at.len > 0;
    found->has_context[i] = letter->context.len > 0;
    actr_bytes_unref(found->from);
    actr_bytes_unref(found->to);
    actr_bytes_unref(found->raw);
    found->from = actr_bytes_copy(letter->from);
    found->to = actr_bytes_copy(letter->to);
    found->raw = actr_bytes_copy(letter->raw);
}

static void found_deinit(struct found *found)
{
    actr_bytes_unref(found->from);
    actr_bytes_unref(found->to);
    actr_bytes_unref(found->raw);
    *found = (struct found){0};
}

static void query(struct mailbox_file *file, const struct dlq_filter *filter, struct found *found)
{
    found_deinit(found);
    assert_int_equal(dlq_query(mailbox_file_database(file), filter, on_letter, found), 0);
}

static struct mailbox_file *open_file(struct rig *rig, bool is_writer)
{
    struct mailbox_file *file = NULL;
    assert_int_equal(mailbox_file_open(rig->path, is_writer, &file), 0);
    return file;
}

/* A mailbox with three letters, one a second: undecodable, denied, undecodable. */
static void with_letters(struct rig *rig)
{
    rig_open(rig, true, &no_limits);
    reject(rig, 1, actr_bytes_str("\xff\xff"), MAILBOX_UNDECODABLE);
    loop_virtual_run_until(rig->loop, 2000000);
    assert_int_equal(
        mailbox_push(rig->mailbox, &(struct mailbox_origin){rig_origin(2).peer, 5}, MAILBOX_HIGH,
                     request("req-7", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
        0);
    struct mailbox_message *message = rig_next(rig);
    assert_non_null(message);
    const struct mailbox_verdict verdict = {MAILBOX_DENIED, "no rule allows it"};
    mailbox_bury(rig->mailbox, message, &verdict);
    rig_run(rig);
    loop_virtual_run_until(rig->loop, 3500000);
    reject(rig, 3, actr_bytes_str("x"), MAILBOX_UNDECODABLE);
    rig_run(rig);
    assert_int_equal(rig->mailbox->count, 0);
    assert_int_equal(rig->mailbox->bytes, 0);
    assert_int_equal(rig->mailbox->letters_dropped, 0);
}

TEST(a_letter_says_what_is_known)
{
    struct rig rig;
    struct found found = {0};
    const struct dlq_filter denied = {.category = MAILBOX_DENIED};
    with_letters(&rig);
    struct mailbox_file *file = open_file(&rig, false);
    query(file, &denied, &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.text[0], "1|permission_denied|0af7651916cd43dd8448eb211c80319c|req-7|"
                                       "no rule allows it|0");
    assert_string_equal(found.created[0], "2023-11-14T22:13:21+00:00");
    assert_true(found.has_context[0]);
    assert_false(found.has_redrive[0]);
    struct actr_id id;
    assert_int_equal(id_decode(actr_bytes_view(found.from), &id), 0);
    assert_int_equal(id.serial, 2);
    assert_int_equal(id_decode(actr_bytes_view(found.to), &id), 0);
    assert_true(actr_id_equal(&id, &rig.self));
    const struct dlq_filter undecodable = {.category = MAILBOX_UNDECODABLE};
    query(file, &undecodable, &found);
    assert_int_equal(found.count, 2);
    char wanted[256];
    snprintf(wanted, sizeof(wanted), "|protobuf_decode|inbound-%s||because|0", found.ids[0]);
    assert_string_equal(found.text[0], wanted);
    found_deinit(&found);
    mailbox_file_close(file);
    rig_close(&rig);
}

TEST(filters_are_joined_and_the_newest_come_first)
{
    struct rig rig;
    struct found all = {0}, found = {0};
    with_letters(&rig);
    struct mailbox_file *file = open_file(&rig, false);
    struct dlq_filter filter = {0};
    query(file, &filter, &all);
    assert_int_equal(all.count, 3);
    assert_true(strcmp(all.created[0], all.created[1]) > 0);
    assert_true(strcmp(all.created[1], all.created[2]) > 0);
    filter.count_max = 2;
    query(file, &filter, &found);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.ids[1], all.ids[1]);
    filter = (struct dlq_filter){.created_after = all.created[1]};
    query(file, &filter, &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.ids[0], all.ids[0]);
    filter = (struct dlq_filter){.created_before = all.created[1]};
    query(file, &filter, &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.ids[0], all.ids[2]);
    filter = (struct dlq_filter){.trace_id = "0af7651916cd43dd8448eb211c80319c"};
    query(file, &filter, &found);
    assert_int_equal(found.count, 1);
    struct mailbox_origin origin = rig_origin(3);
    AUTO_BYTES struct actr_bytes from = id_encode(&origin.peer);
    filter = (struct dlq_filter){.from = actr_bytes_view(from)};
    query(file, &filter, &found);
    assert_int_equal(found.count, 1);
    filter.category = MAILBOX_DENIED;
    query(file, &filter, &found);
    assert_int_equal(found.count, 0);
    found_deinit(&all);
    mailbox_file_close(file);
    rig_close(&rig);
}

static void on_category(void *arg, struct actr_view category, uint64_t count)
{
    char *text = arg;
    size_t len = strlen(text);
    snprintf(text + len, 128 - len, "%.*s=%u ", (int)category.len, (const char *)category.ptr,
             (unsigned)count);
}

TEST(get_delete_purge_redrive_and_stats)
{
    struct rig rig;
    struct found found = {0};
    struct dlq_stats stats;
    uint64_t count = 9;
    char categories[128] = "";
    with_letters(&rig);
    rig_stop(&rig);
    struct mailbox_file *file = open_file(&rig, true);
    struct database *database = mailbox_file_database(file);
    const struct dlq_filter all = {0};
    query(file, &all, &found);
    char denied[TEXT_UUID_SIZE], oldest[DLQ_TIME_SIZE];
    memcpy(denied, found.ids[1], sizeof(denied));
    memcpy(oldest, found.created[2], sizeof(oldest));
    assert_int_equal(dlq_record_redrive(database, denied, LOOP_VIRTUAL_EPOCH_MS), 0);
    assert_int_equal(dlq_record_redrive(database, "nobody", LOOP_VIRTUAL_EPOCH_MS), 0);
    assert_int_equal(dlq_get_stats(database, &stats, on_category, categories), 0);
    assert_int_equal(stats.total, 3);
    assert_int_equal(stats.redriven, 1);
    assert_string_equal(stats.oldest, oldest);
    assert_string_equal(categories, "permission_denied=1 protobuf_decode=2 ");
    found_deinit(&found);
    assert_int_equal(dlq_get(database, denied, on_letter, &found), 0);
    assert_int_equal(found.count, 1);
    assert_true(found.has_redrive[0]);
    found_deinit(&found);
    assert_int_equal(dlq_get(database, "nobody", on_letter, &found), 0);
    assert_int_equal(found.count, 0);
    assert_int_equal(dlq_delete(database, denied, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(dlq_delete(database, denied, &count), 0);
    assert_int_equal(count, 0);
    const struct dlq_filter undecodable = {.category = MAILBOX_UNDECODABLE};
    assert_int_equal(dlq_purge(database, &undecodable, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(dlq_get_stats(database, &stats, NULL, NULL), 0);
    assert_int_equal(stats.total, 0);
    assert_string_equal(stats.oldest, "");
    mailbox_file_close(file);
    rig_close(&rig);
}

TEST(a_letter_that_is_sent_again_is_a_message)
{
    struct rig rig;
    struct found found = {0};
    with_letters(&rig);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "waits"), 0);
    rig_stop(&rig);
    struct mailbox_file *file = open_file(&rig, true);
    const struct dlq_filter denied = {.category = MAILBOX_DENIED};
    query(file, &denied, &found);
    assert_int_equal(mailbox_file_redrive(file, found.ids[0], true, LOOP_VIRTUAL_EPOCH_MS), 0);
    assert_int_equal(mailbox_file_redrive(file, found.ids[0], false, LOOP_VIRTUAL_EPOCH_MS), 0);
    assert_int_equal(mailbox_file_redrive(file, found.ids[0], false, LOOP_VIRTUAL_EPOCH_MS),
                     ACTR_ENOTFOUND);
    mailbox_file_close(file);
    assert_int_equal(rig_letters(&rig, NULL), 2);
    rig_reopen(&rig, &no_limits);
    rig_expect(&rig, "waits");
    for (int i = 0; i < 2; i++) {
        struct mailbox_message *message = rig_next(&rig);
        assert_non_null(message);
        assert_int_equal(message->origin.peer.serial, 2);
        assert_int_equal(message->priority, MAILBOX_NORMAL);
        assert_true(view_equal(actr_bytes_view(message->envelope), actr_bytes_view(found.raw)));
        mailbox_ack(rig.mailbox, message, NULL);
    }
    found_deinit(&found);
    rig_close(&rig);
}

TEST(what_any_peer_can_fill_is_bounded_and_what_was_accepted_is_not)
{
    struct rig rig;
    struct found found = {0};
    const struct mailbox_verdict poison = {MAILBOX_POISON, "test"};
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "p"), 0);
    mailbox_bury(rig.mailbox, rig_take(&rig, "p"), &poison);
    for (unsigned i = 0; i < DLQ_COUNT_MAX + 100; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%u", i);
        reject(&rig, 1, actr_bytes_str(text), MAILBOX_UNDECODABLE);
        if (i % 50 == 0)
            rig_run(&rig);
    }
    rig_run(&rig);
    assert_int_equal(rig_letters(&rig, MAILBOX_UNDECODABLE), DLQ_COUNT_MAX);
    assert_int_equal(rig_letters(&rig, MAILBOX_POISON), 1);
    struct mailbox_file *file = open_file(&rig, false);
    const struct dlq_filter newest = {.count_max = 1};
    query(file, &newest, &found);
    assert_int_equal(found.raw.len, 4);
    assert_memory_equal(found.raw.ptr, "1123", 4);
    found_deinit(&found);
    mailbox_file_close(file);
    rig_close(&rig);
}

TEST(letters_that_wait_for_the_disk_are_bounded)
{
    struct rig rig;
    rig_open(&rig, true, &no_limits);
    for (unsigned i = 0; i < 100; i++)
        reject(&rig, 1, actr_bytes_str("x"), MAILBOX_UNDECODABLE);
    rig_run(&rig);
    assert_int_equal(rig.mailbox->letters_dropped, 36);
    assert_int_equal(rig_letters(&rig, NULL), 64);
    rig_close(&rig);
    rig_open(&rig, false, &no_limits);
    reject(&rig, 1, actr_bytes_str("x"), MAILBOX_UNDECODABLE);
    assert_int_equal(rig.mailbox->letters_dropped, 1);
    rig_close(&rig);
}

static void on_row(void *arg, const struct row *row)
{
    char *text = arg;
    size_t len = strlen(text);
    snprintf(text + len, 128 - len, "%u:%.*s ", (unsigned)row->message.id,
             (int)row->message.envelope.len, (const char *)row->message.envelope.ptr);
}

static int on_take(void *arg, const struct row *row)
{
    char *text = arg;
    if (row)
        on_row(arg, row);
    else
        snprintf(text + strlen(text), 128 - strlen(text), "end ");
    return 0;
}

/* Refuses at the row with this number; 0: at the end. */
static int on_take_refused(void *arg, const struct row *row)
{
    const uint64_t *id = arg;
    return (row ? row->message.id : 0) == *id ? ACTR_EIO : 0;
}

TEST(a_file_without_a_node_is_listed_and_drained)
{
    struct rig rig;
    char seen[128] = "";
    uint32_t count = 0;
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "H"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "b"), 0);
    rig_stop(&rig);
    struct mailbox_file *file = open_file(&rig, true);
    assert_int_equal(mailbox_file_list(file, 1, 1, on_row, seen), 0);
    assert_string_equal(seen, "2:H ");
    for (uint64_t at = 0; at < 3; at++)
        assert_int_equal(mailbox_file_drain(file, 2, on_take_refused, &at, &count), ACTR_EIO);
    assert_int_equal(mailbox_file_drain(file, 2, on_take, seen, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(seen, "2:H 1:a 2:H end ");
    mailbox_file_close(file);
    rig_reopen(&rig, &no_limits);
    rig_expect(&rig, "b");
    assert_null(rig_next(&rig));
    rig_close(&rig);
}
