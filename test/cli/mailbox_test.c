// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* `actr mailbox` and `actr dlq` on files that the store has made: what they show and change, beside
 * a mailbox that is open and alone, and what they refuse. The command is a process of its own,
 * $ACTR_COMMAND. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "protocol/envelope.h"
#include "rig.h"

static const struct mailbox_limits no_limits;

static struct {
    struct rig rig;
    char said[16384]; /* by the last command, both outputs */
    char file[160];   /* a name that is free */
} at;

static struct actr_bytes message(const char *route, const char *payload, bool is_tell)
{
    const struct envelope envelope = {
        .route = view_text(route),
        .payload = view_text(payload),
        .request_id = view_text("00112233-4455-4677-8899-aabbccddeeff"),
        .timeout_ms = is_tell ? 0 : 1000,
        .direction = is_tell ? ENVELOPE_TELL : ENVELOPE_REQUEST,
        .has_payload = true,
    };
    return envelope_encode(&envelope);
}

static void push(uint64_t serial, enum mailbox_priority priority, struct actr_bytes envelope)
{
    struct mailbox_origin origin = rig_origin(serial);
    assert_int_equal(mailbox_push(at.rig.mailbox, &origin, priority, envelope), 0);
}

static void reject(struct actr_bytes bytes, const char *category)
{
    const struct mailbox_verdict verdict = {category, "because \x1b[2J of\tthat"};
    struct mailbox_origin origin = rig_origin(3);
    mailbox_reject(at.rig.mailbox, &origin, bytes, &verdict);
}

static void begin(void)
{
    rig_open(&at.rig, true, &no_limits);
    snprintf(at.file, sizeof(at.file), "%s/taken.json", at.rig.dir);
}

static void end(void)
{
    unlink(at.file);
    rig_close(&at.rig);
}

/* The command's exit status; what it said is in at.said. */
__attribute__((format(printf, 1, 2))) static int run(const char *format, ...)
{
    char arguments[512], line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof(arguments), format, args);
    va_end(args);
    snprintf(line, sizeof(line), "'%s' %s 2>&1", getenv("ACTR_COMMAND"), arguments);
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    assert_non_null(said);
    size_t len = fread(at.said, 1, sizeof(at.said) - 1, said);
    at.said[len] = '\0';
    fclose(said);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect_said(const char *text)
{
    if (!strstr(at.said, text))
        fail_msg("'%s' is not in: %s", text, at.said);
}

/* Mailbox ------------------------------------------------------------------------------------ */

TEST(what_waits_is_shown_while_a_node_has_it)
{
    begin();
    push(1, MAILBOX_NORMAL, message("acme.Test.Echo", "abc", false));
    push(2, MAILBOX_HIGH, message("acme.Test.\x1b[2JTell", "defgh", true));
    rig_run(&at.rig);
    assert_int_equal(run("mailbox status --db %s", at.rig.path), 0);
    expect_said("waiting           2 (1 high, 1 normal)");
    assert_int_equal(run("mailbox status --json --db %s", at.rig.path), 0);
    expect_said("\"high\":1,\"normal\":1,");
    assert_int_equal(run("mailbox peek --db %s", at.rig.path), 0);
    expect_said("acme.Test.Echo, 1@");
    expect_said("acme.Test.?[2JTell, 2@");
    assert_null(strchr(at.said, 0x1b));
    assert_int_equal(run("mailbox peek --json --after 1 --db %s", at.rig.path), 0);
    expect_said("[{\"id\":2,\"priority\":\"high\",");
    expect_said("\"kind\":\"tell\",\"route\":\"acme.Test.\\u001B[2JTell\","
                "\"request_id\":\"00112233-4455-4677-8899-aabbccddeeff\",\"payload_bytes\":5,");
    assert_null(strstr(at.said, "\"id\":1,"));
    assert_int_equal(run("mailbox peek --json --after 2 --db %s", at.rig.path), 0);
    assert_string_equal(at.said, "[]\n");
    end();
}

TEST(nothing_is_changed_while_a_node_has_it)
{
    begin();
    push(1, MAILBOX_NORMAL, message("r", "abc", false));
    rig_run(&at.rig);
    assert_int_equal(run("mailbox drain --yes --db %s", at.rig.path), 1);
    expect_said("hint: stop the node first");
    assert_int_equal(run("mailbox drain --to %s --db %s", at.file, at.rig.path), 1);
    assert_int_not_equal(access(at.file, F_OK), 0);
    assert_int_equal(run("dlq redrive x --db %s", at.rig.path), 1);
    expect_said("hint: stop the node first");
    assert_int_equal(run("dlq delete x --db %s", at.rig.path), 1);
    expect_said("hint: stop the node first");
    struct mailbox_message *still_there = rig_next(&at.rig);
    assert_non_null(still_there);
    mailbox_ack(at.rig.mailbox, still_there, NULL);
    end();
}

TEST(a_drain_says_where_the_messages_go)
{
    begin();
    for (int i = 0; i < 3; i++)
        push(1, MAILBOX_NORMAL, message("r", i == 0 ? "first" : "later", false));
    rig_stop(&at.rig);
    assert_int_equal(run("mailbox drain --db %s", at.rig.path), 2);
    expect_said("say where the messages go");
    assert_int_equal(run("mailbox drain --yes --to x --db %s", at.rig.path), 2);
    assert_int_equal(run("mailbox drain --to %s --limit 1 --db %s", at.file, at.rig.path), 0);
    expect_said("1 taken out, now in ");
    assert_int_equal(run("mailbox drain --to %s --db %s", at.file, at.rig.path), 1);
    expect_said("File exists");
    assert_int_equal(run("mailbox drain --to /dev/full --db %s", at.rig.path), 1);
    assert_int_equal(run("mailbox status --db %s", at.rig.path), 0);
    expect_said("waiting           2 (0 high, 2 normal)");
    FILE *taken = fopen(at.file, "r");
    assert_non_null(taken);
    char text[2048];
    text[fread(text, 1, sizeof(text) - 1, taken)] = '\0';
    fclose(taken);
    assert_memory_equal(text, "[{\"id\":1,", 9);
    assert_non_null(strstr(text, "\"payload_bytes\":5,\"envelope\":\""));
    assert_string_equal(text + strlen(text) - 3, "}]\n");
    assert_int_equal(run("mailbox drain --yes --json --db %s", at.rig.path), 0);
    assert_string_equal(at.said, "{\"drained\":2,\"file\":null}\n");
    assert_int_equal(run("mailbox peek --db %s", at.rig.path), 0);
    assert_string_equal(at.said, "nothing waits\n");
    rig_reopen(&at.rig, &no_limits);
    assert_null(rig_next(&at.rig));
    end();
}

/* Dead letters ------------------------------------------------------------------------------- */

/* The id of the first letter of a category. */
static void find_letter(const char *category, char id[37])
{
    assert_int_equal(run("dlq list --json --category %s --db %s", category, at.rig.path), 0);
    const char *first = strstr(at.said, "{\"id\":\"");
    assert_non_null(first);
    snprintf(id, 37, "%s", first + strlen("{\"id\":\""));
}

TEST(letters_are_listed_shown_and_counted)
{
    char id[37];
    begin();
    reject(actr_bytes_str("\x01\x02 not an envelope"), MAILBOX_UNDECODABLE);
    reject(message("r", "abc", false), MAILBOX_DENIED);
    rig_run(&at.rig);
    find_letter(MAILBOX_UNDECODABLE, id);
    assert_null(strstr(at.said, MAILBOX_DENIED));
    assert_int_equal(run("dlq list --limit 1 --db %s", at.rig.path), 0);
    expect_said("permission_denied: because ?[2J of?that");
    assert_null(strstr(at.said, "protobuf_decode"));
    assert_int_equal(run("dlq list --after 1970-01-01T02:00:00+03:00 --db %s", at.rig.path), 2);
    assert_int_equal(run("dlq list --after 2999-01-01 --db %s", at.rig.path), 0);
    assert_string_equal(at.said, "no dead letters\n");
    assert_int_equal(run("dlq list --after 2026-02-30 --db %s", at.rig.path), 2);
    expect_said("take a time as in RFC 3339");
    assert_int_equal(run("dlq show %s --db %s", id, at.rig.path), 0);
    expect_said("category          protobuf_decode\n");
    expect_said("01 02 20 6e 6f 74");
    expect_said("from              3@");
    assert_int_equal(run("dlq show %s --json --db %s", id, at.rig.path), 0);
    expect_said("\"raw\":\"AQIgbm90IGFuIGVudmVsb3Bl\"}\n");
    assert_int_equal(run("dlq show nobody --db %s", at.rig.path), 1);
    expect_said("nobody: no such dead letter");
    assert_int_equal(run("dlq stats --db %s", at.rig.path), 0);
    expect_said("dead letters      2, ");
    expect_said("  permission_denied: 1\n  protobuf_decode: 1\n");
    assert_int_equal(run("dlq stats --json --db %s", at.rig.path), 0);
    expect_said("\"categories\":{\"permission_denied\":1,\"protobuf_decode\":1}}\n");
    end();
}

TEST(a_letter_sent_again_is_a_message_once)
{
    char id[37];
    begin();
    reject(message("r", "abc", false), MAILBOX_DENIED);
    rig_stop(&at.rig);
    find_letter(MAILBOX_DENIED, id);
    assert_int_equal(run("dlq redrive %s --keep --db %s", id, at.rig.path), 0);
    expect_said("waits in the mailbox again, and is kept\n");
    assert_int_equal(run("dlq show %s --db %s", id, at.rig.path), 0);
    expect_said("redrive attempts  1\n");
    assert_int_equal(run("dlq redrive %s --db %s", id, at.rig.path), 0);
    assert_int_equal(run("dlq redrive %s --db %s", id, at.rig.path), 1);
    expect_said("no such dead letter");
    assert_int_equal(run("dlq list --db %s", at.rig.path), 0);
    assert_string_equal(at.said, "no dead letters\n");
    rig_reopen(&at.rig, &no_limits);
    for (int i = 0; i < 2; i++) {
        struct mailbox_message *again = rig_next(&at.rig);
        struct envelope envelope;
        assert_non_null(again);
        assert_int_equal(again->origin.peer.serial, 3);
        assert_int_equal(envelope_decode(actr_bytes_view(again->envelope), &envelope), 0);
        assert_true(view_equal(envelope.payload, view_text("abc")));
        mailbox_ack(at.rig.mailbox, again, NULL);
    }
    assert_null(rig_next(&at.rig));
    end();
}

TEST(letters_are_deleted_one_by_one_or_all)
{
    char id[37];
    begin();
    reject(message("r", "a", false), MAILBOX_DENIED);
    reject(message("r", "b", false), MAILBOX_DENIED);
    reject(actr_bytes_str("x"), MAILBOX_UNDECODABLE);
    rig_stop(&at.rig);
    find_letter(MAILBOX_DENIED, id);
    assert_int_equal(run("dlq delete --db %s", at.rig.path), 2);
    assert_int_equal(run("dlq delete %s --all --db %s", id, at.rig.path), 2);
    assert_int_equal(run("dlq delete %s --category x --db %s", id, at.rig.path), 2);
    assert_int_equal(run("dlq delete %s --db %s", id, at.rig.path), 0);
    assert_int_equal(run("dlq delete %s --db %s", id, at.rig.path), 1);
    assert_int_equal(run("dlq delete --all --category permission_denied --db %s", at.rig.path), 2);
    expect_said("--yes if you mean it");
    assert_int_equal(run("dlq delete --all --yes --before 2000-01-01 --db %s", at.rig.path), 0);
    assert_string_equal(at.said, "0 deleted\n");
    assert_int_equal(
        run("dlq delete --all --yes --category permission_denied --db %s", at.rig.path), 0);
    assert_string_equal(at.said, "1 deleted\n");
    assert_int_equal(run("dlq delete --all --yes --json --db %s", at.rig.path), 0);
    assert_string_equal(at.said, "{\"deleted\":1}\n");
    rig_reopen(&at.rig, &no_limits);
    end();
}

/* Which file --------------------------------------------------------------------------------- */

static void write_config(const char *text)
{
    FILE *config = fopen(at.file, "w");
    assert_non_null(config);
    fprintf(config,
            "edition = 1\n[signaling]\nurl = \"ws://h:1/signaling/ws\"\n[ais_endpoint]\n"
            "url = \"http://h:1/ais\"\n[deployment]\nrealm_id = 1\n%s",
            text);
    assert_int_equal(fclose(config), 0);
}

TEST(the_file_comes_from_the_configuration_or_by_name)
{
    begin();
    write_config("[storage]\nmailbox_path = \"mailbox.db\"\n");
    assert_int_equal(run("mailbox status -c %s", at.file), 0);
    expect_said(at.rig.path);
    assert_int_equal(run("mailbox status --db x -c y"), 2);
    write_config("");
    assert_int_equal(run("mailbox status -c %s", at.file), 1);
    expect_said("it has no storage.mailbox_path");
    write_config("[storage]\nmailbox_path = 5\n");
    assert_int_equal(run("dlq list -c %s", at.file), 1);
    expect_said("taken.json:9:16: ");
    assert_int_equal(run("dlq list -c %s/none", at.rig.dir), 1);
    expect_said("/none: no such file");
    assert_int_equal(run("dlq list --db %s/none", at.rig.dir), 1);
    expect_said("/none");
    assert_int_equal(run("dlq list --db %s", at.file), 1);
    expect_said("taken.json: ");
    end();
}

TEST(help_names_the_verbs_and_mistakes_are_told)
{
    assert_int_equal(run("mailbox"), 0);
    expect_said("drain ");
    assert_int_equal(run("dlq --help"), 0);
    expect_said("redrive ");
    assert_int_equal(run("dlq redrive --help"), 0);
    expect_said("usage: actr dlq redrive ID [OPTIONS]");
    assert_int_equal(run("mailbox nonsense"), 2);
    expect_said("there is no verb 'nonsense'");
    assert_int_equal(run("mailbox peek --yes"), 2);
    expect_said("unexpected argument '--yes'");
    assert_int_equal(run("mailbox peek --limit 0"), 2);
    expect_said("--limit takes a number from 1");
    assert_int_equal(run("dlq show"), 2);
    expect_said("the id of a letter is missing");
}
