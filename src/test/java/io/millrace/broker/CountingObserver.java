package io.millrace.broker;

import io.millrace.metadata.BrokerObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what a broker tells. */
final class CountingObserver implements BrokerObserver {
    final AtomicLong recordsIn = new AtomicLong();
    final AtomicLong bytesIn = new AtomicLong();
    final AtomicLong recordsRepeated = new AtomicLong();
    final AtomicLong recordsOut = new AtomicLong();
    final AtomicLong bytesOut = new AtomicLong();
    final List<String> deleted = new CopyOnWriteArrayList<>();

    @Override
    public void produced(String topic, long records, long bytes) {
        recordsIn.addAndGet(records);
        bytesIn.addAndGet(bytes);
    }

    @Override
    public void repeated(String topic, long records) {
        recordsRepeated.addAndGet(records);
    }

    @Override
    public void fetched(String topic, long records, long bytes) {
        recordsOut.addAndGet(records);
        bytesOut.addAndGet(bytes);
    }

    @Override
    public void topicDeleted(String topic) {
        deleted.add(topic);
    }
}
