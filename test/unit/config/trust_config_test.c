// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* trust_config: anchors as a file writes them. */
#include "config/trust_config.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

#include "base/bytes.h"
#include "config/runtime_config.h"

#define REQUIRED                                                                                   \
    "signaling.url = 'ws://h'\nais_endpoint.url = 'http://h'\ndeployment.realm_id = 101\n"
#define KEY "GX9rI+FshTLGq8g4+s1ep4m+DHaykgM0A5v6iz02jWE="

static struct report report;

static struct runtime_config *config_of(const char *text)
{
    struct source source = {.text = view_text(text), .name = "f", .dir = "/d"};
    struct runtime_config *config = NULL;
    report = (struct report){0};
    int r = runtime_config_parse(&source, &report, &config);
    assert_int_equal(r, report.error_count > 0 ? ACTR_ECONFIG : 0);
    return config;
}

TEST(a_chain_keeps_its_order)
{
    struct runtime_config *config =
        config_of(REQUIRED "[[trust]]\nkind = 'static'\npubkey_b64 = '" KEY "'\n"
                           "[[trust]]\nkind = 'static'\npubkey_file = 'keys/public-key.json'\n"
                           "[[trust]]\nkind = 'registry'\nendpoint = 'https://h/x'\n");
    uint8_t want[32];
    assert_non_null(config);
    assert_int_equal(config->trust.count, 3);
    const struct trust_config *anchor = config->trust.anchors;
    harness_hex("197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61", want, 32);
    assert_int_equal(anchor[0].kind, TRUST_CONFIG_STATIC);
    assert_true(anchor[0].has_pubkey);
    assert_memory_equal(anchor[0].pubkey, want, 32);
    assert_null(anchor[0].pubkey_file);
    assert_null(anchor[0].endpoint);
    assert_int_equal(anchor[1].kind, TRUST_CONFIG_STATIC);
    assert_false(anchor[1].has_pubkey);
    assert_string_equal(anchor[1].pubkey_file, "/d/keys/public-key.json");
    assert_int_equal(anchor[2].kind, TRUST_CONFIG_REGISTRY);
    assert_string_equal(anchor[2].endpoint, "https://h/x");
    assert_null(config->hyper.trust);
    runtime_config_free(config);
}

TEST(registries_stand_beside_the_identity_service)
{
    static const char *const rows[][2] = {
        {"http://h/ais", "http://h"},       {"http://h/ais/", "http://h"},
        {"http://h/", "http://h"},          {"http://h", "http://h"},
        {"http://h/x/ais", "http://h/x"},   {"http://h/aisle", "http://h/aisle"},
        {"http://h/xais", "http://h/xais"}, {"http://h/ais//", "http://h"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), "%s[hyper.trust]\nkind = 'registry'\nendpoint = '%s'\n",
                 REQUIRED, rows[i][0]);
        struct runtime_config *config = config_of(text);
        assert_non_null(config);
        assert_string_equal(config->hyper.trust->endpoint, rows[i][1]);
        runtime_config_free(config);
    }
}

TEST(half_an_anchor_is_an_error)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"[[trust]]\n", "f:1:1: trust.kind is missing; it has no default; "},
        {"[[trust]]\nkind = 'Static'\n",
         "f:2:8: trust.kind is not known; it must be one of static, registry, dev_only; "},
        {"[[trust]]\nkind = 'static'\n", "f:1:1: trust.pubkey_b64 is missing; "},
        {"[[trust]]\nkind = 'registry'\n", "f:1:1: trust.endpoint is missing; "},
        {"[[trust]]\nkind = 'dev_only'\n",
         "f:2:8: trust.kind cannot be dev_only; it switches every check off, "},
        {"[hyper.trust]\nkind = 'static'\n", "f:1:1: hyper.trust.pubkey_b64 is missing; "},
        {"[hyper.trust]\nkind = 'registry'\nendpoint = 'ws://h'\n",
         "f:3:12: hyper.trust.endpoint cannot be used; its scheme is neither http:// nor "},
        {"[[trust]]\nkind = 'static'\npubkey_b64 = 'GX9rI+Fs'\n",
         "f:3:14: trust.pubkey_b64 cannot be used; it is not 32 bytes in base64; "},
        {"[[trust]]\nkind = 'static'\npubkey_b64 = '" KEY "A'\n",
         "f:3:14: trust.pubkey_b64 cannot be used; it is not 32 bytes in base64; "},
        {"[[trust]]\nkind = 'static'\npubkey_file = ''\n",
         "f:3:15: trust.pubkey_file cannot be used; it is empty; "},
        {"[trust]\nkind = 'static'\n",
         "f:1:1: trust is a table; it must be an array of tables; write [[trust]] with a kind "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(config_of(rows[i].text));
        size_t k = 0;
        while (k < report.count &&
               strncmp(report.entries[k].text, rows[i].error, strlen(rows[i].error)) != 0)
            k++;
        if (k == report.count)
            fail_msg("nothing begins with: %s", rows[i].error);
        report_deinit(&report);
    }
}
