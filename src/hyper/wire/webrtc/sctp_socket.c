// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The options and calls of a usrsctp socket.
 *
 * What INIT may say is little: the existing system drops a packet with a parameter that it does not
 * know and whose type has the top bit clear. An address of the AF_CONN family puts none of those
 * in: no addresses, no supported address types, no host name. Of RE-CONFIG it understands outgoing
 * resets and answers only; streams are added towards peers that gave us fewer than we need, and it
 * gives all.
 *
 * Loop thread. */
#include "hyper/wire/webrtc/sctp_socket.h"

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/err.h"

/* The common header, which usrsctp adds to a path MTU that is set. */
#define SCTP_SOCKET_HEADER_LEN 12
#define SCTP_SOCKET_TRIES 65535
/* Of usrsctp's sctp.h, which is not installed; the same in the kernels it comes from. */
#define SCTP_SOCKET_BUFFER_USE 0x00001101

static const struct sctp_rtoinfo sctp_socket_rto = {
    .srto_initial = 1000, .srto_min = SCTP_RTO_MIN_MS, .srto_max = SCTP_RTO_MAX_MS};

struct sctp_socket_use {
    sctp_assoc_t assoc_id;
    uint32_t send, receive;
};

static struct sockaddr_conn sctp_socket_address(uint64_t handle, uint16_t port)
{
    struct sockaddr_conn address = {.sconn_family = AF_CONN,
                                    .sconn_port = htons(port),
                                    .sconn_addr = (void *)(uintptr_t)handle};
    return address;
}

static bool sctp_socket_set(struct socket *so, int option, const void *value, size_t len)
{
    return usrsctp_setsockopt(so, IPPROTO_SCTP, option, value, (socklen_t)len) == 0;
}

bool sctp_socket_hold(struct socket *so, bool enable)
{
    const uint32_t no_delay = !enable;
    return sctp_socket_set(so, SCTP_NODELAY, &no_delay, sizeof no_delay);
}

bool sctp_socket_sack_every(struct socket *so, uint32_t packets)
{
    struct sctp_sack_info info = {.sack_freq = packets};
    return sctp_socket_set(so, SCTP_DELAYED_SACK, &info, sizeof info);
}

static bool sctp_socket_set_timing(struct socket *so)
{
    struct sctp_assocparams tries = {.sasoc_asocmaxrxt = SCTP_SOCKET_TRIES};
    struct sctp_initmsg init = {.sinit_num_ostreams = SCTP_STREAMS,
                                .sinit_max_instreams = SCTP_STREAMS_IN,
                                .sinit_max_attempts = SCTP_SOCKET_TRIES,
                                .sinit_max_init_timeo = SCTP_RTO_MAX_MS};

    return sctp_socket_set(so, SCTP_RTOINFO, &sctp_socket_rto, sizeof sctp_socket_rto) &&
           sctp_socket_set(so, SCTP_ASSOCINFO, &tries, sizeof tries) &&
           sctp_socket_set(so, SCTP_INITMSG, &init, sizeof init);
}

static bool sctp_socket_set_features(struct socket *so)
{
    static const uint16_t events[] = {SCTP_ASSOC_CHANGE, SCTP_SHUTDOWN_EVENT,
                                      SCTP_STREAM_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT};
    const uint32_t on = 1, interleave = 0;
    struct sctp_assoc_value resets = {.assoc_id = SCTP_FUTURE_ASSOC,
                                      .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ |
                                                     SCTP_ENABLE_CHANGE_ASSOC_REQ};
    bool is_set = sctp_socket_set(so, SCTP_NODELAY, &on, sizeof on) &&
                  sctp_socket_set(so, SCTP_RECVRCVINFO, &on, sizeof on) &&
                  sctp_socket_set(so, SCTP_FRAGMENT_INTERLEAVE, &interleave, sizeof interleave) &&
                  sctp_socket_set(so, SCTP_ENABLE_STREAM_RESET, &resets, sizeof resets);

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct sctp_event event = {
            .se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = events[i], .se_on = 1};
        is_set = is_set && sctp_socket_set(so, SCTP_EVENT, &event, sizeof event);
    }
    return is_set;
}

static bool sctp_socket_set_sizes(struct socket *so, const struct sctp_socket_options *options)
{
    const int send = (int)options->send_buffer, receive = (int)options->receive_window;
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct sctp_paddrparams path = {.spp_flags = SPP_HB_DISABLE | SPP_PMTUD_DISABLE,
                                    .spp_pathmtu = options->mtu - SCTP_SOCKET_HEADER_LEN,
                                    .spp_pathmaxrxt = SCTP_SOCKET_TRIES};

    return usrsctp_setsockopt(so, SOL_SOCKET, SO_SNDBUF, &send, sizeof send) == 0 &&
           usrsctp_setsockopt(so, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive) == 0 &&
           usrsctp_setsockopt(so, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0 &&
           sctp_socket_set(so, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
}

int sctp_socket_new(const struct sctp_socket_options *options, struct socket **ret_socket)
{
    struct sockaddr_conn address = sctp_socket_address(options->handle, options->port);
    struct socket *so = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);

    if (!so)
        return err_origin(ACTR_ENOMEM, "sctp: no socket: %s", strerror(errno));
    if (usrsctp_set_non_blocking(so, 1) != 0 || !sctp_socket_set_timing(so) ||
        !sctp_socket_set_features(so) || !sctp_socket_set_sizes(so, options) ||
        usrsctp_bind(so, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        usrsctp_close(so);
        return err_origin(ACTR_EINTERNAL, "sctp: usrsctp refuses: %s", strerror(error));
    }
    *ret_socket = so;
    return 0;
}

int sctp_socket_connect(struct socket *so, uint64_t handle, uint16_t port)
{
    struct sockaddr_conn address = sctp_socket_address(handle, port);

    if (usrsctp_connect(so, (struct sockaddr *)&address, sizeof address) == 0 ||
        errno == EINPROGRESS)
        return 0;
    return err_origin(ACTR_EINTERNAL, "sctp: usrsctp does not connect: %s", strerror(errno));
}

int sctp_socket_send(struct socket *so, const struct sctp_message *head, struct actr_view bytes)
{
    static const uint16_t policies[] = {SCTP_PR_SCTP_NONE, SCTP_PR_SCTP_RTX, SCTP_PR_SCTP_TTL};
    struct sctp_sendv_spa how = {
        .sendv_flags = SCTP_SEND_SNDINFO_VALID,
        .sendv_sndinfo = {.snd_sid = head->stream,
                          .snd_flags = head->is_unordered ? SCTP_UNORDERED : 0,
                          .snd_ppid = htonl(head->ppid)}};

    if (head->reliability > 0 && head->reliability < 3) {
        how.sendv_flags |= SCTP_SEND_PRINFO_VALID;
        how.sendv_prinfo.pr_policy = policies[head->reliability];
        how.sendv_prinfo.pr_value = head->reliability_value;
    }
    ssize_t len =
        usrsctp_sendv(so, bytes.ptr, bytes.len, NULL, 0, &how, sizeof how, SCTP_SENDV_SPA, 0);
    if (len == (ssize_t)bytes.len)
        return 0;
    switch (errno) {
    case EWOULDBLOCK: /* also while a reset of the stream is under way */
    case ENOBUFS:
        return err_origin(ACTR_EUNAVAILABLE, "sctp: no room");
    case ENOMEM:
        return err_origin(ACTR_ENOMEM, "sctp: no memory");
    case EINVAL:
    case EMSGSIZE:
        return err_origin(ACTR_EINVALID, "sctp: not sent: %s", strerror(errno));
    default:
        return err_origin(ACTR_ESTATE, "sctp: not sent: %s", strerror(errno));
    }
}

static int sctp_socket_request(struct socket *so, int option, const void *value, size_t len)
{
    if (sctp_socket_set(so, option, value, len))
        return 0;
    if (errno == EINVAL)
        return err_origin(ACTR_EINVALID, "sctp: no such stream");
    if (errno == ENOMEM)
        return err_origin(ACTR_ENOMEM, "sctp: no memory");
    return err_origin(ACTR_ESTATE, "sctp: not now: %s", strerror(errno));
}

int sctp_socket_reset(struct socket *so, uint16_t stream)
{
    _Alignas(struct sctp_reset_streams)
        uint8_t buf[sizeof(struct sctp_reset_streams) + sizeof stream] = {0};
    struct sctp_reset_streams *request = (struct sctp_reset_streams *)(void *)buf;

    request->srs_flags = SCTP_STREAM_RESET_OUTGOING;
    request->srs_number_streams = 1;
    memcpy(request->srs_stream_list, &stream, sizeof stream);
    return sctp_socket_request(so, SCTP_RESET_STREAMS, buf, sizeof buf);
}

int sctp_socket_add(struct socket *so, uint16_t count)
{
    struct sctp_add_streams request = {.sas_outstrms = count};
    return sctp_socket_request(so, SCTP_ADD_STREAMS, &request, sizeof request);
}

void sctp_socket_doubt(struct socket *so, bool is_doubted)
{
    struct sctp_rtoinfo rto = sctp_socket_rto;
    if (is_doubted)
        rto.srto_initial = rto.srto_min = rto.srto_max = SCTP_RTO_DOUBT_MS;
    sctp_socket_set(so, SCTP_RTOINFO, &rto, sizeof rto);
}

/* A heartbeat now: its answer gives the round trip anew and ends the doubling of the timeout. */
void sctp_socket_probe(struct socket *so, uint64_t handle, uint16_t port)
{
    struct sockaddr_conn address = sctp_socket_address(handle, port);
    struct sctp_paddrparams path = {.spp_flags = SPP_HB_DEMAND};

    memcpy(&path.spp_address, &address, sizeof address);
    sctp_socket_set(so, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
}

size_t sctp_socket_buffered(struct socket *so)
{
    struct sctp_socket_use use = {0};
    socklen_t len = sizeof use;

    if (usrsctp_getsockopt(so, IPPROTO_SCTP, SCTP_SOCKET_BUFFER_USE, &use, &len) != 0)
        return 0;
    return use.send;
}

bool sctp_socket_status(struct socket *so, struct sctp_status *ret_status)
{
    socklen_t len = sizeof *ret_status;

    *ret_status = (struct sctp_status){0};
    return usrsctp_getsockopt(so, IPPROTO_SCTP, SCTP_STATUS, ret_status, &len) == 0;
}

static void sctp_notice_read_change(const struct sctp_assoc_change *change,
                                    struct sctp_notice *notice)
{
    switch (change->sac_state) {
    case SCTP_COMM_UP:
        notice->kind = SCTP_NOTICE_UP;
        notice->streams_out = change->sac_outbound_streams;
        notice->streams_in = change->sac_inbound_streams;
        break;
    case SCTP_SHUTDOWN_COMP:
        notice->kind = SCTP_NOTICE_SHUTDOWN;
        notice->detail = "shut down by the peer";
        break;
    case SCTP_RESTART:
        notice->kind = SCTP_NOTICE_LOST;
        notice->detail = "the peer has restarted the association";
        break;
    case SCTP_CANT_STR_ASSOC:
        notice->kind = SCTP_NOTICE_LOST;
        notice->detail = "the peer does not take the association";
        break;
    default:
        notice->kind = SCTP_NOTICE_LOST;
        notice->detail = "aborted";
    }
}

static void sctp_notice_read_reset(const struct sctp_stream_reset_event *reset,
                                   struct sctp_notice *notice)
{
    notice->kind = SCTP_NOTICE_RESET;
    notice->is_incoming = reset->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN;
    notice->streams = reset->strreset_stream_list;
    notice->count =
        (reset->strreset_length - sizeof *reset) / sizeof reset->strreset_stream_list[0];
}

void sctp_notice_read(struct actr_view bytes, struct sctp_notice *ret_notice)
{
    const union sctp_notification *event = (const void *)bytes.ptr;

    *ret_notice = (struct sctp_notice){0};
    if (bytes.len < sizeof event->sn_header || event->sn_header.sn_length != bytes.len)
        return;
    switch (event->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
        sctp_notice_read_change(&event->sn_assoc_change, ret_notice);
        break;
    case SCTP_SHUTDOWN_EVENT:
        ret_notice->kind = SCTP_NOTICE_SHUTDOWN;
        ret_notice->detail = "shut down by the peer";
        break;
    case SCTP_STREAM_RESET_EVENT:
        sctp_notice_read_reset(&event->sn_strreset_event, ret_notice);
        break;
    case SCTP_STREAM_CHANGE_EVENT:
        ret_notice->kind = SCTP_NOTICE_STREAMS;
        ret_notice->streams_in = event->sn_strchange_event.strchange_instrms;
        ret_notice->streams_out = event->sn_strchange_event.strchange_outstrms;
        break;
    default:
        break;
    }
}
