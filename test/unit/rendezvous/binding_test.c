// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/binding.h"

#include <string.h>

#include "harness.h"

/* RFC 5769 §2.2 and §2.3 give the same address and transaction; the request here is a bare one. */
#define TRANSACTION "b7e7a701bc34d686fa87dfae"
static const char bare_request[] = "000100002112a442" TRANSACTION;

static const struct binding_source ipv4 = {{192, 0, 2, 1}, 32853, false};
static const struct binding_source ipv6 = {
    {0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77},
    32853,
    true};

static size_t answer_to(const char *hex, const struct binding_source *source,
                        uint8_t answer[BINDING_ANSWER_MAX])
{
    uint8_t request[256];
    size_t len = harness_hex(hex, request, sizeof(request));
    return binding_answer(actr_view_of(request, len), source, answer);
}

static void expect(const char *request, const struct binding_source *source, const char *wanted)
{
    uint8_t answer[BINDING_ANSWER_MAX], bytes[BINDING_ANSWER_MAX];
    size_t wanted_len = harness_hex(wanted, bytes, sizeof(bytes));
    assert_int_equal(answer_to(request, source, answer), wanted_len);
    assert_memory_equal(answer, bytes, wanted_len);
}

TEST(binding_tells_an_ipv4_address)
{
    /* XOR-MAPPED-ADDRESS as in RFC 5769 §2.2. */
    expect(bare_request, &ipv4, "0101000c2112a442" TRANSACTION "002000080001a147e112a643");
}

TEST(binding_tells_an_ipv6_address)
{
    /* XOR-MAPPED-ADDRESS as in RFC 5769 §2.3. */
    expect(bare_request, &ipv6,
           "010100182112a442" TRANSACTION "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9");
}

/* RFC 5769 §2.1, a request with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY and
 * FINGERPRINT. */
static const char full_request[] =
    "000100582112a442" TRANSACTION "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf";

TEST(binding_answers_a_fingerprint_with_a_fingerprint)
{
    uint8_t answer[BINDING_ANSWER_MAX];
    size_t len = answer_to(full_request, &ipv4, answer);
    assert_int_equal(len, 20 + 12 + 8);
    assert_int_equal(answer[3], 12 + 8);
    assert_memory_equal(answer + 32, "\x80\x28\x00\x04", 4);
    answer[0] = 0x00; /* the sum was right: the same bytes as a request are answered, changed not */
    answer[1] = 0x01;
    uint8_t again[BINDING_ANSWER_MAX];
    assert_int_equal(binding_answer(actr_view_of(answer, len), &ipv4, again), 0);
}

TEST(binding_ignores_a_wrong_fingerprint)
{
    uint8_t request[256], answer[BINDING_ANSWER_MAX];
    size_t len = harness_hex(full_request, request, sizeof(request));
    request[len - 1] ^= 1;
    assert_int_equal(binding_answer(actr_view_of(request, len), &ipv4, answer), 0);
}

TEST(binding_names_attributes_that_it_does_not_understand)
{
    /* CHANGE-REQUEST (0x0003) of RFC 5780. */
    expect("000100082112a442" TRANSACTION "0003000400000002", &ipv4,
           "011100102112a442" TRANSACTION "0009000400000414000a000200030000");
}

TEST(binding_names_at_most_four)
{
    uint8_t answer[BINDING_ANSWER_MAX];
    size_t len =
        answer_to("000100182112a442" TRANSACTION "000100000002000000030000000400000005000000070000",
                  &ipv4, answer);
    assert_int_equal(len, 20 + 8 + 4 + 8);
    assert_true(len <= BINDING_ANSWER_MAX);
}

TEST(binding_ignores_what_is_no_request)
{
    static const char *const garbage[] = {
        "",
        "00",
        "0001",
        "000100002112a442b7e7a701bc34d686fa87df",                 /* short */
        "000100002112a443" TRANSACTION,                           /* another cookie */
        "010100002112a442" TRANSACTION,                           /* a success response */
        "001100002112a442" TRANSACTION,                           /* an indication */
        "000300002112a442" TRANSACTION,                           /* Allocate */
        "400100002112a442" TRANSACTION,                           /* the first bits must be zero */
        "000100042112a442" TRANSACTION,                           /* longer than it is */
        "000100002112a442" TRANSACTION "00",                      /* shorter than it is */
        "000100032112a442" TRANSACTION "000000",                  /* no multiple of four */
        "000100042112a442" TRANSACTION "80220004",                /* the value is missing */
        "000100082112a442" TRANSACTION "8028000300000000",        /* a fingerprint of three bytes */
        "474554202f20485454502f312e310d0a486f73743a20780d0a0d0a", /* GET / HTTP/1.1 */
    };
    uint8_t answer[BINDING_ANSWER_MAX];
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
        assert_int_equal(answer_to(garbage[i], &ipv4, answer), 0);
}

TEST(binding_survives_any_bytes_and_never_gives_more_than_three_for_one)
{
    uint64_t state = harness_seed();
    for (int i = 0; i < 20000; i++) {
        uint8_t request[96], answer[BINDING_ANSWER_MAX];
        size_t len = 20 + 4 * (harness_random(&state) % 18);
        for (size_t j = 0; j < len; j++)
            request[j] = (uint8_t)harness_random(&state);
        memcpy(request, "\x00\x01\x00\x00\x21\x12\xa4\x42", 8);
        request[3] = (uint8_t)(len - 20);
        for (size_t j = 20; j + 3 < len; j += 4) { /* plausible attributes */
            request[j] &= 0x80;
            request[j + 2] = 0;
            request[j + 3] &= 7;
        }
        size_t answer_len = binding_answer(actr_view_of(request, len), &ipv6, answer);
        assert_true(answer_len <= BINDING_ANSWER_MAX && answer_len <= 3 * len);
    }
}
