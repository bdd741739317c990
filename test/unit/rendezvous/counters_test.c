// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/counters.h"

#include <string.h>

#include "base/mem.h"
#include "harness.h"

TEST(counters_text_is_prometheus)
{
    struct counters counters = {.registrations = 12, .stun_requests = UINT64_MAX};
    const struct counters_gauge gauge = {"actors", "Actors registered.", 3};
    struct actr_bytes text = counters_text(&counters, &gauge, 1);
    char copy[16384];
    assert_true(text.len > 0 && text.len < sizeof(copy));
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    assert_ptr_equal(strstr(copy, "# HELP actr_rendezvous_registrations_total Actors registered.\n"
                                  "# TYPE actr_rendezvous_registrations_total counter\n"
                                  "actr_rendezvous_registrations_total 12\n"),
                     copy);
    assert_non_null(strstr(copy, "\nactr_rendezvous_stun_requests_total 18446744073709551615\n"));
    assert_non_null(
        strstr(copy, "# TYPE actr_rendezvous_actors gauge\nactr_rendezvous_actors 3\n"));
    assert_int_equal(copy[text.len - 1], '\n');
    actr_bytes_unref(text);
}

TEST(counters_text_fails_without_memory)
{
    struct counters counters = {0};
    mem_fail_at(1);
    assert_true(actr_bytes_failed(counters_text(&counters, NULL, 0)));
    mem_fail_at(0);
}
