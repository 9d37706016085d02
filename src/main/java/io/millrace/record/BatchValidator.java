package io.millrace.record;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks batches that come from outside before they reach a log: CRC, sizes, counts, codec, every record. Base offset
 * and leader epoch are not looked at, because the append overwrites both.
 */
public final class BatchValidator {
    private BatchValidator() {
    }

    /**
     * @param maxBatchBytes        largest batch as sent, header included
     * @param maxUncompressedBytes largest batch after decompression, header included: the bound against zip bombs
     */
    public record Limits(int maxBatchBytes, int maxUncompressedBytes) {
        public Limits {
            if (maxBatchBytes < RecordBatch.HEADER_BYTES || maxUncompressedBytes < RecordBatch.HEADER_BYTES) {
                throw new IllegalArgumentException("limits: found " + maxBatchBytes + " and " + maxUncompressedBytes
                    + ", allowed " + RecordBatch.HEADER_BYTES + " and above");
            }
        }
    }

    /**
     * What a topic wants of its records.
     *
     * @param keyed whether each must have a key
     * @param now   in ms since the epoch
     */
    public record Rules(TimestampBounds timestamps, boolean keyed, long now) {
        public static final Rules NONE = new Rules(TimestampBounds.NONE, false, 0);
    }

    /**
     * @param bytes one or more whole batches, position to limit
     * @return the batches, in order; never empty
     * @throws BatchTooLargeException when a batch passes a limit
     * @throws InvalidBatchException  when anything else is wrong
     */
    public static List<RecordBatch> validate(ByteBuffer bytes, Limits limits) {
        return validate(bytes, limits, Rules.NONE);
    }

    /** As {@link #validate(ByteBuffer, Limits)}, and what the topic wants of its records as well. */
    public static List<RecordBatch> validate(ByteBuffer bytes, Limits limits, Rules rules) {
        if (!bytes.hasRemaining()) {
            throw new InvalidBatchException("no batch: the request holds 0 bytes, needed at least "
                + RecordBatch.HEADER_BYTES);
        }
        List<RecordBatch> batches = new ArrayList<>();
        ByteBuffer rest = bytes.duplicate();
        while (rest.hasRemaining()) {
            String place = "batch " + batches.size() + " at byte " + (rest.position() - bytes.position()) + ": ";
            try {
                RecordBatch batch = next(rest, limits, rules);
                checkFollows(batches, batch);
                batches.add(batch);
                rest.position(rest.position() + batch.sizeInBytes());
            } catch (InvalidBatchException e) {
                throw new InvalidBatchException(place + e.getMessage(), e);
            } catch (BatchTooLargeException e) {
                throw new BatchTooLargeException(place + e.getMessage());
            }
        }
        return batches;
    }

    private static RecordBatch next(ByteBuffer rest, Limits limits, Rules rules) {
        if (rest.remaining() >= RecordBatch.PREFIX_BYTES) {
            int size = RecordBatch.sizeInBytesAt(rest, rest.position());
            if (size > limits.maxBatchBytes) {
                throw new BatchTooLargeException("batch size: found " + size + " bytes, allowed at most "
                    + limits.maxBatchBytes);
            }
        }
        RecordBatch batch = RecordBatch.at(rest);
        if (!batch.checksumMatches()) {
            throw new InvalidBatchException("checksum: found " + batch.checksum()
                + ", which is not the CRC-32C of the bytes from the attributes on: the batch was damaged on its way");
        }
        checkHeader(batch);
        checkProducer(batch);
        checkRecords(batch, limits.maxUncompressedBytes - RecordBatch.HEADER_BYTES, rules);
        return batch;
    }

    private static void checkHeader(RecordBatch batch) {
        int unknown = batch.attributes() & 0xFFFF & ~RecordBatch.KNOWN_ATTRIBUTES;
        if (unknown != 0) {
            throw new InvalidBatchException("attributes: found the bits 0x" + Integer.toHexString(unknown)
                + ", allowed none but 0x" + Integer.toHexString(RecordBatch.KNOWN_ATTRIBUTES));
        }
        if (batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
            throw new InvalidBatchException("timestamp type in the attributes: found LogAppendTime, allowed CreateTime"
                + " only: the topic's message.timestamp.type decides");
        }
        int count = batch.recordCount();
        if (count < 1) {
            throw new InvalidBatchException("record count: found " + count + ", allowed 1 and above");
        }
        if (batch.lastOffsetDelta() != count - 1) {
            throw new InvalidBatchException("last offset delta: found " + batch.lastOffsetDelta() + ", allowed "
                + (count - 1) + " only, the record count - 1");
        }
    }

    private static void checkProducer(RecordBatch batch) {
        if (batch.isControl()) {
            throw new InvalidBatchException("attributes: found a control batch, which only the server writes");
        }
        if (batch.producerId() < RecordBatch.NO_PRODUCER_ID) {
            throw new InvalidBatchException("producer id: found " + batch.producerId() + ", allowed -1 (none) and above");
        } else if (batch.producerId() == RecordBatch.NO_PRODUCER_ID) {
            checkNoProducer(batch);
        } else if (batch.producerEpoch() < 0) {
            throw new InvalidBatchException("producer epoch: found " + batch.producerEpoch()
                + ", allowed 0 and above, as there is a producer id");
        } else if (batch.baseSequence() < 0 && !(batch.isTransactional() && batch.baseSequence() == RecordBatch.NO_SEQUENCE)) {
            throw new InvalidBatchException("base sequence: found " + batch.baseSequence()
                + ", allowed 0 and above, as there is a producer id, and -1 in a transaction, where the log counts");
        }
    }

    private static void checkNoProducer(RecordBatch batch) {
        if (batch.isTransactional()) {
            throw new InvalidBatchException("attributes: found a transactional batch without a producer id: name the producer"
                + " whose transaction it is");
        }
        if (batch.producerEpoch() != RecordBatch.NO_PRODUCER_EPOCH) {
            throw new InvalidBatchException("producer epoch: found " + batch.producerEpoch()
                + ", allowed -1 only, as there is no producer id");
        }
        // Without a producer id the sequence means nothing; some clients leave it at 0.
        if (batch.baseSequence() != RecordBatch.NO_SEQUENCE && batch.baseSequence() != 0) {
            throw new InvalidBatchException("base sequence: found " + batch.baseSequence()
                + ", allowed -1 and 0 only, as there is no producer id");
        }
    }

    /**
     * The batches of a request are appended together, and a part of them may get lost with a leader. So they are not counted:
     * the rest would not be known for what it is when all of them are sent again.
     */
    private static void checkFollows(List<RecordBatch> before, RecordBatch batch) {
        if (before.isEmpty()) {
            return;
        }
        RecordBatch last = before.get(before.size() - 1);
        if (batch.producerId() != last.producerId() || batch.producerEpoch() != last.producerEpoch()) {
            throw new InvalidBatchException("producer: found id " + batch.producerId() + " and epoch " + batch.producerEpoch()
                + ", allowed " + last.producerId() + " and " + last.producerEpoch() + " only, as in the batch before it");
        }
        if (batch.isTransactional() != last.isTransactional()) {
            throw new InvalidBatchException("attributes: found transactional batches and others, allowed one or the other only");
        }
        if (batch.producerId() != RecordBatch.NO_PRODUCER_ID
                && (batch.baseSequence() != RecordBatch.NO_SEQUENCE || last.baseSequence() != RecordBatch.NO_SEQUENCE)) {
            throw new InvalidBatchException("base sequence: found " + batch.baseSequence() + " in a batch behind another one: send"
                + " each batch that has a sequence in a request of its own, the next one when this one is answered, or up to"
                + " five at a time");
        }
    }

    private static void checkRecords(RecordBatch batch, long maxBytes, Rules rules) {
        int count = batch.recordCount();
        long maxTimestamp = RecordBatch.NO_TIMESTAMP;
        try (RecordCursor cursor = new RecordCursor(batch, maxBytes)) {
            for (int i = 0; i < count; i++) {
                cursor.skip();
                if (cursor.offsetDelta() != i) {
                    throw new InvalidBatchException("record " + i + ": offset delta: found " + cursor.offsetDelta()
                        + ", allowed " + i + " only");
                }
                long timestamp = cursor.timestamp();
                if (timestamp < RecordBatch.NO_TIMESTAMP) {
                    throw new InvalidBatchException("record " + i + ": timestamp: found " + timestamp
                        + ", allowed -1 (none) and above");
                }
                if (rules.keyed && !cursor.hasKey()) {
                    throw new InvalidBatchException("record " + i + ": key: found none, but the topic is compacted"
                        + " (cleanup.policy), which keeps the newest record of each key: give it one");
                }
                String problem = rules.timestamps.problem(timestamp, rules.now);
                if (problem != null) {
                    throw new InvalidBatchException("record " + i + ": " + problem);
                }
                maxTimestamp = Math.max(maxTimestamp, timestamp);
            }
            cursor.end();
        }
        if (batch.maxTimestamp() != maxTimestamp) {
            throw new InvalidBatchException("max timestamp: found " + batch.maxTimestamp() + ", allowed "
                + maxTimestamp + " only, the largest of the records");
        }
    }
}
