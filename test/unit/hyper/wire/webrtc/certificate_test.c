// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Certificates and fingerprints: what is read, what is refused, that text and bytes agree. */
#include "hyper/wire/webrtc/certificate.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "harness.h"

#define DAY UINT64_C(86400)
#define NOW UINT64_C(1800000000)

static const char capture[] = "sha-256 9A:BF:4A:60:16:34:4F:21:74:07:45:6A:C5:F6:F9:BC:"
                              "6D:F9:D4:A6:CB:28:5D:A1:31:35:66:26:07:B5:CF:FA";

static int parse(const char *text, struct fingerprint *ret)
{
    return fingerprint_parse(actr_view_of(text, strlen(text)), ret);
}

static void repeat(char *text, const char *name, size_t count)
{
    char *at = stpcpy(text, name);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, i ? ":Af" : " Af");
}

TEST(text_and_bytes_agree_in_either_case)
{
    static const struct {
        const char *name;
        size_t len;
        enum fingerprint_hash hash;
    } rows[] = {{"sha-256", 32, FINGERPRINT_SHA256},
                {"SHA-384", 48, FINGERPRINT_SHA384},
                {"Sha-512", 64, FINGERPRINT_SHA512}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[FINGERPRINT_TEXT_MAX], again[FINGERPRINT_TEXT_MAX];
        struct fingerprint fingerprint, second;
        repeat(text, rows[i].name, rows[i].len);
        assert_int_equal(parse(text, &fingerprint), 0);
        assert_int_equal(fingerprint.hash, rows[i].hash);
        assert_int_equal(fingerprint.bytes[rows[i].len - 1], 0xaf);
        assert_int_equal(fingerprint_format(&fingerprint, again), strlen(text));
        assert_int_equal(strcasecmp(text, again), 0);
        assert_int_equal(parse(again, &second), 0);
        assert_memory_equal(&second, &fingerprint, sizeof second);
    }
}

TEST(a_fingerprint_of_the_wire_is_written_as_it_was_read)
{
    char text[FINGERPRINT_TEXT_MAX];
    struct fingerprint fingerprint;
    assert_int_equal(parse(capture, &fingerprint), 0);
    fingerprint_format(&fingerprint, text);
    assert_string_equal(text, capture);
}

TEST(malformed_fingerprints_are_refused)
{
    char text[256];
    struct fingerprint fingerprint;
    static const char *const bad[] = {"", " ", "sha-256", "sha-256 ", "sha-256 AB:CD", "sha-256  "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(bad[i], &fingerprint),
                         strcmp(bad[i], " ") == 0 ? ACTR_ENOTIMPL : ACTR_EINVALID);
    repeat(text, "sha-256", 31);
    assert_int_equal(parse(text, &fingerprint), ACTR_EINVALID);
    repeat(text, "sha-256", 33);
    assert_int_equal(parse(text, &fingerprint), ACTR_EINVALID);
    /* Each byte of a good one is broken once. */
    for (size_t i = 8; i < strlen(capture); i++) {
        strcpy(text, capture);
        text[i] = 'g';
        assert_int_equal(parse(text, &fingerprint), ACTR_EINVALID);
    }
}

TEST(hashes_that_no_longer_tell_certificates_apart_are_not_taken)
{
    char text[256];
    struct fingerprint fingerprint;
    repeat(text, "sha-1", 20);
    assert_int_equal(parse(text, &fingerprint), ACTR_ENOTIMPL);
    repeat(text, "md5", 16);
    assert_int_equal(parse(text, &fingerprint), ACTR_ENOTIMPL);
    repeat(text, "sha-999", 32);
    assert_int_equal(parse(text, &fingerprint), ACTR_ENOTIMPL);
}

TEST(a_certificate_is_old_a_day_before_its_end)
{
    struct certificate *certificate = NULL;
    assert_int_equal(certificate_new(NOW, &certificate), 0);
    assert_false(certificate_is_old(certificate, NOW));
    assert_false(certificate_is_old(certificate, NOW + 29 * DAY - 1));
    assert_true(certificate_is_old(certificate, NOW + 29 * DAY));
    assert_true(certificate_is_old(certificate, NOW + 40 * DAY));
    certificate_unref(certificate);
}

TEST(each_certificate_has_its_own_fingerprint_and_lives_while_referred_to)
{
    struct certificate *a = NULL, *b = NULL;
    char text[2][FINGERPRINT_TEXT_MAX];
    assert_int_equal(certificate_new(NOW, &a), 0);
    assert_int_equal(certificate_new(0, &b), 0); /* a clock that was never set */
    struct certificate *again = certificate_ref(a);
    fingerprint_format(certificate_fingerprint(a), text[0]);
    fingerprint_format(certificate_fingerprint(b), text[1]);
    assert_string_not_equal(text[0], text[1]);
    assert_null(certificate_unref(a));
    assert_int_equal(certificate_fingerprint(again)->hash, FINGERPRINT_SHA256);
    assert_null(certificate_unref(again));
    assert_null(certificate_unref(b));
    assert_null(certificate_unref(NULL));
}

TEST(a_certificate_without_memory_is_none)
{
    struct certificate *certificate = NULL;
    mem_fail_at(1);
    assert_int_equal(certificate_new(NOW, &certificate), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(certificate);
}
