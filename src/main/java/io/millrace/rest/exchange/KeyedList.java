package io.millrace.rest.exchange;

import io.millrace.broker.Broker;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerErrors;
import io.millrace.replica.hosting.Acks;
import io.millrace.rest.dialect.KeyHeader;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RecordListReader;
import io.millrace.rest.dialect.RequestException;
import io.millrace.transaction.idempotency.AccumulatedRecords;
import io.millrace.transaction.idempotency.Fingerprint;
import io.millrace.transaction.idempotency.IdempotencyKey;
import io.millrace.transaction.idempotency.KeyedRecords;
import io.millrace.transaction.idempotency.KeyedRequest;
import io.millrace.transaction.idempotency.Layout;
import java.util.UUID;

/** A list of records that came with an idempotency key. */
final class KeyedList implements KeyedRequest {
    private final Broker broker;
    private final IdempotencyKey key;
    private final RecordFormat format;
    private final Acks acks;
    private final byte[] list;
    private final Fingerprint fingerprint;
    private final RecordAccumulator records;

    /**
     * Reads the list.
     *
     * @throws RequestException                     when it is refused
     * @throws io.millrace.metadata.BrokerException when a record of it is
     */
    KeyedList(Broker broker, IdempotencyKey key, RecordFormat format, Acks acks, byte[] list) {
        this.broker = broker;
        this.key = key;
        this.format = format;
        this.acks = acks;
        this.list = list;
        this.fingerprint = Fingerprint.of(format.name(), list);
        this.records = broker.accumulator(key.topic());
        RecordListReader reader = reader(records);
        reader.read(list, records::append);
        if (reader.producer().isPresent()) {
            throw RequestException.unprocessable("a request that may be repeated by its " + KeyHeader.NAME + " names no producer: its"
                    + " coordinator does");
        }
    }

    private RecordListReader reader(RecordAccumulator into) {
        return new RecordListReader(format, key.partition(), into.partitionCount());
    }

    int recordCount() {
        return records.recordCount();
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
        return records.topicId();
    }

    @Override
    public KeyedRecords records() {
        return new AccumulatedRecords(broker, records, acks);
    }

    @Override
    public KeyedRecords records(Layout layout) {
        RecordAccumulator again = broker.accumulator(key.topic());
        if (!again.topicId().equals(topicId())) {
            throw BrokerErrors.unknownTopicId(key.topic());
        }
        int[] slots = layout.slots();
        reader(again).read(list, (partition, timestamp, recordKey, value, headers) ->
                again.append(layout.partition(slots[again.recordCount()]), timestamp, recordKey, value, headers));
        return new AccumulatedRecords(broker, again, acks);
    }
}
