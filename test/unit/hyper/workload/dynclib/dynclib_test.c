// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes whose actor is a shared library, good and bad. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <actr/actr.h>

#include "base/bytes.h"
#include "harness.h"
#include "sys/waiter.h"

#define TYPE "acme:Tester:1.0.0"

static struct {
    struct actr_rendezvous *server;
    struct actr_node *node;
    struct waiter told;
    struct actr_load_options options;
} rig;

static void on_double(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    uint8_t *data;
    struct actr_bytes reply = bytes_new(2 * request.len, &data);
    (void)self;
    memcpy(data, request.ptr, request.len);
    memcpy(data + request.len, request.ptr, request.len);
    actr_reply(ctx, reply);
}

static void on_late(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)ctx;
    (void)request;
    (void)self;
    waiter_signal(&rig.told);
}

/* The path of a library that was built beside this test. */
static const char *library(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s.so", getenv("ACTR_TEST_LIBRARIES"), name);
    return path;
}

/* A node that is not started yet; the workload's error is the caller's to see. */
static struct actr_workload *rig_load(const char *name)
{
    rig.options.size = sizeof(rig.options);
    return actr_workload_load(TYPE, library(name), &rig.options);
}

static void config_of(char *buf, size_t len, const char *more)
{
    snprintf(buf, len,
             "[signaling]\nurl = \"ws://127.0.0.1:%u/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:%u/ais\"\n"
             "[deployment]\nrealm_id = 7\nrealm_secret = \"s\"\n%s",
             actr_rendezvous_port(rig.server), actr_rendezvous_port(rig.server), more);
}

static void rig_open(const char *name)
{
    char config[512];
    struct actr_rendezvous_options server = {
        .size = sizeof(server), .realm = 7, .realm_secret = "s"};
    assert_int_equal(actr_rendezvous_start(&rig.server, &server), 0);
    config_of(config, sizeof(config), "");
    assert_int_equal(actr_node_open_text(&rig.node, "test", config, NULL), 0);
    assert_int_equal(actr_node_route(rig.node, "host.Double", on_double, NULL, NULL), 0);
    assert_int_equal(actr_node_route(rig.node, "late", on_late, NULL, NULL), 0);
    waiter_init(&rig.told);
    if (actr_node_use(rig.node, rig_load(name)) < 0)
        fail_msg("%s", actr_errmsg());
}

static void rig_start(const char *name)
{
    rig_open(name);
    if (actr_node_start(rig.node) < 0)
        fail_msg("%s", actr_errmsg());
}

static void rig_close(void)
{
    actr_node_close(rig.node);
    actr_rendezvous_stop(rig.server);
    waiter_deinit(&rig.told);
    memset(&rig, 0, sizeof(rig));
}

static char answer[1024];

/* The reply, or the text of the error; the code. */
static int ask_for(const char *route, const char *payload, uint32_t timeout_ms)
{
    struct actr_call_options options = {.size = sizeof(options), .timeout_ms = timeout_ms};
    struct actr_bytes reply = {0};
    int r = actr_call_wait(rig.node, actr_dest_workload(), route, actr_bytes_str(payload), &options,
                           &reply);
    if (r < 0)
        snprintf(answer, sizeof(answer), "%s", actr_errmsg());
    else
        snprintf(answer, sizeof(answer), "%.*s", (int)reply.len,
                 reply.len ? (const char *)reply.ptr : "");
    actr_bytes_unref(reply);
    return r;
}

static int ask(const char *route, const char *payload)
{
    return ask_for(route, payload, 0);
}

static void check_good_guest(void)
{
    char id[ACTR_ID_STR_MAX];
    assert_int_equal(ask("echo", "hello"), 0);
    assert_string_equal(answer, "hello");
    assert_int_equal(ask("fail", ""), ACTR_ENOTFOUND);
    assert_string_equal(answer, "no such thing here");
    assert_int_equal(ask("nothing.Like.It", ""), ACTR_EROUTE);
    assert_string_equal(answer, "nothing.Like.It");
    assert_int_equal(ask("silent", ""), ACTR_EINTERNAL);
    assert_string_equal(answer, "the handler of silent returned without a reply");
    assert_int_equal(ask("about", ""), 0);
    assert_string_equal(answer, "about - nobody Tester 1 1 36");
    assert_int_equal(ask("ask_host", "ab"), 0);
    assert_string_equal(answer, "abab");
    assert_int_equal(ask("ask_self", "x"), ACTR_EINTERNAL);
    assert_string_equal(answer, "echo: failed (status -1)");
    assert_int_equal(ask("relay", "cd"), 0);
    assert_string_equal(answer, "cdcd");
    assert_int_equal(ask("tell_host", ""), 0);
    assert_string_equal(answer, "told");
    assert_true(waiter_wait(&rig.told, WAITER_FOREVER));
    AUTO_NODE struct actr_node *other = NULL;
    char config[512];
    config_of(config, sizeof(config), "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n");
    assert_int_equal(actr_node_open_text(&other, "test", config, NULL), 0);
    assert_int_equal(actr_node_use(other, actr_workload_new("acme:Other:1.0.0", NULL, NULL)), 0);
    assert_int_equal(actr_node_start(other), 0);
    struct actr_id found = actr_node_id(other);
    assert_int_equal(ask("find", "acme:Other:1.0.0"), 0);
    assert_string_equal(answer, actr_id_format(&found, id));
    assert_int_equal(ask("find", "acme:Nobody:1.0.0"), 0);
    assert_string_equal(answer, "discover: failed (status -1)");
}

TEST(a_library_does_what_a_linked_actor_does)
{
    rig_start("good_guest");
    check_good_guest();
    rig_close();
}

TEST(stopped_and_started_again_it_begins_anew)
{
    rig_start("good_guest");
    assert_int_equal(ask("echo", "one"), 0);
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(ask("about", ""), 0);
    assert_string_equal(answer, "about - nobody Tester 1 2 36");
    rig_close();
}

TEST(large_payloads_pass_both_ways)
{
    rig_start("good_guest");
    size_t len = (size_t)8 << 20;
    uint8_t *data;
    struct actr_bytes request = bytes_new(len, &data), reply = {0};
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 31);
    struct actr_bytes copy = actr_bytes_ref(request);
    assert_int_equal(actr_call_wait(rig.node, actr_dest_workload(), "echo", request, NULL, &reply),
                     0);
    assert_true(view_equal(actr_bytes_view(copy), actr_bytes_view(reply)));
    actr_bytes_unref(copy);
    actr_bytes_unref(reply);
    rig_close();
}

TEST(an_error_of_on_start_ends_the_start_with_its_text)
{
    setenv("GOOD_GUEST_START", "1", 1);
    rig_open("good_guest");
    assert_int_equal(actr_node_start(rig.node), ACTR_EINVALID);
    assert_string_equal(actr_errmsg(), "call: no destination, or a route of 0 bytes");
    unsetenv("GOOD_GUEST_START");
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(ask("echo", "after"), 0);
    rig_close();
}

static void assert_refused(const char *name, const char *text)
{
    char wanted[1024];
    assert_null(rig_load(name));
    snprintf(wanted, sizeof(wanted), "%s: %s", library(name), text);
    if (!strstr(actr_errmsg(), wanted))
        fail_msg("%s, not %s", actr_errmsg(), wanted);
}

TEST(a_library_without_one_of_its_functions_is_refused_by_name)
{
    assert_refused("raw_without_init", "has no function actr_init");
    assert_refused("raw_without_handle", "has no function actr_handle");
    assert_refused("raw_without_free_response", "has no function actr_free_response");
    assert_refused("raw_without_shutdown", "has no function actr_shutdown");
}

TEST(a_library_of_another_abi_is_refused)
{
    assert_refused("raw_abi_2", "made for ABI 2.0 with a table of 16 bytes; this is ABI 1 with 32");
}

TEST(a_file_that_is_not_there_is_named)
{
    assert_refused("no_such", "no such file");
}

static void assert_start_fails(const char *init, const char *text)
{
    setenv("RAW_GUEST_INIT", init, 1);
    rig_open("raw_guest");
    int r = actr_node_start(rig.node);
    unsetenv("RAW_GUEST_INIT");
    assert_int_equal(r, ACTR_EINTERNAL);
    assert_string_equal(actr_errmsg(), text);
    assert_int_equal(actr_node_get_state(rig.node), ACTR_NODE_OPEN);
    rig_close();
}

TEST(an_init_that_fails_ends_the_start_with_its_code)
{
    assert_start_fails("-1",
                       "raw_guest.so: init: actr_init returned error code -1 (generic error)");
    assert_start_fails("-2", "raw_guest.so: init: actr_init returned error code -2 (init failed)");
    assert_start_fails("-4",
                       "raw_guest.so: init: actr_init returned error code -4 (allocation failed)");
    assert_start_fails("-5",
                       "raw_guest.so: init: actr_init returned error code -5 (protocol error)");
    assert_start_fails("9", "raw_guest.so: init: actr_init returned error code 9 (no such code)");
}

static void assert_answer(const char *word, int code, const char *text)
{
    assert_int_equal(ask("raw", word), code);
    assert_string_equal(answer, text);
}

/* Everything that goes wrong without hurting the process. */
static void check_bad_replies(void)
{
    assert_answer("garbage", ACTR_EINTERNAL, "actr_handle returned a reply that cannot be decoded");
    assert_answer("code-alone", ACTR_EINTERNAL,
                  "actr_handle returned error code -4 (allocation failed)");
    assert_answer("code-and-buffer", ACTR_EINTERNAL,
                  "actr_handle returned error code -3 (handle failed)");
    assert_answer("code-unknown", ACTR_EINTERNAL,
                  "actr_handle returned error code 77 (no such code)");
    assert_answer("status-alone", ACTR_EINTERNAL, "guest returned status 9");
    assert_answer("status-bytes", ACTR_EINTERNAL, "guest returned status 9");
    assert_answer("nowhere", ACTR_EINTERNAL, "actr_handle returned 5 bytes and no address");
    assert_answer("huge", ACTR_EINTERNAL,
                  "actr_handle returned 1099511627776 bytes; 67108864 are allowed");
    assert_answer("fine", 0, "raw");
}

TEST(bad_replies_are_errors_with_a_text)
{
    rig_start("raw_guest");
    check_bad_replies();
    rig_close();
}

TEST(a_retained_context_serves_after_its_entry)
{
    rig_start("raw_guest");
    assert_answer("spawn", 0, "spawned");
    assert_true(waiter_wait(&rig.told, WAITER_FOREVER));
    rig_close();
}

TEST(a_library_that_failed_to_shut_down_is_not_entered_again)
{
    rig_start("raw_guest");
    assert_answer("bad-shutdown", 0, "raw");
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    assert_int_equal(actr_node_start(rig.node), ACTR_EUNAVAILABLE);
    assert_string_equal(actr_errmsg(),
                        "raw_guest.so: failed to shut down, and is not entered any more");
    rig_close();
}

TEST(a_handler_that_does_not_return_is_answered_and_stops_nobody_else)
{
    int ends[2];
    char word[64];
    assert_int_equal(pipe(ends), 0);
    rig_start("raw_guest");
    snprintf(word, sizeof(word), "block fd=%d.", ends[0]);
    assert_int_equal(ask_for("raw", word, 50), ACTR_ETIMEDOUT);
    /* Either the timer has seen it, or this one waits until it has. */
    int r = ask_for("raw", "fine", 2000);
    assert_true(r == ACTR_EUNAVAILABLE);
    assert_string_equal(answer, "raw_guest.so: stuck in raw");
    assert_int_equal(write(ends[1], "x", 1), 1);
    /* It comes back in its own time. */
    while (ask_for("raw", "fine", 2000) == ACTR_EUNAVAILABLE)
        ;
    assert_string_equal(answer, "raw");
    rig_close();
    close(ends[0]);
    close(ends[1]);
}

/* What is documented of libraries in this process: there is no protection from them. */
static int status_after(const char *word)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        rig_start("raw_guest");
        (void)ask("raw", word);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

TEST(a_crash_of_a_library_is_one_of_its_process)
{
    int status = status_after("segv");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = status_after("abort");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = status_after("exit");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    status = status_after("fine");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(a_hash_that_is_asked_for_is_looked_at)
{
    rig.options.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
    assert_refused("raw_guest", "its SHA-256 is ");
    rig.options.sha256 = NULL;
}
