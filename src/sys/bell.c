// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A bell on an eventfd.
 *
 * The flag saves the system call of every ring but the first. It is cleared after the descriptor
 * and before the owner looks at what it is rung for: a ring that finds it set belongs to something
 * that is seen then, and one that finds it clear makes the descriptor readable again.
 *
 * The descriptor is this process's alone, so its counter never comes near the number at which a
 * write would block. bell_wait() blocks: never on the loop. */
#include "sys/bell.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"

int bell_init(struct bell *bell)
{
    atomic_init(&bell->_is_rung, false);
    bell->_fd = eventfd(0, EFD_CLOEXEC);
    if (bell->_fd < 0)
        return err_origin(ACTR_EIO, "bell: %s", strerror(errno));
    return 0;
}

void bell_deinit(struct bell *bell)
{
    close(bell->_fd);
}

void bell_ring(struct bell *bell)
{
    const uint64_t one = 1;
    if (atomic_exchange(&bell->_is_rung, true))
        return;
    ssize_t put = write(bell->_fd, &one, sizeof(one));
    assert(put == sizeof(one));
    (void)put;
}

void bell_clear(struct bell *bell)
{
    uint64_t count;
    while (read(bell->_fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
    atomic_store(&bell->_is_rung, false);
}

void bell_wait(struct bell *bell)
{
    bell_clear(bell); /* the descriptor blocks */
}
