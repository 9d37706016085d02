package io.millrace.rest.dialect;

import io.millrace.broker.produce.RecordAccumulator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The fields of a list of records that name its idempotent producer, in whatever order they come: {@code producer_id},
 * {@code producer_epoch}, and {@code base_sequence}, which is a number, or {@code {"0":5,"1":7}} by partition where the
 * path names none. What they cannot be is a {@link RequestException} 422. There are never more sequences than partitions.
 */
final class ProducerFields {
    private static final long MISSING = -1;

    private final boolean byPartition;
    private final int partitionCount;
    private long id = MISSING;
    private long epoch = MISSING;
    private Map<Integer, Integer> baseSequences;

    /** @param fixedPartition that the path names, or {@link RecordAccumulator#ANY_PARTITION} */
    ProducerFields(int fixedPartition, int partitionCount) {
        this.byPartition = fixedPartition == RecordAccumulator.ANY_PARTITION;
        this.partitionCount = partitionCount;
    }

    /** Reads the value before which the cursor stands; null is as if the field were not there. */
    void read(ListField field, JsonCursor cursor) {
        if (cursor.takeNull()) {
            return;
        }
        switch (field) {
            case PRODUCER_ID -> id = number(field.text(), Long.MAX_VALUE, cursor);
            case PRODUCER_EPOCH -> epoch = number(field.text(), Short.MAX_VALUE, cursor);
            case BASE_SEQUENCE -> baseSequences = baseSequences(cursor);
            default -> throw new IllegalStateException(field.text());
        }
    }

    void requireAllOrNone() {
        boolean all = id != MISSING && epoch != MISSING && baseSequences != null;
        boolean none = id == MISSING && epoch == MISSING && baseSequences == null;
        if (!all && !none) {
            throw RequestException.unprocessable("\"producer_id\", \"producer_epoch\" and \"base_sequence\" go together: send all"
                    + " of them, or none");
        }
    }

    Optional<ListProducer> producer() {
        return baseSequences == null ? Optional.empty() : Optional.of(new ListProducer(id, (short) epoch, baseSequences));
    }

    private Map<Integer, Integer> baseSequences(JsonCursor cursor) {
        String name = ListField.BASE_SEQUENCE.text();
        if (!byPartition || cursor.peek() != '{') {
            return Map.of(RecordAccumulator.ANY_PARTITION, (int) number(name, Integer.MAX_VALUE, cursor));
        }
        Map<Integer, Integer> sequences = new HashMap<>();
        cursor.expect('{');
        if (!cursor.take('}')) {
            do {
                int partition = partition(cursor);
                cursor.expect(':');
                int sequence = (int) number(name + "\" of partition \"" + partition, Integer.MAX_VALUE, cursor);
                if (sequences.put(partition, sequence) != null) {
                    throw RequestException.unprocessable("\"" + name + "\" has partition " + partition + " twice");
                }
            } while (cursor.take(','));
            cursor.expect('}');
        }
        return sequences;
    }

    private int partition(JsonCursor cursor) {
        cursor.string();
        long partition = cursor.digits(cursor.stringFrom(), cursor.stringTo());
        if (partition < 0 || partition >= partitionCount) {
            throw RequestException.unprocessable("\"base_sequence\" must have sequences by partition, and those of the topic are"
                    + " \"0\" to \"" + (partitionCount - 1) + "\"");
        }
        return (int) partition;
    }

    private static long number(String name, long max, JsonCursor cursor) {
        long number = cursor.wholeNumber();
        if (number < 0 || number > max) {
            throw RequestException.unprocessable("\"" + name + "\" must be a whole number from 0 to " + max);
        }
        return number;
    }
}
