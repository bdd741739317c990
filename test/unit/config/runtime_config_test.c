// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* runtime_config: every key read, every wrong key and type refused at its place, and what depends
 * on several keys. */
#include "config/runtime_config.h"

#include <string.h>

#include "harness.h"

#include "base/bytes.h"
#include "base/mem.h"

/* One attempt at reading a text as /etc/node/actr.toml. */
struct attempt {
    struct report report;
    struct runtime_config *config;
    int r;
};

static struct attempt attempt_of(const char *text)
{
    struct source source = {.text = view_text(text), .name = "actr.toml", .dir = "/etc/node"};
    struct attempt attempt = {0};
    attempt.r = runtime_config_parse(&source, &attempt.report, &attempt.config);
    return attempt;
}

static void attempt_end(struct attempt *attempt)
{
    report_deinit(&attempt->report);
    attempt->config = runtime_config_free(attempt->config);
}

static struct attempt good(const char *text)
{
    struct attempt attempt = attempt_of(text);
    if (attempt.r != 0)
        fail_msg("%s", actr_errmsg());
    return attempt;
}

/* The text begins so, and is `file:line:col: what; why; fix`. */
static void assert_entry(const struct attempt *attempt, enum report_level level, const char *begin)
{
    for (size_t i = 0; i < attempt->report.count; i++) {
        const struct report_entry *entry = &attempt->report.entries[i];
        if (strncmp(entry->text, begin, strlen(begin)) != 0)
            continue;
        assert_int_equal(entry->level, level);
        const char *why = strstr(entry->text, "; ");
        assert_non_null(why);
        assert_non_null(strstr(why + 2, "; "));
        return;
    }
    for (size_t i = 0; i < attempt->report.count; i++)
        print_error("%s\n", attempt->report.entries[i].text);
    fail_msg("nothing begins with: %s", begin);
}

#define REQUIRED                                                                                   \
    "[signaling]\nurl = \"ws://localhost:8081/signaling/ws\"\n"                                    \
    "[ais_endpoint]\nurl = \"http://localhost:8081/ais\"\n"                                        \
    "[deployment]\nrealm_id = 1001\n"

TEST(required_keys_are_enough)
{
    struct attempt attempt = good(REQUIRED);
    const struct runtime_config *config = attempt.config;
    assert_int_equal(attempt.report.count, 0);
    assert_int_equal(config->edition, 1);
    assert_string_equal(config->signaling.url, "ws://localhost:8081/signaling/ws");
    assert_string_equal(config->ais_endpoint.url, "http://localhost:8081/ais");
    assert_int_equal(config->deployment.realm_id, 1001);
    assert_null(config->deployment.realm_secret);
    assert_null(config->deployment.ais_endpoint);
    assert_true(config->discovery.visible);
    assert_null(config->storage.mailbox_path);
    assert_int_equal(config->webrtc.stun_urls.count, 0);
    assert_int_equal(config->webrtc.turn_urls.count, 0);
    assert_int_equal(config->webrtc.public_ips.count, 0);
    assert_false(config->webrtc.force_relay);
    assert_false(config->webrtc.has_port_range);
    assert_false(config->webrtc.has_ice_udp_mux_port);
    assert_false(config->webrtc.prefers_answer);
    assert_int_equal(config->webrtc.ice_host_acceptance_min_wait, 0);
    assert_int_equal(config->webrtc.ice_srflx_acceptance_min_wait, 20);
    assert_int_equal(config->webrtc.ice_prflx_acceptance_min_wait, 40);
    assert_int_equal(config->webrtc.ice_relay_acceptance_min_wait, 100);
    assert_false(config->websocket.has_listen_port);
    assert_string_equal(config->websocket.bind, "0.0.0.0");
    assert_string_equal(config->websocket.advertised_host, "127.0.0.1");
    assert_null(config->websocket.tls_cert);
    assert_null(config->websocket.tls_key);
    assert_null(config->observability.filter_level);
    assert_false(config->observability.tracing_enabled);
    assert_string_equal(config->observability.tracing_endpoint, "http://localhost:4317");
    assert_null(config->observability.tracing_service_name);
    assert_false(config->capabilities.has_max_concurrent_requests);
    assert_null(config->capabilities.version_range);
    assert_null(config->capabilities.region);
    assert_int_equal(config->capabilities.tags.count, 0);
    assert_false(config->acl.is_present);
    assert_int_equal(config->scripts.count, 0);
    assert_null(config->package.path);
    assert_int_equal(config->trust.count, 0);
    assert_int_equal(config->web.port, 8080);
    assert_string_equal(config->web.host, "0.0.0.0");
    assert_string_equal(config->web.static_dir, "/etc/node/public");
    assert_null(config->web.package_url);
    assert_null(config->web.runtime_wasm_url);
    assert_null(config->hyper.data_dir);
    assert_string_equal(config->hyper.storage_path_template, "{data_dir}/{actr_type}");
    assert_null(config->hyper.trust);
    attempt_end(&attempt);
    assert_null(runtime_config_free(NULL));
}

/* Every key, none with its default. */
static const char everything[] =
    "edition = 1\n"
    "[signaling]\nurl = \"wss://signal.example/ws\"\n"
    "[ais_endpoint]\nurl = \"https://ais.example\"\n"
    "[deployment]\nrealm_id = 4294967295\nrealm_secret = \"s3cret\"\nais_endpoint = \"x\"\n"
    "[discovery]\nvisible = false\n"
    "[storage]\nmailbox_path = \"./data/mailbox.db\"\n"
    "[webrtc]\nstun_urls = [\"stun:a\", \"stuns:b:1\"]\nturn_urls = [\"turn:c?transport=udp\"]\n"
    "force_relay = true\nice_host_acceptance_min_wait = 1\nice_srflx_acceptance_min_wait = 2\n"
    "ice_prflx_acceptance_min_wait = 3\nice_relay_acceptance_min_wait = 3600000\n"
    "port_range_start = 1\nport_range_end = 65535\npublic_ips = [\"203.0.113.7\", "
    "\"2001:db8::7\"]\n"
    "ice_udp_mux_port = 5\n"
    "[websocket]\nlisten_port = 0\nbind = \"::1\"\nadvertised_host = \"[2001:db8::1]\"\n"
    "tls_cert = \"tls/cert.pem\"\ntls_key = \"/tls/key.pem\"\n"
    "[observability]\nfilter_level = \"debug,hyper=trace\"\ntracing_enabled = true\n"
    "tracing_endpoint = \"https://otel\"\ntracing_service_name = \"echo\"\n"
    "[capabilities]\nmax_concurrent_requests = 0\nversion_range = \">=1\"\nregion = \"eu\"\n"
    "tags = { stage = \"test\", \"a b\" = \"\" }\n"
    "[acl]\nrules = [{ permission = \"DENY\", type = \"acme:Bad:1.0.0\" }]\n"
    "[scripts]\nstart = \"make run\"\n"
    "[package]\npath = \"../dist/echo.actr\"\n"
    "[[trust]]\nkind = \"static\"\npubkey_b64 = \"GX9rI+FshTLGq8g4+s1ep4m+DHaykgM0A5v6iz02jWE=\"\n"
    "[[trust]]\nkind = \"registry\"\nendpoint = \"http://localhost:8081/ais/\"\n"
    "[web]\nport = 81\nhost = \"localhost\"\nstatic_dir = \"www\"\npackage_url = \"/p.actr\"\n"
    "runtime_wasm_url = \"https://cdn.example/actr.wasm\"\n"
    "[hyper]\ndata_dir = \".\"\nstorage_path_template = \"{data_dir}/{env.X}\"\n"
    "[hyper.trust]\nkind = \"dev_only\"\n";

TEST(every_key_is_read)
{
    struct attempt attempt = good(everything);
    const struct runtime_config *config = attempt.config;
    assert_int_equal(attempt.report.count, 1); /* the mux port beside a range */
    assert_string_equal(config->signaling.url, "wss://signal.example/ws");
    assert_string_equal(config->ais_endpoint.url, "https://ais.example");
    assert_int_equal(config->deployment.realm_id, UINT32_MAX);
    assert_string_equal(config->deployment.realm_secret, "s3cret");
    assert_string_equal(config->deployment.ais_endpoint, "x");
    assert_false(config->discovery.visible);
    assert_string_equal(config->storage.mailbox_path, "/etc/node/data/mailbox.db");
    assert_int_equal(config->webrtc.stun_urls.count, 2);
    assert_string_equal(config->webrtc.stun_urls.items[0], "stun:a");
    assert_string_equal(config->webrtc.stun_urls.items[1], "stuns:b:1");
    assert_int_equal(config->webrtc.turn_urls.count, 1);
    assert_string_equal(config->webrtc.turn_urls.items[0], "turn:c?transport=udp");
    assert_true(config->webrtc.force_relay);
    assert_int_equal(config->webrtc.ice_host_acceptance_min_wait, 1);
    assert_int_equal(config->webrtc.ice_srflx_acceptance_min_wait, 2);
    assert_int_equal(config->webrtc.ice_prflx_acceptance_min_wait, 3);
    assert_int_equal(config->webrtc.ice_relay_acceptance_min_wait, 3600000);
    assert_true(config->webrtc.has_port_range);
    assert_int_equal(config->webrtc.port_range_start, 1);
    assert_int_equal(config->webrtc.port_range_end, 65535);
    assert_int_equal(config->webrtc.public_ips.count, 2);
    assert_string_equal(config->webrtc.public_ips.items[1], "2001:db8::7");
    assert_true(config->webrtc.prefers_answer);
    assert_true(config->webrtc.has_ice_udp_mux_port);
    assert_int_equal(config->webrtc.ice_udp_mux_port, 5);
    assert_true(config->websocket.has_listen_port);
    assert_int_equal(config->websocket.listen_port, 0);
    assert_string_equal(config->websocket.bind, "::1");
    assert_string_equal(config->websocket.advertised_host, "[2001:db8::1]");
    assert_string_equal(config->websocket.tls_cert, "/etc/node/tls/cert.pem");
    assert_string_equal(config->websocket.tls_key, "/tls/key.pem");
    assert_string_equal(config->observability.filter_level, "debug,hyper=trace");
    assert_true(config->observability.tracing_enabled);
    assert_string_equal(config->observability.tracing_endpoint, "https://otel");
    assert_string_equal(config->observability.tracing_service_name, "echo");
    assert_true(config->capabilities.has_max_concurrent_requests);
    assert_int_equal(config->capabilities.max_concurrent_requests, 0);
    assert_string_equal(config->capabilities.version_range, ">=1");
    assert_string_equal(config->capabilities.region, "eu");
    assert_int_equal(config->capabilities.tags.count, 2);
    assert_string_equal(config->capabilities.tags.items[0].name, "stage");
    assert_string_equal(config->capabilities.tags.items[0].value, "test");
    assert_string_equal(config->capabilities.tags.items[1].name, "a b");
    assert_string_equal(config->capabilities.tags.items[1].value, "");
    assert_true(config->acl.is_present);
    assert_int_equal(config->acl.rule_count, 1);
    assert_int_equal(config->acl.rules[0].permission, ACL_RULE_DENY);
    assert_int_equal(config->acl.rules[0].realm, UINT32_MAX);
    assert_int_equal(config->scripts.count, 1);
    assert_string_equal(config->scripts.items[0].name, "start");
    assert_string_equal(config->scripts.items[0].value, "make run");
    assert_string_equal(config->package.path, "/etc/node/../dist/echo.actr");
    assert_int_equal(config->trust.count, 2);
    assert_int_equal(config->trust.anchors[0].kind, TRUST_CONFIG_STATIC);
    assert_string_equal(config->trust.anchors[1].endpoint, "http://localhost:8081");
    assert_int_equal(config->web.port, 81);
    assert_string_equal(config->web.host, "localhost");
    assert_string_equal(config->web.static_dir, "/etc/node/www");
    assert_string_equal(config->web.package_url, "/p.actr");
    assert_string_equal(config->web.runtime_wasm_url, "https://cdn.example/actr.wasm");
    assert_string_equal(config->hyper.data_dir, "/etc/node");
    assert_string_equal(config->hyper.storage_path_template, "{data_dir}/{env.X}");
    assert_non_null(config->hyper.trust);
    assert_int_equal(config->hyper.trust->kind, TRUST_CONFIG_DEV_ONLY);
    attempt_end(&attempt);
}

TEST(values_that_no_key_takes)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"edition = 2\n", "actr.toml:1:11: edition is 2; only 1 is known; "},
        {"edition = 0\n", "actr.toml:1:11: edition is 0; only 1 is known; "},
        {"[signaling]\nurl = \"http://h\"\n",
         "actr.toml:2:7: signaling.url cannot be used; its scheme is neither ws:// nor wss://; "},
        {"[signaling]\nurl = \"localhost:8081\"\n",
         "actr.toml:2:7: signaling.url cannot be used; its scheme is not known; "},
        {"[ais_endpoint]\nurl = \"ws://h\"\n",
         "actr.toml:2:7: ais_endpoint.url cannot be used; its scheme is neither http"},
        {"[ais_endpoint]\nurl = \"http://user:pass@h\"\n",
         "actr.toml:2:7: ais_endpoint.url cannot be used; it has a user name or password"},
        {"[deployment]\nrealm_id = -1\n",
         "actr.toml:2:12: deployment.realm_id is -1; it must be a number from 0 to 4294967295; "},
        {"[deployment]\nrealm_id = 4294967296\n",
         "actr.toml:2:12: deployment.realm_id is 4294967296; "},
        {"[deployment]\nrealm_secret = \"a\\r\\nb\"\n",
         "actr.toml:2:16: deployment.realm_secret cannot be used; it travels in an HTTP header"},
        {"[deployment]\nrealm_secret = \"\"\n",
         "actr.toml:2:16: deployment.realm_secret cannot be used; it is empty; "},
        {"[storage]\nmailbox_path = \"\"\n",
         "actr.toml:2:16: storage.mailbox_path cannot be used; it is empty; "},
        {"[webrtc]\nstun_urls = [\"stun:a\",\n \"turn:b\"]\n",
         "actr.toml:3:2: webrtc.stun_urls cannot be used; its scheme is neither stun: nor stuns:"},
        {"[webrtc]\nturn_urls = [\"stun:a\"]\n",
         "actr.toml:2:14: webrtc.turn_urls cannot be used; its scheme is neither turn: nor turns:"},
        {"[webrtc]\nport_range_start = 0\n",
         "actr.toml:2:20: webrtc.port_range_start is 0; it must be a number from 1 to 65535; "},
        {"[webrtc]\nport_range_end = 65536\n", "actr.toml:2:18: webrtc.port_range_end is 65536; "},
        {"[webrtc]\nice_udp_mux_port = 0\n", "actr.toml:2:20: webrtc.ice_udp_mux_port is 0; "},
        {"[webrtc]\nice_host_acceptance_min_wait = 3600001\n",
         "actr.toml:2:32: webrtc.ice_host_acceptance_min_wait is 3600001; "},
        {"[webrtc]\npublic_ips = [\"1.2.3\"]\n",
         "actr.toml:2:15: webrtc.public_ips cannot be used; it is no IP address; "},
        {"[websocket]\nlisten_port = 65536\n",
         "actr.toml:2:15: websocket.listen_port is 65536; it must be a number from 0 to 65535; "},
        {"[websocket]\nbind = \"localhost\"\n",
         "actr.toml:2:8: websocket.bind cannot be used; it is no IP address; "},
        {"[websocket]\nadvertised_host = \"h:80\"\n",
         "actr.toml:2:19: websocket.advertised_host cannot be used; it is more than a host; "},
        {"[websocket]\nadvertised_host = \"h/x\"\n",
         "actr.toml:2:19: websocket.advertised_host cannot be used; it is more than a host; "},
        {"[websocket]\nadvertised_host = \"ws://h\"\n",
         "actr.toml:2:19: websocket.advertised_host cannot be used; "},
        {"[websocket]\nadvertised_host = \"\"\n",
         "actr.toml:2:19: websocket.advertised_host cannot be used; it has no host; "},
        {"[observability]\ntracing_endpoint = \"localhost:4317\"\n",
         "actr.toml:2:20: observability.tracing_endpoint cannot be used; "},
        {"[observability]\ntracing_service_name = \"\"\n",
         "actr.toml:2:24: observability.tracing_service_name cannot be used; it is empty; "},
        {"[capabilities]\nmax_concurrent_requests = -5\n",
         "actr.toml:2:27: capabilities.max_concurrent_requests is -5; "},
        {"[web]\npackage_url = \"p.actr\"\n",
         "actr.toml:2:15: web.package_url cannot be used; it has no scheme such as http://; "},
        {"[hyper]\nstorage_path_template = \"{data_dri}\"\n",
         "actr.toml:2:25: hyper.storage_path_template cannot be used; it has a variable other "},
        {"[storage]\nhyper_data_dir = \"x\"\n",
         "actr.toml:2:1: storage.hyper_data_dir does not belong here; it is a key of the user "},
        {"a = \n", "actr.toml:1:5: this is no TOML; "},
        {"[webrtc]\n[webrtc]\n", "actr.toml:2:1: this is no TOML; "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct attempt attempt = attempt_of(rows[i].text);
        assert_int_equal(attempt.r, ACTR_ECONFIG);
        assert_null(attempt.config);
        assert_entry(&attempt, REPORT_ERROR, rows[i].error);
        attempt_end(&attempt);
    }
}

TEST(missing_keys_are_reported_where_they_belong)
{
    struct attempt attempt = attempt_of("edition = 1\n[deployment]\nrealm_secret = \"x\"\n");
    assert_int_equal(attempt.r, ACTR_ECONFIG);
    assert_int_equal(attempt.report.error_count, 3);
    assert_entry(&attempt, REPORT_ERROR,
                 "actr.toml:1:1: signaling.url is missing; it has no default; write url = "
                 "\"ws://localhost:8081/signaling/ws\" under [signaling]");
    assert_entry(&attempt, REPORT_ERROR, "actr.toml:1:1: ais_endpoint.url is missing; ");
    assert_entry(&attempt, REPORT_ERROR, "actr.toml:2:1: deployment.realm_id is missing; ");
    attempt_end(&attempt);
    attempt = attempt_of("[acl]\n" REQUIRED);
    assert_int_equal(attempt.report.error_count, 1);
    assert_entry(&attempt, REPORT_ERROR, "actr.toml:1:1: acl.rules is missing; ");
    attempt_end(&attempt);
}

TEST(keys_that_depend_on_each_other)
{
    static const struct {
        const char *text, *entry;
        enum report_level level;
    } rows[] = {
        {REQUIRED "[webrtc]\nport_range_start = 5\n",
         "actr.toml:8:20: webrtc.port_range_start is set and webrtc.port_range_end is not; ",
         REPORT_ERROR},
        {REQUIRED "[webrtc]\nport_range_end = 5\n",
         "actr.toml:8:18: webrtc.port_range_end is set and webrtc.port_range_start is not; ",
         REPORT_ERROR},
        {REQUIRED "[webrtc]\nport_range_start = 5\nport_range_end = 5\n",
         "actr.toml:8:20: webrtc.port_range_start is not below webrtc.port_range_end; ",
         REPORT_ERROR},
        {REQUIRED "[webrtc]\nport_range_start = 5\nport_range_end = 6\nice_udp_mux_port = 9\n",
         "actr.toml:10:20: webrtc.ice_udp_mux_port is set beside a port range; ", REPORT_WARNING},
        {REQUIRED "[webrtc]\npublic_ips = [\"192.0.2.1\"]\n",
         "actr.toml:8:14: webrtc.public_ips is set without fixed ports; ", REPORT_WARNING},
        {REQUIRED "[websocket]\ntls_cert = \"c\"\n",
         "actr.toml:8:12: websocket.tls_cert is set and websocket.tls_key is not; ", REPORT_ERROR},
        {REQUIRED "[websocket]\ntls_key = \"k\"\n",
         "actr.toml:8:11: websocket.tls_key is set and websocket.tls_cert is not; ", REPORT_ERROR},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct attempt attempt = attempt_of(rows[i].text);
        assert_int_equal(attempt.report.count, 1);
        assert_int_equal(attempt.r, rows[i].level == REPORT_ERROR ? ACTR_ECONFIG : 0);
        assert_entry(&attempt, rows[i].level, rows[i].entry);
        attempt_end(&attempt);
    }
}

TEST(fixed_networks_prefer_to_answer)
{
    struct attempt attempt = good(REQUIRED "[webrtc]\nport_range_start = 5\nport_range_end = 6\n");
    assert_true(attempt.config->webrtc.prefers_answer);
    attempt_end(&attempt);
    attempt = good(REQUIRED "[webrtc]\npublic_ips = [\"192.0.2.1\"]\nice_udp_mux_port = 9\n");
    assert_int_equal(attempt.report.count, 0);
    assert_true(attempt.config->webrtc.prefers_answer);
    attempt_end(&attempt);
    attempt = good(REQUIRED "[webrtc]\nice_udp_mux_port = 9\n");
    assert_false(attempt.config->webrtc.prefers_answer);
    attempt_end(&attempt);
}

TEST(the_report_is_in_the_order_of_the_file_and_the_verdict_names_the_first)
{
    struct attempt attempt = attempt_of("zz = 1\n[web]\nport = -1\n[signaling]\nurl = 5\n" //
                                        "[ais_endpoint]\nurl = 5\n[deployment]\nrealm_id = 1\n");
    assert_int_equal(attempt.report.count, 4);
    assert_int_equal(attempt.report.warning_count, 1);
    for (size_t i = 1; i < 4; i++)
        assert_true(attempt.report.entries[i - 1].at.line < attempt.report.entries[i].at.line);
    assert_string_equal(actr_errmsg(), "actr.toml:3:8: web.port is -1; it must be a number from 0 "
                                       "to 65535; write port = 8080 (and 2 more)");
    attempt_end(&attempt);
}

/* A secret of the file appears in no message, whatever is wrong with it. */
TEST(secrets_stay_out_of_messages)
{
    static const char *const texts[] = {
        "[deployment]\nrealm_secret = \"hunter2\\n\"\n",
        "[signaling]\nurl = \"ws://me:hunter2@h\"\n",
        "[signaling]\nurl = \"hunter2\"\n",
        "[ais_endpoint]\nurl = \"http://h:hunter2\"\n",
        "[[trust]]\nkind = \"hunter2\"\npubkey_b64 = \"hunter2\"\n",
        "[hyper]\nstorage_path_template = \"{hunter2}\"\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct attempt attempt = attempt_of(texts[i]);
        assert_int_equal(attempt.r, ACTR_ECONFIG);
        for (size_t k = 0; k < attempt.report.count; k++)
            assert_null(strstr(attempt.report.entries[k].text, "hunter2"));
        attempt_end(&attempt);
    }
}

TEST(out_of_memory)
{
    for (size_t n = 1;; n++) {
        mem_fail_at(n);
        struct attempt attempt = attempt_of(everything);
        mem_fail_at(0);
        bool is_done = attempt.r == 0;
        if (!is_done)
            assert_int_equal(attempt.r, ACTR_ENOMEM);
        assert_true(is_done == (attempt.config != NULL));
        attempt_end(&attempt);
        if (is_done)
            break;
    }
}

TEST(out_of_memory_in_the_report)
{
    static const char text[] = "edition = 5\nxx = 1\n[web]\nport = 'x'\n[[acl.rules]]\nrealm = -1\n"
                               "[[trust]]\nkind = 'static'\n[hyper.trust]\nkind = 'registry'\n"
                               "[websocket]\ntls_key = 'x'\n[webrtc]\nport_range_end = 4\n";
    for (size_t n = 1;; n++) {
        mem_fail_at(n);
        struct attempt attempt = attempt_of(text);
        mem_fail_at(0);
        int r = attempt.r;
        attempt_end(&attempt);
        if (r == ACTR_ECONFIG)
            break;
        assert_int_equal(r, ACTR_ENOMEM);
    }
}
