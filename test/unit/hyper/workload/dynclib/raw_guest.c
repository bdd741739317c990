// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A library that does whatever it is told by words in a request, without libactr-guest: what a bad
 * one does to its host. The build gives functions of it other names; ABI_MAJOR makes it one of
 * another ABI. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <actr/dynclib.h>

static const struct actr_host_vtable *host;
static uint64_t kept_token;
static int shutdown_code;

#ifdef ABI_MAJOR
const struct actr_abi_info *actr_abi_info(void)
{
    static const struct actr_abi_info info = {sizeof(info), ABI_MAJOR, 0, 16};
    return &info;
}
#endif

#ifdef CONSTRUCTOR_EXITS
__attribute__((constructor)) static void constructor(void)
{
    _exit(9);
}
#endif

int32_t actr_init(const struct actr_host_vtable *table, const uint8_t *init, size_t init_len)
{
    const char *code = getenv("RAW_GUEST_INIT");
    if (init_len == 0 || init[0] != 0x08)
        return ACTR_ABI_PROTOCOL;
    if (host)
        return ACTR_ABI_INIT_FAILED;
    if (code && strcmp(code, "exit") == 0)
        _exit(4);
    if (code)
        return (int32_t)strtol(code, NULL, 10);
    host = table;
    shutdown_code = 0;
    return ACTR_ABI_OK;
}

static int32_t respond(const void *bytes, size_t len, uint8_t **ret, size_t *ret_len)
{
    *ret = malloc(len ? len : 1);
    if (!*ret)
        return ACTR_ABI_NO_MEMORY;
    memcpy(*ret, bytes, len);
    *ret_len = len;
    return ACTR_ABI_OK;
}

/* AbiReply: version 1, a status of one byte or none, a short text. */
static int32_t answer(const char *text, uint8_t **ret, size_t *ret_len)
{
    uint8_t reply[128] = {0x08, 0x01, 0x1a, (uint8_t)strlen(text)};
    memcpy(reply + 4, text, strlen(text));
    return respond(reply, 4 + strlen(text), ret, ret_len);
}

/* A tell to the host side, route "late": frame of op 2. */
static int tell(uint64_t token)
{
    static const uint8_t frame[] = {8,   1,   16,  2,   0x1a, 10, 0x0a, 4,
                                    'l', 'a', 't', 'e', 0x12, 2,  8,    1};
    uint8_t *reply = NULL;
    size_t len = 0;
    int32_t code = host->invoke(token, frame, sizeof(frame), &reply, &len);
    int is_good = code == 0 && len == 2;
    host->free_host_buf(reply, len);
    return is_good;
}

static void *background(void *arg)
{
    (void)arg;
    tell(kept_token);
    host->release_context(kept_token);
    return NULL;
}

/* The last field of a handle frame: bridge_token, a varint. */
static uint64_t token_of(const uint8_t *request, size_t len)
{
    uint64_t token = 0;
    size_t at = len;
    while (at > 0 && !(request[at - 1] == 0x18 && at < len))
        at--;
    for (unsigned shift = 0; at < len; at++, shift += 7)
        token |= (uint64_t)(request[at] & 0x7f) << shift;
    return token;
}

static int32_t spawn(uint64_t token, uint8_t **ret, size_t *ret_len)
{
    pthread_t thread;
    kept_token = token;
    if (host->retain_context(token) != 0 || host->retain_context(token + 1000000) != -1)
        return answer("retain", ret, ret_len);
    if (pthread_create(&thread, NULL, background, NULL) != 0)
        return ACTR_ABI_HANDLE_FAILED;
    pthread_detach(thread);
    return answer("spawned", ret, ret_len);
}

static int has(const uint8_t *request, size_t len, const char *word)
{
    return memmem(request, len, word, strlen(word)) != NULL;
}

/* Until a byte comes on the descriptor that follows "fd=". */
static void block(const uint8_t *request, size_t len)
{
    const uint8_t *at = (const uint8_t *)memmem(request, len, "fd=", 3) + 3;
    int fd = 0;
    char byte;
    for (; at < request + len && *at >= '0' && *at <= '9'; at++)
        fd = fd * 10 + (*at - '0');
    while (read(fd, &byte, 1) < 0)
        ;
}

/* The text that follows `word` up to a blank. */
static const char *operand(const uint8_t *request, size_t len, const char *word, char *buf)
{
    const uint8_t *at = memmem(request, len, word, strlen(word));
    size_t begin = (size_t)(at - request) + strlen(word), count = 0;
    while (begin + count < len && request[begin + count] != ' ' && count < 255) {
        buf[count] = (char)request[begin + count];
        count++;
    }
    buf[count] = '\0';
    return buf;
}

static void *exit_later(void *arg)
{
    char byte;
    int fd = open(arg, O_RDONLY); /* until somebody writes */
    if (read(fd, &byte, 1) >= 0)
        _exit(5);
    close(fd);
    return NULL;
}

static void begin_exit_later(const uint8_t *request, size_t len)
{
    static char path[256];
    pthread_t thread;
    operand(request, len, "fifo=", path);
    if (pthread_create(&thread, NULL, exit_later, path) == 0)
        pthread_detach(thread);
}

/* The copy has a lock for as long as it lives; the other goes on when it has it. */
static void leave_a_copy(const uint8_t *request, size_t len)
{
    char path[256], byte;
    int ends[2];
    if (pipe(ends) < 0)
        return;
    pid_t copy = fork();
    if (copy == 0) {
        int fd = open(operand(request, len, "lock=", path), O_RDWR);
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_SETLK, &whole) == 0 && write(ends[1], "", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    while (read(ends[0], &byte, 1) < 0)
        ;
    close(ends[0]);
    close(ends[1]);
}

static void free_twice(void)
{
    void *volatile memory = malloc(24), *volatile other = memory;
    free(memory);
    free(other);
}

/* Writes over the memory that is shared with the node. */
static void scribble(void)
{
    unsigned long begin, end;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof(line), maps)) {
        if (strstr(line, "actr-channel") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
            memset((void *)begin, 0xff, end - begin);
    }
    if (maps)
        fclose(maps);
}

/* A reply of 7 bytes, behind which nothing can be read, that says that 50 MiB follow. */
static uint8_t *at_the_edge(void)
{
    static const uint8_t head[] = {0x08, 0x01, 0x1a, 0x80, 0x80, 0x80, 0x19};
    static _Alignas(65536) uint8_t memory[2 * 65536];
    if (mprotect(memory + 65536, 65536, PROT_NONE) < 0)
        abort();
    return memcpy(memory + 65536 - sizeof(head), head, sizeof(head));
}

static int32_t hurt(const uint8_t *request, size_t len, uint8_t **ret, size_t *ret_len)
{
    char text[32];
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has its own way */
    if (has(request, len, "free-twice"))
        free_twice();
    if (has(request, len, "wild")) {
        *ret = (uint8_t *)16;
        *ret_len = 5;
        return ACTR_ABI_OK;
    }
    if (has(request, len, "beyond")) {
        *ret = at_the_edge();
        *ret_len = 7 + (50u << 20);
        return ACTR_ABI_OK;
    }
    if (has(request, len, "fork-return") && fork() < 0)
        return ACTR_ABI_ERROR;
    if (has(request, len, "lock="))
        leave_a_copy(request, len);
    if (has(request, len, "fifo="))
        begin_exit_later(request, len);
    if (has(request, len, "scribble"))
        scribble();
    while (has(request, len, "for-ever"))
        pause();
    if (has(request, len, "exit-shutdown"))
        shutdown_code = 77;
    snprintf(text, sizeof(text), "pid %d", (int)getpid());
    return answer(has(request, len, "which") ? text : "raw", ret, ret_len);
}

int32_t actr_handle(const uint8_t *request, size_t len, uint8_t **ret, size_t *ret_len)
{
    static const uint8_t status[] = {8, 1, 16, 9}, bytes[] = {8, 1, 16, 9, 0x1a, 2, 0xff, 0xfe};
    if (has(request, len, "garbage"))
        return respond("\xff\xff\xff", 3, ret, ret_len);
    if (has(request, len, "code-and-buffer")) {
        respond("text", 4, ret, ret_len);
        return ACTR_ABI_HANDLE_FAILED;
    }
    if (has(request, len, "code-alone"))
        return ACTR_ABI_NO_MEMORY;
    if (has(request, len, "code-unknown"))
        return 77;
    if (has(request, len, "status-alone"))
        return respond(status, sizeof(status), ret, ret_len);
    if (has(request, len, "status-bytes"))
        return respond(bytes, sizeof(bytes), ret, ret_len);
    if (has(request, len, "nowhere")) {
        *ret = NULL;
        *ret_len = 5;
        return ACTR_ABI_OK;
    }
    if (has(request, len, "huge")) {
        answer("x", ret, ret_len);
        *ret_len = (size_t)1 << 40;
        return ACTR_ABI_OK;
    }
    if (has(request, len, "spawn"))
        return spawn(token_of(request, len), ret, ret_len);
    if (has(request, len, "block"))
        block(request, len);
    if (has(request, len, "bad-shutdown"))
        shutdown_code = ACTR_ABI_ERROR;
    if (has(request, len, "segv")) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    if (has(request, len, "abort")) {
        signal(SIGABRT, SIG_DFL);
        abort();
    }
    if (has(request, len, "exit."))
        _exit(3);
    if (has(request, len, "hurt"))
        return hurt(request, len, ret, ret_len);
    return answer("raw", ret, ret_len);
}

void actr_free_response(uint8_t *ptr, size_t len)
{
    (void)len;
    free(ptr);
}

int32_t actr_shutdown(void)
{
    host = NULL;
    if (shutdown_code == 77)
        _exit(7);
    return shutdown_code;
}
