// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* See world.h. The store works on the same loop. The database stands in memory; a file of its name,
 * that of an empty mailbox, stands on the real disk, because a mailbox looks at the head of its
 * file before SQLite does, and locks beside it. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "mailbox/database.h"
#include "mailbox/sqlite_mailbox.h"
#include "sys/file.h"

#define WORLD_TURN_US 1000u
#define WORLD_WAL_PAGES 6
#define WORLD_DELIVERIES_MAX 3
#define WORLD_AHEAD_MAX 2
#define WORLD_ACTIONS_BEFORE 35

/* Events ------------------------------------------------------------------------------------- */

static void world_on_answer(void *owner, const struct actr_id *caller,
                            const struct mailbox_answer *answer, uint64_t age_us)
{
    struct world *world = owner;
    const struct pledge_entry *entry =
        pledge_find(&world->pledge, actr_bytes_view(answer->payload));
    (void)caller;
    (void)age_us;
    world->told++;
    if (entry && entry->end != PLEDGE_ANSWERED)
        pledge_blame(&world->pledge, "an answer that was never given");
}

static void world_on_open(void *owner, int code, const char *detail)
{
    struct world *world = owner;
    (void)detail;
    world->is_open = code == 0;
    world->is_at_rest = code < 0;
}

static void world_on_ready(void *owner)
{
    (void)owner; /* takes when it pleases */
}

static void world_on_room(void *owner, const struct actr_id *peer)
{
    (void)owner;
    (void)peer;
}

static void world_on_refused(void *owner, const struct mailbox_origin *origin,
                             struct actr_view envelope, int code)
{
    struct world *world = owner;
    struct pledge_entry *entry = pledge_find(&world->pledge, envelope);
    (void)origin;
    if (entry && entry->state != PLEDGE_PUSHED)
        pledge_blame(&world->pledge, "%u was refused after its end",
                     (unsigned)(entry - world->pledge.entries));
    if (entry)
        entry->state = PLEDGE_REFUSED;
    world->refused += code < 0;
}

static void world_on_trouble(void *owner, int code, const char *detail)
{
    struct world *world = owner;
    (void)detail;
    world->trouble = code;
    world->troubles += code < 0;
    world->is_sick = world->is_sick || code < 0;
}

static void world_on_stopped(void *owner)
{
    struct world *world = owner;
    world->is_at_rest = true;
}

static const struct mailbox_events world_events = {
    .on_answer = world_on_answer,
    .on_open = world_on_open,
    .on_ready = world_on_ready,
    .on_room = world_on_room,
    .on_refused = world_on_refused,
    .on_trouble = world_on_trouble,
    .on_stopped = world_on_stopped,
};

/* Rest --------------------------------------------------------------------------------------- */

/* A letter that was dropped is not named: any that was under way may be the one. */
static void world_forget_letters(struct world *world)
{
    if (world->mailbox->letters_dropped == world->dropped)
        return;
    world->dropped = world->mailbox->letters_dropped;
    for (unsigned i = 0; i < world->pledge.count; i++) {
        struct pledge_entry *entry = &world->pledge.entries[i];
        if (entry->is_letter && entry->state == PLEDGE_PUSHED)
            entry->state = PLEDGE_REFUSED;
    }
}

void world_rest(struct world *world, uint64_t us)
{
    (void)!loop_virtual_run_idle(world->loop, loop_now_us(world->loop) + us);
    if (!world->mailbox)
        return;
    world_forget_letters(world);
    pledge_rest(&world->pledge, !world->is_sick);
}

/* Use ---------------------------------------------------------------------------------------- */

static struct mailbox_origin world_origin(const struct world *world, uint64_t random)
{
    struct mailbox_origin origin = {.peer = world->self, .session = 1 + random % 3};
    origin.peer.serial = origin.session;
    return origin;
}

static void world_push(struct world *world, uint64_t random)
{
    unsigned number = pledge_add(&world->pledge);
    struct mailbox_origin origin = world_origin(world, random);
    assert_int_equal(mailbox_push(world->mailbox, &origin,
                                  random & 64 ? MAILBOX_HIGH : MAILBOX_NORMAL, pledge_body(number)),
                     0);
}

static void world_reject(struct world *world, uint64_t random)
{
    unsigned number = pledge_add(&world->pledge);
    struct mailbox_origin origin = world_origin(world, random);
    world->pledge.entries[number].is_letter = true;
    mailbox_reject(world->mailbox, &origin, pledge_body(number),
                   &(struct mailbox_verdict){MAILBOX_UNDECODABLE, "test"});
}

static struct pledge_entry *world_find(struct world *world, const struct mailbox_message *message)
{
    return pledge_find(&world->pledge, actr_bytes_view(message->envelope));
}

/* What is handed out is on the disk, and nobody else has it. */
static struct mailbox_message *world_take(struct world *world)
{
    struct mailbox_message *message = mailbox_take(world->mailbox);
    struct pledge_entry *entry = message ? world_find(world, message) : NULL;
    if (!entry)
        return message;
    unsigned number = (unsigned)(entry - world->pledge.entries);
    if (entry->state == PLEDGE_REFUSED || entry->state == PLEDGE_GONE ||
        entry->end != PLEDGE_OPEN || entry->handed > 0)
        pledge_blame(&world->pledge, "%u was handed out and should not be", number);
    entry->state = PLEDGE_ACCEPTED;
    entry->is_held = true;
    entry->is_excused = world->troubles > 0;
    entry->handed++;
    return message;
}

static void world_ack(struct world *world, struct mailbox_message *message, bool answers)
{
    struct pledge_entry *entry = world_find(world, message);
    AUTO_BYTES struct actr_bytes payload = actr_bytes_ref(message->envelope);
    const struct mailbox_answer answer = {
        .request_id = actr_view_of(message->envelope.ptr, 4),
        .retry_after_ms = -1,
        .payload = payload,
    };
    if (entry)
        entry->end = answers ? PLEDGE_ANSWERED : PLEDGE_ACKED;
    mailbox_ack(world->mailbox, message, answers ? &answer : NULL);
}

static void world_bury(struct world *world, struct mailbox_message *message)
{
    struct pledge_entry *entry = world_find(world, message);
    if (entry)
        entry->end = PLEDGE_BURIED;
    mailbox_bury(world->mailbox, message, &(struct mailbox_verdict){MAILBOX_POISON, "test"});
}

static void world_leave(struct world *world, struct mailbox_message *message)
{
    struct pledge_entry *entry = world_find(world, message);
    if (entry)
        entry->is_held = false;
    mailbox_leave(world->mailbox, message);
}

/* One that was taken comes to some end. */
static void world_finish(struct world *world, uint64_t random)
{
    unsigned at = (unsigned)(random >> 8) % world->taken_count;
    struct mailbox_message *message = world->taken[at];
    world->taken[at] = world->taken[--world->taken_count];
    switch (random % 16) {
    case 0:
    case 1:
        world_bury(world, message);
        return;
    case 2:
        world_leave(world, message);
        return;
    default:
        world_ack(world, message, random % 2);
        return;
    }
}

void world_finish_all(struct world *world)
{
    while (world->taken_count > 0)
        world_ack(world, world->taken[--world->taken_count], true);
    world_rest(world, WORLD_TURN_US);
}

void world_recover(struct world *world)
{
    disk_mend(world->disk);
    world_push(world, 0); /* when there is nothing to try again, what is new shows that it works */
    loop_virtual_run_until(world->loop, loop_now_us(world->loop) + 7000000);
    if (world->trouble < 0)
        pledge_blame(&world->pledge, "the disk is well, the mailbox is not");
    world->is_sick = false;
    world_rest(world, WORLD_TURN_US);
}

static void world_act(struct world *world)
{
    uint64_t random = harness_random(&world->random);
    unsigned what = (unsigned)(random % 100);
    random >>= 16;
    if (what < 38) {
        world_push(world, random);
    } else if (what < 42) {
        world_reject(world, random);
    } else if (what < 68 && world->taken_count < WORLD_TAKEN_MAX) {
        struct mailbox_message *message = world_take(world);
        if (message)
            world->taken[world->taken_count++] = message;
    } else if (what < 92 && world->taken_count > 0) {
        world_finish(world, random);
    }
    if (random % 3 == 0)
        world_rest(world, WORLD_TURN_US);
}

void world_use(struct world *world, unsigned actions)
{
    for (unsigned i = 0; i < actions && world->is_open && !disk_is_off(world->disk); i++)
        world_act(world);
    world_rest(world, WORLD_TURN_US);
}

void world_drain(struct world *world)
{
    struct pledge *pledge = &world->pledge;
    unsigned idle = 0;
    while (idle < 3) { /* one that comes alone is asked for, counted, and there */
        struct mailbox_message *message = world_take(world);
        idle = message ? 0 : idle + 1;
        if (message)
            world_ack(world, message, false);
        world_rest(world, WORLD_TURN_US);
    }
    for (unsigned i = 0; i < pledge->count; i++) {
        const struct pledge_entry *entry = &pledge->entries[i];
        bool is_dead = entry->is_suspect && entry->deliveries >= pledge->deliveries_max;
        if (entry->is_letter || entry->state != PLEDGE_ACCEPTED || is_dead)
            continue;
        if (entry->end == PLEDGE_OPEN && entry->handed == 0)
            pledge_blame(pledge, "%u is not handed out", i);
    }
    if (world->mailbox->bytes != 0)
        pledge_blame(pledge, "%llu bytes are charged for nothing",
                     (unsigned long long)world->mailbox->bytes);
    if (world->mailbox->count != 0)
        pledge_blame(pledge, "%u messages are counted that are not there", world->mailbox->count);
}

/* Lives -------------------------------------------------------------------------------------- */

bool world_begin(struct world *world, const struct disk_image *image,
                 const struct disk_faults *faults)
{
    const struct sqlite_mailbox_options options = {
        .loop = world->loop,
        .store_loop = world->loop,
        .path = world->path,
        .deliveries_max = WORLD_DELIVERIES_MAX,
        .ahead_max = WORLD_AHEAD_MAX,
        .self = &world->self,
        .events = &world_events,
        .owner = world,
    };
    disk_load(world->disk, image, faults);
    world->is_open = world->is_at_rest = world->is_sick = false;
    world->trouble = 0;
    world->dropped = world->told = 0;
    world->mailbox = sqlite_mailbox_new(&options);
    assert_non_null(world->mailbox);
    assert_int_equal(mailbox_open(world->mailbox), 0);
    world_rest(world, WORLD_TURN_US);
    return world->is_open;
}

void world_end(struct world *world)
{
    bool is_off = disk_is_off(world->disk); /* then this never happens */
    while (world->taken_count > 0) {
        struct mailbox_message *message = world->taken[--world->taken_count];
        if (is_off)
            mailbox_leave(world->mailbox, message);
        else
            world_leave(world, message);
    }
    if (!world->is_at_rest) {
        mailbox_stop(world->mailbox);
        world_rest(world, WORLD_TURN_US);
    }
    assert_true(world->is_at_rest);
    world->steps = disk_steps(world->disk);
    world->syncs = disk_syncs(world->disk);
    mailbox_close(world->mailbox);
    world->mailbox = NULL;
}

bool world_check(struct world *world, const struct disk_image *image)
{
    static const struct disk_faults none;
    disk_load(world->disk, image, &none);
    bool is_right = pledge_read(&world->pledge, world->path) && pledge_check(&world->pledge);
    disk_load(world->disk, image, &none);
    return is_right;
}

/* Beginning and end -------------------------------------------------------------------------- */

static void world_start(struct world *world, uint64_t seed)
{
    world->random = seed;
    memset(&world->pledge, 0, sizeof(world->pledge));
    world->pledge.deliveries_max = WORLD_DELIVERIES_MAX;
    world->pledge.ahead_max = WORLD_AHEAD_MAX;
    world->troubles = world->refused = 0;
    assert_int_equal(loop_virtual_new(seed, &world->loop), 0);
    world->disk = disk_new(world->path, WORLD_WAL_PAGES);
    assert_non_null(world->disk);
}

static void world_close(struct world *world)
{
    world->disk = disk_free(world->disk);
    world->loop = loop_virtual_close(world->loop);
}

void world_init(struct world *world, uint64_t seed)
{
    struct database *database = NULL;
    AUTO_BYTES struct actr_bytes empty = {0};
    memset(world, 0, sizeof(*world));
    snprintf(world->dir, sizeof(world->dir), "/tmp/actr-crash-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    snprintf(world->path, sizeof(world->path), "%s/mailbox.db", world->dir);
    assert_int_equal(actr_id_parse("5e1f@7/acme:Self:1.0.0", &world->self), 0);
    assert_int_equal(database_open(world->path, DATABASE_NODE, &database), 0);
    database_close(database);
    assert_int_equal(file_read(world->path, 1 << 20, &empty), 0);
    disk_image_set(&world->empty, empty.ptr, empty.len);
    world_start(world, seed);
}

void world_reset(struct world *world, uint64_t seed)
{
    world_close(world);
    world_start(world, seed);
}

void world_prepare(struct world *world, uint64_t seed)
{
    static const struct disk_faults none;
    world_reset(world, seed);
    assert_true(world_begin(world, &world->empty, &none));
    world_use(world, WORLD_ACTIONS_BEFORE);
    disk_image_free(&world->before);
    disk_survive(world->disk, DISK_WRITTEN, &world->random, &world->before);
    world_end(world);
    assert_true(world_check(world, &world->before));
    pledge_adopt(&world->pledge);
    world->promised = world->pledge;
}

bool world_begin_again(struct world *world, uint64_t seed, const struct disk_faults *faults)
{
    world_reset(world, ~seed); /* the names of dead letters must not come again */
    world->pledge = world->promised;
    return world_begin(world, &world->before, faults);
}

void world_deinit(struct world *world)
{
    char lock[128];
    world_close(world);
    disk_image_free(&world->empty);
    disk_image_free(&world->before);
    snprintf(lock, sizeof(lock), "%s.lock", world->path);
    unlink(lock);
    unlink(world->path);
    assert_int_equal(rmdir(world->dir), 0);
}
