package io.millrace.rest.dialect;

import java.nio.charset.StandardCharsets;

/**
 * Where a record is that an error is about, so that a reader can step over it: by going on from the offset after it. As text it is the
 * three with slashes between, {@code orders/2/7}, which no topic's name has.
 */
public record RecordPlace(String topic, int partition, long offset) {
    /** The text of a place in a partition up to the offset. */
    static byte[] beforeOffset(String topic, int partition) {
        return (topic + "/" + partition + "/").getBytes(StandardCharsets.UTF_8);
    }
}
