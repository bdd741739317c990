// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* actr-dynclib-host: runs one library for one node, in a process that may end as the library likes.
 *
 * A node starts it with the numbers of its own process and of three descriptors: the channel, the
 * pipe that wakes the node, and the image, sealed and verified. Before anything of the library runs
 * it has seen to it that it ends with the node's thread and that nothing else of the node's is
 * open. Then it loads the library and does one thing after the other that the node says, on this
 * thread.
 *
 * It never ends by itself: the node kills it, or the library does. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dynclib_host/link.h"
#include "hyper/workload/dynclib/library.h"

struct arguments {
    long parent;
    int channel_fd, bell_fd, image_fd;
    const char *name;
};

static bool parse(int argc, char **argv, struct arguments *ret)
{
    if (argc != 6)
        return false;
    ret->parent = strtol(argv[1], NULL, 10);
    ret->channel_fd = (int)strtol(argv[2], NULL, 10);
    ret->bell_fd = (int)strtol(argv[3], NULL, 10);
    ret->image_fd = (int)strtol(argv[4], NULL, 10);
    ret->name = argv[5];
    return ret->channel_fd > 2 && ret->bell_fd > 2 && ret->image_fd > 2;
}

static void close_range_of(int first, int last)
{
    if (first <= last)
        (void)syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0u);
}

/* All but the first three and ours, which go no further than this process. */
static void close_others(const struct arguments *arguments)
{
    int low = 3;
    for (int kept = 0; kept < 3; kept++) {
        const int fds[] = {arguments->channel_fd, arguments->bell_fd, arguments->image_fd};
        int next = -1;
        for (size_t i = 0; i < 3; i++) {
            if (fds[i] >= low && (next < 0 || fds[i] < next))
                next = fds[i];
        }
        close_range_of(low, next - 1);
        (void)fcntl(next, F_SETFD, FD_CLOEXEC);
        low = next + 1;
    }
    (void)syscall(SYS_close_range, (unsigned)low, ~0u, 0u);
}

/* One thing that the node wants; the payload of its result. */
static int serve(struct library *library, const struct channel_message *message,
                 struct actr_bytes *ret_payload)
{
    struct actr_view payload = actr_bytes_view(message->payload);
    switch ((enum channel_kind)message->head.kind) {
    case CHANNEL_INIT:
        return library->ops->init(library, payload);
    case CHANNEL_HANDLE:
        return library->ops->handle(library, payload, ret_payload);
    case CHANNEL_SHUTDOWN:
        return library->ops->shutdown(library);
    case CHANNEL_ANSWER:
    case CHANNEL_RESULT:
    case CHANNEL_INVOKE:
    case CHANNEL_RETAIN:
    case CHANNEL_RELEASE:
        break;
    }
    return err_origin(ACTR_EINVALID, "%s: no such entry: %u", "actr-dynclib-host",
                      message->head.kind);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct library *library = NULL;
    if (!parse(argc, argv, &arguments)) {
        fprintf(stderr, "%s: started by a node that isolates a shared library; see libactr(3)\n",
                argc > 0 ? argv[0] : "actr-dynclib-host");
        return 2;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)arguments.parent)
        return 0; /* it went before that */
    close_others(&arguments);
    int r = link_open(arguments.channel_fd, arguments.bell_fd);
    if (r < 0) {
        fprintf(stderr, "%s: %s\n", argv[0], actr_errmsg());
        return 1;
    }
    r = library_local(arguments.image_fd, arguments.name, &link_vtable, &library);
    if (r == 0)
        r = library->ops->load(library);
    link_result(r, (struct actr_view){0});
    for (;;) {
        struct channel_message message;
        struct actr_bytes payload = {0};
        link_receive(&message);
        r = serve(library, &message, &payload);
        actr_bytes_unref(message.payload);
        link_result(r, actr_bytes_view(payload));
        if (r == 0)
            actr_bytes_unref(payload);
    }
}
