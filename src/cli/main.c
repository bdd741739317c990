// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The `actr` command: finds the subcommand and runs it.
 *
 * Output that a program may read goes to standard output, everything else to standard error. Must
 * never do anything itself: a subcommand is a file of its own.
 *
 * The main thread. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct command commands[] = {
    {"explain", "print what becomes of a message", command_explain},
    {"rendezvous", "run the server where actors register and find each other", command_rendezvous},
    {"mailbox", "look into the mailbox that a node keeps on the disk", command_mailbox},
    {"dlq", "look at dead letters, send them again, throw them away", command_dlq},
    {"version", "print the version", command_version},
};

enum command_exit command_fail(const char *name, enum command_exit exit, const char *hint,
                               const char *format, ...)
{
    va_list args;
    fprintf(stderr, "actr%s%s: ", name[0] ? " " : "", name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    if (hint)
        fprintf(stderr, "hint: %s\n", hint);
    return exit;
}

static enum command_exit print_help(void)
{
    printf("usage: actr COMMAND [OPTIONS]\n\ncommands:\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        printf("  %-12s %s\n", commands[i].name, commands[i].summary);
    printf("\n`actr COMMAND --help` says more.\n");
    return COMMAND_DONE;
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return (int)print_help();
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return (int)commands[i].run(argc - 1, argv + 1);
    return (int)command_fail("", COMMAND_USAGE, "`actr --help` lists the commands",
                             "there is no command '%s'", argv[1]);
}
