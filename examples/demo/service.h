// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The actor that the demo calls. */
#pragma once

#define SERVICE_TYPE "acme:EchoService:1.0.0"
#define SERVICE_ECHO "echo.EchoService.Echo" /* request: bytes; reply: the same bytes */
#define SERVICE_ADD "demo.Tally.Add"         /* tell: its length is added to the tally */
#define SERVICE_GET "demo.Tally.Get"         /* reply: the tally, 8 bytes as the machine has them */

/* A whole process: actr_main(). */
int service_main(int argc, char **argv);
