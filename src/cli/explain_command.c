// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* `actr explain plan`: what becomes of a message, for each combination of what it is, what part it
 * plays, what runs the actor and what carried it; with hints, what they would change.
 *
 * It prints what execution_plan_resolve() answers and knows nothing of its own. A combination is a
 * line, or an object of one JSON array.
 *
 * The main thread. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "command.h"
#include "option.h"
#include "runtime/execution_plan.h"

#define NAME "explain"

struct arguments {
    const char *payload_type, *role, *runtime, *transport;
    const char *priority, *drop, *persistence;
    uint64_t queue_depth, batch_size, ttl;
    bool valid, json, help;
};

/* One of each; what is COUNT of its kind stands for all. */
struct selection {
    uint32_t payload_type;
    enum message_role role;
    enum runtime_kind runtime;
    enum transport_kind transport;
};

static const char intro[] =
    "usage: actr explain plan [OPTIONS]\n\n"
    "Prints what becomes of a message: its policy, or why there is no such message.\n"
    "The first four options choose lines; the next six are hints, which tune a plan.\n\n";

static size_t list_options(struct arguments *a, struct option ret_options[16])
{
    const struct option options[] = {
        {"--payload-type", "NAME", "RPC_RELIABLE, RPC_SIGNAL, STREAM_RELIABLE, …", OPTION_TEXT,
         &a->payload_type, 0, 0},
        {"--role", "NAME", "request, response, notify, data, snapshot or delta", OPTION_TEXT,
         &a->role, 0, 0},
        {"--runtime", "NAME", "native or wasm", OPTION_TEXT, &a->runtime, 0, 0},
        {"--transport", "NAME", "inproc, webrtc or websocket", OPTION_TEXT, &a->transport, 0, 0},
        {"--priority", "NAME", "normal or high", OPTION_TEXT, &a->priority, 0, 0},
        {"--queue-depth", "N", "messages that may wait", OPTION_NUMBER, &a->queue_depth, 1,
         EXECUTION_QUEUE_DEPTH_MAX},
        {"--batch-size", "N", "messages handed over at once", OPTION_NUMBER, &a->batch_size, 1,
         EXECUTION_BATCH_SIZE_MAX},
        {"--ttl", "MS", "how long one may wait", OPTION_NUMBER, &a->ttl, 1, UINT32_MAX},
        {"--drop", "NAME", "oldest or newest", OPTION_TEXT, &a->drop, 0, 0},
        {"--persistence", "NAME", "memory or durable", OPTION_TEXT, &a->persistence, 0, 0},
        {"--valid", NULL, "leave out what is refused", OPTION_FLAG, &a->valid, 0, 0},
        {"--json", NULL, "as a JSON array", OPTION_FLAG, &a->json, 0, 0},
        {"--help", NULL, "this text", OPTION_FLAG, &a->help, 0, 0},
    };
    memcpy(ret_options, options, sizeof(options));
    return sizeof(options) / sizeof(options[0]);
}

static const char *payload_name(unsigned number)
{
    return execution_plan_payload_name(number);
}

static const char *role_name(unsigned number)
{
    return execution_plan_role_name((enum message_role)number);
}

static const char *runtime_name(unsigned number)
{
    return execution_plan_runtime_name((enum runtime_kind)number);
}

static const char *transport_name(unsigned number)
{
    return execution_plan_transport_name((enum transport_kind)number);
}

static const char *priority_name(unsigned number)
{
    return execution_plan_priority_name((enum execution_priority)number);
}

static const char *drop_name(unsigned number)
{
    return execution_plan_drop_name((enum execution_drop)number);
}

static const char *persistence_name(unsigned number)
{
    return execution_plan_persistence_name((enum execution_persistence)number);
}

/* The number that `text` names, in any case; `count` for NULL. False, after saying so: none. */
static bool find_number(const char *option, const char *text, const char *(*name)(unsigned number),
                        unsigned count, unsigned *ret_number)
{
    unsigned number = 0;
    while (text && number < count && strcasecmp(text, name(number)) != 0)
        number++;
    *ret_number = text ? number : count;
    if (!text || number < count)
        return true;
    char names[128] = "";
    for (unsigned i = 0; i < count; i++) {
        size_t len = strlen(names);
        snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "", name(i));
    }
    command_fail(NAME, COMMAND_USAGE, NULL, "%s is one of %s", option, names);
    return false;
}

static bool find_selection(const struct arguments *a, struct selection *ret_selection)
{
    unsigned role, runtime, transport;
    if (!find_number("--payload-type", a->payload_type, payload_name, EXECUTION_PAYLOADS,
                     &ret_selection->payload_type) ||
        !find_number("--role", a->role, role_name, MESSAGE_ROLES, &role) ||
        !find_number("--runtime", a->runtime, runtime_name, RUNTIME_KINDS, &runtime) ||
        !find_number("--transport", a->transport, transport_name, TRANSPORT_KINDS, &transport))
        return false;
    ret_selection->role = (enum message_role)role;
    ret_selection->runtime = (enum runtime_kind)runtime;
    ret_selection->transport = (enum transport_kind)transport;
    return true;
}

static bool find_hints(const struct arguments *a, struct execution_hints *ret_hints)
{
    unsigned priority, drop, persistence;
    if (!find_number("--priority", a->priority, priority_name, EXECUTION_PRIORITIES, &priority) ||
        !find_number("--drop", a->drop, drop_name, EXECUTION_DROPS, &drop) ||
        !find_number("--persistence", a->persistence, persistence_name, EXECUTION_PERSISTENCES,
                     &persistence))
        return false;
    ret_hints->params = (struct execution_params){
        (enum execution_priority)priority, (uint32_t)a->queue_depth,
        (uint32_t)a->batch_size,           (uint32_t)a->ttl,
        (enum execution_drop)drop,         (enum execution_persistence)persistence};
    const bool given[EXECUTION_HINTS] = {
        [EXECUTION_HINT_PRIORITY] = a->priority != NULL,
        [EXECUTION_HINT_QUEUE_DEPTH] = a->queue_depth != 0,
        [EXECUTION_HINT_BATCH_SIZE] = a->batch_size != 0,
        [EXECUTION_HINT_TTL] = a->ttl != 0,
        [EXECUTION_HINT_DROP] = a->drop != NULL,
        [EXECUTION_HINT_PERSISTENCE] = a->persistence != NULL,
    };
    ret_hints->given = 0;
    for (unsigned i = 0; i < EXECUTION_HINTS; i++)
        ret_hints->given |= (uint32_t)given[i] << i;
    return true;
}

/* NULL when memory has run out. */
static json_t *ignored_json(const struct execution_plan *plan)
{
    json_t *ignored = json_object();
    for (unsigned i = 0; ignored && i < EXECUTION_HINTS; i++) {
        enum execution_hint hint = (enum execution_hint)i;
        if (plan->ignored >> i & 1 &&
            json_object_set_new(ignored, execution_plan_hint_name(hint),
                                json_string(execution_plan_why_ignored(plan->policy, hint))) < 0) {
            json_decref(ignored);
            ignored = NULL;
        }
    }
    return ignored;
}

static json_t *plan_json(const struct selection *of, const struct execution_plan *plan)
{
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s}", "payload_type",
                             execution_plan_payload_name(of->payload_type), "role",
                             execution_plan_role_name(of->role), "runtime",
                             execution_plan_runtime_name(of->runtime), "transport",
                             execution_plan_transport_name(of->transport), "policy",
                             execution_plan_policy_name(plan->policy));
    const struct execution_params *params = &plan->params;
    json_t *more;
    if (plan->policy == EXECUTION_REFUSED)
        more = json_pack("{s:s}", "reason", plan->reason);
    else
        more = json_pack("{s:s, s:I, s:I, s:I, s:s, s:s, s:o}", "priority",
                         execution_plan_priority_name(params->priority), "queue_depth",
                         (json_int_t)params->queue_depth, "batch_size",
                         (json_int_t)params->batch_size, "ttl_ms", (json_int_t)params->ttl_ms,
                         "drop", execution_plan_drop_name(params->drop), "persistence",
                         execution_plan_persistence_name(params->persistence), "ignored",
                         ignored_json(plan));
    if (line && (!more || json_object_update(line, more) < 0)) {
        json_decref(line);
        line = NULL;
    }
    json_decref(more);
    return line;
}

static void print_head(void)
{
    printf("%-20s %-8s %-7s %-9s  %-19s %-8s %5s %5s %6s %-7s %s\n", "PAYLOAD TYPE", "ROLE",
           "RUNTIME", "TRANSPORT", "POLICY", "PRIORITY", "DEPTH", "BATCH", "TTL ms", "DROP",
           "PERSISTENCE");
}

/* 0: nothing is set. */
static void print_number(int width, uint32_t number)
{
    if (number)
        printf("%*u ", width, number);
    else
        printf("%*s ", width, "-");
}

static void print_line(const struct selection *of, const struct execution_plan *plan)
{
    const struct execution_params *params = &plan->params;
    printf("%-20s %-8s %-7s %-9s  ", execution_plan_payload_name(of->payload_type),
           execution_plan_role_name(of->role), execution_plan_runtime_name(of->runtime),
           execution_plan_transport_name(of->transport));
    if (plan->policy == EXECUTION_REFUSED) {
        printf("refused: %s\n", plan->reason);
        return;
    }
    printf("%-19s %-8s ", execution_plan_policy_name(plan->policy),
           execution_plan_priority_name(params->priority));
    print_number(5, params->queue_depth);
    print_number(5, params->batch_size);
    print_number(6, params->ttl_ms);
    printf("%-7s %s\n", execution_plan_drop_name(params->drop),
           execution_plan_persistence_name(params->persistence));
    for (unsigned i = 0; i < EXECUTION_HINTS; i++)
        if (plan->ignored >> i & 1)
            printf("%49s%s ignored: %s\n", "", execution_plan_hint_name((enum execution_hint)i),
                   execution_plan_why_ignored(plan->policy, (enum execution_hint)i));
}

/* The n-th combination. False: there are no more. */
static bool nth(unsigned n, struct selection *ret_of)
{
    ret_of->transport = (enum transport_kind)(n % TRANSPORT_KINDS);
    n /= TRANSPORT_KINDS;
    ret_of->runtime = (enum runtime_kind)(n % RUNTIME_KINDS);
    n /= RUNTIME_KINDS;
    ret_of->role = (enum message_role)(n % MESSAGE_ROLES);
    ret_of->payload_type = n / MESSAGE_ROLES;
    return ret_of->payload_type < EXECUTION_PAYLOADS;
}

static bool selects(const struct selection *wanted, const struct selection *of)
{
    return (wanted->payload_type == EXECUTION_PAYLOADS ||
            wanted->payload_type == of->payload_type) &&
           (wanted->role == MESSAGE_ROLES || wanted->role == of->role) &&
           (wanted->runtime == RUNTIME_KINDS || wanted->runtime == of->runtime) &&
           (wanted->transport == TRANSPORT_KINDS || wanted->transport == of->transport);
}

static enum command_exit explain_plan(const struct arguments *a, const struct selection *wanted,
                                      const struct execution_hints *hints)
{
    struct selection of;
    json_t *lines = json_array();
    int r = lines ? 0 : -1;
    if (!a->json)
        print_head();
    for (unsigned n = 0; r == 0 && nth(n, &of); n++) {
        struct execution_plan plan =
            execution_plan_resolve(of.payload_type, of.role, of.runtime, of.transport, hints);
        if (!selects(wanted, &of) || (a->valid && plan.policy == EXECUTION_REFUSED))
            continue;
        if (a->json)
            r = json_array_append_new(lines, plan_json(&of, &plan));
        else
            print_line(&of, &plan);
    }
    if (r == 0 && a->json) {
        r = json_dumpf(lines, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(lines);
    return r == 0 ? COMMAND_DONE : command_fail(NAME, COMMAND_FAILED, NULL, "out of memory");
}

enum command_exit command_explain(int argc, char **argv)
{
    struct arguments a = {0};
    struct option options[16];
    struct selection wanted;
    struct execution_hints hints;
    char why[160];
    size_t count = list_options(&a, options);
    bool names_plan = argc > 1 && strcmp(argv[1], "plan") == 0;
    if (!option_parse(options, count, argv + 1 + names_plan, why, sizeof(why)))
        return command_fail(NAME, COMMAND_USAGE, "`actr explain --help` says more", "%s", why);
    if (a.help) {
        fputs(intro, stdout);
        option_print_help(options, count);
        return COMMAND_DONE;
    }
    if (!names_plan)
        return command_fail(NAME, COMMAND_USAGE, "actr explain plan [OPTIONS]",
                            "what to explain is missing: plan");
    if (!find_selection(&a, &wanted) || !find_hints(&a, &hints))
        return COMMAND_USAGE;
    return explain_plan(&a, &wanted, &hints);
}
