// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* From the arguments of a verb to the open mailbox file.
 *
 * The file is the one that --db names, else the one of storage.mailbox_path in a configuration. A
 * configuration with faults is refused as a node would refuse it: what it means is not guessed.
 *
 * The main thread. Must never open a file for writing for a verb that only looks. */
#include "store_verb.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "config/runtime_config.h"
#include "config/suggest.h"
#include "mailbox/mailbox_file.h"
#include "option.h"

#define STORE_OPTIONS_MAX 16

enum command_exit store_fail(const struct store_arguments *arguments, int code)
{
    const char *hint = NULL;
    if (code == ACTR_ESTATE)
        hint =
            "stop the node first: this changes the mailbox; `actr mailbox status` and `peek` and "
            "`actr dlq list`, `show` and `stats` work beside it";
    return command_fail(arguments->name, COMMAND_FAILED, hint, "%s", actr_errmsg());
}

/* Options ------------------------------------------------------------------------------------ */

static size_t list_options(const struct store_verb *verb, struct store_arguments *a,
                           struct option ret_options[STORE_OPTIONS_MAX])
{
    const struct {
        unsigned mask; /* 0: every verb has it */
        struct option option;
    } all[] = {
        {0, {"--db", "FILE", "the mailbox file", OPTION_TEXT, &a->db, 0, 0}},
        {0,
         {"-c", "FILE", "configuration whose storage.mailbox_path names it (actr.toml)",
          OPTION_TEXT, &a->config, 0, 0}},
        {STORE_LIMIT, {"--limit", "N", "at most so many", OPTION_NUMBER, &a->limit, 1, UINT32_MAX}},
        {STORE_AFTER_ID,
         {"--after", "NUMBER", "only messages after this one", OPTION_NUMBER, &a->after_id, 0,
          INT64_MAX}},
        {STORE_CATEGORY,
         {"--category", "NAME", "only letters of this category", OPTION_TEXT, &a->category, 0, 0}},
        {STORE_AFTER,
         {"--after", "TIME", "only letters made after this time (RFC 3339)", OPTION_TEXT, &a->after,
          0, 0}},
        {STORE_BEFORE,
         {"--before", "TIME", "only letters made before this time (RFC 3339)", OPTION_TEXT,
          &a->before, 0, 0}},
        {STORE_ALL,
         {"--all", NULL, "every letter that the filters name", OPTION_FLAG, &a->all, 0, 0}},
        {STORE_TO,
         {"--to", "FILE", "write them to this new file first", OPTION_TEXT, &a->to, 0, 0}},
        {STORE_YES, {"--yes", NULL, "yes, throw them away", OPTION_FLAG, &a->yes, 0, 0}},
        {STORE_KEEP, {"--keep", NULL, "keep the letter as well", OPTION_FLAG, &a->keep, 0, 0}},
        {0, {"--json", NULL, "answer in JSON", OPTION_FLAG, &a->json, 0, 0}},
        {0, {"--help", NULL, "this text", OPTION_FLAG, &a->help, 0, 0}},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].mask == 0 || (verb->options & all[i].mask))
            ret_options[count++] = all[i].option;
    return count;
}

static enum command_exit print_verb_help(const struct store_command *command,
                                         const struct store_verb *verb,
                                         const struct option *options, size_t count)
{
    bool is_optional = verb->options & STORE_ALL;
    printf("usage: actr %s %s%s [OPTIONS]\n\n%s.\n\n", command->name, verb->name,
           !verb->takes_id ? ""
           : is_optional   ? " [ID]"
                           : " ID",
           verb->details);
    option_print_help(options, count);
    printf("\n%s\n", verb->is_writer ? "No node may have the mailbox meanwhile: stop it first."
                                     : "Works while a node has the mailbox.");
    return COMMAND_DONE;
}

static enum command_exit print_help(const struct store_command *command)
{
    printf("usage: actr %s VERB [OPTIONS]\n\n%s\n\nverbs:\n", command->name, command->summary);
    for (unsigned i = 0; i < command->verb_count; i++)
        printf("  %-12s %s\n", command->verbs[i].name, command->verbs[i].summary);
    printf("\n`actr %s VERB --help` says more.\n", command->name);
    return COMMAND_DONE;
}

/* The file ----------------------------------------------------------------------------------- */

static int read_mailbox_path(const char *config_path, struct report *report, char *buf)
{
    struct source_file source = {0};
    struct runtime_config *config = NULL;
    int r = source_load(config_path, &source);
    if (r < 0)
        return r;
    r = runtime_config_parse(&source.source, report, &config);
    if (r == 0 && config->storage.mailbox_path)
        snprintf(buf, PATH_LEN_MAX + 1, "%s", config->storage.mailbox_path);
    runtime_config_free(config);
    source_file_deinit(&source);
    return r;
}

static enum command_exit find_file(struct store_arguments *a)
{
    const char *config = a->config ? a->config : "actr.toml";
    struct report *report = mem_alloc(sizeof(*report));
    if (!report)
        return command_fail(a->name, COMMAND_FAILED, NULL, "out of memory");
    int r = read_mailbox_path(config, report, a->path);
    report_deinit(report);
    mem_free(report);
    if (r < 0)
        return command_fail(a->name, COMMAND_FAILED,
                            "-c names the node's configuration, --db the mailbox file itself", "%s",
                            actr_errmsg());
    if (a->path[0] == '\0')
        return command_fail(
            a->name, COMMAND_FAILED,
            "a node with this configuration keeps its mailbox in memory; --db names "
            "a file",
            "%s: it has no storage.mailbox_path", config);
    return COMMAND_DONE;
}

static enum command_exit run_verb(const struct store_verb *verb, struct store_arguments *a)
{
    struct mailbox_file *file = NULL;
    enum command_exit exit = COMMAND_DONE;
    if (a->db && strlen(a->db) > PATH_LEN_MAX)
        return command_fail(a->name, COMMAND_USAGE, NULL, "--db: the path is too long");
    if (a->db)
        memcpy(a->path, a->db, strlen(a->db) + 1);
    else
        exit = find_file(a);
    if (exit != COMMAND_DONE)
        return exit;
    int r = mailbox_file_open(a->path, verb->is_writer, &file);
    if (r < 0)
        return store_fail(a, r);
    exit = verb->run(file, a);
    mailbox_file_close(file);
    if (exit == COMMAND_DONE && (fflush(stdout) != 0 || ferror(stdout)))
        return command_fail(a->name, COMMAND_FAILED, NULL, "standard output: cannot write");
    return exit;
}

/* Start -------------------------------------------------------------------------------------- */

static const char *find_fault(const struct store_verb *verb, const struct store_arguments *a)
{
    bool may_lack_id = verb->options & STORE_ALL;
    if (a->db && a->config)
        return "--db and -c both name the mailbox: leave one out";
    if (verb->takes_id && !a->id && !may_lack_id)
        return "the id of a letter is missing";
    if (may_lack_id && !a->id == !a->all)
        return "name one letter by its id, or --all";
    if (may_lack_id && a->id && (a->category || a->before))
        return "the filters go with --all, not with an id";
    return NULL;
}

static enum command_exit parse_verb(const struct store_command *command,
                                    const struct store_verb *verb, char **argv)
{
    static struct store_arguments a;
    struct option options[STORE_OPTIONS_MAX];
    char why[128];
    a.limit = verb->limit;
    snprintf(a.name, sizeof(a.name), "%s %s", command->name, verb->name);
    size_t count = list_options(verb, &a, options);
    if (verb->takes_id && argv[0] && argv[0][0] != '-')
        a.id = *argv++;
    if (!option_parse(options, count, argv, why, sizeof(why)))
        return command_fail(a.name, COMMAND_USAGE, "--help lists the options", "%s", why);
    if (a.help)
        return print_verb_help(command, verb, options, count);
    const char *fault = find_fault(verb, &a);
    if (fault)
        return command_fail(a.name, COMMAND_USAGE, "--help lists the options", "%s", fault);
    return run_verb(verb, &a);
}

enum command_exit store_command_run(const struct store_command *command, int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help(command);
    struct suggest suggest = suggest_for(argv[1]);
    for (unsigned i = 0; i < command->verb_count; i++) {
        if (strcmp(argv[1], command->verbs[i].name) == 0)
            return parse_verb(command, &command->verbs[i], argv + 2);
        suggest_offer(&suggest, command->verbs[i].name);
    }
    return command_fail_unknown(command->name, "verb", &suggest, "--help lists the verbs");
}
