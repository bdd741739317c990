// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The log of a node: who says its level, and what is told of a filter that says nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "hyper/lifecycle/node.h"

static struct {
    unsigned warnings;
    char text[LOG_MESSAGE_MAX];
} rig;

static void on_log(void *arg, enum actr_log_level level, const char *event, const char *message)
{
    assert_ptr_equal(arg, &rig);
    assert_int_equal(level, ACTR_LOG_WARN);
    assert_string_equal(event, "log.filter");
    rig.warnings++;
    snprintf(rig.text, sizeof(rig.text), "%s", message);
}

/* The level of a node; NULL: nothing is said there. */
static enum actr_log_level opened(const char *environment, const char *config,
                                  enum actr_log_level given)
{
    struct actr_node_options options = {.size = sizeof(options),
                                        .foreign_loop = true,
                                        .log = on_log,
                                        .arg = &rig,
                                        .log_level = given};
    struct actr_node *node = NULL;
    char text[512];
    rig.warnings = 0;
    if (environment)
        setenv("RUST_LOG", environment, 1);
    snprintf(text, sizeof(text),
             "[signaling]\nurl = \"ws://127.0.0.1:1/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://127.0.0.1:1/ais\"\n"
             "[deployment]\nrealm_id = 7\n%s%s%s",
             config ? "[observability]\nfilter_level = \"" : "", config ? config : "",
             config ? "\"\n" : "");
    int r = actr_node_open_text(&node, "node", text, &options);
    unsetenv("RUST_LOG");
    assert_int_equal(r, 0);
    enum actr_log_level level = node->log.level;
    actr_node_close(node);
    return level;
}

TEST(the_configuration_says_the_level)
{
    assert_int_equal(opened(NULL, NULL, 0), ACTR_LOG_WARN);
    assert_int_equal(opened(NULL, "debug", 0), ACTR_LOG_DEBUG);
    assert_int_equal(opened(NULL, "trace", 0), ACTR_LOG_TRACE);
    assert_int_equal(opened(NULL, "Error", 0), ACTR_LOG_ERROR);
    assert_int_equal(opened(NULL, "off", 0), LOG_OFF);
    assert_int_equal(rig.warnings, 0);
}

TEST(the_environment_wins_over_the_configuration_and_the_program_over_both)
{
    assert_int_equal(opened("error", "debug", 0), ACTR_LOG_ERROR);
    assert_int_equal(opened("", "debug", 0), ACTR_LOG_DEBUG);
    assert_int_equal(opened("error", "debug", ACTR_LOG_INFO), ACTR_LOG_INFO);
    assert_int_equal(rig.warnings, 0);
    assert_int_equal(opened("net=trace", "debug", 0), ACTR_LOG_DEBUG); /* of a part alone */
    assert_int_equal(rig.warnings, 1);
}

TEST(a_filter_that_cannot_be_read_is_told_and_is_info)
{
    assert_int_equal(opened(NULL, "loud", 0), ACTR_LOG_INFO);
    assert_int_equal(rig.warnings, 1);
    assert_non_null(strstr(rig.text, "observability.filter_level=\"loud\""));
    assert_int_equal(opened("loud", "error", 0), ACTR_LOG_INFO);
    assert_int_equal(rig.warnings, 1);
    assert_non_null(strstr(rig.text, "RUST_LOG=\"loud\""));
}

TEST(a_level_for_a_part_is_told_to_have_no_effect)
{
    assert_int_equal(opened(NULL, "debug,hyper=trace", 0), ACTR_LOG_DEBUG);
    assert_int_equal(rig.warnings, 1);
    assert_non_null(strstr(rig.text, "\"hyper=trace\" has no effect"));
}
