// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dates in HTTP headers.
 *
 * strftime() and strptime() speak the locale's language and would make the wire depend on it; so
 * the names are here. Days of the week are not checked against the date: they carry no information.
 *
 * Any thread. */
#include "net/http_date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char http_date_days[] = "SunMonTueWedThuFriSat";
static const char http_date_months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void http_date_format(int64_t unix_s, char buf[HTTP_DATE_SIZE])
{
    struct tm tm;
    time_t time = (time_t)unix_s;
    gmtime_r(&time, &tm);
    snprintf(buf, HTTP_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
             http_date_days + 3 * tm.tm_wday, (unsigned)tm.tm_mday % 100u,
             http_date_months + 3 * tm.tm_mon, (unsigned)(tm.tm_year + 1900) % 10000u,
             (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u);
}

/* The year of the century nearest to now. */
static int http_date_year(int year, int64_t now_s)
{
    struct tm now;
    time_t time = (time_t)now_s;
    gmtime_r(&time, &now);
    int here = now.tm_year + 1900;
    year += here - here % 100;
    if (year > here + 50)
        year -= 100;
    return year;
}

bool http_date_parse(const char *text, int64_t now_s, int64_t *ret_unix_s)
{
    char month[4];
    int year, end = 0;
    struct tm tm = {0};

    /* IMF-fixdate, RFC 850, asctime() */
    if (sscanf(text, "%*3[a-zA-Z], %2d %3[a-zA-Z] %4d %2d:%2d:%2d GMT%n", &tm.tm_mday, month, &year,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) == 6 &&
        end > 0) {
    } else if (sscanf(text, "%*9[a-zA-Z], %2d-%3[a-zA-Z]-%2d %2d:%2d:%2d GMT%n", &tm.tm_mday, month,
                      &year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) == 6 &&
               end > 0) {
        year = http_date_year(year, now_s);
    } else if (sscanf(text, "%*3[a-zA-Z] %3[a-zA-Z] %2d %2d:%2d:%2d %4d%n", month, &tm.tm_mday,
                      &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &year, &end) != 6 ||
               end == 0) {
        return false;
    }
    const char *at = strlen(month) == 3 ? strstr(http_date_months, month) : NULL;
    if (!at || (at - http_date_months) % 3 != 0 || text[end] != '\0' || year < 1900 ||
        tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
        tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
        return false;
    tm.tm_mon = (int)(at - http_date_months) / 3;
    tm.tm_year = year - 1900;
    *ret_unix_s = timegm(&tm);
    return true;
}
