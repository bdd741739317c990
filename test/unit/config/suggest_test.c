// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* suggest: slips of the fingers are understood, other words are not. */
#include "config/suggest.h"

#include <string.h>

#include "harness.h"

TEST(slips_and_other_words)
{
    static const struct {
        const char *word, *candidate;
        bool is_near;
    } rows[] = {
        {"url", "url", true},
        {"ulr", "url", true},
        {"ur", "url", true},
        {"urls", "url", true},
        {"uri", "url", true},
        {"ls", "url", false},
        {"abc", "url", false},
        {"", "url", false},
        {"relam_id", "realm_id", true},
        {"realmid", "realm_id", true},
        {"realm_di", "realm_id", true},
        {"relamdi", "realm_id", true},
        {"secret", "realm_id", false},
        {"force-relay", "force_relay", true},
        {"forcerelay", "force_relay", true},
        {"port_range_strat", "port_range_start", true},
        {"signalling", "signaling", true},
        {"signal", "signaling", true},
        {"sig", "signaling", false},
        {"vers", "version", true},
        {"a", "b", false},
        {"x", "", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct suggest suggest = suggest_for(rows[i].word);
        suggest_offer(&suggest, rows[i].candidate);
        if ((suggest.best != NULL) != rows[i].is_near)
            fail_msg("%s, %s", rows[i].word, rows[i].candidate);
    }
}

TEST(the_nearest_wins_and_the_first_of_equals)
{
    struct suggest suggest = suggest_for("port");
    assert_null(suggest.best);
    suggest_offer(&suggest, "ports");
    suggest_offer(&suggest, "sort");
    assert_string_equal(suggest.best, "ports");
    suggest_offer(&suggest, "port");
    assert_string_equal(suggest.best, "port");
    assert_int_equal(suggest.distance, 0);
    suggest_offer(&suggest, "part");
    assert_string_equal(suggest.best, "port");
}

TEST(words_longer_than_any_key_get_no_suggestion)
{
    char word[64];
    memset(word, 'a', sizeof(word));
    for (size_t len = 47; len < 50; len++) {
        word[len] = '\0';
        struct suggest suggest = suggest_for(word);
        suggest_offer(&suggest, word);
        assert_int_equal(suggest.best != NULL, len <= 48);
        word[len] = 'a';
    }
}
