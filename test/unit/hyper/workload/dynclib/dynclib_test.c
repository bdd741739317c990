// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whole nodes whose actor is a shared library, good and bad. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "rig.h"

static int ask(const char *route, const char *payload)
{
    return rig_ask(route, payload, 0);
}

static void check_good_guest(void)
{
    char id[ACTR_ID_STR_MAX];
    assert_int_equal(ask("echo", "hello"), 0);
    assert_string_equal(rig.answer, "hello");
    assert_int_equal(ask("fail", ""), ACTR_ENOTFOUND);
    assert_string_equal(rig.answer, "no such thing here");
    assert_int_equal(ask("nothing.Like.It", ""), ACTR_EROUTE);
    assert_string_equal(rig.answer, "nothing.Like.It");
    assert_int_equal(ask("silent", ""), ACTR_EINTERNAL);
    assert_string_equal(rig.answer, "the handler of silent returned without a reply");
    assert_int_equal(ask("about", ""), 0);
    assert_string_equal(rig.answer, "about - nobody Tester 1 1 36");
    assert_int_equal(ask("ask_host", "ab"), 0);
    assert_string_equal(rig.answer, "abab");
    assert_int_equal(ask("ask_self", "x"), ACTR_EINTERNAL);
    assert_string_equal(rig.answer, "echo: failed (status -1)");
    assert_int_equal(ask("relay", "cd"), 0);
    assert_string_equal(rig.answer, "cdcd");
    assert_int_equal(ask("tell_host", ""), 0);
    assert_string_equal(rig.answer, "told");
    assert_true(waiter_wait(&rig.told, WAITER_FOREVER));
    AUTO_NODE struct actr_node *other = NULL;
    char config[512];
    rig_config(config, sizeof(config), "[websocket]\nlisten_port = 0\nbind = \"127.0.0.1\"\n");
    assert_int_equal(actr_node_open_text(&other, "test", config, NULL), 0);
    assert_int_equal(actr_node_use(other, actr_workload_new("acme:Other:1.0.0", NULL, NULL)), 0);
    assert_int_equal(actr_node_start(other), 0);
    struct actr_id found = actr_node_id(other);
    assert_int_equal(ask("find", "acme:Other:1.0.0"), 0);
    assert_string_equal(rig.answer, actr_id_format(&found, id));
    assert_int_equal(ask("find", "acme:Nobody:1.0.0"), 0);
    assert_string_equal(rig.answer, "discover: failed (status -1)");
}

IN_BOTH(a_library_does_what_a_linked_actor_does)
{
    rig_start("good_guest");
    check_good_guest();
    rig_close();
}

IN_BOTH(stopped_and_started_again_it_begins_anew)
{
    rig_start("good_guest");
    assert_int_equal(ask("echo", "one"), 0);
    assert_int_equal(actr_node_stop(rig.node, 0), 0);
    assert_int_equal(actr_node_start(rig.node), 0);
    assert_int_equal(ask("about", ""), 0);
    assert_string_equal(rig.answer, "about - nobody Tester 1 2 36");
    rig_close();
}

IN_BOTH(large_payloads_pass_both_ways)
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

IN_BOTH(an_error_of_on_start_ends_the_start_with_its_text)
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

IN_BOTH(a_library_without_one_of_its_functions_is_refused_by_name)
{
    rig_refused("raw_without_init", "has no function actr_init");
    rig_refused("raw_without_handle", "has no function actr_handle");
    rig_refused("raw_without_free_response", "has no function actr_free_response");
    rig_refused("raw_without_shutdown", "has no function actr_shutdown");
}

IN_BOTH(a_library_of_another_abi_is_refused)
{
    rig_refused("raw_abi_2", "made for ABI 2.0 with a table of 16 bytes; this is ABI 1 with 32");
}

TEST(a_file_that_is_not_there_is_named)
{
    rig_refused("no_such", "no such file");
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

IN_BOTH(an_init_that_fails_ends_the_start_with_its_code)
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

/* Everything that goes wrong without hurting the process. */
static void check_bad_replies(void)
{
    rig_expect("garbage", ACTR_EINTERNAL, "actr_handle returned a reply that cannot be decoded");
    rig_expect("code-alone", ACTR_EINTERNAL,
               "actr_handle returned error code -4 (allocation failed)");
    rig_expect("code-and-buffer", ACTR_EINTERNAL,
               "actr_handle returned error code -3 (handle failed)");
    rig_expect("code-unknown", ACTR_EINTERNAL, "actr_handle returned error code 77 (no such code)");
    rig_expect("status-alone", ACTR_EINTERNAL, "guest returned status 9");
    rig_expect("status-bytes", ACTR_EINTERNAL, "guest returned status 9");
    rig_expect("nowhere", ACTR_EINTERNAL, "actr_handle returned 5 bytes and no address");
    rig_expect("huge", ACTR_EINTERNAL,
               "actr_handle returned 1099511627776 bytes; 67108864 are allowed");
    rig_expect("fine", 0, "raw");
}

IN_BOTH(bad_replies_are_errors_with_a_text)
{
    rig_start("raw_guest");
    check_bad_replies();
    rig_close();
}

IN_BOTH(a_retained_context_serves_after_its_entry)
{
    rig_start("raw_guest");
    rig_expect("spawn", 0, "spawned");
    assert_true(waiter_wait(&rig.told, WAITER_FOREVER));
    rig_close();
}

TEST(a_library_that_failed_to_shut_down_is_not_entered_again)
{
    rig_start("raw_guest");
    rig_expect("bad-shutdown", 0, "raw");
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
    assert_int_equal(rig_ask("raw", word, 50), ACTR_ETIMEDOUT);
    /* Either the timer has seen it, or this one waits until it has. */
    int r = rig_ask("raw", "fine", 2000);
    assert_true(r == ACTR_EUNAVAILABLE);
    assert_string_equal(rig.answer, "raw_guest.so: stuck in raw");
    assert_int_equal(write(ends[1], "x", 1), 1);
    /* It comes back in its own time. */
    while (rig_ask("raw", "fine", 2000) == ACTR_EUNAVAILABLE)
        ;
    assert_string_equal(rig.answer, "raw");
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
    status = status_after("exit.");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    status = status_after("fine");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(a_hash_that_is_asked_for_is_looked_at)
{
    rig.options.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
    rig_refused("raw_guest", "its SHA-256 is ");
    rig.options.sha256 = NULL;
}
