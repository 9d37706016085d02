package io.millrace.log;

import java.nio.file.Path;

/** Stored bytes that fail their checks: never served, never cut off, reported with their place. */
public final class CorruptLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CorruptLogException(String topic, int partition, Path segment, long position, String reason) {
        super("damaged record batch in topic %s, partition %d, segment %s, at byte %d: %s"
                .formatted(topic, partition, segment.getFileName(), position, reason));
    }
}
