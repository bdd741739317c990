// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Names: one table for each kind, each fault at least once. */
#include "protocol/name.h"

#include <string.h>

#include "base/bytes.h"
#include "protocol/vectors.h"

struct name_case {
    const char *text;
    enum name_fault fault;
};

static void check(enum name_kind kind, const struct name_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum name_fault fault = name_check(kind, view_text(cases[i].text));
        if (fault != cases[i].fault)
            fail_msg("\"%s\" %s", cases[i].text, name_fault_text(fault));
    }
}
#define CHECK(kind, cases) check(kind, cases, sizeof(cases) / sizeof((cases)[0]))

#define A32 "abcdefghijklmnopqrstuvwxyz012345"

TEST(name_actor)
{
    static const struct name_case cases[] = {
        {"a", NAME_GOOD},
        {"acme", NAME_GOOD},
        {"Echo-Service_2.x", NAME_GOOD},
        {A32, NAME_GOOD},
        {"цех", NAME_GOOD},
        {"x\xc3\xa9", NAME_GOOD},
        {"\xc3\xa9-1", NAME_GOOD},
        {"", NAME_EMPTY},
        {A32 "6", NAME_TOO_LONG},
        {"ц" A32, NAME_TOO_LONG},
        {"-" A32, NAME_TOO_LONG}, /* before the start */
        {"1a", NAME_BAD_START},
        {"-a", NAME_BAD_START},
        {"_a", NAME_BAD_START},
        {".a", NAME_BAD_START},
        {":", NAME_BAD_START},
        {"1 ", NAME_BAD_START}, /* before the characters */
        {"a b", NAME_BAD_CHAR},
        {"a:b", NAME_BAD_CHAR},
        {"a@b", NAME_BAD_CHAR},
        {"a/b", NAME_BAD_CHAR},
        {"a+b", NAME_BAD_CHAR},
        {"a\n", NAME_BAD_CHAR},
        {"a\x7f", NAME_BAD_CHAR},
        {"a b-", NAME_BAD_CHAR}, /* before the end */
        {"a\xc3", NAME_BAD_CHAR},
        {"a\xc0\x80", NAME_BAD_CHAR},
        {"a\xed\xa0\x80z", NAME_BAD_CHAR},
        {"a-", NAME_BAD_END},
        {"a_", NAME_BAD_END},
        {"a.", NAME_BAD_END},
    };
    CHECK(NAME_ACTOR, cases);
    assert_int_equal(name_check(NAME_ACTOR, actr_view_of("a\0b", 3)), NAME_BAD_CHAR);
    assert_int_equal(name_check(NAME_ACTOR, (struct actr_view){0}), NAME_EMPTY);
}

TEST(name_package)
{
    static const struct name_case cases[] = {
        {"echo", NAME_GOOD},     {"echo.v1", NAME_GOOD},    {"_a._b.c_", NAME_GOOD},
        {"a1.b2", NAME_GOOD},    {"", NAME_EMPTY},          {".a", NAME_BAD_START},
        {"1a", NAME_BAD_START},  {"Echo", NAME_BAD_START},  {"a..b", NAME_BAD_CHAR},
        {"a.1b", NAME_BAD_CHAR}, {"a.B", NAME_BAD_CHAR},    {"a-b", NAME_BAD_CHAR},
        {"a..", NAME_BAD_CHAR},  {"a.\xff", NAME_BAD_CHAR}, {"a.b.", NAME_BAD_END},
    };
    char longest[258];
    memset(longest, 'a', sizeof(longest));
    longest[257] = '\0';
    CHECK(NAME_PACKAGE, cases);
    assert_int_equal(name_check(NAME_PACKAGE, actr_view_of(longest, 256)), NAME_GOOD);
    assert_int_equal(name_check(NAME_PACKAGE, actr_view_of(longest, 257)), NAME_TOO_LONG);
}

TEST(name_service)
{
    static const struct name_case cases[] = {
        {"E", NAME_GOOD},
        {"EchoService", NAME_GOOD},
        {"Echo_2", NAME_GOOD},
        {"\xc3\x89"
         "cho",
         NAME_GOOD},
        {"E" A32 A32, NAME_TOO_LONG},
        {A32 A32, NAME_BAD_START}, /* 64 bytes are not too long */
        {"echo", NAME_BAD_START},
        {"_E", NAME_BAD_START},
        {"2E", NAME_BAD_START},
        {"E-cho", NAME_BAD_CHAR},
        {"E.cho", NAME_BAD_CHAR},
        {"E_", NAME_BAD_END},
        {"", NAME_EMPTY},
    };
    CHECK(NAME_SERVICE, cases);
}

TEST(name_method)
{
    static const struct name_case cases[] = {
        {"e", NAME_GOOD},
        {"send_file", NAME_GOOD},
        {"sendFile2", NAME_GOOD},
        {A32 A32, NAME_GOOD},
        {A32 A32 "x", NAME_TOO_LONG},
        {"Send", NAME_BAD_START},
        {"send-file", NAME_BAD_CHAR},
        {"send_", NAME_BAD_END},
        {"", NAME_EMPTY},
    };
    CHECK(NAME_METHOD, cases);
}

TEST(name_fault_texts)
{
    for (int fault = NAME_GOOD; fault <= NAME_BAD_END; fault++) {
        for (int other = NAME_GOOD; other < fault; other++)
            assert_string_not_equal(name_fault_text((enum name_fault)fault),
                                    name_fault_text((enum name_fault)other));
    }
}
