// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Linked workloads: building one, its first error, its end. */
#include "hyper/workload/linked.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"

static void handler(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    (void)ctx;
    (void)request;
    (void)self;
}

static int destroyed;

static void destroy(void *self)
{
    destroyed += *(int *)self;
}

TEST(routes_are_found_with_their_options)
{
    struct actr_workload_options options = {.size = sizeof(options), .destroy = destroy};
    struct actr_route_options quick = {.size = sizeof(quick), .never_blocks = true};
    int weight = 5;
    struct workload *workload;
    destroyed = 0;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", &options, &weight);
    assert_non_null(linked);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "a.B.D", handler, &quick), 0);
    assert_int_equal(linked_use(linked, &workload), 0);
    assert_string_equal(workload->type.name, "Echo");

    const struct workload_route *slow = workload->ops->find(workload, view_text("a.B.C"));
    assert_non_null(slow);
    assert_string_equal(slow->name, "a.B.C");
    assert_false(slow->never_blocks);
    assert_true(workload->ops->find(workload, view_text("a.B.D"))->never_blocks);
    assert_null(workload->ops->find(workload, view_text("a.B")));
    assert_null(workload->ops->find(workload, view_text("")));
    /* In use: neither more routes nor a second node. */
    assert_int_equal(actr_workload_route(linked, "a.B.E", handler, NULL), ACTR_ESTATE);
    struct workload *again;
    assert_int_equal(linked_use(linked, &again), ACTR_ESTATE);
    actr_workload_free(linked); /* the node's now */
    assert_int_equal(destroyed, 0);
    workload->ops->free(workload);
    assert_int_equal(destroyed, 5);
}

TEST(bad_types_and_routes_are_refused_with_a_reason)
{
    char long_route[600];
    memset(long_route, 'x', sizeof(long_route) - 1);
    long_route[sizeof(long_route) - 1] = '\0';
    assert_null(actr_workload_new(NULL, NULL, NULL));
    assert_null(actr_workload_new("acme:Echo", NULL, NULL));
    assert_true(strlen(actr_errmsg()) > 0);
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
    assert_int_equal(actr_workload_route(linked, "", handler, NULL), ACTR_EINVALID);
    assert_int_equal(actr_workload_route(linked, NULL, handler, NULL), ACTR_EINVALID);
    assert_int_equal(actr_workload_route(linked, long_route, handler, NULL), ACTR_EINVALID);
    assert_int_equal(actr_workload_route(linked, "a", NULL, NULL), ACTR_EINVALID);
    actr_workload_free(linked);
    assert_int_equal(actr_workload_route(NULL, "a", handler, NULL), ACTR_EINVALID);
    actr_workload_free(NULL);
}

TEST(first_error_is_told_when_the_workload_is_used)
{
    struct workload *workload;
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, NULL), 0);
    assert_int_equal(actr_workload_route(linked, "a.B.C", handler, NULL), ACTR_EINVALID);
    assert_int_equal(actr_workload_route(linked, "", handler, NULL), ACTR_EINVALID);
    assert_int_equal(linked_use(linked, &workload), ACTR_EINVALID);
    assert_non_null(strstr(actr_errmsg(), "a.B.C is declared twice"));
    assert_int_equal(linked_use(NULL, &workload), ACTR_EINVALID);
}

TEST(no_memory_at_any_point)
{
    for (size_t n = 1; n < 12; n++) {
        mem_fail_at(n);
        struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", NULL, NULL);
        if (linked) {
            int r = actr_workload_route(linked, "a.B.C", handler, NULL);
            assert_true(r == 0 || r == ACTR_ENOMEM);
        }
        mem_fail_at(0);
        actr_workload_free(linked);
    }
}
