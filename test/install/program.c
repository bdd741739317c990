// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The smallest program outside of this tree. It is built against the installed copy as C99 and as
 * C++17, with the shared and with the static library. Its mem_alloc is its own: the library has one
 * too, and the two may not meet. */
#include <actr/actr.h>

#include <stdio.h>
#include <string.h>

int mem_alloc(void);
int mem_alloc(void)
{
    return 42;
}

int main(void)
{
    struct actr_bytes text = actr_bytes_str("installed");
    int same = text.len == 9 && memcmp(text.ptr, "installed", 9) == 0;

    actr_bytes_unref(text);
    if (!same || mem_alloc() != 42)
        return 1;
    puts(actr_errname(ACTR_ENOMEM));
    return 0;
}
