// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Servers that offer a choice of algorithms (RFC 8489 §9.2), and what comes of it. */
#include "hyper/wire/webrtc/ice/turn_auth.h"

#include <string.h>

#include "harness.h"
#include "turn_model.h"

/* Both algorithms, the worse one first; with a third that has a parameter. */
#define BOTH_ALGORITHMS "0001000000020000000300027f000000"

static void allocate_with(const char *algorithms, unsigned algorithm, struct turn_model *model)
{
    model_init(model, false);
    model->algorithms = algorithms;
    model->algorithm = algorithm;
    strcpy(model->nonce, "obMatJos2AAABnonce");
    assert_int_equal(turn_client_set_credentials(model->client, model->username, model->password),
                     0);
    turn_client_start(model->client, model->now_us);
    model_settle(model);
}

TEST(a_server_that_offers_sha256_gets_it)
{
    struct turn_model model;
    allocate_with(BOTH_ALGORITHMS, 2, &model);
    assert_int_equal(model.allocated_count, 1);
    assert_int_equal(model.requests[STUN_ALLOCATE], 2);
    /* So it stays, also after a nonce that is stale, and for peers. */
    strcpy(model.nonce, "obMatJos2AAABother");
    model_run(&model, 9 * MODEL_MINUTE);
    struct net_address peer = model_address(1, 1000);
    turn_client_permit(model.client, &peer, model.now_us);
    model_settle(&model);
    assert_true(model_peer(&model, &peer)->permitted_to_us > 0);
    assert_int_equal(model.failed_count, 0);
    model_deinit(&model);
}

TEST(a_server_that_offers_md5_only_gets_it_under_sha256)
{
    struct turn_model model;
    allocate_with("00010000", 1, &model);
    assert_int_equal(model.allocated_count, 1);
    model_deinit(&model);
}

TEST(a_success_with_a_wrong_sha256_signature_is_not_believed)
{
    struct turn_model model;
    model_init(&model, false);
    model.forges = true;
    model.algorithms = BOTH_ALGORITHMS;
    model.algorithm = 2;
    assert_int_equal(turn_client_set_credentials(model.client, model.username, model.password), 0);
    turn_client_start(model.client, model.now_us);
    model_run(&model, MODEL_MINUTE);
    assert_int_equal(model.allocated_count, 0);
    model_deinit(&model);
}

TEST(algorithms_that_are_none_of_ours_are_the_end)
{
    static const struct {
        const char *list;
        int code;
        const char *detail;
    } cases[] = {
        {"00030000", ACTR_ENOTIMPL, "not ours"},
        {"00020004aabbccdd", ACTR_ENOTIMPL, "not ours"}, /* SHA-256 has no parameters */
        {"0001000000020008", ACTR_EDECODE, "make no sense"},
        {"00", ACTR_EDECODE, "make no sense"},
        {"", ACTR_EDECODE, "are missing"}, /* the nonce says there are some */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct turn_model model;
        allocate_with(cases[i].list, 2, &model);
        assert_int_equal(model.failed_count, 1);
        assert_int_equal(model.failed_code, cases[i].code);
        assert_non_null(strstr(model.failed_detail, cases[i].detail));
        assert_int_equal(model.requests[STUN_ALLOCATE], 1);
        model_deinit(&model);
    }
}
