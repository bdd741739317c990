// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Credentials of peers: which are good, and what those cost that are not. */
#include "hyper/signaling/verifier.h"

#include <string.h>

#include "base/bytes.h"
#include "node.h"

static struct actr_id peer_of(const struct node *node)
{
    struct actr_id id = node->id;
    id.serial = 77;
    return id;
}

/* With one byte of it changed. */
static struct actr_bytes tampered(struct actr_bytes credential, size_t at)
{
    uint8_t *data;
    struct actr_bytes copy = bytes_new(credential.len, &data);
    memcpy(data, credential.ptr, credential.len);
    data[at] ^= 1;
    actr_bytes_unref(credential);
    return copy;
}

TEST(a_good_one)
{
    struct node node;
    struct node_check check;
    node_begin(&node);
    struct actr_id id = peer_of(&node);
    uint64_t now_s = loop_wall_ms(node.loop) / 1000;
    node_verify(&node, &check, &id, fake_server_credential(&node.server, &id, now_s + 1));
    node_run(&node, 1);
    assert_int_equal(check.count_called, 1);
    assert_int_equal(check.code, 0);
    assert_string_equal(check.detail, "");
    node_deinit(&node);
}

TEST(an_expired_one)
{
    struct node node;
    struct node_check check;
    node_begin(&node);
    struct actr_id id = peer_of(&node);
    uint64_t now_s = loop_wall_ms(node.loop) / 1000;
    node_verify(&node, &check, &id, fake_server_credential(&node.server, &id, now_s));
    node_run(&node, 1);
    assert_int_equal(check.code, ACTR_EPERMISSION);
    assert_string_equal(check.detail, "the credential has expired");
    node_deinit(&node);
}

TEST(somebody_elses)
{
    struct node node;
    struct node_check check;
    node_begin(&node);
    struct actr_id id = peer_of(&node), other = id;
    other.serial++;
    node_verify(&node, &check, &id, fake_server_credential(&node.server, &other, UINT32_MAX));
    node_run(&node, 1);
    assert_int_equal(check.code, ACTR_EPERMISSION);
    other = id;
    other.realm++;
    node_verify(&node, &check, &id, fake_server_credential(&node.server, &other, UINT32_MAX));
    node_run(&node, 1);
    assert_int_equal(check.code, ACTR_EPERMISSION);
    /* One of another realm is good for that realm's id; who is let in is not asked here. */
    node_verify(&node, &check, &other, fake_server_credential(&node.server, &other, UINT32_MAX));
    node_run(&node, 1);
    assert_int_equal(check.code, 0);
    node_deinit(&node);
}

TEST(any_changed_byte)
{
    struct node node;
    node_begin(&node);
    struct actr_id id = peer_of(&node);
    struct actr_bytes good = fake_server_credential(&node.server, &id, UINT32_MAX);
    for (size_t at = 0; at < good.len; at++) {
        struct node_check check;
        node_verify(&node, &check, &id, tampered(actr_bytes_ref(good), at));
        node_run(&node, 6 * S_US);
        assert_int_equal(check.count_called, 1);
        assert_int_equal(check.code, ACTR_EPERMISSION);
    }
    actr_bytes_unref(good);
    node_deinit(&node);
}

TEST(rubbish)
{
    static const char *const rubbish[] = {"", "x", "\xff\xff\xff\xff", "\x08\x01"};
    struct node node;
    struct node_check check;
    node_begin(&node);
    struct actr_id id = peer_of(&node);
    for (size_t i = 0; i < 4; i++) {
        node_verify(&node, &check, &id, actr_bytes_str(rubbish[i]));
        node_run(&node, 1);
        assert_int_equal(check.code, ACTR_EPERMISSION);
    }
    uint8_t *data;
    struct actr_bytes huge = bytes_new(16385, &data);
    memset(data, 8, 16385);
    node_verify(&node, &check, &id, huge);
    node_run(&node, 1);
    assert_int_equal(check.code, ACTR_EPERMISSION);
    assert_string_equal(check.detail, "the credential is too long");
    node_deinit(&node);
}

/* What is wrong without a key never costs the server a question. */
TEST(no_key_is_asked_for_in_vain)
{
    struct node node;
    struct node_check check;
    node_begin(&node);
    struct actr_id id = peer_of(&node), other = id;
    other.serial++;
    node.server.key_id = 9;
    node_verify(&node, &check, &id, fake_server_credential(&node.server, &other, UINT32_MAX));
    node_run(&node, S_US);
    assert_int_equal(check.code, ACTR_EPERMISSION);
    node_verify(&node, &check, &id, fake_server_credential(&node.server, &id, 5));
    node_run(&node, S_US);
    assert_int_equal(check.code, ACTR_EPERMISSION);
    assert_int_equal(node.server.key_asks, 0);
    node_deinit(&node);
}

TEST(cancelled)
{
    struct node node;
    struct node_check checks[2];
    node_begin(&node);
    struct actr_id id = peer_of(&node);
    node_verify(&node, &checks[0], &id, fake_server_credential(&node.server, &id, UINT32_MAX));
    signaling_verify_cancel(&checks[0].base);
    signaling_verify_cancel(&checks[0].base);
    node.server.key_id = 9;
    node_verify(&node, &checks[1], &id, fake_server_credential(&node.server, &id, UINT32_MAX));
    node_run(&node, 500);
    signaling_verify_cancel(&checks[1].base);
    node_run(&node, 10 * S_US);
    assert_int_equal(checks[0].count_called + checks[1].count_called, 0);
    node_deinit(&node);
}
