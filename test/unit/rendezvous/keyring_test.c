// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/keyring.h"

#include <string.h>

#include "forge.h"
#include "harness.h"

#define NOW_S 1700000000u

static void rotate(struct keyring *keyring, uint64_t now_s)
{
    struct keyring_key key = {0};
    struct ledger_write *write = ledger_write_new(NULL, NULL);
    assert_int_equal(keyring_prepare(keyring, NULL, now_s, write, &key), 0);
    ledger_write_free(write);
    keyring_adopt(keyring, &key, now_s);
}

TEST(keyring_begins_at_one_and_grows)
{
    struct keyring keyring = {.keep_s = 100};
    assert_null(keyring_current(&keyring));
    rotate(&keyring, NOW_S);
    assert_int_equal(keyring_current(&keyring)->id, 1);
    rotate(&keyring, NOW_S);
    assert_int_equal(keyring_current(&keyring)->id, 2);
    keyring_deinit(&keyring);
}

TEST(keyring_answers_for_a_retired_key_until_its_last_credential_is_over)
{
    struct keyring keyring = {.keep_s = 100};
    rotate(&keyring, NOW_S);
    rotate(&keyring, NOW_S + 50);
    const struct keyring_key *old = keyring_find(&keyring, 1, NOW_S + 149);
    assert_non_null(old);
    assert_null(old->signer);
    assert_int_equal(old->retired_at_s, NOW_S + 50);
    assert_null(keyring_find(&keyring, 1, NOW_S + 150));
    assert_null(keyring_find(&keyring, 3, NOW_S));
    rotate(&keyring, NOW_S + 150); /* drops key 1 */
    assert_int_equal(keyring.count, 2);
    assert_int_equal(keyring.keys[0].id, 2);
    keyring_deinit(&keyring);
}

TEST(keyring_refuses_to_rotate_too_often)
{
    struct keyring keyring = {.keep_s = 100};
    struct keyring_key key = {0};
    for (int i = 0; i < KEYRING_MAX; i++)
        rotate(&keyring, NOW_S);
    struct ledger_write *write = ledger_write_new(NULL, NULL);
    assert_int_equal(keyring_prepare(&keyring, NULL, NOW_S, write, &key), ACTR_ESTATE);
    assert_int_equal(keyring_current(&keyring)->id, KEYRING_MAX);
    assert_int_equal(keyring_prepare(&keyring, NULL, NOW_S + 100, write, &key), 0);
    keyring_key_deinit(&key);
    ledger_write_free(write);
    keyring_deinit(&keyring);
}

TEST(keyring_rows_bring_the_same_keys_back_and_a_retired_one_without_its_seed)
{
    struct keyring before = {.keep_s = 100}, after = {.keep_s = 100};
    struct keyring_key key = {0};
    rotate(&before, NOW_S);
    struct ledger_write *write = ledger_write_new(NULL, NULL);
    assert_int_equal(keyring_prepare(&before, NULL, NOW_S + 1, write, &key), 0);
    keyring_adopt(&before, &key, NOW_S + 1);
    list_each(pos, &write->rows)
    {
        struct ledger_row *row = container_of(pos, struct ledger_row, link);
        if (row->cells[LEDGER_KEY_ID].number == 1)
            assert_int_equal(row->cells[LEDGER_KEY_SEED].bytes.len, 0);
        assert_int_equal(keyring_load(&after, row), 0);
    }
    ledger_write_free(write);
    assert_int_equal(after.count, 2);
    for (int i = 0; i < 2; i++)
        assert_memory_equal(after.keys[i].public_key, before.keys[i].public_key, 32);
    assert_non_null(keyring_current(&after));
    keyring_deinit(&before);
    keyring_deinit(&after);
}

TEST(keyring_refuses_rows_that_make_no_sense)
{
    struct keyring keyring = {.keep_s = 100};
    struct ledger_row row = {.table = LEDGER_SIGNING_KEY};
    forge_key_row(&row);
    row.cells[LEDGER_KEY_ID].number = 0;
    assert_int_equal(keyring_load(&keyring, &row), ACTR_EIO);
    row.cells[LEDGER_KEY_ID].number = 1;
    row.cells[LEDGER_KEY_RETIRED_AT].number = NOW_S; /* retired, but with its seed */
    assert_int_equal(keyring_load(&keyring, &row), ACTR_EIO);
    row.cells[LEDGER_KEY_RETIRED_AT].number = 0;
    assert_int_equal(keyring_load(&keyring, &row), 0);
    assert_int_equal(keyring_load(&keyring, &row), ACTR_EIO); /* twice */
    forge_row_deinit(&row);
    keyring_deinit(&keyring);
}

TEST(keyring_tells_genuine_from_forged)
{
    struct keyring keyring = {.keep_s = 100};
    struct ledger_row row = {.table = LEDGER_SIGNING_KEY};
    forge_key_row(&row);
    assert_int_equal(keyring_load(&keyring, &row), 0);
    forge_row_deinit(&row);
    struct forged good = forge_credential(forge_seed, "1@1/a:b:c", 1, NOW_S);
    struct forged bad = forge_credential(forge_other_seed, "1@1/a:b:c", 1, NOW_S);
    struct credential credential = forged_credential(&good), forged = forged_credential(&bad);
    assert_int_equal(keyring_verify(&keyring, &credential, NOW_S), 0);
    assert_int_equal(keyring_verify(&keyring, &forged, NOW_S), KEYRING_FORGED);
    credential.key_id++;
    assert_int_equal(keyring_verify(&keyring, &credential, NOW_S), KEYRING_FORGED);
    credential.key_id--;
    credential.signature.len--;
    assert_int_equal(keyring_verify(&keyring, &credential, NOW_S), KEYRING_FORGED);
    forged_deinit(&good);
    forged_deinit(&bad);
    keyring_deinit(&keyring);
}
