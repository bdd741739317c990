// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Session descriptions, read.
 *
 * One pass over the lines sorts attributes into the session and its sections. Then the data section
 * is found; what it does not say for itself it has from the section that speaks for its bundle, or
 * from the session. The sections that share its transport are held against it, and their candidates
 * are read.
 *
 * The text comes from a stranger: nothing here asserts on it, and every loop is bounded by its
 * length or by one of the bounds of the header. What nobody here needs is skipped unread.
 *
 * Pure; any thread; never allocates. */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "hyper/wire/webrtc/sdp.h"

#define SDP_MESSAGE_LEN_DEFAULT 65536 /* RFC 8841 §6.1 */
#define SDP_SCTP_PORT_DEFAULT 5000
#define SDP_BUNDLES_MAX 4   /* groups; further ones are passed over */
#define SDP_UFRAG_LEN_MIN 4 /* RFC 8839 §5.4 */
#define SDP_PWD_LEN_MIN 22

/* The session, or one m= section. */
struct sdp_section {
    struct actr_view ufrag, pwd;
    struct fingerprint fingerprints[SDP_FINGERPRINTS_MAX];
    size_t fingerprint_count;
    bool has_setup, is_bundle_only;
    enum sdp_setup setup;
    uint16_t sctp_port;
    uint32_t message_len_max;
    unsigned line; /* of its m= */
};

struct sdp_parser {
    struct sdp *sdp;
    struct actr_view left, value; /* text not read yet; of the line at hand */
    char type;                    /* of the line at hand; 0: none */
    unsigned line;
    struct actr_view bundles[SDP_BUNDLES_MAX]; /* mids */
    size_t bundle_count;
    struct actr_view bundle; /* the one of the data section */
    struct sdp_section session, sections[SDP_MEDIA_MAX];
};

static int bad(const struct sdp_parser *parser, const char *what)
{
    return err_origin(ACTR_EINVALID, "sdp, line %u: %s", parser->line, what);
}

/* ---- lines and words ---- */

/* Without the end of line and blanks before it. */
static struct actr_view line_take(struct actr_view *text)
{
    const uint8_t *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
    size_t len = end ? (size_t)(end - text->ptr) : text->len;
    struct actr_view line = actr_view_of(text->ptr, len);
    *text = actr_view_of(text->ptr + len + (end != NULL), text->len - len - (end != NULL));
    while (line.len > 0 && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == ' '))
        line.len--;
    return line;
}

/* The next line that is not empty; type 0 at the end. */
static int parser_next(struct sdp_parser *parser)
{
    struct actr_view line = {0};
    parser->type = 0;
    while (line.len == 0) {
        if (parser->left.len == 0)
            return 0;
        parser->line++;
        line = line_take(&parser->left);
    }
    if (line.len < 2 || line.ptr[1] != '=' || line.ptr[0] < 'a' || line.ptr[0] > 'z')
        return bad(parser, "not of the form x=…");
    parser->type = (char)line.ptr[0];
    parser->value = actr_view_of(line.ptr + 2, line.len - 2);
    return 0;
}

/* Cuts off what is before the next `separator`; all of it when there is none. */
static struct actr_view word_take(struct actr_view *text, char separator)
{
    const uint8_t *end = text->len ? memchr(text->ptr, separator, text->len) : NULL;
    size_t len = end ? (size_t)(end - text->ptr) : text->len;
    struct actr_view word = actr_view_of(text->ptr, len);
    *text = actr_view_of(text->ptr + len + (end != NULL), text->len - len - (end != NULL));
    return word;
}

/* What an answer repeats must not end a line of it. */
static bool is_printable(struct actr_view text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

static bool is_word(struct actr_view word, const char *wanted)
{
    return view_equal(word, view_text(wanted));
}

/* ---- attributes ---- */

static bool is_credential(struct actr_view value, size_t len_min)
{
    if (value.len < len_min || value.len > ICE_CREDENTIAL_MAX)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '+' && c != '/')
            return false;
    }
    return true;
}

static int put_credential(struct sdp_parser *parser, struct actr_view *to, struct actr_view value,
                          size_t len_min)
{
    if (!is_credential(value, len_min))
        return bad(parser, "not a user fragment or password of ICE");
    if (to->len > 0 && !view_equal(*to, value))
        return bad(parser, "two different user fragments or passwords");
    *to = value;
    return 0;
}

static int on_ufrag(struct sdp_parser *parser, struct sdp_section *section, struct actr_view value)
{
    return put_credential(parser, &section->ufrag, value, SDP_UFRAG_LEN_MIN);
}

static int on_pwd(struct sdp_parser *parser, struct sdp_section *section, struct actr_view value)
{
    return put_credential(parser, &section->pwd, value, SDP_PWD_LEN_MIN);
}

/* Two fingerprints by one hash that differ name two certificates. */
static bool is_contradicted(const struct sdp_section *section,
                            const struct fingerprint *fingerprint)
{
    for (size_t i = 0; i < section->fingerprint_count; i++)
        if (section->fingerprints[i].hash == fingerprint->hash &&
            memcmp(section->fingerprints[i].bytes, fingerprint->bytes, FINGERPRINT_MAX) != 0)
            return true;
    return false;
}

static bool has_hash(const struct sdp_section *section, enum fingerprint_hash hash)
{
    for (size_t i = 0; i < section->fingerprint_count; i++)
        if (section->fingerprints[i].hash == hash)
            return true;
    return false;
}

static int on_fingerprint(struct sdp_parser *parser, struct sdp_section *section,
                          struct actr_view value)
{
    struct fingerprint fingerprint;
    int r = fingerprint_parse(value, &fingerprint);
    if (r == ACTR_ENOTIMPL)
        return 0; /* another may be of use */
    if (r < 0)
        return bad(parser, "not a fingerprint");
    if (is_contradicted(section, &fingerprint))
        return bad(parser, "two different fingerprints");
    if (!has_hash(section, fingerprint.hash) && section->fingerprint_count < SDP_FINGERPRINTS_MAX)
        section->fingerprints[section->fingerprint_count++] = fingerprint;
    return 0;
}

static int on_setup(struct sdp_parser *parser, struct sdp_section *section, struct actr_view value)
{
    static const char *const names[] = {[SDP_SETUP_ACTPASS] = "actpass",
                                        [SDP_SETUP_ACTIVE] = "active",
                                        [SDP_SETUP_PASSIVE] = "passive"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (is_word(value, names[i])) {
            section->setup = (enum sdp_setup)i;
            section->has_setup = true;
            return 0;
        }
    return bad(parser, "setup is none of actpass, active, passive");
}

static int on_group(struct sdp_parser *parser, struct sdp_section *section, struct actr_view value)
{
    struct actr_view semantics = word_take(&value, ' '), mids = value;
    size_t count = 0;
    if (section != &parser->session || !is_word(semantics, "BUNDLE"))
        return 0;
    for (; mids.len > 0; word_take(&mids, ' '))
        if (count++ == SDP_MEDIA_MAX) /* each is looked for among the sections */
            return bad(parser, "a group of too many");
    if (parser->bundle_count < SDP_BUNDLES_MAX)
        parser->bundles[parser->bundle_count++] = value;
    return 0;
}

static int on_ice_lite(struct sdp_parser *parser, struct sdp_section *section,
                       struct actr_view value)
{
    (void)section, (void)value;
    parser->sdp->is_ice_lite = true;
    return 0;
}

static int on_mid(struct sdp_parser *parser, struct sdp_section *section, struct actr_view value)
{
    struct sdp *sdp = parser->sdp;
    if (section == &parser->session)
        return bad(parser, "a mid outside of a section");
    if (value.len == 0 || value.len > SDP_MID_MAX || memchr(value.ptr, ' ', value.len) ||
        !is_printable(value))
        return bad(parser, "not a mid");
    for (size_t i = 0; i < sdp->media_count; i++)
        if (view_equal(view_text(sdp->media[i].mid), value))
            return bad(parser, "a mid that another section has");
    char *mid = sdp->media[sdp->media_count - 1].mid;
    memcpy(mid, value.ptr, value.len);
    mid[value.len] = '\0';
    return 0;
}

static int put_port(struct sdp_parser *parser, struct sdp_section *section, struct actr_view value)
{
    uint32_t port;
    if (!text_u32(value, &port) || port == 0 || port > UINT16_MAX)
        return bad(parser, "not a port of SCTP");
    section->sctp_port = (uint16_t)port;
    return 0;
}

/* "5000 webrtc-datachannel 1024", from before RFC 8841. */
static int on_sctpmap(struct sdp_parser *parser, struct sdp_section *section,
                      struct actr_view value)
{
    return put_port(parser, section, word_take(&value, ' '));
}

static int on_message_len(struct sdp_parser *parser, struct sdp_section *section,
                          struct actr_view value)
{
    uint64_t len;
    if (!text_u64(value, &len))
        return bad(parser, "not a length of messages");
    section->message_len_max = len == 0 || len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
    return 0;
}

static int on_bundle_only(struct sdp_parser *parser, struct sdp_section *section,
                          struct actr_view value)
{
    (void)parser, (void)value;
    section->is_bundle_only = true;
    return 0;
}

static const struct {
    const char *name;
    int (*on)(struct sdp_parser *parser, struct sdp_section *section, struct actr_view value);
} attributes[] = {
    {"ice-ufrag", on_ufrag},
    {"ice-pwd", on_pwd},
    {"fingerprint", on_fingerprint},
    {"setup", on_setup},
    {"group", on_group},
    {"ice-lite", on_ice_lite},
    {"mid", on_mid},
    {"sctp-port", put_port},
    {"sctpmap", on_sctpmap},
    {"max-message-size", on_message_len},
    {"bundle-only", on_bundle_only},
};

static int on_attribute(struct sdp_parser *parser, struct sdp_section *section)
{
    struct actr_view value = parser->value, name = word_take(&value, ':');
    for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
        if (is_word(name, attributes[i].name))
            return attributes[i].on(parser, section, value);
    return 0;
}

/* ---- sections ---- */

static bool is_data(struct actr_view media, struct actr_view protocol)
{
    while (memchr(protocol.ptr, '/', protocol.len))
        word_take(&protocol, '/');
    return is_word(media, "application") && is_word(protocol, "SCTP");
}

/* "application 9 UDP/DTLS/SCTP webrtc-datachannel" */
static int on_media(struct sdp_parser *parser)
{
    struct sdp *sdp = parser->sdp;
    struct actr_view rest = parser->value, media = word_take(&rest, ' ');
    struct actr_view ports = word_take(&rest, ' '), port_text = word_take(&ports, '/');
    struct actr_view protocol = word_take(&rest, ' ');
    uint32_t port;
    if (!text_u32(port_text, &port) || port > UINT16_MAX || protocol.len == 0 || rest.len == 0 ||
        !is_printable(parser->value))
        return bad(parser, "not a description of media");
    if (sdp->media_count == SDP_MEDIA_MAX)
        return bad(parser, "too many sections");
    parser->sections[sdp->media_count] = (struct sdp_section){
        .message_len_max = SDP_MESSAGE_LEN_DEFAULT,
        .sctp_port = SDP_SCTP_PORT_DEFAULT,
        .line = parser->line,
    };
    sdp->media[sdp->media_count++] = (struct sdp_media){
        .is_data = is_data(media, protocol),
        .is_rejected = port == 0,
        .lines = actr_view_of(parser->value.ptr - 2, 0),
    };
    return 0;
}

/* The section at hand reaches to where reading stands. */
static void section_close(struct sdp_parser *parser, const uint8_t *end)
{
    struct sdp *sdp = parser->sdp;
    if (sdp->media_count == 0)
        return;
    struct sdp_media *media = &sdp->media[sdp->media_count - 1];
    const struct sdp_section *section = &parser->sections[sdp->media_count - 1];
    media->lines.len = (size_t)(end - media->lines.ptr);
    media->is_rejected = media->is_rejected && !section->is_bundle_only;
}

/* o=<username> <session id> …; what is malformed there leads nobody astray. */
static void on_origin(struct sdp_parser *parser)
{
    struct actr_view words = parser->value;
    word_take(&words, ' ');
    if (!text_u64(word_take(&words, ' '), &parser->sdp->session_id))
        parser->sdp->session_id = 0;
}

static int read_lines(struct sdp_parser *parser)
{
    int r = parser_next(parser);
    if (r < 0)
        return r;
    if (parser->type != 'v' || !is_word(parser->value, "0"))
        return bad(parser, "does not begin with v=0");
    while ((r = parser_next(parser)) == 0 && parser->type) {
        size_t count = parser->sdp->media_count;
        if (parser->type == 'o' && count == 0) {
            on_origin(parser);
        } else if (parser->type == 'm') {
            section_close(parser, parser->value.ptr - 2);
            r = on_media(parser);
        } else if (parser->type == 'a') {
            r = on_attribute(parser, count ? &parser->sections[count - 1] : &parser->session);
        }
        if (r < 0)
            return r;
    }
    section_close(parser, parser->left.ptr);
    return r;
}

/* ---- the transport of the data section ---- */

static bool is_in_bundle(const struct sdp_parser *parser, size_t index)
{
    struct actr_view mids = parser->bundle, mid = view_text(parser->sdp->media[index].mid);
    while (mids.len > 0 && mid.len > 0)
        if (view_equal(word_take(&mids, ' '), mid))
            return true;
    return false;
}

/* Does the section share the transport of the data section? */
static bool is_shared(const struct sdp_parser *parser, size_t index)
{
    const struct sdp *sdp = parser->sdp;
    return (int)index == sdp->data_index ||
           (sdp->is_bundle && !sdp->media[index].is_rejected && is_in_bundle(parser, index));
}

/* What `from` says for a section that does not speak for itself. */
static void inherit(struct sdp_section *section, const struct sdp_section *from)
{
    if (section->ufrag.len == 0)
        section->ufrag = from->ufrag;
    if (section->pwd.len == 0)
        section->pwd = from->pwd;
    if (section->fingerprint_count == 0) {
        memcpy(section->fingerprints, from->fingerprints, sizeof(section->fingerprints));
        section->fingerprint_count = from->fingerprint_count;
    }
    if (!section->has_setup) {
        section->has_setup = from->has_setup;
        section->setup = from->setup; /* nobody says anything: actpass */
    }
}

/* The section that speaks for all of the bundle: the first of the group that is not rejected
 * (RFC 9143 §7.1.3). */
static const struct sdp_section *find_tagged(const struct sdp_parser *parser)
{
    struct actr_view mids = parser->bundle;
    while (mids.len > 0) {
        struct actr_view mid = word_take(&mids, ' ');
        for (size_t i = 0; i < parser->sdp->media_count; i++)
            if (!parser->sdp->media[i].is_rejected && mid.len > 0 &&
                view_equal(mid, view_text(parser->sdp->media[i].mid)))
                return &parser->sections[i];
    }
    return &parser->session;
}

static int compare(struct sdp_parser *parser, const struct sdp_section *data,
                   const struct sdp_section *other)
{
    parser->line = other->line;
    if ((other->ufrag.len > 0 && !view_equal(other->ufrag, data->ufrag)) ||
        (other->pwd.len > 0 && !view_equal(other->pwd, data->pwd)))
        return bad(parser, "another user fragment or password than the data section, in a bundle");
    for (size_t i = 0; i < other->fingerprint_count; i++)
        if (is_contradicted(data, &other->fingerprints[i]))
            return bad(parser, "another fingerprint than the data section, in a bundle");
    return 0;
}

static bool has_candidate(const struct sdp *sdp, const struct candidate *candidate)
{
    for (size_t i = 0; i < sdp->candidate_count; i++)
        if (sdp->candidates[i].type == candidate->type &&
            net_address_equal(&sdp->candidates[i].address, &candidate->address) &&
            strcmp(sdp->candidates[i].name, candidate->name) == 0)
            return true;
    return false;
}

/* One that is malformed or of no use is not worth a connection: another may do. */
static void read_candidates(struct sdp *sdp, struct actr_view lines)
{
    static const char prefix[] = "a=candidate:";
    while (lines.len > 0 && sdp->candidate_count < SDP_CANDIDATES_MAX) {
        struct actr_view line = line_take(&lines);
        struct candidate *to = &sdp->candidates[sdp->candidate_count];
        if (line.len >= sizeof(prefix) && memcmp(line.ptr, prefix, sizeof(prefix) - 1) == 0 &&
            candidate_parse(line, to) == 0 && !has_candidate(sdp, to))
            sdp->candidate_count++;
    }
}

/* The group that names the data section. */
static void find_bundle(struct sdp_parser *parser)
{
    struct sdp *sdp = parser->sdp;
    for (size_t i = 0; !sdp->is_bundle && i < parser->bundle_count; i++) {
        parser->bundle = parser->bundles[i];
        sdp->is_bundle = is_in_bundle(parser, (size_t)sdp->data_index);
    }
}

static int find_data(struct sdp_parser *parser)
{
    struct sdp *sdp = parser->sdp;
    for (size_t i = 0; i < sdp->media_count; i++)
        if (sdp->media[i].is_data && !sdp->media[i].is_rejected) {
            sdp->data_index = (int)i;
            find_bundle(parser);
            return 0;
        }
    return err_origin(ACTR_EINVALID, "sdp: no data section, or it is rejected");
}

static void put_transport(struct sdp *sdp, const struct sdp_section *data)
{
    memcpy(sdp->credentials.ufrag, data->ufrag.ptr, data->ufrag.len);
    sdp->credentials.ufrag[data->ufrag.len] = '\0';
    memcpy(sdp->credentials.pwd, data->pwd.ptr, data->pwd.len);
    sdp->credentials.pwd[data->pwd.len] = '\0';
    memcpy(sdp->fingerprints, data->fingerprints, sizeof(sdp->fingerprints));
    sdp->fingerprint_count = data->fingerprint_count;
    sdp->setup = data->setup;
    sdp->sctp_port = data->sctp_port;
    sdp->message_len_max = data->message_len_max;
}

static int settle(struct sdp_parser *parser)
{
    struct sdp *sdp = parser->sdp;
    int r = find_data(parser);
    if (r < 0)
        return r;
    struct sdp_section *data = &parser->sections[sdp->data_index];
    if (sdp->is_bundle)
        inherit(data, find_tagged(parser));
    inherit(data, &parser->session);
    parser->line = data->line;
    if (data->ufrag.len == 0 || data->pwd.len == 0)
        return bad(parser, "no user fragment or no password for the data section");
    if (data->fingerprint_count == 0)
        return bad(parser, "no fingerprint that can be trusted for the data section");
    for (size_t i = 0; i < sdp->media_count; i++) {
        struct sdp_section *section = &parser->sections[i];
        if (!is_shared(parser, i))
            continue;
        inherit(section, &parser->session);
        r = compare(parser, data, section);
        if (r < 0)
            return r;
        read_candidates(sdp, sdp->media[i].lines);
    }
    put_transport(sdp, data);
    return 0;
}

int sdp_parse(struct actr_view text, struct sdp *ret_sdp)
{
    struct sdp_parser parser = {.sdp = ret_sdp, .left = text};
    if (text.len > SDP_LEN_MAX)
        return err_origin(ACTR_EINVALID, "sdp: %zu bytes are too many", text.len);
    memset(ret_sdp, 0, sizeof(*ret_sdp));
    int r = read_lines(&parser);
    return r < 0 ? r : settle(&parser);
}
