package io.millrace.rest.exchange;

import io.millrace.broker.Broker;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerErrors;
import io.millrace.replica.hosting.Acks;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.dialect.KeyHeader;
import io.millrace.rest.dialect.ProduceResultWriter;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RecordListReader;
import io.millrace.rest.dialect.RecordSink;
import io.millrace.rest.dialect.RequestException;
import io.millrace.tracing.TraceSpan;
import io.millrace.transaction.idempotency.AccumulatedRecords;
import io.millrace.transaction.idempotency.Fingerprint;
import io.millrace.transaction.idempotency.IdempotencyKey;
import io.millrace.transaction.idempotency.KeyedRecords;
import io.millrace.transaction.idempotency.KeyedRequest;
import io.millrace.transaction.idempotency.Layout;
import java.util.UUID;

/** A list of records that came with an idempotency key. It is read only when it is known whether the key is. */
final class KeyedList implements KeyedRequest {
    private final Broker broker;
    private final UUID topicId;
    private final IdempotencyKey key;
    private final RecordFormat format;
    private final Acks acks;
    private final byte[] list;
    private final MemoryBudget.Reservation memory;
    private final TraceSpan span;
    private final Fingerprint fingerprint;

    /**
     * @param topicId of the topic as it is
     * @param memory  grows with what is made of the list
     * @param span    of the request
     */
    KeyedList(Broker broker, UUID topicId, IdempotencyKey key, RecordFormat format, Acks acks, byte[] list,
              MemoryBudget.Reservation memory, TraceSpan span) {
        this.broker = broker;
        this.topicId = topicId;
        this.key = key;
        this.format = format;
        this.acks = acks;
        this.list = list;
        this.memory = memory;
        this.span = span;
        this.fingerprint = Fingerprint.of(format.name(), list);
    }

    private RecordListReader reader(RecordAccumulator into) {
        return new RecordListReader(format, key.partition(), into.partitionCount());
    }

    @Override
    public IdempotencyKey key() {
        return key;
    }

    @Override
    public Fingerprint fingerprint() {
        return fingerprint;
    }

    @Override
    public UUID topicId() {
        return topicId;
    }

    /**
     * As it says there.
     *
     * @throws RequestException                     when the list is refused, or there is no memory for its records now
     * @throws io.millrace.metadata.BrokerException when a record of it is
     */
    @Override
    public KeyedRecords records() {
        RecordAccumulator records = broker.accumulator(key.topic());
        RecordListReader reader = reader(records);
        read(reader, records, records::append);
        if (reader.producer().isPresent()) {
            throw RequestException.unprocessable("a request that may be repeated by its " + KeyHeader.NAME + " names no producer: its"
                    + " coordinator does");
        }
        return new AccumulatedRecords(broker, records, acks);
    }

    @Override
    public KeyedRecords records(Layout layout) {
        RecordAccumulator records = broker.repetition(key.topic());
        int[] slots = layout.slots();
        read(reader(records), records, (partition, timestamp, recordKey, value, headers) ->
                records.append(layout.partition(slots[records.recordCount()]), timestamp, recordKey, value, headers));
        return new AccumulatedRecords(broker, records, acks);
    }

    private void read(RecordListReader reader, RecordAccumulator into, RecordSink sink) {
        if (!into.topicId().equals(topicId)) {
            throw BrokerErrors.unknownTopicId(key.topic());
        }
        memory.growTo(2L * list.length); // the list and its records side by side
        reader.read(list, sink);
        into.requireNoneRefused();
        into.follow(span);
        answeredWith(into.recordCount());
    }

    /** Has memory for an answer, beside the list and its records as far as these were read. */
    void answeredWith(int records) {
        memory.add(ProduceResultWriter.bytesFor(records));
    }
}
