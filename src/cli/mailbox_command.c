// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* `actr mailbox`: what waits in the mailbox of a node, and taking it out.
 *
 * Draining loses messages that somebody sent, so it wants to be told where they go: a new file,
 * which is on the disk before anything leaves the mailbox, or nowhere. If it is interrupted, they
 * are all still in the mailbox.
 *
 * The main thread. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "mailbox/mailbox_file.h"
#include "protocol/envelope.h"
#include "store_print.h"
#include "store_verb.h"

/* status ------------------------------------------------------------------------------------- */

static bool print_status_json(const struct store_arguments *a,
                              const struct mailbox_file_status *status,
                              const struct dlq_stats *letters)
{
    return store_print_json(json_pack(
        "{s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:I}", "file", a->path, "high",
        (json_int_t)status->counts[MAILBOX_HIGH], "normal",
        (json_int_t)status->counts[MAILBOX_NORMAL], "bytes", (json_int_t)status->bytes, "oldest_at",
        store_json_time(status->oldest_ms), "deliveries_counted", (json_int_t)status->suspects,
        "answers", (json_int_t)status->answers, "dead_letters", (json_int_t)letters->total));
}

static void print_status(const struct store_arguments *a, const struct mailbox_file_status *status,
                         const struct dlq_stats *letters)
{
    char oldest[DLQ_TIME_SIZE] = "-";
    if (status->oldest_ms)
        dlq_format_time(status->oldest_ms, oldest);
    printf("file              %s\n", a->path);
    printf("waiting           %" PRIu64 " (%" PRIu64 " high, %" PRIu64 " normal), %" PRIu64
           " bytes\n",
           status->counts[MAILBOX_HIGH] + status->counts[MAILBOX_NORMAL],
           status->counts[MAILBOX_HIGH], status->counts[MAILBOX_NORMAL], status->bytes);
    printf("oldest            %s\n", oldest);
    printf("counted           %" PRIu64 "\n", status->suspects);
    printf("answers kept      %" PRIu64 "\n", status->answers);
    printf("dead letters      %" PRIu64 "\n", letters->total);
}

static enum command_exit run_status(struct mailbox_file *file, const struct store_arguments *a)
{
    struct mailbox_file_status status = {0};
    struct dlq_stats letters = {0};
    int r = mailbox_file_get_status(file, &status);
    if (r == 0)
        r = dlq_get_stats(mailbox_file_database(file), &letters, NULL, NULL);
    if (r < 0)
        return store_fail(a, r);
    if (!a->json)
        print_status(a, &status, &letters);
    else if (!print_status_json(a, &status, &letters))
        return command_fail(a->name, COMMAND_FAILED, NULL, "cannot print");
    return COMMAND_DONE;
}

/* peek --------------------------------------------------------------------------------------- */

static void peek_on_row_json(void *arg, const struct row *row)
{
    store_list_add(arg, store_json_message(row));
}

static void peek_on_row(void *arg, const struct row *row)
{
    struct store_list *list = arg;
    struct envelope envelope = {0};
    char received[DLQ_TIME_SIZE];
    if (envelope_decode(actr_bytes_view(row->message.envelope), &envelope) < 0)
        envelope = (struct envelope){.route = view_text("(does not decode)")};
    if (list->count++ == 0)
        printf("%-10s %-6s %-7s %-29s %9s %5s  %-36s %s\n", "NUMBER", "PRIO", "KIND", "RECEIVED",
               "BYTES", "TRIES", "REQUEST", "ROUTE, FROM");
    dlq_format_time(row->received_ms, received);
    printf("%-10" PRIu64 " %-6s %-7s %-29s %9zu %5" PRIu32 "  ", row->message.id,
           row->message.priority == MAILBOX_HIGH ? "high" : "normal",
           envelope.direction == ENVELOPE_TELL ? "tell" : "request", received, envelope.payload.len,
           row->deliveries);
    store_print_text(envelope.request_id, 36);
    putchar(' ');
    store_print_text(envelope.route, 64);
    fputs(", ", stdout);
    store_print_id(actr_bytes_view(row->from));
    putchar('\n');
}

static enum command_exit run_peek(struct mailbox_file *file, const struct store_arguments *a)
{
    struct store_list list = {.file = stdout};
    if (a->json)
        store_list_begin(&list, stdout);
    int r = mailbox_file_list(file, a->after_id, (uint32_t)a->limit,
                              a->json ? peek_on_row_json : peek_on_row, &list);
    if (r < 0)
        return store_fail(a, r);
    if (a->json)
        store_list_end(&list);
    else if (list.count == 0)
        puts("nothing waits");
    if (list.has_failed)
        return command_fail(a->name, COMMAND_FAILED, NULL, "cannot print");
    return COMMAND_DONE;
}

/* drain -------------------------------------------------------------------------------------- */

struct drain_to {
    const char *path;
    FILE *file; /* NULL: they go nowhere */
    struct store_list list;
};

static int drain_error(const struct drain_to *to)
{
    return err_origin(ACTR_EIO, "%s: %s; the mailbox is as it was", to->path, strerror(errno));
}

/* The folder too, or a loss of power could take the name. */
static int drain_sync_folder(const struct drain_to *to)
{
    char folder[PATH_LEN_MAX + 1];
    const char *slash = strrchr(to->path, '/');
    int len = slash == to->path ? 1 : slash ? (int)(slash - to->path) : 1;
    snprintf(folder, sizeof(folder), "%.*s", len, slash ? to->path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return drain_error(to);
    int r = fsync(fd) < 0 ? drain_error(to) : 0;
    close(fd);
    return r;
}

static int drain_on_row(void *arg, const struct row *row)
{
    struct drain_to *to = arg;
    if (!to->file)
        return 0;
    errno = 0;
    if (row) {
        store_list_add(&to->list, store_json_message(row));
        return to->list.has_failed ? drain_error(to) : 0;
    }
    store_list_end(&to->list);
    if (to->list.has_failed || fflush(to->file) != 0 || fsync(fileno(to->file)) != 0)
        return drain_error(to);
    return drain_sync_folder(to);
}

static enum command_exit drain_open(const struct store_arguments *a, struct drain_to *to)
{
    int fd = open(a->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    to->path = a->to;
    to->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!to->file)
        return command_fail(a->name, COMMAND_FAILED, "it must be a file that is not there yet",
                            "%s: %s", a->to, strerror(errno));
    store_list_begin(&to->list, to->file);
    return COMMAND_DONE;
}

static enum command_exit run_drain(struct mailbox_file *file, const struct store_arguments *a)
{
    struct drain_to to = {0};
    uint32_t count = 0;
    if (!a->to == !a->yes)
        return command_fail(a->name, COMMAND_USAGE,
                            "--to FILE keeps what is taken out, --yes throws it away",
                            "say where the messages go");
    if (a->to && drain_open(a, &to) != COMMAND_DONE)
        return COMMAND_FAILED;
    int r = mailbox_file_drain(file, (uint32_t)a->limit, drain_on_row, &to, &count);
    enum command_exit exit = r < 0 ? store_fail(a, r) : COMMAND_DONE;
    if (to.file)
        fclose(to.file);
    if (exit != COMMAND_DONE && a->to)
        unlink(a->to); /* what is in it is in the mailbox still */
    if (exit != COMMAND_DONE)
        return exit;
    if (!a->json)
        printf("%" PRIu32 " taken out%s%s\n", count, a->to ? ", now in " : "", a->to ? a->to : "");
    else if (!store_print_json(
                 json_pack("{s:I, s:s?}", "drained", (json_int_t)count, "file", a->to)))
        return command_fail(a->name, COMMAND_FAILED, NULL, "cannot print");
    return COMMAND_DONE;
}

static const struct store_verb verbs[] = {
    {.name = "status",
     .summary = "how much waits",
     .details = "Tells how much waits, since when, and what else the file keeps",
     .run = run_status},
    {.name = "peek",
     .summary = "the messages that wait, the oldest first",
     .details = "Shows the messages that wait, the oldest first; nothing changes",
     .options = STORE_LIMIT | STORE_AFTER_ID,
     .limit = 20,
     .run = run_peek},
    {.name = "drain",
     .summary = "take messages out, to a file or for good",
     .details =
         "Takes out the oldest messages, all or none of them, and writes them to a new file\n"
         "(--to: a JSON array) or throws them away (--yes). Their senders are not told",
     .options = STORE_LIMIT | STORE_TO | STORE_YES,
     .limit = UINT32_MAX,
     .is_writer = true,
     .run = run_drain},
};

enum command_exit command_mailbox(int argc, char **argv)
{
    static const struct store_command command = {
        "mailbox", "Looks into the mailbox that a node keeps on the disk.", verbs,
        sizeof(verbs) / sizeof(verbs[0])};
    return store_command_run(&command, argc, argv);
}
