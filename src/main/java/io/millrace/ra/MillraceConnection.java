package io.millrace.ra;

import io.millrace.client.ProducerRecord;
import io.millrace.client.RecordMetadata;
import io.millrace.client.RequestFailedException;
import java.util.List;

/**
 * Sends records. Within a JTA transaction they become part of it: they are written at once, and readers with {@code
 * isolation.level=read_committed} see them when it is committed. Without one they are there for everybody when a call returns, with
 * {@code acks=all}.
 *
 * <p>A call blocks until the records are written, and throws a {@link RequestFailedException} else. When its outcome is not known, and
 * there is a transaction, that can only be rolled back from then on; without a transaction the records may be there. Not
 * thread-safe, and to be closed by whoever got it.
 */
public interface MillraceConnection extends AutoCloseable {
    /**
     * Sends records in one request, which is quicker than one each.
     *
     * @return where each is
     * @throws IllegalStateException when the connection is closed
     */
    List<RecordMetadata> send(String topic, List<ProducerRecord> records);

    /** @param key null: none */
    default RecordMetadata send(String topic, String key, String value) {
        return send(topic, ProducerRecord.of(key, value));
    }

    /** @param key null: none */
    default RecordMetadata send(String topic, byte[] key, byte[] value) {
        return send(topic, ProducerRecord.of(key, value));
    }

    default RecordMetadata send(String topic, ProducerRecord record) {
        return send(topic, List.of(record)).get(0);
    }

    /** Gives the connection back to the container; what was sent stays part of the transaction. */
    @Override
    void close();
}
