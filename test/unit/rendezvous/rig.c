// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The network and the ledger of a server under test. Events come from loop tasks, as the contract
 * of net.h wants, but for the ones that the test itself causes from outside. */
#include "rig.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "rendezvous/issuer.h"
#include "sys/loop_virtual.h"

/* ---- Network ---- */

static struct rig_client *client_of(const struct net_ws *ws)
{
    return container_of((uintptr_t)ws, struct rig_client, ws);
}

static int fake_send(struct net_ws *ws, struct actr_bytes message)
{
    struct rig_client *client = client_of(ws);
    if (actr_bytes_failed(message))
        return ACTR_ENOMEM;
    if (client->close_code != 0) {
        actr_bytes_unref(message);
        return 0;
    }
    assert_true(client->message_count < RIG_MESSAGES_MAX);
    client->messages[client->message_count++] = message;
    return client->is_full ? NET_FULL : 0;
}

static void on_gone(struct loop_task *task)
{
    struct rig_client *client = container_of(task, struct rig_client, task);
    struct net_close why = {NET_CLOSED, client->close_code, ""};
    client->is_gone = true;
    client->events->on_closed(client->user, &why);
}

static void fake_close(struct net_ws *ws, uint16_t code, const char *reason)
{
    struct rig_client *client = client_of(ws);
    if (client->close_code != 0)
        return;
    client->close_code = code;
    snprintf(client->close_reason, sizeof(client->close_reason), "%s", reason);
    loop_defer(client->rig->loop, &client->task);
}

static int fake_listen(struct net *net, const struct net_server_options *options,
                       const struct net_server_events *events, void *user,
                       struct net_server **ret_server)
{
    struct rig *rig = container_of(net, struct rig, net);
    rig->events = events;
    rig->user = user;
    rig->listened = *options;
    *ret_server = &rig->server;
    return 0;
}

static uint16_t fake_port(const struct net_server *server)
{
    return 4711;
}

static void on_unlistened(struct loop_task *task)
{
    struct rig *rig = container_of(task, struct rig, task);
    rig->events->on_closed(rig->user);
}

static void fake_server_close(struct net_server *server)
{
    struct rig *rig = container_of(server, struct rig, server);
    for (size_t i = 0; i < rig->client_count; i++)
        if (rig->clients[i].status == 101 && !rig->clients[i].is_gone)
            fake_close(&rig->clients[i].ws, 1001, "going away");
    loop_defer(rig->loop, &rig->task);
}

static const char *fake_header(struct net_request *request, const char *name)
{
    struct rig *rig = container_of(request, struct rig, request);
    return rig->header_name && strcmp(rig->header_name, name) == 0 ? rig->header_value : NULL;
}

static void keep_header(const struct net_header *header, const char *name, char *buf, size_t cap)
{
    if (strcmp(header->name, name) == 0)
        snprintf(buf, cap, "%s", header->value);
}

static void fake_respond(struct net_request *request, unsigned status,
                         const struct net_header *headers, size_t header_count,
                         struct actr_bytes body)
{
    struct rig *rig = container_of(request, struct rig, request);
    assert_int_equal(rig->status, 0);
    rig->status = status;
    for (size_t i = 0; i < header_count; i++) {
        keep_header(&headers[i], "allow", rig->allow, sizeof(rig->allow));
        keep_header(&headers[i], "content-type", rig->content_type, sizeof(rig->content_type));
        keep_header(&headers[i], "access-control-allow-origin", rig->allow_origin,
                    sizeof(rig->allow_origin));
        keep_header(&headers[i], "retry-after", rig->retry_after, sizeof(rig->retry_after));
    }
    actr_bytes_unref(rig->body);
    rig->body = body;
}

static const struct net_ops fake_ops = {.ws_send = fake_send,
                                        .ws_close = fake_close,
                                        .listen = fake_listen,
                                        .server_port = fake_port,
                                        .server_close = fake_server_close,
                                        .request_header = fake_header,
                                        .respond = fake_respond};

/* ---- Ledger ---- */

static int fake_load(struct ledger *ledger, ledger_row_fn *fn, void *owner)
{
    struct ledger_row row = {.table = LEDGER_SIGNING_KEY};
    forge_key_row(&row);
    int r = fn(owner, &row);
    forge_row_deinit(&row);
    return r;
}

static void fake_submit(struct ledger *ledger, struct ledger_write *write)
{
    struct rig_ledger *fake = container_of(ledger, struct rig_ledger, ledger);
    list_each(pos, &write->rows)
    {
        fake->row_count++;
        if (container_of(pos, struct ledger_row, link)->is_removal)
            fake->removal_count++;
    }
    if (fake->want_hold)
        list_push(&fake->held, &write->link);
    else
        ledger_answer(write, fake->fail_with);
}

static void fake_free(struct ledger *ledger)
{
}

static int open_load(struct ledger *ledger, ledger_row_fn *fn, void *owner)
{
    return 0;
}

/* ---- Life ---- */

static void on_started(void *user, int result)
{
    ((struct rig *)user)->started = result;
}

static void on_closed(void *user)
{
    ((struct rig *)user)->is_closed = true;
}

void rig_open(struct rig *rig, const struct rendezvous_options *options)
{
    static const struct ledger_ops ops = {fake_load, fake_submit, fake_free};
    static const struct ledger_ops open_ops = {open_load, fake_submit, fake_free};
    static const struct rendezvous_events events = {on_started, on_closed};
    static const struct rendezvous_realm realm = {RIG_REALM, NULL};
    struct rendezvous_options given = {0};
    if (options)
        given = *options;
    if (!given.realms && !given.is_open) {
        given.realms = &realm;
        given.realm_count = 1;
    }
    memset(rig, 0, sizeof(*rig));
    rig->started = 1;
    rig->address = "127.0.0.1";
    arena_init(&rig->arena, 16 * 1024 * 1024);
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->net = (struct net){&fake_ops, rig->loop};
    rig->server.ops = &fake_ops;
    rig->request.ops = &fake_ops;
    loop_task_init(&rig->task, on_unlistened);
    list_init(&rig->ledger.held);
    ledger_init(&rig->ledger.ledger, given.is_open ? &open_ops : &ops, rig->loop);
    struct rendezvous_base base = {rig->loop, &rig->net, &rig->ledger.ledger, NULL};
    assert_int_equal(rendezvous_start(&base, &given, &events, rig, &rig->rendezvous), 0);
    rig_run(rig);
    assert_int_equal(rig->started, 0);
}

void rig_close(struct rig *rig)
{
    rendezvous_close(rig->rendezvous);
    rig_run(rig);
    assert_true(rig->is_closed);
    for (size_t i = 0; i < rig->client_count; i++) {
        for (size_t j = 0; j < rig->clients[i].message_count; j++)
            actr_bytes_unref(rig->clients[i].messages[j]);
        forged_deinit(&rig->clients[i].proof);
    }
    actr_bytes_unref(rig->body);
    arena_deinit(&rig->arena);
    loop_virtual_close(rig->loop);
}

void rig_run(struct rig *rig)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop));
}

void rig_pass(struct rig *rig, uint64_t seconds)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop) + seconds * 1000000);
}

uint64_t rig_now_s(const struct rig *rig)
{
    return loop_wall_ms(rig->loop) / 1000;
}

void rig_release(struct rig *rig, int result)
{
    rig->ledger.want_hold = false;
    for (struct list *link; (link = list_pop(&rig->ledger.held));)
        ledger_answer(container_of(link, struct ledger_write, link), result);
    rig_run(rig);
}

/* ---- HTTP ---- */

void rig_http(struct rig *rig, const char *method, const char *path, struct actr_bytes body)
{
    struct net_request_info info = {method, path, "", rig->address, body};
    actr_bytes_unref(rig->body);
    rig->body = (struct actr_bytes){0};
    rig->status = 0;
    rig->content_type[0] = rig->allow[0] = rig->allow_origin[0] = rig->retry_after[0] = '\0';
    rig->events->on_request(rig->user, &rig->request, &info);
    rig_run(rig);
    actr_bytes_unref(body);
}

void rig_json(struct rig *rig, const char *path, const char *body)
{
    rig_http(rig, "POST", path, actr_bytes_str(body));
}

struct ais_response rig_response(struct rig *rig)
{
    struct ais_response response = {0};
    arena_reset(&rig->arena);
    assert_int_equal(ais_response_decode(actr_bytes_view(rig->body), &rig->arena, &response), 0);
    return response;
}

unsigned rig_register(struct rig *rig, const struct ais_register_request *request,
                      struct ais_registration *ret_registration)
{
    rig_http(rig, "POST", "/ais/register", ais_register_request_encode(request));
    assert_int_equal(rig->status, 200);
    struct ais_response response = rig_response(rig);
    if (response.result == AIS_RESULT_ERROR)
        return response.error.code;
    assert_int_equal(response.result, AIS_RESULT_SUCCESS);
    if (ret_registration)
        *ret_registration = response.success;
    return 0;
}

struct ais_response rig_renew(struct rig *rig, const struct actr_id *id, struct actr_view token)
{
    struct ais_renew_request request = {*id, token};
    rig_http(rig, "POST", "/ais/renew", ais_renew_request_encode(&request));
    return rig_response(rig);
}

/* ---- Sockets ---- */

struct rig_client *rig_upgrade(struct rig *rig, const char *path, const char *query)
{
    assert_true(rig->client_count < RIG_CLIENTS_MAX);
    struct rig_client *client = &rig->clients[rig->client_count++];
    struct net_request_info info = {"GET", path, query, rig->address, {0}};
    client->ws.ops = &fake_ops;
    client->rig = rig;
    loop_task_init(&client->task, on_gone);
    client->status = rig->events->on_upgrade(rig->user, &rig->request, &info, &client->ws,
                                             &client->events, &client->user);
    rig_run(rig);
    return client;
}

struct rig_client *rig_join_as(struct rig *rig, const struct ais_register_request *request,
                               const char *query_tail)
{
    struct ais_registration registration;
    char query[2048], text[ACTR_ID_STR_MAX];
    assert_int_equal(rig_register(rig, request, &registration), 0);
    struct actr_id id = registration.id;
    struct forged proof = forge_good(&id, rig_now_s(rig) + ISSUER_TTL_S);
    struct credential credential = forged_credential(&proof);
    forge_query(actr_id_format(&id, text), &credential, query, sizeof(query));
    strncat(query, query_tail, sizeof(query) - strlen(query) - 1);
    struct rig_client *client = rig_upgrade(rig, "/signaling/ws", query);
    assert_int_equal(client->status, 101);
    client->id = id;
    client->proof = proof;
    return client;
}

struct rig_client *rig_join(struct rig *rig, const char *type)
{
    struct ais_register_request request = forge_registration(RIG_REALM, type);
    return rig_join_as(rig, &request, "");
}

void rig_leave(struct rig *rig, struct rig_client *client)
{
    fake_close(&client->ws, 1005, "");
    rig_run(rig);
}

void rig_send_bytes(struct rig_client *client, struct actr_bytes message, bool is_binary)
{
    assert_false(actr_bytes_failed(message));
    assert_int_equal(client->close_code, 0);
    client->events->on_message(client->user, message, is_binary);
    rig_run(client->rig);
}

void rig_send(struct rig_client *client, const struct signaling_envelope *envelope)
{
    rig_send_bytes(client, signaling_encode(envelope), true);
}

bool rig_has_next(const struct rig_client *client)
{
    return client->read_count < client->message_count;
}

struct signaling_envelope rig_next(struct rig_client *client)
{
    struct signaling_envelope envelope;
    assert_true(rig_has_next(client));
    arena_reset(&client->rig->arena);
    assert_int_equal(signaling_decode(actr_bytes_view(client->messages[client->read_count++]),
                                      &client->rig->arena, &envelope),
                     0);
    assert_int_equal(envelope.version, SIGNALING_VERSION);
    assert_true(envelope.id.len > 0);
    return envelope;
}

struct signaling_envelope rig_request(const struct rig_client *client,
                                      enum signaling_request_kind kind)
{
    struct credential credential = forged_credential(&client->proof);
    return forge_request(&client->id, &credential, kind);
}

struct signaling_envelope rig_relay(const struct rig_client *client, const struct actr_id *target,
                                    enum relay_kind kind)
{
    struct credential credential = forged_credential(&client->proof);
    return forge_relay(&client->id, &credential, target, kind);
}

struct signaling_envelope rig_ask(struct rig_client *client, enum signaling_request_kind kind)
{
    struct signaling_envelope asked = rig_request(client, kind);
    rig_send(client, &asked);
    struct signaling_envelope answer = rig_next(client);
    assert_int_equal(answer.flow, SIGNALING_FLOW_SERVER_TO_ACTR);
    assert_true(view_equal(answer.reply_for, asked.id));
    assert_true(actr_id_equal(&answer.reply.target, &client->id));
    return answer;
}

unsigned rig_error(struct rig_client *client, const struct signaling_envelope *envelope)
{
    rig_send(client, envelope);
    struct signaling_envelope answer = rig_next(client);
    assert_int_equal(answer.flow, SIGNALING_FLOW_SERVER_TO_ACTR);
    assert_true(view_equal(answer.reply_for, envelope->id));
    return answer.reply.kind == SIGNALING_REPLY_ERROR ? answer.reply.error.code : 0;
}
