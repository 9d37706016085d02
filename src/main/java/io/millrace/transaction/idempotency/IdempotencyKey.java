package io.millrace.transaction.idempotency;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicName;
import java.util.Objects;

/**
 * What a client calls a request that it may have to repeat. The same text names another request in another topic, and in the
 * topic as a whole another one than in one of its partitions.
 *
 * @param topic     its name
 * @param partition the one that the request's path names, or {@link RecordAccumulator#ANY_PARTITION}
 * @param text      1 to {@link #MAX_LENGTH} visible characters of ASCII and spaces
 */
public record IdempotencyKey(String topic, int partition, String text) {
    /** As many as fit any identifier that clients make. */
    public static final int MAX_LENGTH = 255;
    private static final char FIRST = ' ';
    private static final char LAST = '~';

    public IdempotencyKey {
        Objects.requireNonNull(topic);
        Objects.requireNonNull(text);
    }

    /** @throws BrokerException INVALID_REQUEST when the text cannot be a key; UNKNOWN_TOPIC, INTERNAL_TOPIC */
    public static IdempotencyKey checked(String topic, int partition, String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH || !text.chars().allMatch(each -> each >= FIRST && each <= LAST)) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, ("an idempotency key has 1 to %d characters of ASCII that can be"
                    + " seen, or spaces; this one has %d characters").formatted(MAX_LENGTH, text.length()));
        }
        if (!TopicName.isLegal(topic)) { // it would be in a record
            throw new BrokerException(ErrorKind.UNKNOWN_TOPIC, "there is no topic '" + TopicName.shortened(topic) + "': create it"
                    + " first");
        }
        TopicName.requireOpen(topic);
        return new IdempotencyKey(topic, partition, text);
    }

    /** By what the partition of its coordinator is found. */
    String route() {
        return topic + '/' + partition + '/' + text;
    }

    /** For messages. */
    @Override
    public String toString() {
        return "idempotency key '" + text + "' of " + (partition == RecordAccumulator.ANY_PARTITION ? "topic " + topic
                : "partition " + topic + "-" + partition);
    }
}
