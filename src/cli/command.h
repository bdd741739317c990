// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The subcommands of `actr`: what each is called, and how it ends.
 *
 * A command that fails has said why, in one line on standard error and, where there is something to
 * try, a second one. The main thread. */
#pragma once

enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_FAILED = 1,
    COMMAND_USAGE = 2, /* the arguments make no sense */
};

struct command {
    const char *name;
    const char *summary; /* one line */
    /* argv[0] is the command's name. */
    enum command_exit (*run)(int argc, char **argv);
};

enum command_exit command_dlq(int argc, char **argv);
enum command_exit command_explain(int argc, char **argv);
enum command_exit command_mailbox(int argc, char **argv);
enum command_exit command_rendezvous(int argc, char **argv);
enum command_exit command_version(int argc, char **argv);

/* "actr NAME: what", and a hint (NULL: none) on a line of its own; returns `exit`. */
enum command_exit command_fail(const char *name, enum command_exit exit, const char *hint,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

struct suggest;

/* "actr NAME: there is no KIND 'WORD'", with the nearest of those that were offered to `suggest` as
 * the hint, else `otherwise`. COMMAND_USAGE. */
enum command_exit command_fail_unknown(const char *name, const char *kind,
                                       const struct suggest *suggest, const char *otherwise);
