// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The keys of actr.toml, a row each: what it takes, where it goes, what it must look like, and an
 * example for the message when it does not.
 *
 * Names, types and defaults are those of the existing system, whose files are read as they are.
 * websocket.bind, .tls_cert and .tls_key are new; it ignores them. storage.max_deliveries and
 * .keep_denied are new; it refuses a file that has them. Unknown keys are ignored with a
 * warning, but not under [storage]: a misspelt path would lose messages.
 *
 * Constant. Defaults are not here but in runtime_config.c: a row that is absent does nothing. */
#include "config/runtime_schema.h"

#include "config/check.h"
#include "config/storage_template.h"

#define ROW(section_, key_, type_, field_, example_, ...)                                          \
    {                                                                                              \
        .section = section_, .key = key_, .type = SCHEMA_##type_,                                  \
        SCHEMA_FIELD(struct runtime_raw, field_), .example = example_, __VA_ARGS__                 \
    }
#define CONFIG_ROW(section_, type_, key_, example_, ...)                                           \
    ROW(#section_, #key_, type_, config.section_.key_, example_, __VA_ARGS__)
#define IS_SET(field_) .set_offset = offsetof(struct runtime_raw, field_)
#define IN_HOUR .max = 3600000

static const struct schema_row rows[] = {
    ROW("", "edition", U32, config.edition, "1", .min = 1, .max = 1),
    ROW("", "scripts", PAIRS, config.scripts, "{ start = \"make run\" }"),
    ROW("", "trust", TABLES, trust, "write [[trust]] with a kind under it"),

    CONFIG_ROW(signaling, TEXT, url, "\"ws://localhost:8081/signaling/ws\"",
               .need = SCHEMA_REQUIRED, .check = check_url_ws),
    CONFIG_ROW(ais_endpoint, TEXT, url, "\"http://localhost:8081/ais\"", .need = SCHEMA_REQUIRED,
               .check = check_url_http),
    CONFIG_ROW(deployment, U32, realm_id, "1001", .need = SCHEMA_REQUIRED),
    CONFIG_ROW(deployment, TEXT, realm_secret, "\"the secret of the realm\"",
               .check = check_header),
    CONFIG_ROW(deployment, TEXT, ais_endpoint, "\"http://localhost:8081/ais\""),
    CONFIG_ROW(discovery, BOOL, visible, "true"),
    CONFIG_ROW(storage, PATH, mailbox_path, "\"data/mailbox.db\""),
    CONFIG_ROW(storage, U32, max_deliveries, "5", .min = 1, .max = 1000),
    CONFIG_ROW(storage, BOOL, keep_denied, "false"),
    {"storage", "hyper_data_dir", SCHEMA_ELSEWHERE,
     .example = "it is a key of the user configuration; write data_dir under [hyper]"},

    CONFIG_ROW(webrtc, TEXTS, stun_urls, "[\"stun:localhost:3478\"]", .check = check_url_stun),
    CONFIG_ROW(webrtc, TEXTS, turn_urls, "[\"turn:localhost:3478\"]", .check = check_url_turn),
    CONFIG_ROW(webrtc, BOOL, force_relay, "false"),
    CONFIG_ROW(webrtc, U64, ice_host_acceptance_min_wait, "0", IN_HOUR),
    CONFIG_ROW(webrtc, U64, ice_srflx_acceptance_min_wait, "20", IN_HOUR),
    CONFIG_ROW(webrtc, U64, ice_prflx_acceptance_min_wait, "40", IN_HOUR),
    CONFIG_ROW(webrtc, U64, ice_relay_acceptance_min_wait, "100", IN_HOUR),
    CONFIG_ROW(webrtc, U16, port_range_start, "50000", .min = 1, IS_SET(has_port_range_start)),
    CONFIG_ROW(webrtc, U16, port_range_end, "50100", .min = 1, IS_SET(has_port_range_end)),
    CONFIG_ROW(webrtc, TEXTS, public_ips, "[\"203.0.113.7\"]", .check = check_ip),
    CONFIG_ROW(webrtc, U16, ice_udp_mux_port, "50000", .min = 1,
               IS_SET(config.webrtc.has_ice_udp_mux_port)),

    CONFIG_ROW(websocket, U16, listen_port, "9001", IS_SET(config.websocket.has_listen_port)),
    CONFIG_ROW(websocket, TEXT, bind, "\"0.0.0.0\"", .check = check_ip),
    CONFIG_ROW(websocket, TEXT, advertised_host, "\"127.0.0.1\"", .check = check_host),
    CONFIG_ROW(websocket, PATH, tls_cert, "\"tls/cert.pem\""),
    CONFIG_ROW(websocket, PATH, tls_key, "\"tls/key.pem\""),

    CONFIG_ROW(observability, TEXT, filter_level, "\"info\""),
    CONFIG_ROW(observability, BOOL, tracing_enabled, "false"),
    CONFIG_ROW(observability, TEXT, tracing_endpoint, "\"http://localhost:4317\"",
               .check = check_url_http),
    CONFIG_ROW(observability, TEXT, tracing_service_name, "\"echo\"", .check = check_not_empty),

    CONFIG_ROW(capabilities, U32, max_concurrent_requests, "100",
               IS_SET(config.capabilities.has_max_concurrent_requests)),
    CONFIG_ROW(capabilities, TEXT, version_range, "\">=1.0.0\""),
    CONFIG_ROW(capabilities, TEXT, region, "\"eu-west\""),
    CONFIG_ROW(capabilities, PAIRS, tags, "{ stage = \"test\" }"),

    ROW("acl", "rules", TABLES, acl_rules, "write [[acl.rules]] with permission and type under it",
        .need = SCHEMA_REQUIRED_IN_SECTION),

    CONFIG_ROW(package, PATH, path, "\"dist/echo.actr\""),

    CONFIG_ROW(web, U16, port, "8080"),
    CONFIG_ROW(web, TEXT, host, "\"0.0.0.0\"", .check = check_host),
    CONFIG_ROW(web, PATH, static_dir, "\"public\""),
    CONFIG_ROW(web, TEXT, package_url, "\"/echo.actr\"", .check = check_url_or_path),
    CONFIG_ROW(web, TEXT, runtime_wasm_url, "\"/actr.wasm\"", .check = check_url_or_path),

    CONFIG_ROW(hyper, PATH, data_dir, "\"data\""),
    CONFIG_ROW(hyper, TEXT, storage_path_template, "\"" STORAGE_TEMPLATE_DEFAULT "\"",
               .check = storage_template_check),
    ROW("hyper", "trust", TABLE, hyper_trust, "write [hyper.trust] with a kind under it"),
};

const struct schema runtime_schema = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(rows[0]), .strict_section = "storage"};
