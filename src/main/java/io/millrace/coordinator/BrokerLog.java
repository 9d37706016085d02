package io.millrace.coordinator;

import io.millrace.agreement.Member;
import io.millrace.broker.Leaderships;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.record.EndTransactionMarker;
import io.millrace.replica.hosting.Leadership;
import io.millrace.replica.hosting.PartitionAppends;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

/** An internal topic of a real broker. */
public final class BrokerLog implements CoordinatorLog {
    private final InternalTopic topic;
    private final Leaderships leaderships;

    /** @param topic as it is created where it is not there yet */
    public BrokerLog(InternalTopic topic, Leaderships leaderships) {
        this.topic = topic;
        this.leaderships = leaderships;
    }

    @Override
    public String topic() {
        return topic.name();
    }

    @Override
    public int partitions() {
        int known = leaderships.partitionCount(topic.name());
        if (known == 0) {
            leaderships.create(topic);
            known = leaderships.partitionCount(topic.name());
        }
        return known;
    }

    @Override
    public Optional<LedLog> led(int partition) {
        return leaderships.of(topic.name(), partition).map(Led::new);
    }

    @Override
    public Optional<Member> remote(int partition) {
        return leaderships.remoteLeader(topic.name(), partition);
    }

    @Override
    public AutoCloseable listen(IntConsumer changed) {
        AutoCloseable subscription = leaderships.listen(id -> {
            if (id.topic().equals(topic.name())) {
                changed.accept(id.partition());
            }
        });
        for (int partition = 0; partition < leaderships.partitionCount(topic.name()); partition++) {
            if (led(partition).isPresent()) {
                changed.accept(partition);
            }
        }
        return subscription;
    }

    private record Led(Leadership leadership) implements LedLog {
        @Override
        public int epoch() {
            return leadership.epoch();
        }

        @Override
        public boolean isOver() {
            return leadership.isOver();
        }

        @Override
        public long startOffset() {
            return leadership.logStartOffset();
        }

        @Override
        public CompletableFuture<Long> settled() {
            return leadership.settled();
        }

        @Override
        public int maxBatchBytes() {
            return leadership.maxBatchBytes();
        }

        @Override
        public ByteBuffer read(long offset, long endOffset, int maxBytes) {
            return leadership.read(offset, endOffset, maxBytes);
        }

        @Override
        public Appending append(List<ByteBuffer> batches) {
            PartitionAppends.Appending appending = BrokerErrors.translating(() -> leadership.append(batches));
            return new Appending(appending.written(), appending.committed());
        }

        @Override
        public Appending endTransaction(long producerId, short producerEpoch, EndTransactionMarker marker, long timestamp) {
            PartitionAppends.Appending ending = BrokerErrors.translating(() ->
                    leadership.endTransaction(producerId, producerEpoch, marker, timestamp));
            return new Appending(ending.written(), ending.committed());
        }

        @Override
        public CompletableFuture<?> committed(long endOffset) {
            return leadership.committed(endOffset);
        }

        @Override
        public void requireLease() {
            leadership.requireLease();
        }
    }
}
