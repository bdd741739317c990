// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* `actr version`: which version this is, and from which commit it was built.
 *
 * What was built from an archive knows no commit, and says so: null in JSON, nothing in the plain
 * form.
 *
 * The main thread. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "command.h"
#include "git_date.h"
#include "git_hash.h"

static const char usage[] = "usage: actr version [--json]\n";

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static enum command_exit print_json(void)
{
    json_t *version = json_pack("{s:s, s:o, s:o}", "version", ACTR_VERSION, "git_hash",
                                text_or_null(GIT_HASH), "git_date", text_or_null(GIT_DATE));
    int r = version ? json_dumpf(version, stdout, JSON_COMPACT) : -1;
    json_decref(version);
    if (r < 0)
        return command_fail("version", COMMAND_FAILED, NULL, "out of memory");
    putchar('\n');
    return COMMAND_DONE;
}

enum command_exit command_version(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--json") == 0)
        return print_json();
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return COMMAND_DONE;
    }
    if (argc > 1)
        return command_fail("version", COMMAND_USAGE, "actr version [--json]",
                            "unexpected argument '%s'", argv[1]);
    printf("actr %s", ACTR_VERSION);
    if (GIT_HASH[0])
        printf(" (%.12s %s)", GIT_HASH, GIT_DATE);
    putchar('\n');
    return COMMAND_DONE;
}
