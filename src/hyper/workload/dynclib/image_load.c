// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From sealed bytes to code: the only place that gives a library to the loader.
 *
 * Apart from image.c, so that the program that runs a library in a process of its own
 * (dynclib_host) has what it takes to load one and nothing else. A library that lacks a function,
 * or was made for another ABI, is unloaded before it is entered; its constructors have run.
 *
 * Any thread that may block. */
#include <dlfcn.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "hyper/workload/dynclib/image.h"
#include "sys/lock.h"

/* The standard has no conversion from an object to a function; POSIX wants this one to work. */
static int image_find(void *handle, const char *name, const char *symbol, void *ret_function)
{
    void *found = dlsym(handle, symbol);
    if (!found)
        return err_origin(ACTR_EINVALID, "%s: has no function %s", name, symbol);
    memcpy(ret_function, &found, sizeof(found));
    return 0;
}

static int image_check_abi(void *handle, const char *name)
{
    const struct actr_abi_info *(*abi_info)(void);
    void *found = dlsym(handle, "actr_abi_info");
    if (!found)
        return 0; /* libraries of the existing system have none */
    memcpy(&abi_info, &found, sizeof(found));
    const struct actr_abi_info *info = abi_info();
    if (!info || info->size < sizeof(*info))
        return err_origin(ACTR_EINVALID, "%s: actr_abi_info is too small", name);
    if (info->major != ACTR_ABI_VERSION || info->vtable_size != sizeof(struct actr_host_vtable))
        return err_origin(
            ACTR_EINVALID,
            "%s: made for ABI %u.%u with a table of %u bytes; this is ABI %u with %zu", name,
            info->major, info->minor, info->vtable_size, ACTR_ABI_VERSION,
            sizeof(struct actr_host_vtable));
    return 0;
}

/* The loader knows a library again by its path, and descriptors are used again while a library that
 * could not be unloaded is still there: so that each gets its own code, each has a path of its own,
 * with a number written in slashes. */
static void image_path(int fd, char *ret_path, size_t cap)
{
    static struct lock lock = LOCK_INITIALIZER;
    static uint32_t count;
    lock_take(&lock);
    uint32_t number = ++count;
    lock_give(&lock);
    struct text path;
    text_init(&path, ret_path, cap);
    text_printf(&path, "/proc/self/");
    for (; number != 0; number >>= 1)
        text_printf(&path, "%s", number & 1 ? ".//" : "./");
    text_printf(&path, "fd/%d", fd);
}

int image_load(int fd, const char *name, struct image *ret_image)
{
    char path[160];
    struct image image;
    image_path(fd, path, sizeof(path));
    image.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!image.handle) {
        const char *why = dlerror();
        return err_origin(ACTR_EINVALID, "%s: cannot be loaded: %s", name, why ? why : "?");
    }
    int r = image_find(image.handle, name, "actr_init", &image.init);
    if (r == 0)
        r = image_find(image.handle, name, "actr_handle", &image.handle_entry);
    if (r == 0)
        r = image_find(image.handle, name, "actr_free_response", &image.free_response);
    if (r == 0)
        r = image_find(image.handle, name, "actr_shutdown", &image.shutdown);
    if (r == 0)
        r = image_check_abi(image.handle, name);
    if (r < 0) {
        dlclose(image.handle);
        return r;
    }
    *ret_image = image;
    return 0;
}

void image_unload(struct image *image)
{
    dlclose(image->handle);
    image->handle = NULL;
}
