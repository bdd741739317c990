// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Bodies of the identity service: vectors, every field both ways, refusals, running out of memory.
 */
#include "protocol/ais.h"

#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "protocol/id.h"
#include "protocol/vectors.h"

#define TYPE_HEX "0a0161 120162 1a0163"
#define ID_HEX "0a02 0807 1009 1a09" TYPE_HEX

static struct actr_type type_of(const char *text)
{
    struct actr_type type;
    assert_int_equal(actr_type_parse(text, &type), 0);
    return type;
}

static struct actr_view hex_view(const char *hex, uint8_t *buf, size_t cap)
{
    return actr_view_of(buf, harness_hex(hex, buf, cap));
}

TEST(ais_least_linked_request)
{
    uint8_t buf[512];
    struct actr_view vector = vectors_bytes("register linked min ", buf);
    struct ais_register_request request;
    struct arena arena;

    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(ais_register_request_decode(vector, &arena, &request), 0);
    assert_string_equal(request.type.name, "echo-service");
    assert_int_equal(request.realm, 101);
    assert_true(request.has_auth_mode);
    assert_int_equal(request.auth_mode, AIS_AUTH_LINKED);
    assert_null(request.service_spec);
    assert_false(request.has_acl || request.has_proof_signed_at);
    assert_null(request.service.ptr);
    assert_null(request.ws_address.ptr);
    assert_null(request.manifest_raw.ptr);
    assert_null(request.mfr_signature.ptr);
    assert_null(request.target.ptr);
    assert_null(request.proof_signature.ptr);
    assert_null(request.proof_nonce.ptr);
    assert_bytes(ais_register_request_encode(&request), vector);

    struct ais_register_request out = {.type = type_of("acme:echo-service:1.0.0"),
                                       .realm = 101,
                                       .has_auth_mode = true,
                                       .auth_mode = AIS_AUTH_LINKED};
    assert_bytes(ais_register_request_encode(&out), vector);
    arena_deinit(&arena);
}

/* A request with everything in it; the hex is written by hand from the field numbers. */
static struct ais_register_request full_request(void)
{
    static struct acl_rule rules[4];
    static struct service_spec_file file;
    static struct service_spec spec;
    static struct actr_view tag;
    rules[0] = (struct acl_rule){ACL_RULE_ALLOW, ACL_RULE_REALM_ID, 7, type_of("a:b:c")};
    rules[1] = (struct acl_rule){ACL_RULE_DENY, ACL_RULE_REALM_ANY, 0, type_of("a:b:c")};
    rules[2] = (struct acl_rule){99, ACL_RULE_REALM_ABSENT, 0, type_of("a:b:c")};
    rules[3] = (struct acl_rule){ACL_RULE_ALLOW, ACL_RULE_REALM_NOT_ANY, 0, type_of("a:b:c")};
    file = (struct service_spec_file){view_text("p"), view_text("c"), view_text("f")};
    tag = view_text("t");
    spec = (struct service_spec){.name = view_text("N"),
                                 .fingerprint = view_text("F"),
                                 .files = &file,
                                 .file_count = 1,
                                 .tags = &tag,
                                 .tag_count = 1};
    return (struct ais_register_request){
        .type = type_of("a:b:c"),
        .realm = 7,
        .service_spec = &spec,
        .has_acl = true,
        .acl = rules,
        .acl_count = 4,
        .service = view_text("s"),
        .ws_address = view_text("w"),
        .manifest_raw = view_text("m"),
        .mfr_signature = view_text("g"),
        .target = view_text("x"),
        .has_auth_mode = true,
        .auth_mode = 300,
        .proof_signature = view_text("i"),
        .has_proof_signed_at = true,
        .proof_signed_at_s = 5,
        .proof_nonce = view_text(""),
    };
}

static const char full_request_hex[] = "0a09" TYPE_HEX "1202 0807"
                                       "1a14 0a014e 1a0146 2209 0a0170 120163 1a0166 320174"
                                       "2242 0a0f 0801 1209" TYPE_HEX "2007"
                                       "0a0f 0800 1209" TYPE_HEX "1801"
                                       "0a0d 0863 1209" TYPE_HEX "0a0f 0801 1209" TYPE_HEX "1800"
                                       "2a0173 320177 52016d 5a0167 6a0178 70ac02 7a0169 800105"
                                       "8a0100";

TEST(ais_full_request)
{
    uint8_t buf[512];
    struct ais_register_request request = full_request(), back;
    struct actr_view wanted = hex_view(full_request_hex, buf, sizeof(buf));
    struct arena arena;

    assert_bytes(ais_register_request_encode(&request), wanted);
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(ais_register_request_decode(wanted, &arena, &back), 0);
    assert_bytes(ais_register_request_encode(&back), wanted);
    assert_int_equal(back.auth_mode, 300); /* unknown numbers are kept */
    assert_int_equal(back.acl_count, 4);
    assert_int_equal(back.acl[0].realm_kind, ACL_RULE_REALM_ID);
    assert_int_equal(back.acl[0].realm, 7);
    assert_int_equal(back.acl[1].realm_kind, ACL_RULE_REALM_ANY);
    assert_int_equal(back.acl[2].permission, 99);
    assert_int_equal(back.acl[2].realm_kind, ACL_RULE_REALM_ABSENT);
    assert_int_equal(back.acl[3].realm_kind, ACL_RULE_REALM_NOT_ANY);
    assert_text(back.service_spec->files[0].content, "c");
    assert_text(back.proof_nonce, "");
    assert_int_equal(back.proof_signed_at_s, 5);
    arena_deinit(&arena);
}

TEST(ais_empty_acl_is_not_absent)
{
    uint8_t buf[64];
    struct ais_register_request request = {.type = type_of("a:b:c"), .realm = 7, .has_acl = true};
    struct actr_view wanted = hex_view("0a09" TYPE_HEX "1202 0807 2200", buf, sizeof(buf));
    struct ais_register_request back;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    assert_bytes(ais_register_request_encode(&request), wanted);
    assert_int_equal(ais_register_request_decode(wanted, &arena, &back), 0);
    assert_true(back.has_acl);
    assert_int_equal(back.acl_count, 0);
    arena_deinit(&arena);
}

static struct ais_response success(void)
{
    struct ais_response response = {.result = AIS_RESULT_SUCCESS,
                                    .success = {.credential = {1, view_text("c"), view_text("s")},
                                                .turn = {view_text("u"), view_text("p"), 4},
                                                .has_credential_expires_at = true,
                                                .credential_expires_at_s = 5,
                                                .heartbeat_interval_s = 30,
                                                .signing_pubkey = view_text("k"),
                                                .signing_key_id = 1,
                                                .renewal_token = view_text("r"),
                                                .has_renewal_token_expires_at = true,
                                                .renewal_token_expires_at_s = 0}};
    assert_int_equal(actr_id_parse("9@7/a:b:c", &response.success.id), 0);
    return response;
}

static const char success_hex[] =
    "0a37 0a11" ID_HEX "1208 0801 120163 1a0173 1a08 0a0175 120170 1804"
    "2202 0805 281e 32016b 3801 620172 6a00";

TEST(ais_success)
{
    uint8_t buf[128];
    struct ais_response response = success(), back;
    struct actr_view wanted = hex_view(success_hex, buf, sizeof(buf));
    struct arena arena;
    assert_bytes(ais_response_encode(&response), wanted);
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(ais_response_decode(wanted, &arena, &back), 0);
    assert_bytes(ais_response_encode(&back), wanted);
    assert_int_equal(back.result, AIS_RESULT_SUCCESS);
    assert_true(actr_id_equal(&back.success.id, &response.success.id));
    assert_int_equal(back.success.turn.expires_at_s, 4);
    assert_int_equal(back.success.credential_expires_at_s, 5);
    assert_true(back.success.has_renewal_token_expires_at); /* present, and zero */
    assert_int_equal(back.success.renewal_token_expires_at_s, 0);
    arena_deinit(&arena);
}

TEST(ais_times_drop_the_fraction)
{
    /* The same success, with 999,999,999 ns in its first Timestamp. */
    uint8_t buf[128];
    struct ais_response back;
    struct arena arena;
    struct actr_view bytes =
        hex_view("0a3d 0a11" ID_HEX "1208 0801 120163 1a0173 1a08 0a0175 120170 1804"
                 "2208 0805 10ff93ebdc03 281e 32016b 3801 620172 6a00",
                 buf, sizeof(buf));
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(ais_response_decode(bytes, &arena, &back), 0);
    assert_int_equal(back.success.credential_expires_at_s, 5);
    arena_deinit(&arena);
}

TEST(ais_error_and_none)
{
    uint8_t buf[64];
    struct ais_response response = {.result = AIS_RESULT_ERROR, .error = {403, view_text("no")}};
    struct ais_response back;
    struct actr_view wanted = hex_view("1207 089303 12026e6f", buf, sizeof(buf));
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    assert_bytes(ais_response_encode(&response), wanted);
    assert_int_equal(ais_response_decode(wanted, &arena, &back), 0);
    assert_int_equal(back.result, AIS_RESULT_ERROR);
    assert_int_equal(back.error.code, 403);
    assert_text(back.error.message, "no");

    assert_int_equal(ais_response_decode((struct actr_view){0}, &arena, &back), 0);
    assert_int_equal(back.result, AIS_RESULT_NONE);
    struct actr_bytes none = ais_response_encode(&back);
    assert_int_equal(none.len, 0);
    assert_false(actr_bytes_failed(none));
    actr_bytes_unref(none);

    /* Both: the last one counts. */
    wanted = hex_view("1207 089303 12026e6f 1203 0805 12", buf, sizeof(buf));
    assert_int_equal(ais_response_decode(wanted, &arena, &back), ACTR_EDECODE);
    wanted = hex_view("1207 089303 12026e6f 1204 0805 1200", buf, sizeof(buf));
    assert_int_equal(ais_response_decode(wanted, &arena, &back), 0);
    assert_int_equal(back.error.code, 5);
    arena_deinit(&arena);
}

TEST(ais_renew)
{
    uint8_t buf[64];
    struct ais_renew_request request = {.renewal_token = view_text("tok")}, back;
    struct actr_view wanted = hex_view("0a11" ID_HEX "1203 746f6b", buf, sizeof(buf));
    struct arena arena;
    assert_int_equal(actr_id_parse("9@7/a:b:c", &request.id), 0);
    arena_init(&arena, (size_t)1 << 20);
    assert_bytes(ais_renew_request_encode(&request), wanted);
    assert_int_equal(ais_renew_request_decode(wanted, &arena, &back), 0);
    assert_true(actr_id_equal(&back.id, &request.id));
    assert_text(back.renewal_token, "tok");
    arena_deinit(&arena);
}

TEST(ais_refused)
{
    static const char *const requests[] = {
        "",
        "0a09" TYPE_HEX,                            /* no realm */
        "1202 0807",                                /* no type */
        "0a09" TYPE_HEX "1200",                     /* a realm without number */
        "0a09 0a0131 120162 1a0163 1202 0807",      /* a manufacturer that is none */
        "0a09" TYPE_HEX "1202 0807 7001 7201",      /* cut */
        "0a09" TYPE_HEX "1202 0807 720101",         /* auth mode as bytes */
        "0a09" TYPE_HEX "1202 0807 1a03 0a014e",    /* a spec without fingerprint */
        "0a09" TYPE_HEX "1202 0807 2204 0a02 0801", /* a rule without type */
        "0a09" TYPE_HEX "1202 0807 220f 0a0d 0801 1209 0a0131 120162 1a0163", /* of a bad type */
    };
    static const char *const responses[] = {
        "0a00",      /* success without anything */
        "0a02 0807", /* cut off */
        "1200",      /* error without code */
        ("0a37 0a11 0a02 0807 1009 1a09 0a0131 120162 1a0163 1208 0801 120163 1a0173 1a08 0a0175"
         "120170 1804 2202 0805 281e 32016b 3801 620172 6a00"), /* an id that is none */
    };
    static const char *const renewals[] = {"", "0a11" ID_HEX, "1200",
                                           "0a11 0a02 0807 1009 1a09 0a0131 120162 1a0163 1200"};
    struct arena arena;
    struct ais_register_request request = {.realm = 5};
    struct ais_response response = {.result = AIS_RESULT_ERROR};
    struct ais_renew_request renewal = {.id = {.realm = 5}};
    uint8_t buf[128];
    arena_init(&arena, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        assert_int_equal(
            ais_register_request_decode(hex_view(requests[i], buf, sizeof(buf)), &arena, &request),
            ACTR_EDECODE);
    for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++)
        assert_int_equal(
            ais_response_decode(hex_view(responses[i], buf, sizeof(buf)), &arena, &response),
            ACTR_EDECODE);
    for (size_t i = 0; i < sizeof(renewals) / sizeof(renewals[0]); i++)
        assert_int_equal(
            ais_renew_request_decode(hex_view(renewals[i], buf, sizeof(buf)), &arena, &renewal),
            ACTR_EDECODE);
    assert_int_equal(request.realm, 5);
    assert_int_equal(response.result, AIS_RESULT_ERROR);
    assert_int_equal(renewal.id.realm, 5);
    arena_deinit(&arena);
}

TEST(ais_out_of_memory)
{
    uint8_t buf[512];
    struct ais_register_request request = full_request(), back;
    struct ais_response response = success(), response_back;
    struct actr_view bytes = hex_view(full_request_hex, buf, sizeof(buf));
    struct arena arena;
    size_t refused = 0;

    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_true(actr_bytes_failed(ais_register_request_encode(&request)));
        mem_fail_at(n);
        assert_true(actr_bytes_failed(ais_response_encode(&response)));
    }
    mem_fail_at(0);
    for (size_t max = 0;; max += 16, refused++) {
        arena_init(&arena, max);
        int r = ais_register_request_decode(bytes, &arena, &back);
        arena_deinit(&arena);
        if (r == 0)
            break;
        assert_int_equal(r, ACTR_ENOMEM);
    }
    assert_true(refused > 50);
    bytes = hex_view(success_hex, buf, sizeof(buf));
    arena_init(&arena, 256);
    assert_int_equal(ais_response_decode(bytes, &arena, &response_back), ACTR_ENOMEM);
    arena_deinit(&arena);
}
