// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Prometheus text: for each figure a HELP line, a TYPE line and a sample.
 *
 * The figures carry no labels, so that their number does not depend on who connects; names of
 * realms and actors must never appear here.
 *
 * Loop thread. */
#include "counters.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "base/text.h"

#define PREFIX "actr_rendezvous_"
#define SAMPLE_MAX 320 /* bytes of one figure's three lines */

struct sample {
    const char *name, *type, *help;
    uint64_t value;
};

static void put(struct text *text, const struct sample *sample)
{
    text_printf(text, "# HELP " PREFIX "%s %s\n", sample->name, sample->help);
    text_printf(text, "# TYPE " PREFIX "%s %s\n", sample->name, sample->type);
    text_printf(text, PREFIX "%s %" PRIu64 "\n", sample->name, sample->value);
}

struct actr_bytes counters_text(const struct counters *counters,
                                const struct counters_gauge *gauges, size_t gauge_count)
{
#define COUNTERS_SAMPLE(member, name, help) {name, "counter", help, counters->member},
    const struct sample samples[] = {COUNTERS_LIST(COUNTERS_SAMPLE)};
#undef COUNTERS_SAMPLE
    const size_t count = sizeof(samples) / sizeof(samples[0]);
    uint8_t *buf;
    struct text text;
    struct actr_bytes bytes = bytes_new((count + gauge_count) * SAMPLE_MAX + 1, &buf);
    if (!buf)
        return bytes;
    text_init(&text, (char *)buf, bytes.len);
    for (size_t i = 0; i < count; i++)
        put(&text, &samples[i]);
    for (size_t i = 0; i < gauge_count; i++)
        put(&text, &(struct sample){gauges[i].name, "gauge", gauges[i].help, gauges[i].value});
    bytes_truncate(&bytes, text.len);
    return bytes;
}
