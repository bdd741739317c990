// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The `actr` command: finds the subcommand and runs it; a word that names none gets the nearest one
 * that does as a hint.
 *
 * Output that a program may read goes to standard output, everything else to standard error. Must
 * never do anything itself: a subcommand is a file of its own.
 *
 * The main thread. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "config/suggest.h"

#define HELP_WORDS_MAX 2 /* a command and its verb */

static const struct command commands[] = {
    {"explain", "print what becomes of a message", command_explain},
    {"rendezvous", "run the server where actors register and find each other", command_rendezvous},
    {"mailbox", "look into the mailbox that a node keeps on the disk", command_mailbox},
    {"dlq", "look at dead letters, send them again, throw them away", command_dlq},
    {"version", "print the version", command_version},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

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

enum command_exit command_fail_unknown(const char *name, const char *kind,
                                       const struct suggest *suggest, const char *otherwise)
{
    char hint[96];
    snprintf(hint, sizeof(hint), "did you mean '%s'?", suggest->best ? suggest->best : "");
    return command_fail(name, COMMAND_USAGE, suggest->best ? hint : otherwise,
                        "there is no %s '%s'", kind, suggest->word);
}

static enum command_exit print_help(void)
{
    printf("usage: actr COMMAND [OPTIONS]\n\ncommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-12s %s\n", commands[i].name, commands[i].summary);
    printf("\n`actr help COMMAND`, or `actr COMMAND --help`, says more.\n");
    return COMMAND_DONE;
}

/* As given, or one of the other ways to ask for it. */
static const char *command_name(const char *given)
{
    bool is_version = strcmp(given, "--version") == 0 || strcmp(given, "-V") == 0;
    bool is_help = strcmp(given, "--help") == 0 || strcmp(given, "-h") == 0;
    return is_version ? "version" : is_help ? "help" : given;
}

static enum command_exit run_command(const char *name, int argc, char **argv)
{
    struct suggest suggest = suggest_for(name);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc, argv);
        suggest_offer(&suggest, commands[i].name);
    }
    suggest_offer(&suggest, "help");
    return command_fail_unknown("", "command", &suggest, "`actr help` lists the commands");
}

/* `help COMMAND …` is `COMMAND … --help`. */
static enum command_exit run_help(int argc, char **argv)
{
    static char option[] = "--help";
    char *words[HELP_WORDS_MAX + 2] = {NULL};
    int count = argc - 1;
    if (count == 0)
        return print_help();
    if (count > HELP_WORDS_MAX)
        return command_fail("help", COMMAND_USAGE, "actr help [COMMAND [VERB]]",
                            "unexpected argument '%s'", argv[1 + HELP_WORDS_MAX]);
    memcpy(words, argv + 1, (size_t)count * sizeof(words[0]));
    words[count] = option;
    return run_command(words[0], count + 1, words);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? command_name(argv[1]) : "help";
    if (strcmp(name, "help") == 0)
        return (int)run_help(argc > 1 ? argc - 1 : 1, argv + (argc > 1));
    return (int)run_command(name, argc - 1, argv + 1);
}
