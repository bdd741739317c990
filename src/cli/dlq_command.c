// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* `actr dlq`: the dead letters of a mailbox, to look at, to send again, or to throw away.
 *
 * A letter that is sent again is a message again in the transaction in which it is counted or goes:
 * whatever interrupts it, it is in one place.
 *
 * The main thread. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "mailbox/mailbox_file.h"
#include "store_print.h"
#include "store_verb.h"

#define PREVIEW_BYTES 64

static enum command_exit fail_printing(const struct store_arguments *a)
{
    return command_fail(a->name, COMMAND_FAILED, NULL, "cannot print");
}

static enum command_exit fail_unknown(const struct store_arguments *a)
{
    return command_fail(a->name, COMMAND_FAILED, "`actr dlq list` shows their ids",
                        "%s: no such dead letter in %s", a->id, a->path);
}

/* Filters, with their times in the form of the rows. */
struct filter {
    struct dlq_filter dlq;
    char after[DLQ_TIME_SIZE], before[DLQ_TIME_SIZE];
};

static enum command_exit filter_read(const struct store_arguments *a, struct filter *filter)
{
    if ((a->after && !store_parse_time(a->after, filter->after)) ||
        (a->before && !store_parse_time(a->before, filter->before)))
        return command_fail(a->name, COMMAND_USAGE, "2026-11-22 and 2026-11-22T18:00:00Z are times",
                            "--after and --before take a time as in RFC 3339");
    filter->dlq = (struct dlq_filter){
        .category = a->category,
        .created_after = a->after ? filter->after : NULL,
        .created_before = a->before ? filter->before : NULL,
        .count_max = (uint32_t)a->limit,
    };
    return COMMAND_DONE;
}

/* list --------------------------------------------------------------------------------------- */

static json_t *letter_summary(const struct dlq_letter *letter)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "id",
                     store_json_text(letter->id), "created_at", store_json_text(letter->created_at),
                     "category", store_json_text(letter->error_category), "message",
                     store_json_text(letter->error_message), "from", store_json_id(letter->from),
                     "trace_id", store_json_text(letter->trace_id), "request_id",
                     store_json_text(letter->request_id), "raw_bytes", (json_int_t)letter->raw.len,
                     "redrive_attempts", (json_int_t)letter->redrive_attempts);
}

static void list_on_letter_json(void *arg, const struct dlq_letter *letter)
{
    store_list_add(arg, letter_summary(letter));
}

static void list_on_letter(void *arg, const struct dlq_letter *letter)
{
    struct store_list *list = arg;
    if (list->count++ == 0)
        printf("%-36s %-29s %9s %7s %s\n", "ID", "CREATED", "BYTES", "REDRIVE",
               "CATEGORY: MESSAGE");
    store_print_text(letter->id, 36);
    printf(" %-29.*s %9zu %7" PRId64 " ", (int)letter->created_at.len,
           letter->created_at.ptr ? (const char *)letter->created_at.ptr : "", letter->raw.len,
           letter->redrive_attempts);
    store_print_text(letter->error_category, 32);
    fputs(": ", stdout);
    store_print_text(letter->error_message, 80);
    putchar('\n');
}

static enum command_exit run_list(struct mailbox_file *file, const struct store_arguments *a)
{
    struct store_list list = {.file = stdout};
    struct filter filter;
    if (filter_read(a, &filter) != COMMAND_DONE)
        return COMMAND_USAGE;
    if (a->json)
        store_list_begin(&list, stdout);
    int r = dlq_query(mailbox_file_database(file), &filter.dlq,
                      a->json ? list_on_letter_json : list_on_letter, &list);
    if (r < 0)
        return store_fail(a, r);
    if (a->json)
        store_list_end(&list);
    else if (list.count == 0)
        puts("no dead letters");
    return list.has_failed ? fail_printing(a) : COMMAND_DONE;
}

/* show --------------------------------------------------------------------------------------- */

struct show {
    bool is_json, is_found, has_failed;
};

static void show_line(const char *what, struct actr_view view)
{
    printf("%-17s ", what);
    if (view.ptr)
        store_print_text(view, 1024);
    else
        putchar('-');
    putchar('\n');
}

static void show_letter(const struct dlq_letter *letter)
{
    show_line("id", letter->id);
    show_line("created", letter->created_at);
    show_line("category", letter->error_category);
    show_line("message", letter->error_message);
    show_line("trace id", letter->trace_id);
    show_line("request id", letter->request_id);
    show_line("message number", letter->original_message_id);
    fputs("from              ", stdout);
    store_print_id(letter->from);
    fputs("\nto                ", stdout);
    store_print_id(letter->to);
    printf("\nredrive attempts  %" PRId64 "\n", letter->redrive_attempts);
    show_line("last redrive", letter->last_redrive_at);
    show_line("context", letter->context);
    printf("raw               %zu bytes", letter->raw.len);
    for (size_t i = 0; i < letter->raw.len && i < PREVIEW_BYTES; i++)
        printf("%s%02x", i % 16 == 0 ? "\n                  " : " ", letter->raw.ptr[i]);
    puts(letter->raw.len > PREVIEW_BYTES ? " ..." : "");
}

static json_t *letter_whole(const struct dlq_letter *letter)
{
    json_t *whole = letter_summary(letter);
    json_t *rest =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "message_id",
                  store_json_text(letter->original_message_id), "to", store_json_id(letter->to),
                  "last_redrive_at", store_json_text(letter->last_redrive_at), "context",
                  store_json_text(letter->context), "raw", store_json_base64(letter->raw));
    bool is_whole = whole && rest && json_object_update(whole, rest) == 0;
    json_decref(rest);
    if (is_whole)
        return whole;
    json_decref(whole);
    return NULL;
}

static void show_on_letter(void *arg, const struct dlq_letter *letter)
{
    struct show *show = arg;
    show->is_found = true;
    if (!show->is_json)
        show_letter(letter);
    else if (!store_print_json(letter_whole(letter)))
        show->has_failed = true;
}

static enum command_exit run_show(struct mailbox_file *file, const struct store_arguments *a)
{
    struct show show = {.is_json = a->json};
    int r = dlq_get(mailbox_file_database(file), a->id, show_on_letter, &show);
    if (r < 0)
        return store_fail(a, r);
    if (!show.is_found)
        return fail_unknown(a);
    return show.has_failed ? fail_printing(a) : COMMAND_DONE;
}

/* stats -------------------------------------------------------------------------------------- */

static void stats_on_category_json(void *arg, struct actr_view category, uint64_t count)
{
    char name[128];
    snprintf(name, sizeof(name), "%.*s", (int)(category.len < 127 ? category.len : 127),
             category.ptr ? (const char *)category.ptr : "");
    json_object_set_new(arg, name, json_integer((json_int_t)count));
}

static void stats_on_category(void *arg, struct actr_view category, uint64_t count)
{
    (void)arg;
    fputs("  ", stdout);
    store_print_text(category, 64);
    printf(": %" PRIu64 "\n", count);
}

static enum command_exit run_stats(struct mailbox_file *file, const struct store_arguments *a)
{
    struct dlq_stats stats = {0};
    struct database *database = mailbox_file_database(file);
    json_t *categories = a->json ? json_object() : NULL;
    int r = dlq_get_stats(database, &stats, a->json ? stats_on_category_json : NULL, categories);
    if (r < 0) {
        json_decref(categories);
        return store_fail(a, r);
    }
    if (a->json)
        return store_print_json(
                   json_pack("{s:s, s:I, s:I, s:I, s:s?, s:o}", "file", a->path, "total",
                             (json_int_t)stats.total, "bytes", (json_int_t)stats.bytes, "redriven",
                             (json_int_t)stats.redriven, "oldest_at",
                             stats.oldest[0] ? stats.oldest : NULL, "categories", categories))
                   ? COMMAND_DONE
                   : fail_printing(a);
    printf("file              %s\n", a->path);
    printf("dead letters      %" PRIu64 ", %" PRIu64 " bytes\n", stats.total, stats.bytes);
    printf("oldest            %s\n", stats.oldest[0] ? stats.oldest : "-");
    printf("sent again        %" PRIu64 "\n", stats.redriven);
    r = dlq_get_stats(database, &stats, stats_on_category, NULL);
    return r < 0 ? store_fail(a, r) : COMMAND_DONE;
}

/* redrive, delete ---------------------------------------------------------------------------- */

static enum command_exit run_redrive(struct mailbox_file *file, const struct store_arguments *a)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    int r = mailbox_file_redrive(file, a->id, a->keep, now_ms);
    if (r == ACTR_ENOTFOUND)
        return fail_unknown(a);
    if (r < 0)
        return store_fail(a, r);
    if (!a->json)
        printf("%s waits in the mailbox again%s\n", a->id, a->keep ? ", and is kept" : "");
    else if (!store_print_json(json_pack("{s:s, s:b}", "redriven", a->id, "kept", a->keep)))
        return fail_printing(a);
    return COMMAND_DONE;
}

static enum command_exit run_delete(struct mailbox_file *file, const struct store_arguments *a)
{
    struct filter filter;
    uint64_t count = 0;
    if (filter_read(a, &filter) != COMMAND_DONE)
        return COMMAND_USAGE;
    if (a->all && !a->yes)
        return command_fail(a->name, COMMAND_USAGE,
                            "--yes if you mean it; `actr dlq list` shows them",
                            "--all throws letters away for good");
    struct database *database = mailbox_file_database(file);
    int r = a->id ? dlq_delete(database, a->id, &count) : dlq_purge(database, &filter.dlq, &count);
    if (r < 0)
        return store_fail(a, r);
    if (a->id && count == 0)
        return fail_unknown(a);
    if (!a->json)
        printf("%" PRIu64 " deleted\n", count);
    else if (!store_print_json(json_pack("{s:I}", "deleted", (json_int_t)count)))
        return fail_printing(a);
    return COMMAND_DONE;
}

static const struct store_verb verbs[] = {
    {.name = "list",
     .summary = "the letters, the newest first",
     .details = "Lists dead letters, the newest first",
     .options = STORE_LIMIT | STORE_CATEGORY | STORE_AFTER,
     .limit = 20,
     .run = run_list},
    {.name = "show",
     .summary = "one letter with all that is known of it",
     .details = "Shows one dead letter; --json has its bytes in full, in base64",
     .takes_id = true,
     .run = run_show},
    {.name = "stats",
     .summary = "how many there are",
     .details = "Counts the dead letters, in all and of each category",
     .run = run_stats},
    {.name = "redrive",
     .summary = "make a letter a message again",
     .details =
         "Puts a dead letter back into the mailbox, last in the queue and of normal priority.\n"
         "The letter is deleted in the same transaction; with --keep it stays, and its\n"
         "attempts are counted",
     .options = STORE_KEEP,
     .takes_id = true,
     .is_writer = true,
     .run = run_redrive},
    {.name = "delete",
     .summary = "throw a letter away, or all of them",
     .details = "Throws away one dead letter, or with --all and --yes all that the filters name",
     .options = STORE_ALL | STORE_CATEGORY | STORE_BEFORE | STORE_YES,
     .takes_id = true,
     .is_writer = true,
     .run = run_delete},
};

enum command_exit command_dlq(int argc, char **argv)
{
    static const struct store_command command = {
        "dlq", "Dead letters: messages that a node with a mailbox on the disk could not deliver.",
        verbs, sizeof(verbs) / sizeof(verbs[0])};
    return store_command_run(&command, argc, argv);
}
