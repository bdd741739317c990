// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "harness.h"

TEST(an_appender_cuts_at_a_whole_character)
{
    char buf[8];
    struct text text;
    text_init(&text, buf, sizeof(buf));
    text_printf(&text, "%d-", 12);
    text_append(&text, view_text("abc"));
    assert_string_equal(buf, "12-abc");
    assert_int_equal(text.len, 6);
    assert_false(text.is_cut);
    text_append(&text, view_text("\xc3\xa9")); /* needs two, has one */
    assert_true(text.is_cut);
    assert_string_equal(buf, "12-abc");
    text_append(&text, view_text("x")); /* nothing after the cut */
    text_printf(&text, "x");
    assert_string_equal(buf, "12-abc");

    text_init(&text, buf, sizeof(buf));
    text_printf(&text, "1234567");
    assert_false(text.is_cut);
    text_append(&text, view_text(""));
    assert_false(text.is_cut);
    text_printf(&text, "8");
    assert_true(text.is_cut);
    assert_string_equal(buf, "1234567");

    char one[1];
    text_init(&text, one, 1);
    text_printf(&text, "x");
    assert_true(text.is_cut);
    assert_string_equal(one, "");
}

TEST(a_cut_of_anything_valid_is_valid)
{
    static const char *const chars[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    uint64_t random = harness_seed();
    for (int round = 0; round < 5000; round++) {
        char buf[20], whole[128] = "";
        struct text text;
        text_init(&text, buf, 1 + harness_random(&random) % sizeof(buf));
        for (int i = 0; i < 12; i++) {
            const char *next = chars[harness_random(&random) % 4];
            strcat(whole, next);
            if (i % 2)
                text_append(&text, view_text(next));
            else
                text_printf(&text, "%s", next);
        }
        assert_int_equal(strlen(buf), text.len);
        assert_true(text_is_utf8(view_text(buf)));
        assert_memory_equal(buf, whole, text.len);
        assert_int_equal(text.is_cut, text.len < strlen(whole));
    }
}

TEST(numbers_have_one_form)
{
    static const struct {
        const char *text;
        bool is_u32, is_u64, is_hex64;
    } cases[] = {
        {"0", true, true, true},
        {"00", true, true, true},
        {"4294967295", true, true, true},
        {"4294967296", false, true, true},
        {"18446744073709551615", false, true, false},
        {"18446744073709551616", false, false, false},
        {"99999999999999999999", false, false, false},
        {"ffffffff", false, false, true},
        {"100000000", true, true, true},
        {"FFFFFFFFffffffff", false, false, true},
        {"10000000000000000", false, true, false},
        {"", false, false, false},
        {" 1", false, false, false},
        {"1 ", false, false, false},
        {"+1", false, false, false},
        {"-1", false, false, false},
        {"0x1", false, false, false},
        {"1g", false, false, false},
        {"1.0", false, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct actr_view view = view_text(cases[i].text);
        uint32_t u32;
        uint64_t u64;
        assert_int_equal(text_u32(view, &u32), cases[i].is_u32);
        assert_int_equal(text_u64(view, &u64), cases[i].is_u64);
        assert_int_equal(text_hex_u64(view, &u64), cases[i].is_hex64);
    }
    uint64_t random = harness_seed();
    for (int round = 0; round < 5000; round++) {
        uint64_t value = harness_random(&random) >> (harness_random(&random) % 64), back = 0;
        char buf[32];
        snprintf(buf, sizeof(buf), "%llu", (unsigned long long)value);
        assert_true(text_u64(view_text(buf), &back) && back == value);
        snprintf(buf, sizeof(buf), "%llx", (unsigned long long)value);
        assert_true(text_hex_u64(view_text(buf), &back) && back == value);
        uint32_t small = (uint32_t)value, small_back = 0;
        snprintf(buf, sizeof(buf), "%u", small);
        assert_true(text_u32(view_text(buf), &small_back) && small_back == small);
        snprintf(buf, sizeof(buf), "%X", small);
        assert_true(text_hex_u64(view_text(buf), &back) && back == small);
    }
}

TEST(hex_both_ways)
{
    uint8_t bytes[4];
    char buf[9];
    size_t len = 99;
    text_hex_encode("\x00\x9f\xff", 3, buf);
    assert_string_equal(buf, "009fff");
    assert_true(text_hex_decode(view_text("009FfF"), bytes, 3, &len));
    assert_int_equal(len, 3);
    assert_memory_equal(bytes, "\x00\x9f\xff", 3);
    assert_true(text_hex_decode(view_text(""), bytes, 0, &len));
    assert_int_equal(len, 0);
    len = 99;
    assert_false(text_hex_decode(view_text("00ff00"), bytes, 2, &len));
    assert_false(text_hex_decode(view_text("00f"), bytes, 4, &len));
    assert_false(text_hex_decode(view_text("0g"), bytes, 4, &len));
    assert_int_equal(len, 99);
}

/* RFC 4648 §10, and texts that are not the one form of their bytes. */
TEST(base64_of_the_rfc)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xfb\xff\xbf", "+/+/"}};
    static const char *const wrong[] = {
        "Zg",         "Zg=",    "Z",    "Zg===",    "=",        "====",     "Zm9v=",
        "Zm9vZg==\n", "Zh==",   "Zm9=", "Zm8=Zm8=", "Zg==Zg==", "-_-_",     "Z=g=",
        " Zg=",       "Zm9v\n", "Z===", "Zm 9v",    "Zm\x80v",  "Zm9v====",
    };
    uint8_t bytes[16];
    char buf[TEXT_BASE64_SIZE(6)];
    size_t len;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        size_t want = strlen(pairs[i][0]);
        text_base64_encode(pairs[i][0], want, buf);
        assert_string_equal(buf, pairs[i][1]);
        assert_int_equal(strlen(buf) + 1, TEXT_BASE64_SIZE(want));
        assert_true(text_base64_decode(view_text(buf), bytes, want, &len));
        assert_int_equal(len, want);
        assert_memory_equal(bytes, pairs[i][0], len);
        if (want > 0)
            assert_false(text_base64_decode(view_text(buf), bytes, want - 1, &len));
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(text_base64_decode(view_text(wrong[i]), bytes, sizeof(bytes), &len));
}

TEST(base64_and_hex_give_back_what_they_got)
{
    uint64_t random = harness_seed();
    for (int round = 0; round < 3000; round++) {
        uint8_t bytes[50], back[50];
        char buf[101];
        size_t len = harness_random(&random) % sizeof(bytes), back_len;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)harness_random(&random);
        text_base64_encode(bytes, len, buf);
        assert_true(text_base64_decode(view_text(buf), back, len, &back_len));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, bytes, len);
        text_hex_encode(bytes, len, buf);
        assert_true(text_hex_decode(view_text(buf), back, len, &back_len));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, bytes, len);
    }
}

/* Whatever decodes encodes to the same text: one value, one text. */
TEST(base64_has_one_form)
{
    static const char alphabet[] = "AQgw+/=Z";
    uint64_t random = harness_seed();
    unsigned accepted = 0;
    for (int round = 0; round < 20000; round++) {
        char in[9] = "", out[16];
        uint8_t bytes[8];
        size_t len = harness_random(&random) % 9, bytes_len;
        for (size_t i = 0; i < len; i++)
            in[i] = alphabet[harness_random(&random) % 8];
        if (!text_base64_decode(view_text(in), bytes, sizeof(bytes), &bytes_len))
            continue;
        text_base64_encode(bytes, bytes_len, out);
        assert_string_equal(in, out);
        accepted++;
    }
    assert_true(accepted > 100);
}

TEST(percent_encoding)
{
    char buf[64], back[64];
    struct text text;
    size_t len;
    text_init(&text, buf, sizeof(buf));
    text_percent_encode(&text, view_text("aZ09-._~ +/=&\xc3\xa9"));
    assert_string_equal(buf, "aZ09-._~%20%2B%2F%3D%26%C3%A9");
    assert_true(text_percent_decode(view_text(buf), back, sizeof(back), &len));
    assert_true(view_equal(actr_view_of(back, len), view_text("aZ09-._~ +/=&\xc3\xa9")));
    assert_true(text_percent_decode(view_text("a+b%2bc%00"), back, 6, &len));
    assert_int_equal(len, 6);
    assert_memory_equal(back, "a b+c\0", 6);
    assert_false(text_percent_decode(view_text("a+b%2bc"), back, 4, &len));
    assert_false(text_percent_decode(view_text("%"), back, sizeof(back), &len));
    assert_false(text_percent_decode(view_text("%2"), back, sizeof(back), &len));
    assert_false(text_percent_decode(view_text("%2g"), back, sizeof(back), &len));
    assert_false(text_percent_decode(view_text("%%41"), back, sizeof(back), &len));

    text_init(&text, buf, 6);
    text_percent_encode(&text, view_text("ab++"));
    assert_string_equal(buf, "ab%2B"); /* never half an escape */
    assert_true(text.is_cut);
}

TEST(percent_encoding_gives_back_what_it_got)
{
    uint64_t random = harness_seed();
    for (int round = 0; round < 3000; round++) {
        uint8_t bytes[30];
        char buf[91], back[30];
        struct text text;
        size_t len = harness_random(&random) % sizeof(bytes), back_len;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)harness_random(&random);
        text_init(&text, buf, sizeof(buf));
        text_percent_encode(&text, actr_view_of(bytes, len));
        assert_false(text.is_cut);
        assert_true(text_percent_decode(view_text(buf), back, sizeof(back), &back_len));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, bytes, len);
    }
}

/* What RFC 3629 §4 allows, spelled out from code points. */
static size_t encode_point(uint32_t point, uint8_t out[4])
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 63));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 63));
        out[2] = (uint8_t)(0x80 | (point & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (point & 63));
    return 4;
}

TEST(utf8_is_every_code_point_but_surrogates)
{
    uint8_t bytes[4];
    for (uint32_t point = 0; point < 0x120000; point += point < 0x11000 ? 1 : 61) {
        size_t len = encode_point(point, bytes);
        bool expected = point <= 0x10ffff && !(point >= 0xd800 && point < 0xe000);
        assert_int_equal(text_is_utf8(actr_view_of(bytes, len)), expected);
        if (len > 1)
            assert_false(text_is_utf8(actr_view_of(bytes, len - 1)));
    }
    static const char *const wrong[] = {"\x80",
                                        "\xc0\x80",
                                        "\xc1\xbf",
                                        "\xe0\x9f\xbf",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xff",
                                        "a\xc3",
                                        "\xe2\x82z",
                                        "\xc3\xc3\xa9"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(text_is_utf8(view_text(wrong[i])));
    assert_true(text_is_utf8(view_text("")));
    assert_true(text_is_utf8(actr_view_of("a\0b", 3)));
}

TEST(a_uuid_is_known_by_its_form)
{
    static const char good[] = "00112233-4455-1677-c899-aabbccddeeff";
    char text[] = "00112233-4455-1677-c899-aabbccddeeff";
    assert_true(text_is_uuid(view_text(good)));
    assert_false(text_is_uuid(view_text("")));
    assert_false(text_is_uuid(actr_view_of(good, sizeof(good) - 2)));
    assert_false(text_is_uuid(actr_view_of(good, sizeof(good))));
    for (size_t i = 0; i < sizeof(good) - 1; i++) {
        text[i] = text[i] == '-' ? '0' : '-';
        assert_false(text_is_uuid(view_text(text)));
        text[i] = 'F';
        assert_false(text_is_uuid(view_text(text)));
        text[i] = good[i];
    }
}

TEST(a_uuid_has_its_version_and_variant)
{
    uint8_t bytes[16];
    char buf[TEXT_UUID_SIZE];
    memset(bytes, 0xff, sizeof(bytes));
    text_uuid(buf, bytes);
    assert_string_equal(buf, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    memset(bytes, 0, sizeof(bytes));
    text_uuid(buf, bytes);
    assert_string_equal(buf, "00000000-0000-4000-8000-000000000000");
    for (uint8_t i = 0; i < 16; i++)
        bytes[i] = (uint8_t)(0x11 * i);
    text_uuid(buf, bytes);
    assert_string_equal(buf, "00112233-4455-4677-8899-aabbccddeeff");
}
