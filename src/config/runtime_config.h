// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* actr.toml: everything that one running node is told by a file.
 *
 * Immutable once read; any thread. Who the node is (its actor type) is not in this file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/report.h"
#include "config/schema.h"
#include "config/source.h"
#include "config/trust_config.h"
#include "protocol/acl_rule.h"

/* Texts are NUL-terminated and belong to the configuration; NULL where the comment says so. Paths
 * are absolute. URLs are as given, and known to parse (base/url.h) with one of the schemes named.
 * Times are milliseconds. */
struct runtime_config {
    uint32_t edition; /* 1 */
    struct {
        const char *url; /* ws, wss */
    } signaling;
    struct {
        const char *url; /* http, https; whether it ends in '/' does not matter */
    } ais_endpoint;
    struct {
        uint32_t realm_id;
        const char *realm_secret; /* printable ASCII; NULL: none */
        const char *ais_endpoint; /* not used, kept for others; NULL: none */
    } deployment;
    struct {
        bool visible; /* true */
    } discovery;
    struct {
        const char *mailbox_path; /* NULL: in memory */
        uint32_t max_deliveries;  /* of a message that the process dies of; 0: 5 */
        bool keep_denied;         /* what the ACL refuses becomes a dead letter; false */
    } storage;
    struct {
        struct schema_texts stun_urls;  /* stun, stuns */
        struct schema_texts turn_urls;  /* turn, turns */
        struct schema_texts public_ips; /* behind a 1:1 NAT: announced in place of the local ones */
        bool force_relay;               /* false; true: only pairs with a relayed candidate */
        bool has_port_range;
        bool has_ice_udp_mux_port;
        bool prefers_answer; /* the network is fixed (port range or public IPs): ask to answer */
        uint16_t port_range_start, port_range_end; /* UDP, both included; 1 <= start < end */
        uint16_t ice_udp_mux_port; /* one socket for all peers; wins over the range */
        /* How long to wait, from the start of checks, before a pair with a local candidate of this
         * kind may be nominated; one hour at most. 0, 20, 40, 100. */
        uint64_t ice_host_acceptance_min_wait;
        uint64_t ice_srflx_acceptance_min_wait;
        uint64_t ice_prflx_acceptance_min_wait;
        uint64_t ice_relay_acceptance_min_wait;
    } webrtc;
    struct {
        bool has_listen_port;        /* false: no listener for direct connections */
        uint16_t listen_port;        /* 0: the system chooses */
        const char *bind;            /* IP address; "0.0.0.0" */
        const char *advertised_host; /* "127.0.0.1" */
        const char *tls_cert;        /* PEM files; both or NULL */
        const char *tls_key;
    } websocket;
    struct {
        const char *filter_level; /* see log_filter_parse(); NULL: not given */
        bool tracing_enabled;
        const char *tracing_endpoint;     /* http, https; "http://localhost:4317" */
        const char *tracing_service_name; /* NULL: the name of the actor type */
    } observability;
    struct {
        bool has_max_concurrent_requests;
        uint32_t max_concurrent_requests;
        const char *version_range; /* NULL: none */
        const char *region;        /* NULL: none */
        struct schema_pairs tags;
    } capabilities; /* not used, kept for others */
    struct {
        bool is_present; /* false: everybody may call; true without rules: nobody */
        const struct acl_rule *rules;
        size_t rule_count;
    } acl;
    struct schema_pairs scripts; /* nothing runs them */
    struct {
        const char *path; /* of the .actr file; NULL: none */
    } package;
    struct {
        const struct trust_config *anchors; /* [[trust]]: the first that verifies wins */
        size_t count;
    } trust;
    struct {
        uint16_t port;                              /* 8080 */
        const char *host;                           /* "0.0.0.0" */
        const char *static_dir;                     /* the folder "public" beside the file */
        const char *package_url, *runtime_wasm_url; /* a URL, or a path of the server; NULL: none */
    } web;
    struct {
        const char *data_dir; /* NULL: as the user configuration says */
        const char *storage_path_template;
        const struct trust_config *trust; /* wins over [[trust]]; NULL: none */
    } hyper;
    struct arena _arena;
};

/* Reads a file. Everything that is wrong or has no effect is in the report, sorted by place.
 * ACTR_ECONFIG: something is wrong; the detail names the first of it. ACTR_EINVALID: source->dir is
 * too long. ACTR_ENOMEM. */
int runtime_config_parse(const struct source *source, struct report *report,
                         struct runtime_config **ret_config) ACTR_MUST_CHECK;

/* Returns NULL; NULL is fine. */
struct runtime_config *runtime_config_free(struct runtime_config *config);
