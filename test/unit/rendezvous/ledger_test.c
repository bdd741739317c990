// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/loop_uv.h"

#define RESULTS_MAX 128

static struct loop *loop;
static char dir[64];
static int results[RESULTS_MAX];
static size_t result_count, result_wanted;
static bool is_closed;

static void open_dir(void)
{
    snprintf(dir, sizeof(dir), "/tmp/actr-ledger-XXXXXX");
    assert_non_null(mkdtemp(dir));
    assert_int_equal(loop_uv_new(&loop), 0);
    result_count = 0;
    is_closed = false;
}

static void close_dir(void)
{
    char path[512];
    DIR *entries = opendir(dir);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        unlink(path);
    }
    closedir(entries);
    assert_int_equal(rmdir(dir), 0);
    loop_uv_close(loop);
}

static struct ledger *open_ledger(uint64_t size_max)
{
    struct ledger *ledger = NULL;
    assert_int_equal(ledger_sqlite_open(loop, dir, size_max, &ledger), 0);
    return ledger;
}

static void on_closed(void *owner)
{
    is_closed = true;
    loop_uv_stop(loop);
}

static void close_ledger(struct ledger *ledger)
{
    ledger_close(ledger, on_closed, NULL);
    loop_uv_run(loop);
    assert_true(is_closed);
}

static void on_done(void *owner, int result)
{
    assert_true(result_count < RESULTS_MAX);
    results[result_count++] = result;
    if (result_count == result_wanted)
        loop_uv_stop(loop);
}

static void wait_for(size_t count)
{
    result_wanted = count;
    if (result_count < count)
        loop_uv_run(loop);
    assert_int_equal(result_count, count);
}

static struct ledger_write *realm_row(int64_t id, const char *name)
{
    struct ledger_write *write = ledger_write_new(on_done, NULL);
    struct ledger_row *row = ledger_add(write, LEDGER_REALM);
    row->cells[LEDGER_REALM_ID] = ledger_number(id);
    row->cells[LEDGER_REALM_NAME] = ledger_bytes(name, strlen(name));
    row->cells[LEDGER_REALM_SECRET] = ledger_bytes("\0\1\2", 3);
    return write;
}

static struct ledger_write *blob_row(const char *name, size_t len)
{
    struct ledger_write *write = ledger_write_new(on_done, NULL);
    struct ledger_row *row = ledger_add(write, LEDGER_SETTING);
    uint8_t *data;
    row->cells[LEDGER_SETTING_NAME] = ledger_bytes(name, strlen(name));
    row->cells[LEDGER_SETTING_VALUE].bytes = bytes_new(len, &data);
    memset(data, 'x', len);
    return write;
}

static struct ledger_write *blob_removal(const char *name)
{
    struct ledger_write *write = ledger_write_new(on_done, NULL);
    struct ledger_row *row = ledger_add(write, LEDGER_SETTING);
    row->is_removal = true;
    row->cells[LEDGER_SETTING_NAME] = ledger_bytes(name, strlen(name));
    return write;
}

struct loaded {
    size_t count;
    int64_t ids[8];
    char name[16];
};

static int on_row(void *owner, const struct ledger_row *row)
{
    struct loaded *loaded = owner;
    if (row->table != LEDGER_REALM)
        return 0;
    assert_int_equal(row->cells[LEDGER_REALM_SECRET].bytes.len, 3);
    assert_int_equal(row->cells[LEDGER_REALM_PREVIOUS_SECRET].bytes.len, 0);
    loaded->ids[loaded->count++] = row->cells[LEDGER_REALM_ID].number;
    snprintf(loaded->name, sizeof(loaded->name), "%.*s",
             (int)row->cells[LEDGER_REALM_NAME].bytes.len,
             (const char *)row->cells[LEDGER_REALM_NAME].bytes.ptr);
    return 0;
}

TEST(ledger_keeps_rows_over_a_restart)
{
    struct loaded loaded = {0};
    open_dir();
    struct ledger *ledger = open_ledger(0);
    ledger_submit(ledger, realm_row(9, "nine"));
    ledger_submit(ledger, realm_row(7, "seven"));
    ledger_submit(ledger, realm_row(9, "new"));
    wait_for(3);
    assert_true(results[0] == 0 && results[1] == 0 && results[2] == 0);
    close_ledger(ledger);
    ledger = open_ledger(0);
    assert_int_equal(ledger_load(ledger, on_row, &loaded), 0);
    assert_int_equal(loaded.count, 2);
    assert_true(loaded.ids[0] == 7 && loaded.ids[1] == 9);
    assert_string_equal(loaded.name, "new");
    ledger_free(ledger);
    close_dir();
}

TEST(ledger_answers_everything_before_it_closes)
{
    struct loaded loaded = {0};
    open_dir();
    struct ledger *ledger = open_ledger(0);
    for (int i = 1; i <= 8; i++)
        ledger_submit(ledger, realm_row(i, "r"));
    close_ledger(ledger);
    assert_int_equal(result_count, 8);
    ledger = open_ledger(0);
    assert_int_equal(ledger_load(ledger, on_row, &loaded), 0);
    assert_int_equal(loaded.count, 8);
    ledger_free(ledger);
    close_dir();
}

TEST(ledger_that_is_full_refuses_and_recovers_when_there_is_room)
{
    open_dir();
    struct ledger *ledger = open_ledger(256 * 1024);
    ledger_submit(ledger, blob_row("big", 150000));
    wait_for(1);
    assert_int_equal(results[0], 0);
    ledger_submit(ledger, blob_row("more", 150000));
    wait_for(2);
    assert_int_equal(results[1], ACTR_EIO);
    ledger_submit(ledger, realm_row(1, "small"));
    wait_for(3);
    assert_int_equal(results[2], 0);
    ledger_submit(ledger, blob_removal("big"));
    ledger_submit(ledger, blob_row("more", 150000));
    wait_for(5);
    assert_int_equal(results[3], 0);
    assert_int_equal(results[4], 0);
    close_ledger(ledger);
    close_dir();
}

TEST(ledger_undoes_a_write_that_fails_halfway)
{
    struct loaded loaded = {0};
    open_dir();
    struct ledger *ledger = open_ledger(256 * 1024);
    struct ledger_write *write = realm_row(1, "first half");
    struct ledger_row *row = ledger_add(write, LEDGER_SETTING);
    uint8_t *data;
    row->cells[LEDGER_SETTING_NAME] = ledger_bytes("huge", 4);
    row->cells[LEDGER_SETTING_VALUE].bytes = bytes_new(1000000, &data);
    memset(data, 'x', 1000000);
    ledger_submit(ledger, write);
    wait_for(1);
    assert_int_equal(results[0], ACTR_EIO);
    close_ledger(ledger);
    ledger = open_ledger(0);
    assert_int_equal(ledger_load(ledger, on_row, &loaded), 0);
    assert_int_equal(loaded.count, 0);
    ledger_free(ledger);
    close_dir();
}

TEST(ledger_is_for_one_server_at_a_time)
{
    open_dir();
    struct ledger *first = open_ledger(0), *second = NULL;
    assert_int_equal(ledger_sqlite_open(loop, dir, 0, &second), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "another server"));
    ledger_free(first);
    close_dir();
}

TEST(ledger_says_what_is_wrong_with_the_folder)
{
    struct ledger *ledger = NULL;
    char path[128];
    open_dir();
    snprintf(path, sizeof(path), "%s/no/folder", dir);
    assert_int_equal(ledger_sqlite_open(loop, path, 0, &ledger), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), path));
    snprintf(path, sizeof(path), "%s/file", dir);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(ledger_sqlite_open(loop, path, 0, &ledger), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "Not a directory"));
    close_dir();
}

TEST(ledger_refuses_a_file_that_is_no_database)
{
    struct ledger *ledger = NULL;
    char path[128];
    open_dir();
    snprintf(path, sizeof(path), "%s/rendezvous.db", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 500; i++)
        fputs("this is no database\n", file);
    fclose(file);
    assert_int_equal(ledger_sqlite_open(loop, dir, 0, &ledger), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "not a database"));
    close_dir();
}

TEST(ledger_refuses_the_database_of_a_newer_server)
{
    struct ledger *ledger = NULL;
    sqlite3 *db = NULL;
    char path[128];
    open_dir();
    ledger_free(open_ledger(0));
    snprintf(path, sizeof(path), "%s/rendezvous.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(ledger_sqlite_open(loop, dir, 0, &ledger), ACTR_EIO);
    assert_non_null(strstr(actr_errmsg(), "newer server (version 2"));
    close_dir();
}

TEST(ledger_file_is_for_its_owner_alone)
{
    struct stat info;
    char path[128];
    open_dir();
    ledger_free(open_ledger(0));
    snprintf(path, sizeof(path), "%s/rendezvous.db", dir);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    close_dir();
}

TEST(ledger_bounds_what_waits)
{
    open_dir();
    struct ledger *ledger = ledger_memory_new(loop);
    for (int i = 0; i < LEDGER_WAITING_MAX; i++)
        ledger_submit(ledger, ledger_write_new(NULL, NULL));
    ledger_submit(ledger, ledger_write_new(on_done, NULL));
    wait_for(1);
    assert_int_equal(results[0], ACTR_EUNAVAILABLE);
    ledger_submit(ledger, ledger_write_new(on_done, NULL));
    wait_for(2);
    assert_int_equal(results[1], 0);
    close_ledger(ledger);
    close_dir();
}

TEST(ledger_answers_a_cell_that_memory_ran_out_for)
{
    open_dir();
    struct ledger *ledger = ledger_memory_new(loop);
    struct ledger_write *write = realm_row(1, "x");
    struct ledger_row *row = ledger_add(write, LEDGER_SETTING);
    row->cells[LEDGER_SETTING_VALUE].bytes = (struct actr_bytes){.len = 5};
    ledger_submit(ledger, write);
    assert_int_equal(result_count, 0); /* never inside */
    wait_for(1);
    assert_int_equal(results[0], ACTR_ENOMEM);
    close_ledger(ledger);
    close_dir();
}
