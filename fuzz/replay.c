// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Runs a fuzz target over the files of a folder: the corpus as a unit test, with any compiler. */
#include <dirent.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"

/* Exactly as many bytes as the file has, so that reading beyond them is seen. */
static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fuzz_fail(path);
    long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc((size_t)size);
    if (size > 0 && (!data || fread(data, 1, (size_t)size, file) != (size_t)size))
        fuzz_fail(path);
    fclose(file);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    if (mem_live() != 0)
        fuzz_fail(path);
}

int main(int argc, char **argv)
{
    char path[4096];
    int count = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir)
        fuzz_fail("no folder");
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        replay_file(path);
        count++;
    }
    closedir(dir);
    fuzz_check(count >= 3, "the corpus is all but empty");
    printf("%d files\n", count);
    return 0;
}
