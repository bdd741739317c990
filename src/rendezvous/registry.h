// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The registry: every actor that is registered, and which of them are online.
 *
 * Actors that registered alike (realm, type, access rules, service spec) form one group, so that
 * one look at the rules decides for all of them, a thousand instances share one copy of their spec,
 * and a request costs the same whether a type has one instance or ten thousand.
 *
 * Bounded: see REGISTRY_… below. Loop thread; time and randomness are arguments. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/list.h"
#include "ledger.h"
#include "protocol/ais.h"
#include "sys/crypto.h"
#include "visibility.h"

#define REGISTRY_ACTORS_MAX 262144
#define REGISTRY_PROFILE_MAX (1024 * 1024) /* bytes of one profile */
#define REGISTRY_PROFILES_MAX                                                                      \
    ((size_t)256 * 1024 * 1024)     /* bytes of all; alike ones count once                         \
                                     */
#define REGISTRY_WS_ADDRESS_MAX 512 /* bytes */
#define REGISTRY_TOKENS 2

struct visitor;
struct registry_kind;

/* A renewal token as it is kept. */
struct registry_token {
    uint8_t digest[CRYPTO_SHA256_LEN];
    uint64_t expires_at_s; /* unix time; 0: none */
};

/* An actor as it is kept: in memory, in the ledger, and on its way between them. */
struct registry_entry {
    struct actr_id id;
    struct actr_bytes profile;    /* see registry_profile() */
    struct actr_bytes ws_address; /* len 0: none */
    uint64_t expires_at_s;        /* unix time */
    struct registry_token tokens[REGISTRY_TOKENS];
};

/* Actors that registered alike. */
struct registry_group {
    struct ais_register_request profile; /* type, realm, rules and spec; the rest is empty */
    struct actr_bytes encoded;           /* the profile as it is kept */
    struct registry_kind *kind;
    struct registry_actor **online;
    size_t online_count;
    size_t _online_cap;
    size_t _member_count;
    struct arena _arena;
    struct hash_node _node;
    struct list _of_kind;
    struct list _of_spec; /* groups whose spec has the same name */
    struct registry_spec_name *_spec_name;
};

struct registry_actor {
    uint64_t serial;
    struct registry_group *group;
    struct visitor *visitor;      /* NULL: offline */
    struct actr_bytes ws_address; /* len 0: none */
    uint64_t gone_at_us; /* when its last socket closed, on the monotonic clock; 0: never */
    struct registry_token tokens[REGISTRY_TOKENS]; /* the newest first */
    float power_reserve;
    float backlog;
    uint8_t availability; /* RANKING_UNKNOWN until the first heartbeat of a connection */
    struct list pairs_opened, pairs_accepted; /* pairing.h */
    size_t pairs_opened_count;
    struct hash_node _node;
    struct heap_node _expiry; /* key: unix time */
    size_t _place;            /* in group->online, plus 1; 0: offline */
};

/* A type, with the groups of all realms. */
struct registry_kind {
    struct actr_type type;
    char text[ACTR_TYPE_STR_MAX];
    struct list groups;
    size_t group_count;
    struct hash_node _node;
};

struct registry {
    struct hash_table _actors, _groups, _kinds, _spec_names;
    struct registry_kind **_sorted; /* kinds by text */
    size_t _sorted_cap;
    size_t _profile_bytes;
    struct heap _expiry;
    struct hash_key _key;
    size_t online_count;
    uint64_t serial_max; /* the largest that was ever added */
};

/* Who looks, and what holds for actors without rules. */
struct registry_viewer {
    const struct actr_id *id;
    enum visibility_policy policy;
};

void registry_init(struct registry *registry, const struct hash_key *key);
/* Every actor must be offline. */
void registry_deinit(struct registry *registry);
size_t registry_count(const struct registry *registry);

/* The part of a registration that is kept, encoded. A failed value when memory has run out. */
struct actr_bytes registry_profile(const struct ais_register_request *request);

/* Is there room for one more actor with this profile? ACTR_ESTATE (the detail says of what there is
 * too much), ACTR_EINVALID: the profile is too long. */
int registry_check_room(const struct registry *registry, size_t profile_len) ACTR_MUST_CHECK;

/* Adds an actor, offline; references what it keeps of the entry. ACTR_ENOMEM; ACTR_EDECODE: the
 * profile is broken or another actor's; ACTR_ESTATE: the id is taken. */
int registry_add(struct registry *registry, const struct registry_entry *entry,
                 struct registry_actor **ret_actor) ACTR_MUST_CHECK;
/* It must be offline and without pairs. */
void registry_remove(struct registry *registry, struct registry_actor *actor);

/* Borrowed; NULL: not registered. */
struct registry_actor *registry_find(const struct registry *registry, const struct actr_id *id);
void registry_id(const struct registry_actor *actor, struct actr_id *ret_id);

/* Calls fn for each actor of a realm; it may remove that actor, and no other. Looks at all actors.
 */
typedef void registry_fn(void *arg, struct registry_actor *actor);
void registry_each(const struct registry *registry, uint32_t realm, registry_fn *fn, void *arg);

/* Online and offline. Coming online fails only for want of memory; the load is unknown again. */
int registry_attach(struct registry *registry, struct registry_actor *actor,
                    struct visitor *visitor) ACTR_MUST_CHECK;
void registry_detach(struct registry *registry, struct registry_actor *actor, uint64_t now_us);

/* When the registration ends by itself. */
void registry_set_expiry(struct registry *registry, struct registry_actor *actor,
                         uint64_t expires_at_s);
uint64_t registry_expiry(const struct registry_actor *actor);
/* The actor whose time was over first; NULL: none. */
struct registry_actor *registry_expired(const struct registry *registry, uint64_t now_s);

/* May the viewer see the actors of the group? */
bool registry_sees(const struct registry_viewer *viewer, const struct registry_group *group);

/* Online actors of exactly `type` that the viewer sees, without itself; at most `max`, drawn at
 * random when there are more. The scratch array of groups comes from `arena`. Returns how many;
 * ACTR_ENOMEM. */
int registry_candidates(const struct registry *registry, const struct registry_viewer *viewer,
                        const struct actr_type *type, uint64_t random, struct arena *arena,
                        struct registry_actor **ret_actors, size_t max) ACTR_MUST_CHECK;

/* One group for each type of which the viewer sees an instance online, sorted by the type's text;
 * one that has a spec where there is one. manufacturer: ptr NULL: any. Returns how many. */
size_t registry_discover(const struct registry *registry, const struct registry_viewer *viewer,
                         struct actr_view manufacturer, const struct registry_group **ret_groups,
                         size_t max);

/* The spec of that name that the viewer sees; of an actor that is online where there is one.
 * NULL: none. Borrowed. */
const struct service_spec *registry_spec(const struct registry *registry,
                                         const struct registry_viewer *viewer,
                                         struct actr_view name);

/* The actor as an entry: borrowed, for registry_write(). */
void registry_entry_of(const struct registry_actor *actor, struct registry_entry *ret_entry);

/* The row that keeps an entry, or removes the one of an id. ACTR_ENOMEM. */
int registry_write(const struct registry_entry *entry, struct ledger_write *write) ACTR_MUST_CHECK;
int registry_write_removal(const struct actr_id *id, struct ledger_write *write) ACTR_MUST_CHECK;

/* Adds a stored actor. ACTR_EDECODE: the row makes no sense; ACTR_ENOMEM, ACTR_ESTATE. */
int registry_load(struct registry *registry, const struct ledger_row *row) ACTR_MUST_CHECK;
