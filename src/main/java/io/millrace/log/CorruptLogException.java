package io.millrace.log;

import java.nio.file.Path;

/** Stored bytes that fail their checks: never served, never cut off, reported with their place. */
public final class CorruptLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String topic;
    private final int partition;
    private final long nextReadableOffset;

    /** @param nextReadableOffset first offset behind the damage: a consumer can go on from there */
    public CorruptLogException(String topic, int partition, Path segment, long position, String reason,
                               long nextReadableOffset) {
        super(place(topic, partition, segment, position, reason) + "; the next offset that can be read is "
            + nextReadableOffset);
        this.topic = topic;
        this.partition = partition;
        this.nextReadableOffset = nextReadableOffset;
    }

    private static String place(String topic, int partition, Path segment, long position, String reason) {
        return "damaged record batch in topic %s, partition %d, segment %s, at byte %d: %s"
            .formatted(topic, partition, segment.getFileName(), position, reason);
    }

    public String topic() {
        return topic;
    }

    public int partition() {
        return partition;
    }

    /** First offset behind the damage. */
    public long nextReadableOffset() {
        return nextReadableOffset;
    }
}
