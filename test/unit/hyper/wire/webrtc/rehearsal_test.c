// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/rehearsal.h"

#include "base/mem.h"
#include "harness.h"
#include "hyper/wire/webrtc/certificate.h"
#include "hyper/wire/webrtc/dtls.h"

#define NOW_S UINT64_C(1700000000)
#define NOW_US UINT64_C(1000000)

static struct certificate *certificate;
static struct dtls_context *context;

static void begin(void)
{
    assert_int_equal(certificate_new(NOW_S, &certificate), 0);
    assert_int_equal(dtls_context_new(certificate, &context), 0);
}

static void end(void)
{
    context = dtls_context_unref(context);
    certificate_unref(certificate);
}

TEST(a_rehearsal_succeeds_and_leaves_nothing)
{
    begin();
    for (int i = 0; i < 3; i++)
        assert_true(rehearsal_run(context, certificate_fingerprint(certificate), NOW_US));
    end();
}

TEST(a_rehearsal_with_somebody_else_does_not_succeed)
{
    begin();
    struct fingerprint other = *certificate_fingerprint(certificate);
    other.bytes[0] ^= 1;
    assert_false(rehearsal_run(context, &other, NOW_US));
    assert_true(rehearsal_run(context, certificate_fingerprint(certificate), NOW_US));
    end();
}

TEST(a_rehearsal_without_memory_ends)
{
    bool ok = false;
    begin();
    for (size_t at = 1; !ok; at++) {
        assert_true(at < 200);
        mem_fail_at(at);
        ok = rehearsal_run(context, certificate_fingerprint(certificate), NOW_US);
        mem_fail_at(0);
    }
    end();
}
