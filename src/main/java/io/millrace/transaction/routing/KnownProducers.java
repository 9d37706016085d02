package io.millrace.transaction.routing;

import io.millrace.transaction.state.ProducerIdAndEpoch;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The producers of transactions that were asked for lately, so that not every request asks the coordinator. Only a hint: what is
 * written is held against the coordinator's word by the leaders. Bounded in number and in time. Thread-safe.
 */
final class KnownProducers {
    static final int MOST = 10_000;

    private record Key(String transactionalId, short epoch) {
    }

    private record Known(ProducerIdAndEpoch producer, long until) {
    }

    private final long keptNanos;
    private final LongSupplier nanoTime;
    private final Map<Key, Known> known = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Known> eldest) {
            return size() > MOST;
        }
    };

    /** @param keptNanos less than a transactional id takes to expire */
    KnownProducers(long keptNanos, LongSupplier nanoTime) {
        this.keptNanos = keptNanos;
        this.nanoTime = nanoTime;
    }

    synchronized Optional<ProducerIdAndEpoch> find(String transactionalId, short epoch) {
        Known found = known.get(new Key(transactionalId, epoch));
        return found == null || nanoTime.getAsLong() - found.until > 0 ? Optional.empty() : Optional.of(found.producer);
    }

    synchronized void add(String transactionalId, ProducerIdAndEpoch producer) {
        Key key = new Key(transactionalId, producer.epoch());
        known.remove(key);
        known.put(key, new Known(producer, nanoTime.getAsLong() + keptNanos));
    }
}
