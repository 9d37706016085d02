package io.millrace.group.offsets;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.Objects;

/**
 * An offset that is to be committed.
 *
 * @param offset   of the next record to read
 * @param metadata text for whoever committed it; empty when there is none
 */
public record OffsetAndMetadata(long offset, String metadata) {
    /** As offset.metadata.max.bytes in Kafka, by default. */
    private static final int MAX_METADATA = 4096;

    public OffsetAndMetadata {
        Objects.requireNonNull(metadata, "metadata");
    }

    /** @throws BrokerException INVALID_REQUEST when the text is longer than {@value #MAX_METADATA} characters */
    public void check() {
        if (metadata.length() > MAX_METADATA) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "an offset's metadata has %d characters, and no more than %d may be"
                .formatted(metadata.length(), MAX_METADATA));
        }
    }
}
