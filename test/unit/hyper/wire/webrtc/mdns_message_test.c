// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/mdns_message.h"

#include <string.h>

#include "harness.h"

#define ANSWER "000084000000000100000000" /* header: one answer */
#define KNOWN "056b6e6f776e056c6f63616c00"

static bool answers(const char *hex, const char *name, const char *wanted)
{
    uint8_t buf[512];
    char text[NET_ADDRESS_TEXT_MAX];
    struct net_address address;
    size_t len = harness_hex(hex, buf, sizeof(buf));
    if (!mdns_read_answer(actr_view_of(buf, len), name, &address))
        return false;
    assert_string_equal(net_address_host(&address, text), wanted);
    assert_int_equal(address.port, 0);
    return true;
}

TEST(a_question_asks_for_both_kinds_of_address)
{
    static const char expected[] = "12340000000200000000 0000" KNOWN "0001 8001 c00c 001c 8001";
    uint8_t buf[MDNS_QUESTION_MAX], wanted[MDNS_QUESTION_MAX];
    size_t len = mdns_write_question(0x1234, "known.local", buf);
    assert_int_equal(len, harness_hex(expected, wanted, sizeof(wanted)));
    assert_memory_equal(buf, wanted, len);
}

TEST(names_that_cannot_be_asked_for)
{
    char name[400];
    uint8_t buf[MDNS_QUESTION_MAX];
    assert_int_equal(mdns_write_question(1, "", buf), 0);
    assert_int_equal(mdns_write_question(1, ".local", buf), 0);
    assert_int_equal(mdns_write_question(1, "a..local", buf), 0);
    memset(name, 'a', sizeof(name));
    name[64] = '\0';
    assert_int_equal(mdns_write_question(1, name, buf), 0);
    name[63] = '\0';
    assert_true(mdns_write_question(1, name, buf) > 0);
    for (size_t i = 0; i < sizeof(name); i++)
        name[i] = i % 2 ? '.' : 'a';
    name[254] = '\0';
    assert_int_equal(mdns_write_question(1, name, buf), 0);
    name[253] = '\0';
    assert_true(mdns_write_question(1, name, buf) > 0);
}

TEST(addresses_of_both_kinds_are_read)
{
    assert_true(
        answers(ANSWER KNOWN "0001 8001 00000078 0004 0a00004d", "known.local", "10.0.0.77"));
    assert_true(answers(ANSWER KNOWN "001c 0001 00000078 0010 20010db8000000000000000000000007",
                        "KNOWN.Local", "2001:db8::7"));
}

TEST(names_may_point_back)
{
    assert_true(answers("0000840000010001000000 00" KNOWN "00018001 c00c 0001 0001 00000078 0004"
                        "0a00004d",
                        "known.local", "10.0.0.77"));
    assert_true(answers("0000840000010001000000 00 056c6f63616c00 00018001 056b6e6f776ec00c 0001"
                        "0001 00000078 0004 0a00004d",
                        "known.local", "10.0.0.77"));
}

TEST(other_records_before_it_are_passed_over)
{
    assert_true(answers("00008400000000010000 0001" KNOWN "0010 8001 00000078 0002 0161"
                        "c00c 0001 8001 00000078 0004 0a00004d",
                        "known.local", "10.0.0.77"));
}

TEST(what_answers_nothing)
{
    /* Another name, a longer one, a shorter one. */
    assert_false(answers(ANSWER "056f74686572056c6f63616c00 0001 8001 00000078 0004 0a00004d",
                         "known.local", ""));
    assert_false(answers(ANSWER KNOWN "0001 8001 00000078 0004 0a00004d", "known", ""));
    assert_false(answers(ANSWER KNOWN "0001 8001 00000078 0004 0a00004d", "known.local.x", ""));
    /* A question; another class; a wrong length; cut short. */
    assert_false(answers("000004000000000100000000" KNOWN "0001 8001 00000078 0004 0a00004d",
                         "known.local", ""));
    assert_false(answers(ANSWER KNOWN "0001 0003 00000078 0004 0a00004d", "known.local", ""));
    assert_false(answers(ANSWER KNOWN "0001 8001 00000078 0005 0a00004d01", "known.local", ""));
    assert_false(answers(ANSWER KNOWN "0001 8001 00000078 0004 0a0000", "known.local", ""));
    assert_false(answers("0000", "known.local", ""));
    assert_false(answers("", "known.local", ""));
}

/* A chain of them would be walked again for each record of a message. */
TEST(a_pointer_leads_to_a_label_not_to_another_pointer)
{
    assert_false(answers("000084000000000200000000" KNOWN "0010 8001 00000078 0002 c00c"
                         "c023 0001 8001 00000078 0004 0a00004d",
                         "known.local", ""));
    assert_true(answers("000084000000000200000000" KNOWN "0010 8001 00000078 0002 0161"
                        "c00c 0001 8001 00000078 0004 0a00004d",
                        "known.local", "10.0.0.77"));
}

TEST(pointers_that_lead_nowhere_end)
{
    /* To itself, forwards, and in a circle with a label between. */
    assert_false(answers(ANSWER "c00c 0001 8001 00000078 0004 0a00004d", "known.local", ""));
    assert_false(answers(ANSWER "c020 0001 8001 00000078 0004 0a00004d", "known.local", ""));
    assert_false(
        answers(ANSWER "056b6e6f776ec00c 0001 8001 00000078 0004 0a00004d", "known.known", ""));
}
