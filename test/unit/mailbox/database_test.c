// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The mailbox file: what is refused stays as it is, to the byte; nobody shares it. */
#include "mailbox/database.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "mailbox/mailbox_file.h"
#include "rig.h"
#include "sys/file.h"

static const struct mailbox_limits no_limits;

/* A mailbox with two messages, closed. */
static void with_messages(struct rig *rig)
{
    rig_open(rig, true, &no_limits);
    assert_int_equal(rig_push(rig, 1, MAILBOX_NORMAL, "first"), 0);
    assert_int_equal(rig_push(rig, 1, MAILBOX_HIGH, "second"), 0);
    rig_stop(rig);
}

static void overwrite(const struct rig *rig, long offset, const void *data, size_t len)
{
    int fd = open(rig->path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, len, offset), len);
    close(fd);
}

/* The mailbox does not open, says why, and has not touched its file. */
static void expect_refusal(struct rig *rig, int code, const char *why)
{
    AUTO_BYTES struct actr_bytes before = {0};
    AUTO_BYTES struct actr_bytes after = {0};
    assert_int_equal(file_read(rig->path, 1 << 24, &before), 0);
    rig_reopen(rig, &no_limits);
    assert_int_equal(rig->open_code, code);
    if (!strstr(rig->open_text, why))
        fail_msg("\"%s\" does not say \"%s\"", rig->open_text, why);
    assert_non_null(strstr(rig->open_text, rig->path));
    assert_int_equal(file_read(rig->path, 1 << 24, &after), 0);
    assert_true(view_equal(actr_bytes_view(before), actr_bytes_view(after)));
    rig_stop(rig);
}

TEST(what_is_no_database_is_refused)
{
    struct rig rig;
    with_messages(&rig);
    overwrite(&rig, 0, "Not SQLite", 10);
    expect_refusal(&rig, ACTR_ECONFIG, "no SQLite database");
    assert_int_equal(truncate(rig.path, 50), 0);
    expect_refusal(&rig, ACTR_ECONFIG, "cut short");
    assert_int_equal(truncate(rig.path, 0), 0);
    expect_refusal(&rig, ACTR_ECONFIG, "empty");
    rig_close(&rig);
}

TEST(the_database_of_another_program_is_refused)
{
    struct rig rig;
    with_messages(&rig);
    overwrite(&rig, 68, "XXXX", 4);
    expect_refusal(&rig, ACTR_ECONFIG, "another program");
    rig_close(&rig);
}

TEST(a_newer_version_is_refused)
{
    struct rig rig;
    with_messages(&rig);
    overwrite(&rig, 60, "\0\0\0\2", 4);
    expect_refusal(&rig, ACTR_ECONFIG, "newer version");
    rig_close(&rig);
}

TEST(a_damaged_file_is_refused)
{
    struct rig rig;
    char garbage[4096];
    struct stat status;
    with_messages(&rig);
    assert_int_equal(stat(rig.path, &status), 0);
    memset(garbage, 0x5a, sizeof(garbage));
    overwrite(&rig, 4096, garbage, sizeof(garbage)); /* the table of messages */
    expect_refusal(&rig, ACTR_ECONFIG, "damaged");
    rig_close(&rig);

    with_messages(&rig);
    assert_int_equal(truncate(rig.path, 4096), 0); /* the tables are gone */
    expect_refusal(&rig, ACTR_ECONFIG, "damaged");
    rig_close(&rig);
}

/* Whatever is damaged: it opens or it is refused, and if it opens it can be read and closed. */
TEST(any_damage_is_survived)
{
    uint64_t state = harness_seed();
    for (int i = 0; i < 60; i++) {
        struct rig rig;
        struct stat status;
        with_messages(&rig);
        assert_int_equal(stat(rig.path, &status), 0);
        for (int n = 0; n < 8; n++) {
            uint64_t random = harness_random(&state);
            char byte = (char)(random >> 32);
            overwrite(&rig, 100 + (long)(random % (uint64_t)(status.st_size - 100)), &byte, 1);
        }
        rig_reopen(&rig, &no_limits);
        for (int n = 0; n < 4 && rig.open_code == 0; n++) {
            struct mailbox_message *message = rig_next(&rig);
            if (message)
                mailbox_ack(rig.mailbox, message, NULL);
        }
        rig_close(&rig);
    }
}

TEST(a_folder_is_refused)
{
    struct rig rig;
    with_messages(&rig);
    unlink(rig.path);
    assert_int_equal(mkdir(rig.path, 0700), 0);
    rig_reopen(&rig, &no_limits);
    assert_int_equal(rig.open_code, ACTR_ECONFIG);
    assert_non_null(strstr(rig.open_text, "folder"));
    rig_stop(&rig);
    assert_int_equal(rmdir(rig.path), 0);
    rig_close(&rig);
}

TEST(where_nothing_can_be_made_is_refused)
{
    static const char *const paths[] = {"/proc/mailbox.db", "/dev/null/mailbox.db",
                                        "/nowhere/at/all/mailbox.db"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct database *database = NULL;
        assert_int_equal(database_open(paths[i], DATABASE_NODE, &database), ACTR_EIO);
        assert_non_null(strstr(actr_errmsg(), "mailbox"));
        assert_null(database);
    }
    struct database *database = NULL;
    assert_int_equal(database_open("", DATABASE_NODE, &database), ACTR_ECONFIG);
}

TEST(two_never_share_a_file)
{
    struct rig rig;
    struct database *database = NULL;
    char link[128];
    rig_open(&rig, true, &no_limits);
    assert_int_equal(database_open(rig.path, DATABASE_NODE, &database), ACTR_ESTATE);
    assert_non_null(strstr(actr_errmsg(), "has this mailbox"));
    assert_int_equal(database_open(rig.path, DATABASE_EDITOR, &database), ACTR_ESTATE);
    snprintf(link, sizeof(link), "%s/link.db", rig.dir);
    assert_int_equal(symlink("mailbox.db", link), 0);
    assert_int_equal(database_open(link, DATABASE_NODE, &database), ACTR_ESTATE);
    /* The one that has it goes on. */
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "a"), 0);
    rig_expect(&rig, "a");
    rig_stop(&rig);
    assert_int_equal(database_open(link, DATABASE_NODE, &database), 0);
    database_close(database);
    rig_close(&rig);
}

TEST(a_reader_may_look_while_a_node_runs)
{
    struct rig rig;
    struct mailbox_file *file = NULL;
    struct mailbox_file_status status = {0};
    rig_open(&rig, true, &no_limits);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_NORMAL, "abc"), 0);
    assert_int_equal(rig_push(&rig, 1, MAILBOX_HIGH, "d"), 0);
    rig_run(&rig);
    assert_int_equal(mailbox_file_open(rig.path, false, &file), 0);
    assert_int_equal(mailbox_file_get_status(file, &status), 0);
    assert_int_equal(status.counts[MAILBOX_NORMAL], 1);
    assert_int_equal(status.counts[MAILBOX_HIGH], 1);
    assert_int_equal(status.bytes, 4);
    assert_int_equal(status.suspects, 2); /* both are ready to be handed out */
    assert_true(status.oldest_ms >= LOOP_VIRTUAL_EPOCH_MS);
    mailbox_file_close(file);
    rig_expect(&rig, "d");
    rig_expect(&rig, "abc");
    rig_close(&rig);
}

TEST(a_reader_makes_nothing)
{
    struct mailbox_file *file = NULL;
    assert_int_equal(mailbox_file_open("/tmp/actr-no-such-mailbox.db", false, &file),
                     ACTR_ENOTFOUND);
    assert_int_equal(mailbox_file_open("/tmp/actr-no-such-mailbox.db", true, &file),
                     ACTR_ENOTFOUND);
    assert_int_equal(access("/tmp/actr-no-such-mailbox.db.lock", F_OK), -1);
    assert_int_equal(access("/tmp/actr-no-such-mailbox.db", F_OK), -1);
}
