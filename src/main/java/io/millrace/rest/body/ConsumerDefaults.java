package io.millrace.rest.body;

import io.millrace.group.membership.OffsetReset;

/**
 * What holds for consumers that do not say otherwise.
 *
 * @param reset auto.offset.reset
 */
public record ConsumerDefaults(OffsetReset reset) {
}
