// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Data channels over two joined associations: opening, ids, order by rank, closing by reset, and a
 * peer that does what it should not. */
#include "hyper/wire/webrtc/data_channel.h"

#include "base/bytes.h"
#include "hyper/wire/webrtc/data_channel_queue.h"
#include "sctp_link.h"

#define CHANNELS 1100

struct side {
    struct sctp_link_end *end;
    struct data_channels *channels;
    struct data_channel *opened[CHANNELS]; /* by the peer */
    unsigned open_count, acknowledged, messages, empty, texts, writable, closed, drained;
    bool closes_at_once, frees_all;
    size_t bytes;
    char order[64]; /* the first letter of each label that sent */
    struct actr_bytes last;
    uint64_t last_us; /* when it came */
};

static void on_opened(void *owner, struct data_channel *channel, const struct dcep_open *open)
{
    struct side *side = owner;
    assert_int_equal(open->label.len, strlen(channel->label));
    assert_int_equal(channel->state, DATA_CHANNEL_OPEN);
    if (side->open_count < CHANNELS)
        side->opened[side->open_count] = channel;
    side->open_count++;
    if (side->closes_at_once)
        data_channel_close(channel);
}

static void on_acknowledged(void *owner, struct data_channel *channel)
{
    ((struct side *)owner)->acknowledged++;
}

static void on_message(void *owner, struct data_channel *channel, bool is_text,
                       struct actr_bytes message)
{
    struct side *side = owner;
    if (side->messages < sizeof side->order - 1)
        side->order[side->messages] = channel->label[0];
    side->messages++;
    side->empty += message.len == 0;
    side->texts += is_text;
    side->bytes += message.len;
    actr_bytes_unref(side->last);
    side->last = message;
    side->last_us = loop_now_us(side->end->link->loop);
    if (side->frees_all)
        side->channels = data_channels_free(side->channels);
}

static void on_writable(void *owner, struct data_channel *channel)
{
    ((struct side *)owner)->writable++;
}

static void on_closed(void *owner, struct data_channel *channel)
{
    assert_int_equal(channel->state, DATA_CHANNEL_CLOSING);
    ((struct side *)owner)->closed++;
}

static void on_drained(void *owner)
{
    ((struct side *)owner)->drained++;
}

static const struct data_channels_events channel_events = {
    on_opened, on_acknowledged, on_message, on_writable, on_closed, on_drained};

static struct side *side_of(void *owner)
{
    return ((struct sctp_link_end *)owner)->user;
}

static void pass_open(void *owner, uint16_t out, uint16_t in)
{
    ((struct sctp_link_end *)owner)->opened++;
    if (side_of(owner)->channels)
        data_channels_on_open(side_of(owner)->channels, out, in);
}

static void pass_message(void *owner, const struct sctp_message *head, struct actr_bytes bytes)
{
    if (side_of(owner)->channels)
        data_channels_on_message(side_of(owner)->channels, head, bytes);
    else
        actr_bytes_unref(bytes);
}

static void pass_writable(void *owner)
{
    if (side_of(owner)->channels)
        data_channels_on_writable(side_of(owner)->channels);
}

static void pass_reset(void *owner, const uint16_t *streams, size_t count, bool is_incoming)
{
    if (side_of(owner)->channels)
        data_channels_on_reset(side_of(owner)->channels, streams, count, is_incoming);
}

static const struct sctp_events pass_events = {
    sctp_link_send, pass_open, pass_message, pass_writable, pass_reset, sctp_link_on_closed, NULL};

struct session {
    struct sctp_link *link;
    struct side sides[2]; /* 0: DTLS client */
};

static struct session *session_new(const struct data_channels_options *wanted)
{
    struct session *session = calloc(1, sizeof *session);
    struct data_channels_options options = wanted ? *wanted : (struct data_channels_options){0};
    assert_non_null(session);
    session->link = sctp_link_new(NULL, &pass_events);
    for (int i = 0; i < 2; i++) {
        struct side *side = &session->sides[i];
        side->end = &session->link->ends[i];
        side->end->user = side;
        options.is_dtls_client = i == 0;
        side->channels = data_channels_new(&options, side->end->sctp, &channel_events, side);
        assert_non_null(side->channels);
    }
    return session;
}

static void session_free(struct session *session)
{
    for (int i = 0; i < 2; i++) {
        data_channels_free(session->sides[i].channels);
        actr_bytes_unref(session->sides[i].last);
    }
    sctp_link_free(session->link);
    free(session);
}

static struct session *session_open(const struct data_channels_options *options)
{
    struct session *session = session_new(options);
    sctp_link_start(session->link);
    sctp_link_settle(session->link);
    return session;
}

static struct data_channel *open_channel(struct side *side, const char *label, uint8_t rank)
{
    struct data_channel_options options = {.label = label, .priority = 256, .rank = rank};
    struct data_channel *channel = NULL;
    assert_int_equal(data_channel_open(side->channels, &options, &channel), 0);
    return channel;
}

static struct actr_bytes filled(size_t len)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(len, &data);
    assert_non_null(data);
    memset(data, 'x', len);
    return bytes;
}

TEST(channels_opened_before_the_association_come_with_their_messages)
{
    struct session *session = session_new(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    static const char *const labels[] = {"RPC_RELIABLE", "RPC_SIGNAL", "STREAM_RELIABLE"};
    for (int i = 0; i < 3; i++) {
        struct data_channel *channel = open_channel(server, labels[i], 0);
        assert_int_equal(channel->id, 2 * i + 1);
        assert_int_equal(channel->state, DATA_CHANNEL_OPENING);
        assert_int_equal(data_channel_send(channel, false, actr_bytes_str("hello")), 0);
    }
    assert_int_equal(open_channel(client, "mine", 0)->id, 0);
    sctp_link_start(session->link);
    sctp_link_settle(session->link);
    assert_int_equal(client->open_count, 3);
    assert_int_equal(client->messages, 3);
    assert_int_equal(server->acknowledged, 3);
    assert_int_equal(server->open_count, 1);
    assert_string_equal(client->opened[0]->label, "RPC_RELIABLE");
    /* And the other way on the same channel. */
    assert_int_equal(data_channel_send(client->opened[0], true, actr_bytes_str("answer")), 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->messages, 1);
    assert_int_equal(server->texts, 1);
    assert_memory_equal(server->last.ptr, "answer", 6);
    session_free(session);
}

TEST(empty_messages_go_both_ways)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel *channel = open_channel(client, "c", 0);
    assert_int_equal(data_channel_send(channel, true, (struct actr_bytes){0}), 0);
    assert_int_equal(data_channel_send(channel, false, (struct actr_bytes){0}), 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->empty, 2);
    assert_int_equal(server->texts, 1);
    assert_int_equal(data_channel_send(server->opened[0], false, (struct actr_bytes){0}), 0);
    sctp_link_settle(session->link);
    assert_int_equal(client->empty, 1);
    session_free(session);
}

TEST(a_better_rank_overtakes_what_waits)
{
    struct data_channels_options options = {.unsent_max = 64 << 10};
    struct session *session = session_open(&options);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel *bulk = open_channel(client, "bulk", 1);
    struct data_channel *urgent = open_channel(client, "urgent", 0);
    sctp_link_settle(session->link);
    for (int i = 0; i < 50; i++)
        assert_true(data_channel_send(bulk, false, filled(16384)) >= 0);
    assert_int_equal(data_channel_send(urgent, false, filled(100)), 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->messages, 51);
    const char *at = strchr(server->order, 'u');
    assert_non_null(at);
    /* What SCTP held came before it, not the 50. */
    assert_true(at - server->order <= 8);
    session_free(session);
}

/* What waits for company must not wait for the peer's acknowledgement, which may be delayed. */
TEST(short_messages_of_one_turn_share_packets_and_none_waits)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel *one = open_channel(client, "one", 0);
    struct data_channel *other = open_channel(client, "other", 1);
    sctp_link_settle(session->link);
    size_t before = client->end->sent;
    uint64_t begin_us = loop_now_us(session->link->loop);
    for (int i = 0; i < 20; i++)
        assert_int_equal(data_channel_send(i % 4 ? one : other, false, filled(100)), 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->messages, 20);
    assert_in_range(server->last_us - begin_us, 0, 1000);
    /* 20 chunks of 116 bytes in packets of 1,163, and the first alone; answers are the other's. */
    assert_in_range(client->end->sent - before, 1, 4);
    session_free(session);
}

TEST(equal_ranks_take_turns)
{
    struct data_channels_options options = {.unsent_max = 32 << 10};
    struct session *session = session_open(&options);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel *a = open_channel(client, "a", 1), *b = open_channel(client, "b", 1);
    sctp_link_settle(session->link);
    for (int i = 0; i < 20; i++)
        assert_true(data_channel_send(a, false, filled(16384)) >= 0);
    for (int i = 0; i < 20; i++)
        assert_true(data_channel_send(b, false, filled(16384)) >= 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->messages, 40);
    unsigned early = 0;
    for (int i = 0; i < 20; i++)
        early += server->order[i] == 'b';
    assert_true(early >= 7);
    session_free(session);
}

TEST(full_is_said_and_writable_follows_outside_the_send)
{
    struct data_channels_options options = {
        .queue_high = 64 << 10, .queue_max = 128 << 10, .unsent_max = 64 << 10};
    struct session *session = session_open(&options);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel *channel = open_channel(client, "c", 1);
    unsigned taken = 0;
    int r = 0;
    while ((r = data_channel_send(channel, false, filled(4096))) == 0)
        taken++;
    assert_int_equal(r, DATA_CHANNEL_FULL);
    taken++;
    while ((r = data_channel_send(channel, false, filled(4096))) >= 0)
        taken++;
    assert_int_equal(r, ACTR_EUNAVAILABLE);
    assert_true(data_channel_queued(channel) <= 128 << 10);
    assert_int_equal(client->writable, 0);
    sctp_link_settle(session->link);
    assert_int_equal(client->writable, 1);
    assert_int_equal(server->messages, taken);
    assert_int_equal(server->bytes, taken * 4096u);
    assert_int_equal(data_channel_send(channel, false, filled(65537)), ACTR_EINVALID);
    session_free(session);
}

/* When memory is short, who lets much wait is refused more, and who lets little wait is not. */
TEST(all_channels_together_are_bounded)
{
    struct data_channels_total total = {.bytes_max = 100 << 10};
    struct data_channels_options options = {
        .total = &total, .queue_high = 16 << 10, .queue_max = 1 << 20, .unsent_max = 8 << 10};
    struct session *session = session_open(&options);
    struct data_channel *much = open_channel(&session->sides[0], "much", 1),
                        *little = open_channel(&session->sides[1], "little", 1);
    int r = 0;
    while ((r = data_channel_send(much, false, filled(4096))) >= 0)
        assert_int_equal(total.bytes, data_channel_queued(much));
    assert_int_equal(r, ACTR_EUNAVAILABLE);
    assert_true(total.bytes <= total.bytes_max && total.bytes > total.bytes_max - 8192);
    while (data_channel_queued(little) < 60 << 10)
        assert_true(data_channel_send(little, false, filled(4096)) >= 0);
    assert_true(total.bytes > total.bytes_max);
    sctp_link_settle(session->link);
    assert_int_equal(total.bytes, 0);
    assert_true(data_channel_send(much, false, filled(60000)) >= 0);
    session_free(session);
    assert_int_equal(total.bytes, 0);
}

TEST(closing_sends_what_waits_and_resets_both_ways)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel *channel = open_channel(client, "c", 0);
    for (int i = 0; i < 30; i++)
        assert_true(data_channel_send(channel, false, filled(60000)) >= 0);
    data_channel_close(channel);
    data_channel_close(channel);
    assert_int_equal(data_channel_send(channel, false, filled(1)), ACTR_ESTATE);
    sctp_link_settle(session->link);
    assert_int_equal(server->messages, 30);
    assert_int_equal(client->closed, 1);
    assert_int_equal(server->closed, 1);
    /* The id is free again. */
    assert_int_equal(open_channel(client, "d", 0)->id, 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->open_count, 2);
    session_free(session);
}

TEST(a_channel_that_never_left_closes_quietly)
{
    struct session *session = session_new(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    data_channel_close(open_channel(client, "c", 0));
    assert_int_equal(client->closed, 0);
    loop_virtual_step(session->link->loop);
    assert_int_equal(client->closed, 1);
    sctp_link_start(session->link);
    sctp_link_settle(session->link);
    assert_int_equal(server->open_count, 0);
    session_free(session);
}

TEST(a_channel_closed_as_it_opens_is_closed_at_both)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    server->closes_at_once = true;
    open_channel(client, "c", 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->closed, 1);
    assert_int_equal(client->closed, 1);
    session_free(session);
}

TEST(churn_leaves_nothing_behind)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    size_t live = 0;
    for (unsigned i = 0; i < 300; i++) {
        struct data_channel *channel = open_channel(client, "c", 0);
        assert_int_equal(channel->id, 0);
        assert_true(data_channel_send(channel, false, filled(100)) >= 0);
        data_channel_close(channel);
        sctp_link_settle(session->link);
        assert_int_equal(client->closed, i + 1);
        assert_int_equal(server->closed, i + 1);
        if (i == 10)
            live = mem_live();
    }
    assert_int_equal(mem_live(), live);
    session_free(session);
}

TEST(drained_comes_when_the_peer_has_all)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel *channel = open_channel(client, "c", 1);
    for (int i = 0; i < 40; i++)
        assert_true(data_channel_send(channel, false, filled(50000)) >= 0);
    data_channels_drain(client->channels);
    assert_int_equal(client->drained, 0);
    while (!client->drained)
        assert_true(loop_virtual_step(session->link->loop));
    assert_int_equal(server->messages, 40);
    data_channels_drain(server->channels);
    assert_int_equal(server->drained, 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->drained, 1);
    session_free(session);
}

/* Speaks for the peer, below its channels. */
static void raw_send(struct side *side, uint16_t stream, uint32_t ppid, struct actr_bytes bytes)
{
    struct sctp_message head = {.stream = stream, .ppid = ppid};
    for (;;) {
        int r = sctp_send(side->end->sctp, &head, actr_bytes_ref(bytes));
        if (r != ACTR_EUNAVAILABLE) {
            assert_true(r >= 0);
            break;
        }
        assert_true(loop_virtual_step(side->end->link->loop));
    }
    actr_bytes_unref(bytes);
}

static struct actr_bytes open_message(const char *label)
{
    struct dcep_open open = {.priority = 256, .label = view_text(label)};
    uint8_t buf[DCEP_MESSAGE_MAX];
    return actr_bytes_copy(actr_view_of(buf, dcep_format_open(&open, buf)));
}

TEST(what_belongs_to_no_channel_is_dropped)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    raw_send(client, 4, SCTP_PPID_BINARY, actr_bytes_str("before"));
    raw_send(client, 4, SCTP_PPID_DCEP, actr_bytes_copy(actr_view_of("\2", 1)));
    raw_send(client, 4, SCTP_PPID_DCEP, actr_bytes_str("nonsense"));
    raw_send(client, 4, 99, actr_bytes_str("unknown"));
    sctp_link_settle(session->link);
    assert_int_equal(server->open_count, 0);
    assert_int_equal(server->messages, 0);
    /* An id of the other parity is taken, a second OPEN changes nothing. */
    raw_send(client, 5, SCTP_PPID_DCEP, open_message("odd"));
    raw_send(client, 5, SCTP_PPID_DCEP, open_message("again"));
    raw_send(client, 5, 99, actr_bytes_str("unknown"));
    raw_send(client, 5, SCTP_PPID_BINARY, actr_bytes_str("after"));
    sctp_link_settle(session->link);
    assert_int_equal(server->open_count, 1);
    assert_string_equal(server->opened[0]->label, "odd");
    assert_int_equal(server->messages, 1);
    /* Ours goes around it. */
    assert_int_equal(open_channel(server, "a", 0)->id, 1);
    assert_int_equal(open_channel(server, "b", 0)->id, 3);
    assert_int_equal(open_channel(server, "c", 0)->id, 7);
    session_free(session);
}

TEST(a_peer_that_opens_as_many_as_it_can_gets_only_so_many)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    assert_int_equal(sctp_streams(client->end->sctp), SCTP_STREAMS);
    for (unsigned id = 0; id < SCTP_STREAMS; id++)
        raw_send(client, (uint16_t)id, SCTP_PPID_DCEP, open_message("flood"));
    sctp_link_settle(session->link);
    assert_int_equal(server->open_count, DATA_CHANNELS_MAX);
    assert_int_equal(data_channels_refused(server->channels), SCTP_STREAMS - DATA_CHANNELS_MAX);
    /* The accepted ones work. */
    struct data_channel *last = server->opened[DATA_CHANNELS_MAX - 1];
    assert_int_equal(data_channel_send(last, false, actr_bytes_str("x")), 0);
    sctp_link_settle(session->link);
    assert_true(sctp_streams(server->end->sctp) > last->id);
    assert_int_equal(data_channel_queued(last), 0);
    struct data_channel_options options = {.label = "one more"};
    struct data_channel *channel = NULL;
    assert_int_equal(data_channel_open(server->channels, &options, &channel), ACTR_EUNAVAILABLE);
    session_free(session);
}

TEST(unordered_and_partial_apply_after_the_acknowledgement)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel_options options = {.label = "u",
                                           .is_unordered = true,
                                           .reliability = 1,
                                           .reliability_value = 3,
                                           .priority = 256,
                                           .rank = 2};
    struct data_channel *channel = NULL;
    assert_int_equal(data_channel_open(client->channels, &options, &channel), 0);
    assert_int_equal(data_channel_send(channel, false, filled(10)), 0);
    sctp_link_settle(session->link);
    assert_int_equal(data_channel_send(channel, false, filled(10)), 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->messages, 2);
    options.reliability = 3;
    assert_int_equal(data_channel_open(client->channels, &options, &channel), ACTR_EINVALID);
    session_free(session);
}

TEST(all_may_be_freed_in_an_event)
{
    struct session *session = session_open(NULL);
    struct side *client = &session->sides[0], *server = &session->sides[1];
    struct data_channel *channel = open_channel(client, "c", 0);
    server->frees_all = true;
    for (int i = 0; i < 5; i++)
        assert_true(data_channel_send(channel, false, filled(100)) >= 0);
    sctp_link_settle(session->link);
    assert_int_equal(server->messages, 1);
    assert_null(server->channels);
    session_free(session);
}

TEST(without_memory_nothing_is_taken)
{
    struct session *session = session_new(NULL);
    struct side *client = &session->sides[0];
    struct data_channel_options options = {.label = "c"};
    struct data_channel *channel = NULL;
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_int_equal(data_channel_open(client->channels, &options, &channel), ACTR_ENOMEM);
        mem_fail_at(0);
    }
    channel = open_channel(client, "c", 0);
    struct actr_bytes message = filled(10);
    mem_fail_at(1);
    assert_int_equal(data_channel_send(channel, false, message), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_int_equal(data_channel_queued(channel), 0);
    session_free(session);
}
