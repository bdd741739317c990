// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Directory: one small object for each question, linked so that it can be forgotten when the asker
 * has gone.
 *
 * A search asks for all actors of the wanted one's type, because that is what the server answers;
 * the address is then in signaling's memory, or the actor is not up. Loop thread; never waits. */
#include "hyper/lifecycle/directory.h"

#include "base/err.h"
#include "base/mem.h"
#include "hyper/signaling/signaling.h"
#include "runtime/acl.h"
#include "sys/log.h"

#define DIRECTORY_SEARCH_MAX 64

struct search {
    struct list link;
    struct directory *directory;
    struct ws_address *address;
    struct signaling_lookup lookup;
};

struct vetting {
    struct list link;
    struct ws_verification *verification;
    struct signaling_check check;
};

void directory_init(struct directory *directory, struct signaling *signaling, const struct acl *acl,
                    struct log *log)
{
    directory->signaling = signaling;
    directory->acl = acl;
    directory->log = log;
    list_init(&directory->_searches);
    list_init(&directory->_vettings);
}

static void search_free(struct search *search)
{
    signaling_discover_cancel(&search->lookup);
    list_remove(&search->link);
    mem_free(search);
}

static void vetting_free(struct vetting *vetting)
{
    signaling_verify_cancel(&vetting->check);
    list_remove(&vetting->link);
    mem_free(vetting);
}

void directory_deinit(struct directory *directory)
{
    while (!list_is_empty(&directory->_searches))
        search_free(container_of(directory->_searches.next, struct search, link));
    while (!list_is_empty(&directory->_vettings))
        vetting_free(container_of(directory->_vettings.next, struct vetting, link));
}

static void search_on_found(struct signaling_lookup *lookup, int code, const char *detail,
                            const struct actr_id *ids, size_t count)
{
    struct search *search = container_of(lookup, struct search, lookup);
    struct directory *directory = search->directory;
    struct ws_address *address = search->address;
    (void)ids;
    (void)count;
    if (code < 0)
        log_debug(directory->log, "address.unknown", "%s", detail);
    search_free(search);
    ws_address_found(address, signaling_address_of(directory->signaling, &address->peer));
}

const char *directory_resolve(struct directory *directory, struct ws_address *address)
{
    const char *url = signaling_address_of(directory->signaling, &address->peer);
    if (url)
        return url;
    struct search *search = mem_alloc(sizeof(*search));
    if (!search)
        return NULL; /* the dialer's own time limit ends the question */
    search->directory = directory;
    search->address = address;
    list_init(&search->link);
    list_push(&directory->_searches, &search->link);
    signaling_discover(directory->signaling, &search->lookup, &address->peer.type,
                       DIRECTORY_SEARCH_MAX, 0, search_on_found);
    return NULL;
}

void directory_resolve_cancel(struct directory *directory, struct ws_address *address)
{
    list_each(link, &directory->_searches)
    {
        struct search *search = container_of(link, struct search, link);
        if (search->address == address) {
            search_free(search);
            return;
        }
    }
}

static void vetting_on_checked(struct signaling_check *check, int code, const char *detail)
{
    struct vetting *vetting = container_of(check, struct vetting, check);
    struct ws_verification *verification = vetting->verification;
    vetting_free(vetting);
    ws_verification_done(verification, code, detail);
}

void directory_verify(struct directory *directory, struct ws_verification *verification)
{
    const struct signaling_identity *self = signaling_identity(directory->signaling);
    const struct actr_id *peer = &verification->peer;
    if (!self) {
        ws_verification_done(verification, ACTR_EUNAVAILABLE, "not registered yet");
        return;
    }
    if (verification->has_target && !actr_id_equal(&verification->target, &self->id)) {
        ws_verification_done(verification, ACTR_EUNAVAILABLE, "another actor listens here now");
        return;
    }
    bool is_foreign = peer->realm != self->id.realm;
    if (is_foreign && !(directory->acl && acl_allows(directory->acl, peer))) {
        ws_verification_done(verification, ACTR_EPERMISSION, "foreign realm");
        return;
    }
    struct vetting *vetting = mem_alloc(sizeof(*vetting));
    if (!vetting) {
        ws_verification_done(verification, ACTR_ENOMEM, "out of memory");
        return;
    }
    vetting->verification = verification;
    list_init(&vetting->link);
    list_push(&directory->_vettings, &vetting->link);
    signaling_verify(directory->signaling, &vetting->check, peer, verification->credential,
                     vetting_on_checked);
}

void directory_verify_cancel(struct directory *directory, struct ws_verification *verification)
{
    list_each(link, &directory->_vettings)
    {
        struct vetting *vetting = container_of(link, struct vetting, link);
        if (vetting->verification == verification) {
            vetting_free(vetting);
            return;
        }
    }
}
