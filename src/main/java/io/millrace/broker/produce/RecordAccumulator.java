package io.millrace.broker.produce;

import io.millrace.broker.Broker;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.record.Codec;
import io.millrace.record.Header;
import io.millrace.record.TimestampBounds;
import io.millrace.tracing.TraceSpan;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.IntUnaryOperator;

/**
 * Collects the records of one produce request into batches, partition by partition, without keeping an object per
 * record. Got from {@link Broker#accumulator}, filled by one thread, then given to {@link Broker#produce}.
 */
public final class RecordAccumulator {
    /** No partition given: the topic's partitioner chooses. */
    public static final int ANY_PARTITION = -1;
    /** No timestamp given: the server's clock at the first record is taken. */
    public static final long NO_TIMESTAMP = -1;
    /** In the place of a slot: the record goes nowhere, and its position is the partition that it named. */
    static final int REFUSED = -1;
    private static final int INITIAL_RECORDS = 16;

    private final CachedTopic topic;
    private final Codec codec;
    private final int maxBatchBytes;
    private final TimestampBounds timestamps;
    private final boolean keyed;
    /** Null where each record names its partition. */
    private final PartitionSelector selector;
    private final Clock clock;
    /** By partition number; null where this request brings nothing. */
    private final PartitionBatches[] byPartition;
    private final List<PartitionBatches> touched = new ArrayList<>();
    private int[] slots = new int[INITIAL_RECORDS];
    private int[] positions = new int[INITIAL_RECORDS];
    private int recordCount;
    private int refusedCount;
    /** When the first record came, in ms since the epoch. */
    private long now;
    private boolean produced;
    private String transactionalId;
    private TraceSpan span = TraceSpan.NONE;

    public RecordAccumulator(CachedTopic topic, PartitionSelector selector, Clock clock) {
        TopicConfig config = topic.usableConfig();
        this.topic = topic;
        this.codec = config.batchCodec();
        this.maxBatchBytes = config.maxMessageBytes();
        this.timestamps = config.timestamps();
        this.keyed = config.isCompacted();
        this.selector = selector;
        this.clock = clock;
        this.byPartition = new PartitionBatches[topic.partitionCount()];
    }

    private RecordAccumulator(CachedTopic topic, Clock clock) {
        this.topic = topic;
        this.codec = topic.invalid() == null ? topic.config().batchCodec() : Codec.NONE;
        this.maxBatchBytes = Integer.MAX_VALUE;
        this.timestamps = TimestampBounds.NONE;
        this.keyed = false;
        this.selector = null;
        this.clock = clock;
        this.byPartition = new PartitionBatches[topic.partitionCount()];
    }

    /**
     * For records that were accepted before, and may be in the logs: the topic's rules may be others now, and refuse none of
     * them. Each is to name its partition.
     */
    public static RecordAccumulator ofRepetition(CachedTopic topic, Clock clock) {
        return new RecordAccumulator(topic, clock);
    }

    /**
     * Adds a record; key and value are copied (position to limit), either may be null. One that names a partition which the
     * topic does not have is refused by itself: it has an error in the result, unless {@link #requireNoneRefused} asks for all.
     *
     * @param timestamp ms since the epoch, or {@link #NO_TIMESTAMP}
     * @throws BrokerException RECORD_TOO_LARGE, INVALID_TIMESTAMP, INVALID_RECORD or INVALID_REQUEST, naming the record's index in
     *                         the request; the request is then to be given up, nothing is written
     */
    public void append(int partition, long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers) {
        int record = recordCount;
        if (timestamp < NO_TIMESTAMP) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST,
                    "record %d: timestamp %d is negative: give ms since the epoch".formatted(record, timestamp));
        }
        if (record == 0) {
            // for all of them, so that the same records fill the same batches when they are sent again
            now = clock.millis();
        }
        String problem = timestamp == NO_TIMESTAMP ? null : timestamps.problem(timestamp, now);
        if (problem != null) {
            throw new BrokerException(ErrorKind.INVALID_TIMESTAMP, "record " + record + ": " + problem);
        }
        if (key == null && keyed) {
            throw new BrokerException(ErrorKind.INVALID_RECORD, ("record %d has no key, but topic '%s' is compacted"
                    + " (cleanup.policy), which keeps the newest record of each key: give it one").formatted(record, topic.name()));
        }
        if (partition != ANY_PARTITION && (partition < 0 || partition >= byPartition.length)) {
            place(REFUSED, partition);
            refusedCount++;
            return;
        }
        PartitionBatches batches = batches(partition == ANY_PARTITION ? selector.select(record, key, value) : partition);
        int position = batches.recordCount();
        batches.append(record, timestamp == NO_TIMESTAMP ? now : timestamp, key, value, headers);
        place(batches.slot(), position);
    }

    private void place(int slot, int position) {
        int record = recordCount++;
        if (record == slots.length) {
            slots = Arrays.copyOf(slots, record * 2);
            positions = Arrays.copyOf(positions, record * 2);
        }
        slots[record] = slot;
        positions[record] = position;
    }

    /**
     * Where records are written all or none.
     *
     * @throws BrokerException UNKNOWN_PARTITION, naming the first record that is refused; the request is then to be given up
     */
    public void requireNoneRefused() {
        for (int record = 0; refusedCount > 0 && record < recordCount; record++) {
            if (slots[record] == REFUSED) {
                BrokerException unknown = BrokerErrors.unknownPartition(topic.name(), positions[record], byPartition.length);
                throw new BrokerException(unknown.kind(), "record " + record + ": " + unknown.getMessage());
            }
        }
    }

    /** How many records have an error in the result already. */
    public int refusedCount() {
        return refusedCount;
    }

    /**
     * Says which idempotent producer (KIP-98) made the records, after the last of them.
     *
     * @param id           0 and above
     * @param epoch        0 and above
     * @param baseSequence by partition, the sequence of the first of its records: 0 to 2^31 - 1
     * @throws BrokerException INVALID_RECORD when a record was given the partition whose turn it was: sent again, it would go
     *                         to another one and be written there, too; RECORD_TOO_LARGE as {@link #requireOneBatchEach};
     *                         UNKNOWN_PARTITION as {@link #requireNoneRefused}. The request is then to be given up, nothing is written
     */
    public void setProducer(long id, short epoch, IntUnaryOperator baseSequence) {
        requireNoneRefused();
        selector.firstInTurn().ifPresent(record -> {
            throw new BrokerException(ErrorKind.INVALID_RECORD, ("record %d has neither key nor partition: sent again, it would"
                    + " go to another partition and be written there, too; give it one of them").formatted(record));
        });
        touched.forEach(batches -> batches.setProducer(id, epoch, baseSequence.applyAsInt(batches.partition())));
    }

    /**
     * As above, of records whose partitions are kept, so that they go there again whoever chose them; in each partition they
     * begin with sequence 0.
     *
     * @param epoch in which the producer has appended nothing else
     * @throws BrokerException RECORD_TOO_LARGE as {@link #requireOneBatchEach}
     */
    public void setProducer(long id, short epoch) {
        touched.forEach(batches -> batches.setProducer(id, epoch, 0));
    }

    /**
     * Says what transaction the records are part of, after the last of them. Their producer does not count them, so that
     * nobody can send them again; unless it was {@link #setProducer(long, short, IntUnaryOperator) set} before.
     *
     * @param id    of the transactional id's producer
     * @param epoch of the transaction
     * @throws BrokerException UNKNOWN_PARTITION as {@link #requireNoneRefused}
     */
    public void setTransaction(String transactional, long id, short epoch) {
        requireNoneRefused();
        this.transactionalId = transactional;
        touched.forEach(batches -> batches.setTransaction(id, epoch));
    }

    /** Says of what request they are. */
    public void follow(TraceSpan request) {
        span = request;
    }

    /** Of their request; {@link TraceSpan#NONE}: nobody follows it. */
    TraceSpan span() {
        return span;
    }

    /** Of the transaction that the records are part of; null: of none. */
    public String transactionalId() {
        return transactionalId;
    }

    /**
     * Finds out whether these can be an idempotent producer's records, which are one batch in each partition.
     *
     * @throws BrokerException RECORD_TOO_LARGE when those of a partition are too many or too large for that
     */
    public void requireOneBatchEach() {
        touched.forEach(PartitionBatches::requireOneBatch);
    }

    public int recordCount() {
        return recordCount;
    }

    /** How many partitions the topic has. */
    public int partitionCount() {
        return byPartition.length;
    }

    public String topic() {
        return topic.name();
    }

    public UUID topicId() {
        return topic.id();
    }

    /**
     * Gives the records away; the log then writes into their bytes.
     *
     * @throws IllegalStateException when that was done before
     */
    void takeOver() {
        if (produced) {
            throw new IllegalStateException("these records were produced already: get another accumulator");
        }
        produced = true;
    }

    /** Where a record goes, which is not refused. @param record its index in the request */
    public int partition(int record) {
        return touched.get(slots[record]).partition();
    }

    /** The partitions that records were added to, by slot. */
    public List<PartitionBatches> touched() {
        return touched;
    }

    /** Each record's index in {@link #touched()}. */
    int[] slots() {
        return Arrays.copyOf(slots, recordCount);
    }

    /** Each record's position among those of its partition. */
    int[] positions() {
        return Arrays.copyOf(positions, recordCount);
    }

    private PartitionBatches batches(int partition) {
        PartitionBatches batches = byPartition[partition];
        if (batches == null) {
            batches = new PartitionBatches(touched.size(), partition, codec, maxBatchBytes);
            byPartition[partition] = batches;
            touched.add(batches);
        }
        return batches;
    }
}
