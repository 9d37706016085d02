package io.millrace.log.write;

import io.millrace.log.AbortedTransaction;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The history of a log that producers write in transactions and outside of them, and what follows from it: everything is
 * worked out anew from all that was ever written and not cut off, and nothing looks at a batch.
 */
final class TransactionModel {
    static final long NOBODY = RecordBatch.NO_PRODUCER_ID;

    /** A record, as readers are to see it. */
    record Shown(long offset, String key, String value) {
    }

    /**
     * A batch.
     *
     * @param end     how it ends its producer's transaction, or null: it has records
     * @param records of a batch that ends nothing
     */
    record Entry(long baseOffset, long producerId, int epoch, int sequence, boolean transactional,
                 EndTransactionMarker.Type end, int coordinatorEpoch, List<Shown> records) {
        long endOffset() {
            return baseOffset + (end == null ? records.size() : 1);
        }

        ByteBuffer bytes() {
            if (end != null) {
                return new EndTransactionMarker(end, coordinatorEpoch).batch(producerId, (short) epoch, 1_000);
            }
            RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
            if (producerId != NOBODY) {
                builder.producer(producerId, (short) epoch, sequence);
            }
            if (transactional) {
                builder.transactional();
            }
            records.forEach(each -> builder.append(1_000, Compacted.utf8(each.key()), Compacted.utf8(each.value()), List.of()));
            return builder.build();
        }
    }

    /** @param marker its offset, or {@link Long#MAX_VALUE} while there is none */
    private record Transaction(long producerId, long first, long marker, EndTransactionMarker.Type end) {
        private boolean holds(long offset) {
            return first <= offset && offset < marker;
        }
    }

    private final Random random;
    private final int producers;
    private List<Entry> entries = new ArrayList<>();
    private long begin;
    private int values;

    TransactionModel(Random random, int producers) {
        this.random = random;
        this.producers = producers;
    }

    long end() {
        return entries.isEmpty() ? begin : entries.get(entries.size() - 1).endOffset();
    }

    List<Long> batchEnds() {
        return entries.stream().map(Entry::endOffset).toList();
    }

    // ---- what happens

    /** Any batch that may come next; it is in the log from now on. */
    Entry next() {
        long producer = random.nextInt(4) == 0 ? NOBODY : random.nextInt(producers);
        boolean open = transactions().stream().anyMatch(each -> each.producerId == producer && each.end == null);
        if (open && random.nextInt(3) == 0) {
            return end(producer, EndTransactionMarker.Type.values()[random.nextInt(2)]);
        }
        List<Shown> records = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            records.add(new Shown(end() + records.size(), "key" + random.nextInt(6), "value" + values++));
        }
        boolean transactional = producer != NOBODY && (open || random.nextInt(3) > 0);
        return add(new Entry(end(), producer, epoch(producer), sequence(producer), transactional, null, -1, records));
    }

    /** A marker; with one in three the producer's next epoch begins (KIP-890). */
    private Entry end(long producer, EndTransactionMarker.Type how) {
        int epoch = epoch(producer) + (random.nextInt(3) == 0 ? 1 : 0);
        return add(new Entry(end(), producer, epoch, -1, true, how, random.nextInt(5), List.of()));
    }

    /** Markers for all transactions that are open. */
    List<Entry> endAll() {
        return transactions().stream().filter(each -> each.end == null)
            .map(each -> end(each.producerId, EndTransactionMarker.Type.values()[random.nextInt(2)])).toList();
    }

    private Entry add(Entry entry) {
        entries.add(entry);
        return entry;
    }

    /** The log ends at an offset: what is behind it was never there. */
    void cut(long offset) {
        entries.removeIf(each -> each.endOffset() > offset);
    }

    /** The log has nothing any more, and begins at an offset. */
    void beginAnew(long offset) {
        entries.clear();
        begin = offset;
    }

    /** To go back to. */
    List<Entry> entries() {
        return List.copyOf(entries);
    }

    void goBackTo(List<Entry> before) {
        entries = new ArrayList<>(before);
    }

    // ---- what follows from it

    private int epoch(long producer) {
        return entries.stream().filter(each -> each.producerId == producer).reduce((one, two) -> two).map(Entry::epoch).orElse(0);
    }

    private int sequence(long producer) {
        int epoch = epoch(producer);
        return entries.stream().filter(each -> each.producerId == producer && each.epoch == epoch)
            .mapToInt(each -> each.records.size()).sum();
    }

    private List<Transaction> transactions() {
        List<Transaction> all = new ArrayList<>();
        Map<Long, Long> open = new HashMap<>();
        for (Entry each : entries) {
            if (each.end != null) {
                Long first = open.remove(each.producerId);
                if (first != null) {
                    all.add(new Transaction(each.producerId, first, each.baseOffset, each.end));
                }
            } else if (each.transactional) {
                open.putIfAbsent(each.producerId, each.baseOffset);
            }
        }
        open.forEach((producer, first) -> all.add(new Transaction(producer, first, Long.MAX_VALUE, null)));
        return all;
    }

    /** Of a log with a start and a high watermark. */
    long lastStableOffset(long start, long highWatermark) {
        long first = transactions().stream().filter(each -> each.marker >= highWatermark).mapToLong(Transaction::first).min()
            .orElse(highWatermark);
        return Math.min(highWatermark, Math.max(start, first));
    }

    /** All that have something between two offsets, in the order of their markers. */
    List<AbortedTransaction> aborted(long from, long to) {
        List<Transaction> all = transactions();
        return all.stream().filter(each -> each.end == EndTransactionMarker.Type.ABORT && each.marker >= from && each.first < to)
            .map(each -> new AbortedTransaction(each.producerId, each.first, each.marker, all.stream()
                .filter(other -> other != each && other.holds(each.marker)).mapToLong(Transaction::first).min()
                .orElse(each.marker + 1))).toList();
    }

    /** What readers of committed records see between two offsets. */
    List<Shown> shown(long from, long to) {
        List<Transaction> aborted = transactions().stream().filter(each -> each.end == EndTransactionMarker.Type.ABORT).toList();
        List<Shown> shown = new ArrayList<>();
        for (Entry each : entries) {
            if (each.transactional && aborted.stream().anyMatch(one -> one.producerId == each.producerId
                    && one.holds(each.baseOffset))) {
                continue;
            }
            each.records.stream().filter(record -> record.offset >= from && record.offset < to).forEach(shown::add);
        }
        return shown;
    }
}
