// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The URL of the signaling socket, against a golden one of the existing system. */
#include "hyper/signaling/dial_url.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "harness.h"
#include "hyper/signaling/session_state.h"

static const char golden[] =
    "actor_id=1a2b3c%40101%2Facme%3Aecho-service%3A1.0.0&key_id=1&claims="
    "CGUSIjFhMmIzY0AxMDEvYWNtZTplY2hvLXNlcnZpY2U6MS4wLjAYgKSn2gY%3D&signature="
    "Kc1huoeTqH3alttz5evrQq%2BYPdOfXA7TPYwY4VjXzABpMK%2BkEE%2FOLzZKpJ%2FbSSbR58CYxyfgbBT6i4%2BSI8oU"
    "Cw%3D%3D";

static struct session_state session_golden(void)
{
    uint8_t claims[64], signature[64];
    size_t claims_len = harness_hex("08651222316132623363403130312f61636d653a6563686f2d736572766963"
                                    "653a312e302e301880a4a7da06",
                                    claims, sizeof claims);
    size_t signature_len =
        harness_hex("29cd61ba8793a87dda96db73e5ebeb42af983dd39f5c0ed33d8c18e158d7cc006930afa4104f"
                    "ce2f364aa49fdb4926d1e7c098c727e06c14fa8b8f9223ca140b",
                    signature, sizeof signature);
    struct session_state session = {
        .key_id = 1,
        .claims = actr_bytes_copy(actr_view_of(claims, claims_len)),
        .signature = actr_bytes_copy(actr_view_of(signature, signature_len)),
    };
    assert_int_equal(actr_id_parse("1a2b3c@101/acme:echo-service:1.0.0", &session.identity.id), 0);
    return session;
}

static void check(const char *base, bool wants_answer, const char *prefix, const char *suffix)
{
    struct session_state session = session_golden();
    char wanted[1024];
    assert_int_equal(dial_url_check(base), 0);
    char *url = dial_url_new(base, &session, wants_answer);
    snprintf(wanted, sizeof wanted, "%s%s%s", prefix, golden, suffix);
    assert_string_equal(url, wanted);
    mem_free(url);
    session_deinit(&session);
}

TEST(identity_in_the_query)
{
    check("ws://host:8081/signaling/ws", false, "ws://host:8081/signaling/ws?", "");
    check("wss://host/signaling/ws", true, "wss://host/signaling/ws?", "&webrtc_role=answer");
}

TEST(what_the_configured_url_has_stays)
{
    check("ws://host/s?tenant=a", false, "ws://host/s?tenant=a&", "");
    check("ws://host/s?", false, "ws://host/s?", "");
    check("ws://host", false, "ws://host/?", "");
    check("ws://host?a=b", false, "ws://host?a=b&", "");
    check("ws://host/s#part", false, "ws://host/s?", "");
}

TEST(only_websocket_urls)
{
    assert_int_equal(dial_url_check("http://host/"), ACTR_ECONFIG);
    assert_int_equal(dial_url_check("host:80"), ACTR_ECONFIG);
    assert_int_equal(dial_url_check("ws://user:secret@host/"), ACTR_ECONFIG);
    assert_int_equal(dial_url_check(""), ACTR_ECONFIG);
}

TEST(without_memory_there_is_none)
{
    struct session_state session = session_golden();
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_null(dial_url_new("ws://host/", &session, false));
        mem_fail_at(0);
    }
    session_deinit(&session);
}
