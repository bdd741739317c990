// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* usrsctp for the whole process, without its threads.
 *
 * usrsctp locks its own structures, so associations of several loops may be worked on at once; what
 * is shared here, the table of ports and the clock, has a lock that is never held while usrsctp or
 * an owner runs. The clock is driven by whoever comes first of the loops that are busy; the time
 * that has passed is accounted once. Time in which no loop was busy is not accounted: no timer that
 * matters was running. After a stall no more than SCTP_STACK_STEP_US pass at once, so that packets
 * that are already here are seen before a timer says they were lost.
 *
 * It is never finished: other associations of the process may live. */
#include "hyper/wire/webrtc/sctp_stack.h"

#include <string.h>

#include <usrsctp.h>

#include "base/crc32c.h"
#include "base/err.h"
#include "base/mem.h"
#include "sys/lock.h"

#define SCTP_STACK_STEP_US 50000
#define SCTP_STACK_CHECKSUM_AT 8

/* One for each loop that has ports. Loop thread, but for the list of all. */
struct sctp_ticker {
    struct list link;
    struct loop *loop;
    struct loop_timer timer;
    struct list busy; /* ports */
    unsigned refs;
};

struct sctp_foreign {
    struct list link;
    size_t len;
    uint8_t bytes[];
};

static struct {
    struct lock lock;
    bool is_up, is_ticking;
    struct list tickers;
    struct hash_table ports;
    uint64_t last_handle, last_us;
} stack = {.lock = LOCK_INITIALIZER};

static _Thread_local struct sctp_port *stack_current;

static uint64_t sctp_stack_hash(uint64_t handle)
{
    return handle * UINT64_C(0x9e3779b97f4a7c15);
}

static bool sctp_stack_equal(const struct hash_node *node, const void *wanted)
{
    return container_of(node, struct sctp_port, _node)->handle == *(const uint64_t *)wanted;
}

static void sctp_stack_run_foreign(struct loop_post *post);

/* Under the lock. */
static void sctp_stack_keep(struct sctp_port *port, const void *packet, size_t len)
{
    if (port->_foreign_count >= SCTP_STACK_FOREIGN_MAX)
        return;
    struct sctp_foreign *foreign = mem_alloc_raw(sizeof *foreign + len);
    if (!foreign)
        return;
    foreign->len = len;
    memcpy(foreign->bytes, packet, len);
    list_push(&port->_foreign, &foreign->link);
    port->_foreign_count++;
    if (!port->_is_posted)
        port->_is_posted = loop_post(port->loop, &port->_post, sctp_stack_run_foreign);
}

/* From usrsctp, with the association locked. */
static int sctp_stack_output(void *address, void *packet, size_t len, uint8_t tos, uint8_t df)
{
    uint64_t handle = (uintptr_t)address;
    struct sctp_port *port = stack_current;
    uint8_t *checksum = (uint8_t *)packet + SCTP_STACK_CHECKSUM_AT;

    memset(checksum, 0, 4);
    uint32_t crc = ~crc32c_update(CRC32C_BEGIN, packet, len);
    for (unsigned i = 0; i < 4; i++)
        checksum[i] = (uint8_t)(crc >> 8 * i);
    if (!port || port->handle != handle) {
        lock_take(&stack.lock);
        struct hash_node *node = hash_table_find(&stack.ports, sctp_stack_hash(handle), &handle);
        port = node ? container_of(node, struct sctp_port, _node) : NULL;
        bool is_ours = port && loop_is_current(port->loop);
        if (port && !is_ours)
            sctp_stack_keep(port, packet, len);
        lock_give(&stack.lock);
        if (!is_ours)
            return 0;
    }
    port->events->on_packet(port->owner, actr_view_of(packet, len));
    return 0;
}

/* Free once in a process. The limits are those of usrsctp's own defaults but for what is set. */
static void sctp_stack_up(void)
{
    usrsctp_init_nothreads(0, sctp_stack_output, NULL);
    usrsctp_enable_crc32c_offload();
    usrsctp_sysctl_set_sctp_blackhole(2);        /* no answers to what belongs to nobody */
    usrsctp_sysctl_set_sctp_max_retran_chunk(0); /* no end of it */
    usrsctp_sysctl_set_sctp_vtag_time_wait(0);   /* a tag means nothing outside its DTLS */
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auto_asconf(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(10240);
    usrsctp_sysctl_set_sctp_max_burst_default(0);
    usrsctp_sysctl_set_sctp_sack_freq_default(SCTP_SACK_EVERY);
    usrsctp_sysctl_set_sctp_L2_abc_variable(SCTP_SACK_GROWTH);
    list_init(&stack.tickers);
    hash_table_init(&stack.ports, sctp_stack_equal);
    stack.is_up = true;
}

/* Lets usrsctp's clock go on, unless another thread is at it. */
static void sctp_stack_pass(uint64_t now_us)
{
    uint64_t step_us = SCTP_STACK_TICK_US;

    lock_take(&stack.lock);
    bool is_mine = !stack.is_ticking;
    if (is_mine) {
        if (now_us >= stack.last_us && now_us - stack.last_us < SCTP_STACK_STEP_US)
            step_us = now_us - stack.last_us;
        else if (now_us > stack.last_us)
            step_us = SCTP_STACK_STEP_US;
        step_us -= step_us % 1000;
        stack.last_us = now_us;
        stack.is_ticking = true;
    }
    lock_give(&stack.lock);
    if (!is_mine)
        return;
    if (step_us > 0)
        usrsctp_handle_timers((uint32_t)(step_us / 1000));
    lock_take(&stack.lock);
    stack.is_ticking = false;
    lock_give(&stack.lock);
}

static void sctp_stack_drop(struct sctp_ticker *ticker)
{
    lock_take(&stack.lock);
    bool is_last = --ticker->refs == 0;
    if (is_last)
        list_remove(&ticker->link);
    if (stack.ports.count == 0)
        hash_table_deinit(&stack.ports);
    lock_give(&stack.lock);
    if (!is_last)
        return;
    loop_timer_stop(&ticker->timer);
    mem_free(ticker);
}

static void sctp_stack_on_timer(struct loop_timer *timer)
{
    struct sctp_ticker *ticker = container_of(timer, struct sctp_ticker, timer);
    struct list due;
    struct list *node;

    lock_take(&stack.lock);
    ticker->refs++; /* its last port may leave */
    lock_give(&stack.lock);
    sctp_stack_pass(loop_now_us(ticker->loop));
    list_init(&due);
    list_append(&due, &ticker->busy);
    while ((node = list_pop(&due))) {
        struct sctp_port *port = container_of(node, struct sctp_port, _busy);
        list_push(&ticker->busy, node);
        port->events->on_tick(port->owner);
    }
    if (!list_is_empty(&ticker->busy))
        loop_timer_start(&ticker->timer, SCTP_STACK_TICK_US);
    sctp_stack_drop(ticker);
}

/* Under the lock. NULL when memory has run out. */
static struct sctp_ticker *sctp_stack_ticker(struct loop *loop)
{
    list_each(node, &stack.tickers)
    {
        struct sctp_ticker *ticker = container_of(node, struct sctp_ticker, link);
        if (ticker->loop == loop) {
            ticker->refs++;
            return ticker;
        }
    }
    struct sctp_ticker *ticker = mem_alloc(sizeof *ticker);
    if (!ticker)
        return NULL;
    ticker->loop = loop;
    ticker->refs = 1;
    list_init(&ticker->busy);
    list_push(&stack.tickers, &ticker->link);
    loop_timer_init(&ticker->timer, loop, sctp_stack_on_timer);
    return ticker;
}

int sctp_stack_join(struct loop *loop, const struct sctp_port_events *events, void *owner,
                    struct sctp_port **ret_port)
{
    struct sctp_port *port = mem_alloc(sizeof *port);
    if (!port)
        return err_origin(ACTR_ENOMEM, "sctp: out of memory");
    port->loop = loop;
    port->events = events;
    port->owner = owner;
    list_init(&port->_busy);
    list_init(&port->_foreign);
    lock_take(&stack.lock);
    if (!stack.is_up)
        sctp_stack_up();
    port->handle = ++stack.last_handle;
    port->_ticker = sctp_stack_ticker(loop);
    int r = port->_ticker
                ? hash_table_insert(&stack.ports, &port->_node, sctp_stack_hash(port->handle))
                : ACTR_ENOMEM;
    lock_give(&stack.lock);
    if (r < 0) {
        if (port->_ticker)
            sctp_stack_drop(port->_ticker);
        mem_free(port);
        return err_origin(ACTR_ENOMEM, "sctp: out of memory");
    }
    usrsctp_register_address((void *)(uintptr_t)port->handle);
    *ret_port = port;
    return 0;
}

static void sctp_stack_free_list(struct list *list)
{
    struct list *node;
    while ((node = list_pop(list)))
        mem_free(container_of(node, struct sctp_foreign, link));
}

void sctp_stack_leave(struct sctp_port *port)
{
    struct list waiting;

    usrsctp_deregister_address((void *)(uintptr_t)port->handle);
    list_remove(&port->_busy);
    list_init(&waiting);
    lock_take(&stack.lock);
    hash_table_remove(&stack.ports, &port->_node);
    list_append(&waiting, &port->_foreign);
    port->_is_gone = true;
    bool is_posted = port->_is_posted;
    lock_give(&stack.lock);
    sctp_stack_free_list(&waiting);
    sctp_stack_drop(port->_ticker);
    if (!is_posted)
        mem_free(port);
}

/* On the port's loop: what another thread's work has made usrsctp send. */
static void sctp_stack_run_foreign(struct loop_post *post)
{
    struct sctp_port *port = container_of(post, struct sctp_port, _post);
    struct list packets;

    list_init(&packets);
    lock_take(&stack.lock);
    list_append(&packets, &port->_foreign);
    port->_foreign_count = 0;
    port->_is_posted = false;
    lock_give(&stack.lock);
    if (port->_is_gone) {
        mem_free(port);
        return;
    }
    list_each(node, &packets)
    {
        struct sctp_foreign *foreign = container_of(node, struct sctp_foreign, link);
        port->events->on_packet(port->owner, actr_view_of(foreign->bytes, foreign->len));
    }
    sctp_stack_free_list(&packets);
    port->events->on_tick(port->owner);
}

struct sctp_port *sctp_stack_enter(struct sctp_port *port)
{
    struct sctp_port *before = stack_current;
    stack_current = port;
    return before;
}

void sctp_stack_exit(struct sctp_port *before)
{
    stack_current = before;
}

void sctp_stack_busy(struct sctp_port *port)
{
    struct sctp_ticker *ticker = port->_ticker;

    if (!list_is_empty(&port->_busy))
        return;
    bool was_idle = list_is_empty(&ticker->busy);
    list_push(&ticker->busy, &port->_busy);
    if (!was_idle || loop_timer_is_active(&ticker->timer))
        return;
    uint64_t now_us = loop_now_us(ticker->loop);
    lock_take(&stack.lock);
    if (now_us > stack.last_us + SCTP_STACK_STEP_US || now_us < stack.last_us)
        stack.last_us = now_us;
    lock_give(&stack.lock);
    loop_timer_start(&ticker->timer, SCTP_STACK_TICK_US);
}

void sctp_stack_idle(struct sctp_port *port)
{
    list_remove(&port->_busy);
}
