// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Call chains: who is in them, what a full one forgets, what is none. */
#include "hyper/workload/call_chain.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"

static const char *id_of(uint64_t serial, bool is_host)
{
    static char ids[4][CALL_CHAIN_ID_LEN];
    static int next;
    struct actr_id id = {.realm = 7, .serial = serial};
    char *text = ids[next++ % 4];
    call_chain_id(&id, is_host, text);
    return text;
}

TEST(an_id_is_of_the_realm_the_serial_and_the_side)
{
    struct actr_id other = {.realm = 8, .serial = 1};
    char text[CALL_CHAIN_ID_LEN];
    assert_memory_equal(id_of(1, false), id_of(1, false), CALL_CHAIN_ID_LEN);
    assert_memory_not_equal(id_of(1, false), id_of(2, false), CALL_CHAIN_ID_LEN);
    assert_memory_not_equal(id_of(1, false), id_of(1, true), CALL_CHAIN_ID_LEN);
    call_chain_id(&other, false, text);
    assert_memory_not_equal(id_of(1, false), text, CALL_CHAIN_ID_LEN);
    for (int i = 0; i < CALL_CHAIN_ID_LEN; i++)
        assert_non_null(memchr("0123456789abcdef", text[i], 16));
}

TEST(a_chain_grows_and_forgets_the_outermost)
{
    struct call_chain chain = {0}, longer;
    assert_null(call_chain_view(&chain).ptr);
    assert_false(call_chain_has(&chain, id_of(0, false)));
    for (uint64_t i = 0; i < CALL_CHAIN_MAX; i++) {
        call_chain_extend(&longer, call_chain_view(&chain), id_of(i, false));
        chain = longer;
        for (uint64_t j = 0; j <= i; j++)
            assert_true(call_chain_has(&chain, id_of(j, false)));
        assert_false(call_chain_has(&chain, id_of(i + 1, false)));
    }
    assert_int_equal(chain.len, sizeof(chain.text));
    call_chain_extend(&longer, call_chain_view(&chain), id_of(99, false));
    assert_int_equal(longer.len, sizeof(longer.text));
    assert_false(call_chain_has(&longer, id_of(0, false)));
    assert_true(call_chain_has(&longer, id_of(1, false)));
    assert_true(call_chain_has(&longer, id_of(99, false)));
}

TEST(what_is_no_chain_counts_as_empty)
{
    static const char junk[CALL_CHAIN_ID_LEN * (CALL_CHAIN_MAX + 1)];
    struct call_chain chain;
    call_chain_extend(&chain, actr_view_of(junk, 15), id_of(1, false));
    assert_int_equal(chain.len, CALL_CHAIN_ID_LEN);
    call_chain_extend(&chain, actr_view_of(junk, sizeof(junk)), id_of(1, false));
    assert_int_equal(chain.len, CALL_CHAIN_ID_LEN);
    assert_true(call_chain_has(&chain, id_of(1, false)));
}
