package io.millrace.bench;

import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Transactions one after the other, each of some requests of one batch to one partition, and a commit; records count when they
 * are committed. It goes on where it was when it is used for another load. One thread.
 */
final class TransactionWorkload implements Workload {
    private final HttpRequests requests;
    private final String commitPath;
    private final ByteBuffer write;
    private final RecordBatch batch;
    private final int writes;
    private Producer producer;
    private int written;
    private ByteBuffer commit;

    /**
     * @param producer of the transactional id, with nothing under way
     * @param batch    transactional
     * @param writes   requests in a transaction
     */
    TransactionWorkload(HttpRequests requests, String transactionalId, Producer producer, String topic, ByteBuffer batch, int writes) {
        this.requests = requests;
        this.commitPath = "/transactions/" + transactionalId + "/commit";
        // the epoch is in the batch
        this.write = requests.post("/topics/" + topic + "/partitions/0?acks=all", HttpRequests.BATCH,
                "Millrace-Transaction: " + transactionalId + "\r\n", batch);
        this.batch = RecordBatch.at(write.slice(write.limit() - batch.remaining(), batch.remaining()));
        this.writes = writes;
        goOnWith(producer);
    }

    private void goOnWith(Producer next) {
        producer = next;
        written = 0;
        commit = requests.post(commitPath, HttpRequests.ANSWER,
                StandardCharsets.US_ASCII.encode("{\"producer_epoch\":" + next.epoch() + "}"));
    }

    /** Whether the next request is the end of a transaction. */
    boolean commitsNext() {
        return written == writes;
    }

    @Override
    public ByteBuffer next() {
        if (commitsNext()) {
            return commit;
        }
        batch.setProducer(producer.id(), producer.epoch(), written * batch.recordCount());
        return write;
    }

    @Override
    public long accept(HttpAnswer answer) {
        if (commitsNext()) {
            goOnWith(Producer.in(answer.bodyStart()));
            return (long) writes * batch.recordCount();
        }
        written++;
        return 0;
    }

    /** Short: it is refused for as long as the markers of its last transaction are being written. */
    @Override
    public Duration pauseWhenRefused() {
        return Duration.ofMillis(5);
    }

    @Override
    public boolean readsBodies() {
        return true;
    }
}
