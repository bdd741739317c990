// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* libwebsockets as a peer: does what the lines on standard input say, and tells on standard output
 * what it saw. The language is in peer.h; websockets_peer.py speaks the same. One connection at a
 * time, one thread; ends with its standard input. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libwebsockets.h>

#define MESSAGE_MAX ((size_t)2 << 20)

static struct {
    struct lws_context *context;
    struct lws_vhost *server, *client;
    struct lws *wsi; /* the open connection */
    unsigned refuse; /* status for the next upgrades; 0: take them */
    char line[1024]; /* the command that is being read */
    size_t line_len;

    /* What is to be written when the socket takes it; none while `want` is 0. */
    char want; /* 's'end, 'p'ing, 'c'lose */
    bool is_text;
    size_t len, sent, fragments;
    int code;
    char text[128];
    unsigned char out[LWS_PRE + MESSAGE_MAX], in[MESSAGE_MAX];
    size_t in_len;
    bool was_told; /* the end of the connection */
} peer;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static unsigned char pattern(bool is_text, size_t i)
{
    return (unsigned char)(is_text ? 'a' + i % 26 : (i * 31 + (i >> 8)) & 255);
}

/* ---- The connection ---- */

static void on_open(struct lws *wsi)
{
    char path[256] = "", query[256] = "", header[64] = "", protocol[64] = "", extensions[128] = "";
    bool is_server = peer.server && lws_get_vhost(wsi) == peer.server;
    peer.wsi = wsi;
    peer.in_len = 0;
    peer.was_told = false;
    if (is_server) {
        lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI);
        lws_hdr_copy_fragment(wsi, query, sizeof(query), WSI_TOKEN_HTTP_URI_ARGS, 0);
        lws_hdr_custom_copy(wsi, header, sizeof(header), "x-interop:", 10);
        lws_hdr_copy(wsi, extensions, sizeof(extensions), WSI_TOKEN_EXTENSIONS);
    } else {
        lws_hdr_copy(wsi, protocol, sizeof(protocol), WSI_TOKEN_PROTOCOL);
        lws_hdr_copy(wsi, extensions, sizeof(extensions), WSI_TOKEN_EXTENSIONS);
    }
    if (is_server)
        say("open %s?%s %s %s", path, query, header, *extensions ? extensions : "-");
    else
        say("open %s %s", *protocol ? protocol : "-", *extensions ? extensions : "-");
}

static void on_receive(struct lws *wsi, const void *data, size_t len)
{
    if (peer.in_len + len <= MESSAGE_MAX) {
        memcpy(peer.in + peer.in_len, data, len);
        peer.in_len += len;
    }
    if (lws_remaining_packet_payload(wsi) > 0 || !lws_is_final_fragment(wsi))
        return;
    bool is_text = !lws_frame_is_binary(wsi), is_good = true;
    for (size_t i = 0; i < peer.in_len; i++)
        is_good = is_good && peer.in[i] == pattern(is_text, i);
    say("message %s %zu %s", is_text ? "text" : "binary", peer.in_len, is_good ? "ok" : "bad");
    peer.in_len = 0;
}

static void on_peer_close(const unsigned char *data, size_t len)
{
    peer.was_told = true;
    say("closed %d %.*s", len >= 2 ? data[0] << 8 | data[1] : 1005, len > 2 ? (int)len - 2 : 0,
        len > 2 ? (const char *)data + 2 : "");
}

static void on_closed(struct lws *wsi)
{
    if (wsi != peer.wsi)
        return;
    peer.wsi = NULL;
    if (!peer.was_told)
        say("ended");
}

static enum lws_write_protocol fragment_kind(void)
{
    bool is_last = peer.fragments <= 1;
    enum lws_write_protocol kind = peer.sent > 0  ? LWS_WRITE_CONTINUATION
                                   : peer.is_text ? LWS_WRITE_TEXT
                                                  : LWS_WRITE_BINARY;
    return (enum lws_write_protocol)(kind | (is_last ? 0 : LWS_WRITE_NO_FIN));
}

static int on_writable(struct lws *wsi)
{
    size_t len = peer.fragments > 0 ? (peer.len - peer.sent) / peer.fragments : 0;
    char want = peer.want;
    if (want == 's') {
        for (size_t i = 0; i < len; i++)
            peer.out[LWS_PRE + i] = pattern(peer.is_text, peer.sent + i);
        if (lws_write(wsi, peer.out + LWS_PRE, len, fragment_kind()) < 0)
            return -1;
        peer.sent += len;
        if (--peer.fragments > 0) {
            lws_callback_on_writable(wsi);
            return 0;
        }
    } else if (want == 'p') {
        len = strlen(peer.text);
        memcpy(peer.out + LWS_PRE, peer.text, len);
        if (lws_write(wsi, peer.out + LWS_PRE, len, LWS_WRITE_PING) < 0)
            return -1;
    } else if (want == 'c') {
        lws_close_reason(wsi, (enum lws_close_status)peer.code, (unsigned char *)peer.text,
                         strlen(peer.text));
        peer.want = 0;
        return -1;
    }
    peer.want = 0;
    return 0;
}

/* ---- Commands ---- */

static void start_server(const char *cert, const char *key);
static void start_client(const char *url, const char *more);

static void obey(char *line)
{
    char word[16] = "", first[512] = "", second[512] = "";
    unsigned a = 0, b = 0;
    int text = 0;
    sscanf(line, "%15s %511s %511s", word, first, second);
    if (strcmp(word, "serve") == 0) {
        start_server(*first ? first : NULL, second);
    } else if (strcmp(word, "dial") == 0) {
        start_client(first, line);
    } else if (strcmp(word, "refuse") == 0) {
        peer.refuse = (unsigned)strtoul(first, NULL, 10);
        say("refusing %u", peer.refuse);
    } else if (sscanf(line, "send %*s %u %u", &a, &b) == 2) {
        peer.is_text = strcmp(first, "text") == 0;
        peer.len = a;
        peer.fragments = b;
        peer.sent = 0;
        peer.want = 's';
    } else if (sscanf(line, "close %u %n", &a, &text) == 1) {
        peer.code = (int)a;
        snprintf(peer.text, sizeof(peer.text), "%s", line + text);
        peer.want = 'c';
    } else if (strcmp(word, "ping") == 0) {
        snprintf(peer.text, sizeof(peer.text), "%s", first);
        peer.want = 'p';
    } else {
        say("what is '%s'?", line);
    }
    if (peer.want && peer.wsi)
        lws_callback_on_writable(peer.wsi);
}

/* One command at a time: the next is read when this one has been written. False at the end. */
static bool read_commands(void)
{
    while (!peer.want) {
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got <= 0)
            return got < 0;
        if (c != '\n') {
            if (peer.line_len + 1 < sizeof(peer.line))
                peer.line[peer.line_len++] = c;
            continue;
        }
        peer.line[peer.line_len] = '\0';
        peer.line_len = 0;
        obey(peer.line);
    }
    return true;
}

/* ---- The library ---- */

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    (void)user;
    switch ((int)reason) {
    case LWS_CALLBACK_RAW_RX_FILE:
        return read_commands() ? 0 : -1;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        exit(0);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        if (peer.refuse == 0)
            break;
        return lws_return_http_status(wsi, peer.refuse, NULL) ? -1 : 1;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
        unsigned char **at = in;
        return lws_add_http_header_by_name(wsi, (const unsigned char *)"x-interop:",
                                           (const unsigned char *)"lws", 3, at, *at + len);
    }
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        say("refused %u", lws_http_client_http_response(wsi));
        break;
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        on_open(wsi);
        break;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
        on_receive(wsi, in, len);
        break;
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        say("pong %.*s", (int)len, (const char *)in);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(wsi) < 0 || !read_commands() ? -1 : 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        on_peer_close(in, len);
        break;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED:
        on_closed(wsi);
        break;
    default:
        break;
    }
    return 0;
}

static const struct lws_protocols protocols[] = {{"interop", callback, 0, 65536, 0, NULL, 0},
                                                 {NULL, NULL, 0, 0, 0, NULL, 0}};
static const struct lws_extension extensions[] = {
    {"permessage-deflate", lws_extension_callback_pm_deflate,
     "permessage-deflate; client_no_context_takeover; client_max_window_bits"},
    {NULL, NULL, NULL}};

static void start_server(const char *cert, const char *key)
{
    struct lws_context_creation_info info = {.iface = "127.0.0.1",
                                             .protocols = protocols,
                                             .extensions = extensions,
                                             .vhost_name = "server",
                                             .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
                                             .ssl_cert_filepath = cert,
                                             .ssl_private_key_filepath = cert ? key : NULL};
    peer.server = lws_create_vhost(peer.context, &info);
    say("port %d", peer.server ? lws_get_vhost_listen_port(peer.server) : -1);
}

static void start_client(const char *url, const char *more)
{
    char buf[512], path[512] = "/", protocol[64] = "";
    const char *scheme, *host, *rest;
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                             .protocols = protocols,
                                             .vhost_name = "client",
                                             .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
                                             .client_ssl_ca_filepath = getenv("SSL_CERT_FILE")};
    struct lws_client_connect_info connect = {
        .context = peer.context, .path = path, .local_protocol_name = "interop"};
    const char *wanted = strstr(more, " protocol=");
    if (strstr(more, " deflate"))
        info.extensions = extensions;
    if (wanted && sscanf(wanted, " protocol=%63s", protocol) == 1)
        connect.protocol = protocol;
    if (!peer.client)
        peer.client = lws_create_vhost(peer.context, &info);
    snprintf(buf, sizeof(buf), "%s", url);
    if (lws_parse_uri(buf, &scheme, &host, &connect.port, &rest) != 0)
        abort();
    snprintf(path, sizeof(path), "/%s", rest);
    connect.vhost = peer.client;
    connect.address = connect.host = connect.origin = host;
    connect.ssl_connection = strcmp(scheme, "wss") == 0 ? LCCSCF_USE_SSL : 0;
    if (!lws_client_connect_via_info(&connect))
        say("refused 0");
}

int main(void)
{
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                             .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                                                        LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
                                             .gid = -1,
                                             .uid = -1};
    struct lws_context_creation_info bare = {
        .port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .vhost_name = "commands"};
    lws_sock_file_fd_type input = {.filefd = STDIN_FILENO};
    lws_set_log_level(LLL_ERR, NULL);
    peer.context = lws_create_context(&info);
    struct lws_vhost *commands = peer.context ? lws_create_vhost(peer.context, &bare) : NULL;
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    if (!commands || !lws_adopt_descriptor_vhost(commands, LWS_ADOPT_RAW_FILE_DESC, input,
                                                 protocols[0].name, NULL))
        return 1;
    say("version libwebsockets %s", LWS_LIBRARY_VERSION);
    while (lws_service(peer.context, 0) >= 0)
        ;
    lws_context_destroy(peer.context);
    return 0;
}
