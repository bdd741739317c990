// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/candidates.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "harness.h"

static struct candidates_total total;
static struct candidates c;

static void begin(void)
{
    total = (struct candidates_total){0};
    candidates_init(&c, &total);
}

static int keep(const char *ufrag, const char *text, uint64_t now_us)
{
    return candidates_keep(&c, view_text(ufrag), view_text(text), now_us);
}

static void assert_taken(const char *ufrag, const char *text)
{
    char taken[CANDIDATES_TEXT_MAX + 1];
    assert_true(candidates_take(&c, view_text(ufrag), taken));
    assert_string_equal(taken, text);
}

static void assert_none(const char *ufrag)
{
    char taken[CANDIDATES_TEXT_MAX + 1];
    assert_false(candidates_take(&c, view_text(ufrag), taken));
}

TEST(they_wait_for_their_description)
{
    begin();
    assert_int_equal(keep("new", "1", 0), 0);
    assert_int_equal(keep("next", "2", 0), 0);
    assert_int_equal(keep("new", "3", 0), 0);
    assert_none("old");
    assert_taken("new", "1");
    assert_taken("new", "3");
    assert_none("new");
    assert_int_equal(c.count, 1);
    assert_taken("next", "2");
    assert_int_equal(total.count, 0);
    candidates_deinit(&c);
}

TEST(without_a_fragment_or_too_long_they_are_dropped)
{
    char text[CANDIDATES_TEXT_MAX + 2], ufrag[CANDIDATES_UFRAG_MAX + 2];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memset(ufrag, 'u', sizeof(ufrag) - 1);
    ufrag[sizeof(ufrag) - 1] = '\0';
    begin();
    assert_int_equal(keep("", "1", 0), ACTR_EINVALID);
    assert_int_equal(keep("u", text, 0), ACTR_EINVALID);
    assert_int_equal(keep(ufrag, "1", 0), ACTR_EINVALID);
    assert_int_equal(keep(ufrag + 1, text + 1, 0), 0);
    assert_taken(ufrag + 1, text + 1);
    candidates_deinit(&c);
}

TEST(those_of_a_description_that_is_over_are_dropped)
{
    begin();
    assert_int_equal(keep("a", "1", 0), 0);
    assert_int_equal(keep("b", "2", 0), 0);
    candidates_retire(&c, view_text("a"));
    assert_none("a");
    assert_int_equal(keep("a", "3", 0), ACTR_EINVALID);
    assert_taken("b", "2");
    candidates_retire(&c, view_text("")); /* nothing was known of it */
    candidates_deinit(&c);
}

TEST(eight_descriptions_are_remembered)
{
    char ufrag[8];
    begin();
    for (int i = 0; i <= CANDIDATES_OLD_MAX; i++) {
        snprintf(ufrag, sizeof(ufrag), "u%d", i);
        candidates_retire(&c, view_text(ufrag));
        candidates_retire(&c, view_text(ufrag)); /* once more takes no place */
    }
    assert_int_equal(keep("u0", "1", 0), 0);
    assert_int_equal(keep("u1", "1", 0), ACTR_EINVALID);
    assert_int_equal(keep("u8", "1", 0), ACTR_EINVALID);
    candidates_deinit(&c);
}

TEST(the_oldest_gives_way)
{
    char text[8];
    begin();
    for (int i = 0; i <= CANDIDATES_PEER_MAX; i++) {
        snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(keep("u", text, 0), 0);
    }
    assert_int_equal(c.count, CANDIDATES_PEER_MAX);
    assert_taken("u", "1");
    candidates_deinit(&c);
    assert_int_equal(total.count, 0);
}

TEST(all_peers_together_are_bounded)
{
    begin();
    total.count = CANDIDATES_TOTAL_MAX;
    assert_int_equal(keep("u", "1", 0), ACTR_EUNAVAILABLE);
    total.count = 0;
    candidates_deinit(&c);
}

TEST(they_grow_old)
{
    begin();
    assert_int_equal(candidates_expire(&c, 0), UINT64_MAX);
    assert_int_equal(keep("u", "1", 10), 0);
    assert_int_equal(keep("u", "2", 20), 0);
    assert_int_equal(candidates_expire(&c, 10), 10 + CANDIDATES_TTL_US);
    assert_int_equal(candidates_expire(&c, 10 + CANDIDATES_TTL_US), 20 + CANDIDATES_TTL_US);
    assert_taken("u", "2");
    assert_int_equal(candidates_expire(&c, UINT64_MAX), UINT64_MAX);
    candidates_deinit(&c);
}
