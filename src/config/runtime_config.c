// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* actr.toml, from text to a struct: defaults, then the rows of the schema, then what depends on
 * more than one key.
 *
 * Each step adds to the report and the next runs all the same, so that one attempt shows all there
 * is to mend; a step whose input is missing does nothing. Only a file without any error becomes a
 * configuration.
 *
 * Any thread; pure: no file is opened, the environment is not asked. */
#include "config/runtime_config.h"

#include "base/err.h"
#include "base/mem.h"
#include "config/acl_config.h"
#include "config/path.h"
#include "config/runtime_schema.h"
#include "config/source.h"
#include "config/storage_template.h"
#include "config/toml.h"

static const struct runtime_config runtime_defaults = {
    .edition = 1,
    .discovery.visible = true,
    .webrtc.ice_srflx_acceptance_min_wait = 20,
    .webrtc.ice_prflx_acceptance_min_wait = 40,
    .webrtc.ice_relay_acceptance_min_wait = 100,
    .websocket.bind = "0.0.0.0",
    .websocket.advertised_host = "127.0.0.1",
    .observability.tracing_endpoint = "http://localhost:4317",
    .web.port = 8080,
    .web.host = "0.0.0.0",
    .hyper.storage_path_template = STORAGE_TEMPLATE_DEFAULT,
};

/* NULL: the file does not have the key. */
static const struct toml_node *runtime_find(const struct toml_node *root, const char *section,
                                            const char *key)
{
    const struct toml_node *table = toml_find(root, section);
    return table ? toml_find(table, key) : NULL;
}

/* Two keys that go together. */
struct runtime_pair {
    const char *section, *first, *second, *why;
};

static int runtime_check_pair(const struct schema_reader *reader, const struct toml_node *root,
                              const struct runtime_pair *pair)
{
    const struct toml_node *first = runtime_find(root, pair->section, pair->first);
    const struct toml_node *second = runtime_find(root, pair->section, pair->second);
    if (!first == !second)
        return 0;
    return report_error(reader->report, reader->source->name, first ? first->at : second->at,
                        "%s.%s is set and %s.%s is not; %s; set both or neither", pair->section,
                        first ? pair->first : pair->second, pair->section,
                        first ? pair->second : pair->first, pair->why);
}

static int runtime_check_ports(const struct schema_reader *reader, const struct toml_node *root,
                               struct runtime_raw *raw)
{
    static const struct runtime_pair pair = {"webrtc", "port_range_start", "port_range_end",
                                             "a range has two ends"};
    int r = runtime_check_pair(reader, root, &pair);
    raw->config.webrtc.has_port_range = raw->has_port_range_start && raw->has_port_range_end;
    if (r < 0 || !raw->config.webrtc.has_port_range ||
        raw->config.webrtc.port_range_start < raw->config.webrtc.port_range_end)
        return r;
    return report_error(reader->report, reader->source->name,
                        runtime_find(root, pair.section, pair.first)->at,
                        "webrtc.port_range_start is not below webrtc.port_range_end; the range "
                        "would be empty; write the lower port first");
}

static int runtime_check_webrtc(const struct schema_reader *reader, const struct toml_node *root,
                                struct runtime_raw *raw)
{
    const char *file = reader->source->name;
    int r = runtime_check_ports(reader, root, raw);
    bool has_range = raw->config.webrtc.has_port_range;
    bool has_mux = raw->config.webrtc.has_ice_udp_mux_port;
    bool has_ips = raw->config.webrtc.public_ips.count > 0;
    if (r == 0 && has_range && has_mux)
        r = report_warning(reader->report, file,
                           runtime_find(root, "webrtc", "ice_udp_mux_port")->at,
                           "webrtc.ice_udp_mux_port is set beside a port range; one socket serves "
                           "all peers, so the range has no effect; remove one of them");
    if (r == 0 && has_ips && !has_range && !has_mux)
        r = report_warning(reader->report, file, runtime_find(root, "webrtc", "public_ips")->at,
                           "webrtc.public_ips is set without fixed ports; nobody knows which ports "
                           "the NAT forwards, so it has no effect; set port_range_start and "
                           "port_range_end");
    raw->config.webrtc.prefers_answer = has_range || has_ips;
    return r;
}

static int runtime_read_chain(const struct schema_reader *reader, const struct toml_node *trust,
                              struct runtime_config *config)
{
    size_t count = 0;
    for (const struct toml_node *table = trust->children; table; table = table->next)
        count++;
    struct trust_config *anchors = arena_alloc(reader->arena, count * sizeof(anchors[0]));
    if (!anchors)
        return err_origin(ACTR_ENOMEM, "config: no memory for trust anchors");
    config->trust.anchors = anchors;
    config->trust.count = count;
    for (const struct toml_node *table = trust->children; table; table = table->next) {
        int r = trust_config_read(reader, "trust.", table, anchors++);
        if (r < 0)
            return r;
    }
    return 0;
}

static int runtime_read_hyper_trust(const struct schema_reader *reader,
                                    const struct toml_node *table, struct runtime_config *config)
{
    struct trust_config *trust = arena_alloc(reader->arena, sizeof(*trust));
    if (!trust)
        return err_origin(ACTR_ENOMEM, "config: no memory for a trust anchor");
    config->hyper.trust = trust;
    return trust_config_read(reader, "hyper.trust.", table, trust);
}

static int runtime_read_tables(const struct schema_reader *reader, struct runtime_raw *raw)
{
    struct runtime_config *config = &raw->config;
    int r = 0;
    if (raw->acl_rules) {
        config->acl.is_present = true;
        r = acl_config_read(reader, raw->acl_rules, config->deployment.realm_id, &config->acl.rules,
                            &config->acl.rule_count);
    }
    if (r == 0 && raw->trust)
        r = runtime_read_chain(reader, raw->trust, config);
    if (r == 0 && raw->hyper_trust)
        r = runtime_read_hyper_trust(reader, raw->hyper_trust, config);
    if (r == 0 && !config->web.static_dir)
        r = path_resolve(reader->source, "public", reader->arena, &config->web.static_dir);
    return r;
}

static int runtime_read(const struct schema_reader *reader, const struct toml_node *root,
                        struct runtime_raw *raw)
{
    static const struct runtime_pair tls = {"websocket", "tls_cert", "tls_key", "TLS needs both"};
    int r = schema_read(reader, root, raw);
    if (r == 0)
        r = runtime_read_tables(reader, raw);
    if (r == 0)
        r = runtime_check_webrtc(reader, root, raw);
    if (r == 0)
        r = runtime_check_pair(reader, root, &tls);
    if (r < 0)
        return r;
    report_sort(reader->report);
    return report_verdict(reader->report);
}

int runtime_config_parse(const struct source *source, struct report *report,
                         struct runtime_config **ret_config)
{
    struct runtime_raw raw = {.config = runtime_defaults};
    struct arena *arena = &raw.config._arena;
    struct toml_doc *doc = NULL;
    int r = source_parse(source, report, &doc);
    if (r < 0)
        return r;
    arena_init(arena, SIZE_MAX); /* the bounds of a document bound it */
    struct schema_reader reader = {.schema = &runtime_schema,
                                   .prefix = "",
                                   .source = source,
                                   .arena = arena,
                                   .report = report};
    r = runtime_read(&reader, doc->root, &raw);
    toml_free(doc);
    struct runtime_config *config = r == 0 ? mem_alloc(sizeof(*config)) : NULL;
    if (!config) {
        arena_deinit(arena);
        return r < 0 ? r : err_origin(ACTR_ENOMEM, "config: no memory");
    }
    *config = raw.config;
    *ret_config = config;
    return 0;
}

struct runtime_config *runtime_config_free(struct runtime_config *config)
{
    if (config)
        arena_deinit(&config->_arena);
    mem_free(config);
    return NULL;
}
