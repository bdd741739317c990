// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A durable mailbox before a library in a process of its own: the message that ends it again and
 * again becomes a dead letter, and everybody else is served. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "mailbox/mailbox_file.h"
#include "rig.h"

static struct {
    char dir[64], path[96], config[256];
    struct actr_node *client;
    struct actr_id service;
} world;

/* max_deliveries: of the mailbox. */
static void world_open(unsigned max_deliveries)
{
    char config[512];
    harness_folder(world.dir, sizeof(world.dir));
    snprintf(world.path, sizeof(world.path), "%s/mailbox.db", world.dir);
    snprintf(world.config, sizeof(world.config),
             "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n"
             "[storage]\nmailbox_path = \"%s\"\nmax_deliveries = %u\n",
             world.path, max_deliveries);
    rig.config = world.config;
    rig_start("raw_guest");
    rig_config(config, sizeof(config), "");
    assert_int_equal(actr_node_open_text(&world.client, "client", config, NULL), 0);
    assert_int_equal(actr_node_start(world.client), 0);
    world.service = actr_node_id(rig.node);
}

static void world_close(void)
{
    static const char *const endings[] = {"", ".lock", "-wal", "-shm"}; /* a reader leaves these */
    actr_node_close(world.client);
    rig_close();
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s%s", world.path, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(world.dir), 0);
}

static void tell(const char *word)
{
    assert_int_equal(actr_tell(world.client, &world.service, "raw", actr_bytes_str(word), NULL), 0);
}

/* The code; the reply or the text is in rig.answer. */
static int ask(const char *word)
{
    struct actr_bytes reply = {0};
    int r = actr_call_wait(world.client, &world.service, "raw", actr_bytes_str(word), NULL, &reply);
    snprintf(rig.answer, sizeof(rig.answer), "%.*s", r < 0 ? 500 : (int)reply.len,
             r < 0 ? actr_errmsg() : (const char *)reply.ptr);
    actr_bytes_unref(reply);
    return r;
}

static struct {
    unsigned count;
    char category[32], message[512], context[128];
} letter;

static void copy(char *buf, size_t cap, struct actr_view text)
{
    snprintf(buf, cap, "%.*s", (int)text.len, (const char *)text.ptr);
}

static void on_letter(void *arg, const struct dlq_letter *found)
{
    (void)arg;
    letter.count++;
    copy(letter.category, sizeof(letter.category), found->error_category);
    copy(letter.message, sizeof(letter.message), found->error_message);
    copy(letter.context, sizeof(letter.context), found->context);
}

static unsigned letters(void)
{
    struct mailbox_file *file = NULL;
    const struct dlq_filter all = {.count_max = 10};
    letter.count = 0;
    assert_int_equal(mailbox_file_open(world.path, false, &file), 0);
    assert_int_equal(dlq_query(mailbox_file_database(file), &all, on_letter, NULL), 0);
    mailbox_file_close(file);
    return letter.count;
}

TEST(a_message_that_ends_the_library_again_and_again_becomes_a_dead_letter)
{
    rig_isolate();
    world_open(3);
    tell("exit.");
    while (letters() == 0) { /* others are served meanwhile */
        assert_int_equal(ask("fine"), 0);
        assert_string_equal(rig.answer, "raw");
    }
    assert_int_equal(letter.count, 1);
    assert_string_equal(letter.category, MAILBOX_POISON);
    assert_string_equal(letter.message, "raw_guest.so: raw: its process exited with status 3");
    assert_non_null(strstr(letter.context, "\"deliveries\":3"));
    assert_int_equal(ask("fine"), 0);
    struct actr_node_stats stats = {.size = sizeof(stats)};
    assert_int_equal(actr_node_get_stats(rig.node, &stats), 0);
    assert_int_equal(stats.restarts, 3);
    world_close();
}

TEST(a_caller_is_told_at_once_and_its_message_is_not_tried_again)
{
    rig_isolate();
    world_open(3);
    assert_int_equal(ask("exit."), ACTR_EINTERNAL);
    assert_string_equal(rig.answer, "raw_guest.so: raw: its process exited with status 3");
    assert_int_equal(ask("fine"), 0);
    struct actr_node_stats stats = {.size = sizeof(stats)};
    assert_int_equal(actr_node_get_stats(rig.node, &stats), 0);
    assert_int_equal(stats.restarts, 1);
    assert_int_equal(letters(), 0);
    world_close();
}

/* The node leaves before the message is a dead letter; the next one goes on counting. */
TEST(what_a_node_that_gave_up_leaves_is_counted_on)
{
    rig_isolate();
    rig.options.restarts_max = 1;
    world_open(4);
    tell("exit.");
    assert_true(waiter_wait(&rig.stopped, WAITER_FOREVER));
    assert_int_equal(letters(), 0);
    while (letters() == 0)
        (void)!actr_node_start(rig.node); /* until it is stopped, and then anew */
    assert_string_equal(letter.category, MAILBOX_POISON);
    world_close();
}
