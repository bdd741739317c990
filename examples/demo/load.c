// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Load: a fixed number of slots, each with one call in flight.
 *
 * Callbacks come on the node's loop; the lock is for the thread that starts and waits. A call that
 * fails takes its target out of the round when others are left: what comes after goes to those. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "service.h"

struct slot {
    struct load *load;
    size_t target;
    uint64_t sent_us;
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void slot_call(struct slot *slot);

static void load_note_error(struct load *load, const struct slot *slot,
                            const struct actr_result *result)
{
    load->failed++;
    if (load->first_error == 0) {
        load->first_error = result->code;
        snprintf(load->first_error_text, sizeof(load->first_error_text), "%s", result->message);
    }
    /* The last target stays: whether it recovers is for the calls to find out. */
    if (load->target_count > 1 && slot->target < load->target_count)
        load->targets[slot->target] = load->targets[--load->target_count];
}

static void load_note_answer(struct load *load, const struct slot *slot,
                             const struct actr_result *result)
{
    load->answered++;
    if (result->reply.len != load->payload.len ||
        (load->payload.len && memcmp(result->reply.ptr, load->payload.ptr, load->payload.len) != 0))
        load->wrong++;
    if (load->sample_count < LOAD_SAMPLES_MAX)
        load->samples_us[load->sample_count++] = (uint32_t)(now_us() - slot->sent_us);
}

static void slot_end(struct slot *slot)
{
    struct load *load = slot->load;
    load->running--;
    if (load->running == 0) {
        load->is_over = true;
        load->end_us = now_us();
        pthread_cond_signal(&load->done);
    }
    free(slot);
}

static void slot_on_result(void *arg, const struct actr_result *result)
{
    struct slot *slot = arg;
    struct load *load = slot->load;
    pthread_mutex_lock(&load->lock);
    if (result->code < 0)
        load_note_error(load, slot, result);
    else
        load_note_answer(load, slot, result);
    slot_call(slot);
    pthread_mutex_unlock(&load->lock);
}

/* Under the lock: the next call of this slot, or its end. */
static void slot_call(struct slot *slot)
{
    struct load *load = slot->load;
    bool is_over =
        (load->calls_max && load->started >= load->calls_max) ||
        (load->duration_ms && now_us() - load->begin_us >= (uint64_t)load->duration_ms * 1000);
    if (is_over) {
        slot_end(slot);
        return;
    }
    struct actr_call_options options = {.size = sizeof(options), .timeout_ms = 10000};
    slot->target = load->started % load->target_count;
    slot->sent_us = now_us();
    int r = actr_call(load->node, &load->targets[slot->target], SERVICE_ECHO,
                      actr_bytes_ref(load->payload), &options, slot_on_result, slot, NULL);
    load->started++;
    if (r < 0) {
        struct actr_result refused = {.code = r, .message = actr_errmsg()};
        load_note_error(load, slot, &refused);
        slot_end(slot);
    }
}

bool load_start(struct load *load)
{
    uint8_t *bytes = calloc(1, load->size + 1);
    load->samples_us = malloc(LOAD_SAMPLES_MAX * sizeof(*load->samples_us));
    if (!bytes || !load->samples_us) {
        fprintf(stderr, "demo: out of memory\n");
        free(bytes);
        return false;
    }
    for (size_t i = 0; i < load->size; i++)
        bytes[i] = (uint8_t)(i * 31 + load->size);
    load->payload = actr_bytes_copy(actr_view_of(bytes, load->size));
    free(bytes);
    pthread_mutex_init(&load->lock, NULL);
    pthread_cond_init(&load->done, NULL);
    pthread_mutex_lock(&load->lock);
    load->begin_us = now_us();
    load->running = load->in_flight;
    for (unsigned i = 0; i < load->in_flight; i++) {
        struct slot *slot = calloc(1, sizeof(*slot));
        if (!slot)
            abort();
        slot->load = load;
        slot_call(slot);
    }
    pthread_mutex_unlock(&load->lock);
    return true;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void load_finish(struct load *load)
{
    pthread_mutex_lock(&load->lock);
    while (!load->is_over)
        pthread_cond_wait(&load->done, &load->lock);
    pthread_mutex_unlock(&load->lock);
    load->seconds = (double)(load->end_us - load->begin_us) / 1e6;
    if (load->sample_count) {
        qsort(load->samples_us, load->sample_count, sizeof(*load->samples_us), by_value);
        load->p50_us = load->samples_us[load->sample_count / 2];
        load->p99_us = load->samples_us[load->sample_count * 99 / 100];
    }
    free(load->samples_us);
    actr_bytes_unref(load->payload);
    pthread_mutex_destroy(&load->lock);
    pthread_cond_destroy(&load->done);
}
