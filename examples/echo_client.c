// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A client: finds the service, calls it once, prints the answer. The whole program. */
#include <stdio.h>

#include <actr/actr.h>

int main(void)
{
    AUTO_NODE struct actr_node *node = NULL;
    struct actr_id echo;
    AUTO_BYTES struct actr_bytes reply = {0};
    int r = actr_node_open(&node, "actr.toml", NULL);
    if (r == 0)
        r = actr_node_start(node);
    if (r == 0)
        r = actr_discover_one(node, "acme:EchoService:1.0.0", &echo);
    if (r == 0)
        r = actr_call_wait(node, &echo, "echo.EchoService.Echo", actr_bytes_str("hi"), NULL,
                           &reply);
    if (r < 0) {
        fprintf(stderr, "client: %s\n", actr_errmsg());
        return 1;
    }
    printf("%.*s\n", (int)reply.len, (const char *)reply.ptr);
    return 0;
}
