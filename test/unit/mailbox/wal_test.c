// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The room in the log of a mailbox file, on a real disk. That nothing is lost by it when the power
 * fails is shown in test/crash. */
#include "mailbox/wal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "mailbox/database.h"
#include "mailbox/statement.h"
#include "sys/file.h"

#define PAGE 4096
#define FRAME (24 + PAGE)

static struct {
    char dir[64], path[96], log[128];
    struct database *database;
    struct statement *insert;
} rig;

static void rig_start(void)
{
    assert_int_equal(database_open(rig.path, DATABASE_NODE, &rig.database), 0);
    assert_int_equal(database_prepare(rig.database,
                                      "INSERT INTO answers (finished_ms, code, retry_after_ms,"
                                      " from_actr_id, request_id, payload, text)"
                                      " VALUES (0, 0, 0, x'', x'', zeroblob(?), x'')",
                                      &rig.insert),
                     0);
    database_tend(rig.database);
}

static void rig_open(void)
{
    memset(&rig, 0, sizeof(rig));
    harness_folder(rig.dir, sizeof(rig.dir));
    snprintf(rig.path, sizeof(rig.path), "%s/mailbox.db", rig.dir);
    snprintf(rig.log, sizeof(rig.log), "%s-wal", rig.path);
    rig_start();
}

static void rig_stop(void)
{
    rig.insert = statement_free(rig.insert);
    rig.database = database_close(rig.database);
}

static void rig_close(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    rig_stop();
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s%s", rig.path, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(rig.dir), 0);
}

static int64_t len_of_log(void)
{
    struct stat status;
    assert_int_equal(stat(rig.log, &status), 0);
    return status.st_size;
}

static void commit(int64_t len)
{
    assert_int_equal(database_begin(rig.database), 0);
    statement_int(rig.insert, 1, len);
    assert_int_equal(statement_run(rig.insert), 0);
    assert_int_equal(database_commit(rig.database), 0);
}

static int64_t count_rows(void)
{
    struct statement *statement = NULL;
    assert_int_equal(database_prepare(rig.database, "SELECT count(*) FROM answers", &statement), 0);
    assert_int_equal(statement_next(statement), 1);
    int64_t count = statement_get_int(statement, 0);
    statement_free(statement);
    return count;
}

TEST(no_commit_makes_the_log_longer)
{
    unsigned steps = 0;
    rig_open();
    assert_true(len_of_log() >= (int64_t)WAL_AHEAD_PAGES * FRAME);
    for (int i = 0; i < 300; i++) {
        int64_t before = len_of_log();
        commit(2000);
        assert_int_equal(len_of_log(), before);
        database_tend(rig.database);
        steps += len_of_log() > before;
    }
    assert_in_range(steps, 1, 300 / (WAL_STEP_PAGES - WAL_AHEAD_PAGES) * 4);
    assert_int_equal(count_rows(), 300);
    rig_close();
}

/* Twice what is in it at most. */
TEST(the_log_is_folded_back_and_used_again)
{
    int64_t len_max = 0;
    struct stat status;
    rig_open();
    for (int i = 0; i < 2 * WAL_PAGES_MAX / 100; i++) {
        commit(100 * PAGE); /* a hundred pages and some */
        database_tend(rig.database);
        len_max = len_of_log() > len_max ? len_of_log() : len_max;
    }
    assert_in_range(len_max, (int64_t)WAL_PAGES_MAX * FRAME,
                    (int64_t)(WAL_PAGES_MAX + 200) * FRAME);
    assert_int_equal(stat(rig.path, &status), 0);
    assert_in_range(status.st_size, (int64_t)WAL_PAGES_MAX * PAGE,
                    (int64_t)3 * WAL_PAGES_MAX * PAGE);
    rig_close();
}

static void copy(const char *ending, const char *to)
{
    AUTO_BYTES struct actr_bytes bytes = {0};
    char from[128], path[128];
    snprintf(from, sizeof(from), "%s%s", rig.path, ending);
    snprintf(path, sizeof(path), "%s%s", to, ending);
    assert_int_equal(file_read(from, 64u << 20, &bytes), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

/* As a process that was killed leaves them. */
TEST(room_is_the_end_of_the_log_for_who_recovers_it)
{
    char other[96];
    rig_open();
    for (int i = 0; i < 5; i++)
        commit(100);
    snprintf(other, sizeof(other), "%s/copy.db", rig.dir);
    copy("", other);
    copy("-wal", other);
    rig_stop();
    unlink(rig.path);
    char lock[128];
    snprintf(lock, sizeof(lock), "%s.lock", rig.path);
    unlink(lock);
    memcpy(rig.path, other, sizeof(other));
    snprintf(rig.log, sizeof(rig.log), "%s-wal", rig.path);
    rig_start();
    assert_int_equal(count_rows(), 5);
    commit(100);
    assert_int_equal(count_rows(), 6);
    rig_close();
}

TEST(without_space_for_room_commits_go_on_in_what_there_is)
{
    struct rlimit before, limit;
    rig_open();
    int64_t len = len_of_log();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){.rlim_cur = (rlim_t)len, .rlim_max = before.rlim_max};
    assert_int_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 70; i++) { /* two pages and more each */
        commit(2000);
        database_tend(rig.database);
    }
    assert_int_equal(len_of_log(), len);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    commit(2000);
    database_tend(rig.database);
    assert_true(len_of_log() > len);
    assert_int_equal(count_rows(), 71);
    rig_close();
}
