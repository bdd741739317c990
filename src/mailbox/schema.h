// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The tables of a mailbox file. Columns that mean what they mean in the existing system have its
 * names; dead_letter_queue is that table.
 *
 * messages.id is the order of arrival, whatever the clock did meanwhile. messages.deliveries counts
 * how often the row was handed out, or about to be, each time before it happened.
 * Times in _ms are of the wall clock; those in _at are RFC 3339 in UTC, and their order as text is
 * that of time. The index on the priority carries the id, as every index of SQLite does: it yields
 * the messages of one priority in order. Constant. */
#pragma once

#define SCHEMA_VERSION 1
#define SCHEMA_VERSION_TEXT "1"

/* "ACTR": says whose file it is, in PRAGMA application_id. */
#define SCHEMA_APPLICATION 0x41435452
#define SCHEMA_APPLICATION_TEXT "0x41435452"

#define SCHEMA_CREATE                                                                              \
    "CREATE TABLE messages ("                                                                      \
    " id INTEGER PRIMARY KEY,"                                                                     \
    " priority INTEGER NOT NULL,"                                                                  \
    " deliveries INTEGER NOT NULL,"                                                                \
    " session INTEGER NOT NULL,"                                                                   \
    " received_ms INTEGER NOT NULL,"                                                               \
    " from_actr_id BLOB NOT NULL,"                                                                 \
    " payload BLOB NOT NULL);"                                                                     \
    "CREATE INDEX idx_messages_priority ON messages (priority);"                                   \
    "CREATE TABLE answers ("                                                                       \
    " number INTEGER PRIMARY KEY,"                                                                 \
    " finished_ms INTEGER NOT NULL,"                                                               \
    " code INTEGER NOT NULL,"                                                                      \
    " retry_after_ms INTEGER NOT NULL,"                                                            \
    " from_actr_id BLOB NOT NULL,"                                                                 \
    " request_id BLOB NOT NULL,"                                                                   \
    " payload BLOB NOT NULL,"                                                                      \
    " text BLOB NOT NULL);"                                                                        \
    "CREATE TABLE dead_letter_queue ("                                                             \
    " id TEXT PRIMARY KEY,"                                                                        \
    " original_message_id TEXT,"                                                                   \
    " from_actr_id BLOB,"                                                                          \
    " to_actr_id BLOB,"                                                                            \
    " raw_bytes BLOB NOT NULL,"                                                                    \
    " error_message TEXT NOT NULL,"                                                                \
    " error_category TEXT NOT NULL,"                                                               \
    " trace_id TEXT NOT NULL,"                                                                     \
    " request_id TEXT,"                                                                            \
    " created_at TEXT NOT NULL,"                                                                   \
    " redrive_attempts INTEGER NOT NULL DEFAULT 0,"                                                \
    " last_redrive_at TEXT,"                                                                       \
    " context TEXT);"                                                                              \
    "CREATE INDEX idx_dlq_created_at ON dead_letter_queue (created_at DESC);"                      \
    "CREATE INDEX idx_dlq_error_category ON dead_letter_queue (error_category, created_at DESC);"  \
    "CREATE INDEX idx_dlq_trace_id ON dead_letter_queue (trace_id);"
