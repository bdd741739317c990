// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What sctp.c asks of a socket of usrsctp, in its own terms: options, sending, requests, and what a
 * notice means. Loop thread; calls that may send are made inside sctp_stack_enter(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usrsctp.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/sctp.h"

struct sctp_socket_options {
    uint64_t handle;
    uint16_t port, mtu;
    uint32_t send_buffer, receive_window;
};

/* Bound. ACTR_ENOMEM, ACTR_EINTERNAL. */
int sctp_socket_new(const struct sctp_socket_options *options,
                    struct socket **ret_socket) ACTR_MUST_CHECK;
/* Sends INIT. ACTR_EINTERNAL. */
int sctp_socket_connect(struct socket *so, uint64_t handle, uint16_t port) ACTR_MUST_CHECK;
/* ACTR_EUNAVAILABLE: no room; nothing was taken. ACTR_ESTATE, ACTR_EINVALID. */
/* How many packets with data are acknowledged by one; the delay stays. False: as before. */
bool sctp_socket_sack_every(struct socket *so, uint32_t packets);
/* What does not fill a packet waits while something is in flight (Nagle), or does not. False: as
 * before. */
bool sctp_socket_hold(struct socket *so, bool enable);
int sctp_socket_send(struct socket *so, const struct sctp_message *head,
                     struct actr_view bytes) ACTR_MUST_CHECK;
int sctp_socket_reset(struct socket *so, uint16_t stream) ACTR_MUST_CHECK;
int sctp_socket_add(struct socket *so, uint16_t count) ACTR_MUST_CHECK;
/* See sctp_path_doubted(). */
void sctp_socket_doubt(struct socket *so, bool is_doubted);
void sctp_socket_probe(struct socket *so, uint64_t handle, uint16_t port);
size_t sctp_socket_buffered(struct socket *so);
bool sctp_socket_status(struct socket *so, struct sctp_status *ret_status);

enum sctp_notice_kind {
    SCTP_NOTICE_OTHER,
    SCTP_NOTICE_UP,
    SCTP_NOTICE_LOST,
    SCTP_NOTICE_SHUTDOWN,
    SCTP_NOTICE_RESET,
    SCTP_NOTICE_STREAMS
};

struct sctp_notice {
    enum sctp_notice_kind kind;
    const char *detail;               /* of LOST and SHUTDOWN */
    uint16_t streams_out, streams_in; /* of UP and STREAMS */
    bool is_incoming;                 /* of RESET */
    const uint16_t *streams;          /* of RESET; none means all */
    size_t count;
};

/* `bytes` must be aligned as usrsctp's structures are. */
void sctp_notice_read(struct actr_view bytes, struct sctp_notice *ret_notice);
