// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The manufacturer's proof, to the byte. */
#include "protocol/proof.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/text.h"
#include "protocol/vectors.h"
#include "sys/crypto.h"

static struct actr_type type;

static struct proof sample(void)
{
    assert_int_equal(actr_type_parse("acme:echo:1.2.3", &type), 0);
    return (struct proof){.type = &type,
                          .target = view_text("x86_64-unknown-linux-gnu"),
                          .manifest_sha256 = view_text("abc123"),
                          .nonce = actr_view_of("\xab\xcd", 2),
                          .signed_at_s = 1782200000,
                          .realm = 7};
}

TEST(proof_vector)
{
    struct proof proof = sample();
    AUTO_BYTES struct actr_bytes text = proof_text(&proof);
    assert_text(actr_bytes_view(text), "ACTR-MANUFACTURER-REGISTER-V1\n"
                                       "auth_mode=package\n"
                                       "realm=7\n"
                                       "actr_type=acme:echo:1.2.3\n"
                                       "target=x86_64-unknown-linux-gnu\n"
                                       "manifest_sha256=abc123\n"
                                       "manufacturer_auth_signed_at=1782200000\n"
                                       "manufacturer_auth_nonce=abcd");
    assert_int_equal(text.len, 204);

    char line[512];
    char hex[2 * CRYPTO_SHA256_LEN + 1];
    uint8_t digest[CRYPTO_SHA256_LEN];
    vectors_line("proof ", line, sizeof(line));
    assert_int_equal(crypto_sha256(actr_bytes_view(text), digest), 0);
    text_hex_encode(digest, sizeof(digest), hex);
    assert_non_null(strstr(line, hex));
}

TEST(proof_longest_parts_fit)
{
    static char long_text[5000];
    struct proof proof = sample();
    memset(type.manufacturer, 'm', ACTR_NAME_MAX);
    memset(type.name, 'n', ACTR_NAME_MAX);
    memset(type.version, 'v', ACTR_VERSION_MAX);
    memset(long_text, 't', sizeof(long_text));
    proof.target = proof.manifest_sha256 = proof.nonce = actr_view_of(long_text, sizeof(long_text));
    proof.signed_at_s = UINT64_MAX;
    proof.realm = UINT32_MAX;
    AUTO_BYTES struct actr_bytes text = proof_text(&proof);
    assert_false(actr_bytes_failed(text));
    assert_memory_equal(text.ptr + text.len - 4, "7474", 4); /* the nonce's last two bytes */
    assert_true(text.len > 4 * sizeof(long_text));
}

TEST(proof_out_of_memory)
{
    struct proof proof = sample();
    mem_fail_at(1);
    assert_true(actr_bytes_failed(proof_text(&proof)));
}
