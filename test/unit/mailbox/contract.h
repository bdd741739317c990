// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The promises of mailbox.h, as cases for both stores. CONTRACT_CASES(X): X(name) for each. */
#pragma once

#include <stdbool.h>

#define CONTRACT_CASES(X)                                                                          \
    X(order_of_arrival_within_a_priority)                                                          \
    X(message_carries_origin_number_and_time)                                                      \
    X(of_eight_taken_while_both_wait_seven_are_high)                                               \
    X(a_run_of_high_messages_counts_only_while_normal_ones_wait)                                   \
    X(ready_is_told_later_and_once_for_each_filling)                                               \
    X(a_peer_over_its_quota_is_stopped_and_told_when_half_is_free)                                 \
    X(a_message_counts_until_it_is_acked)                                                          \
    X(twice_over_quota_is_refused_without_taking)                                                  \
    X(bytes_have_quotas_too)                                                                       \
    X(a_message_larger_than_the_quota_passes_when_there_is_nothing_else)                           \
    X(the_whole_mailbox_has_a_quota_and_tells_everyone)                                            \
    X(several_peers_are_told_each)                                                                 \
    X(random_use_keeps_order_and_counts)

#define CONTRACT_DECLARE(name) void contract_##name(bool is_durable);
CONTRACT_CASES(CONTRACT_DECLARE)
#undef CONTRACT_DECLARE
