// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Servers that relay by IPv6, that name another one, and that may have restarted. */
#include <string.h>

#include "harness.h"
#include "hyper/wire/webrtc/ice/turn_client.h"
#include "turn_model.h"

TEST(an_allocation_of_ipv6_is_asked_for_and_nothing_else_is_taken)
{
    struct turn_model model;
    model_init_ipv6(&model);
    model_allocate(&model);
    assert_true(model.client_relayed.is_ipv6);
    model_deinit(&model);
    model_init_ipv6(&model);
    model.relayed.is_ipv6 = false;
    model.is_blind = true;
    assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password), 0);
    turn_client_start(model.client, model.now_us);
    model_settle(&model);
    assert_int_equal(model.failed_code, ACTR_EDECODE);
    assert_non_null(strstr(model.failed_detail, "makes no sense"));
    assert_int_equal(model.allocated_count, 0);
    model_deinit(&model);
}

TEST(another_server_that_is_named_is_told)
{
    static const struct net_address bad[] = {{.bytes = {192, 0, 2, 1}, .port = 0},
                                             {.bytes = {0}, .port = 3478},
                                             {.bytes = {224, 0, 0, 1}, .port = 3478}};
    struct turn_model model;
    for (size_t i = 0; i <= 3; i++) {
        model_init(&model, false);
        model.refuse_method = STUN_ALLOCATE;
        model.refuse_code = 300;
        model.alternate = i < 3 ? bad[i] : model_address(77, 3478);
        assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password),
                         0);
        turn_client_start(model.client, model.now_us);
        model_run(&model, MODEL_MINUTE);
        assert_int_equal(model.redirected_count, i == 3);
        assert_int_equal(model.failed_count, i != 3);
        if (i == 3)
            assert_true(net_address_equal(&model.client_redirected, &model.alternate));
        assert_int_equal(turn_client_deadline(model.client), UINT64_MAX);
        model_deinit(&model);
    }
}

/* It has restarted, or it has not. */
TEST(a_server_is_asked_whether_it_still_has_the_allocation)
{
    struct turn_model model;
    model_init(&model, false);
    model_allocate(&model);
    unsigned asked = model.requests[STUN_REFRESH];
    turn_client_verify(model.client, model.now_us);
    model_settle(&model);
    assert_int_equal(model.requests[STUN_REFRESH], asked); /* it has just said so */
    model_run(&model, 10 * MODEL_SECOND);
    turn_client_verify(model.client, model.now_us);
    turn_client_verify(model.client, model.now_us);
    model_settle(&model);
    assert_int_equal(model.requests[STUN_REFRESH], asked + 1);
    assert_int_equal(model.allocated_count, 1);
    model_run(&model, 10 * MODEL_SECOND);
    model.allocated_to_us = model.now_us;
    turn_client_verify(model.client, model.now_us);
    model_settle(&model);
    assert_int_equal(model.allocated_count, 2);
    assert_int_equal(model.failed_count, 0);
    model_deinit(&model);
}
