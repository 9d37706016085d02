package io.millrace.bench;

import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;

/**
 * One record batch again and again, in which each request says who made it, and which sequence it has; or that nobody did, at
 * the same cost, to be compared with. It goes on where it was when it is used for another load. One thread.
 */
final class StampedBatch implements Workload {
    private final ByteBuffer request;
    private final RecordBatch batch;
    private final Producer producer;
    private int sequence;

    /** @param producer null: nobody @param request ends with the batch, of so many bytes */
    StampedBatch(Producer producer, ByteBuffer request, int batchBytes) {
        this.producer = producer;
        this.request = request;
        this.batch = RecordBatch.at(request.slice(request.limit() - batchBytes, batchBytes));
    }

    @Override
    public ByteBuffer next() {
        if (producer == null) {
            batch.setProducer(RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE);
        } else {
            batch.setProducer(producer.id(), producer.epoch(), sequence);
        }
        return request;
    }

    @Override
    public long accept(HttpAnswer answer) {
        sequence += batch.recordCount();
        return batch.recordCount();
    }
}
