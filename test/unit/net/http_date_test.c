// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "net/http_date.h"

#include "harness.h"

#define NOW 1800000000 /* in 2027 */

TEST(the_three_forms_of_rfc_9110)
{
    static const char *const texts[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (int i = 0; i < 3; i++) {
        int64_t date;
        assert_true(http_date_parse(texts[i], NOW, &date));
        assert_int_equal(date, 784111777);
    }
}

TEST(what_is_formatted_parses)
{
    static const int64_t dates[] = {0, 951782399, 951782400, 1709164800, 4107542399};
    for (int i = 0; i < 5; i++) {
        char buf[HTTP_DATE_SIZE];
        int64_t date;
        http_date_format(dates[i], buf);
        assert_true(http_date_parse(buf, NOW, &date));
        assert_int_equal(date, dates[i]);
    }
    char buf[HTTP_DATE_SIZE];
    http_date_format(784111777, buf);
    assert_string_equal(buf, "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(two_digits_of_a_year_mean_the_nearest)
{
    int64_t date;
    assert_true(http_date_parse("Friday, 01-Jan-77 00:00:00 GMT", NOW, &date));
    assert_int_equal(date, 3376684800); /* 2077 */
    assert_true(http_date_parse("Friday, 01-Jan-78 00:00:00 GMT", NOW, &date));
    assert_int_equal(date, 252460800); /* 1978 */
}

TEST(other_text_is_no_date)
{
    static const char *const texts[] = {"",
                                        "120",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 GMT+1",
                                        "Sun, 06 nov 1994 08:49:37 GMT",
                                        "Sun, 06 ovD 1994 08:49:37 GMT",
                                        "Sun, 32 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 24:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:60:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:61 GMT",
                                        "Sun, -6 Nov 1994 08:49:37 GMT",
                                        "1994-11-06T08:49:37Z"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t date;
        assert_false(http_date_parse(texts[i], NOW, &date));
    }
}
