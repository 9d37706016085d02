package io.millrace.log;

import java.nio.file.Path;

/**
 * A small file beside the records that is not as it was written, or says what cannot be. No record is lost by it.
 *
 * @param reason what is wrong, and what is done about it
 */
public record DamagedFile(String topic, int partition, Path file, String reason) {
    /** One sentence for the operator. */
    public String message() {
        return "damaged file %s of topic %s, partition %d: %s".formatted(file, topic, partition, reason);
    }
}
