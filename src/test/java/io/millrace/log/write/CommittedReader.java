package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.transaction.AbortedBatches;
import io.millrace.log.write.TransactionModel.Shown;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Reads the committed records of a log: at once, or slowly, so that what became of the log meanwhile must do no harm. */
final class CommittedReader {
    private final Random random;
    private final long patience;
    /** What it was given and has not looked at yet, or null. */
    private Held held;

    /**
     * Batches that were read some time ago.
     *
     * @param at      when, in ms
     * @param records that committed ones were among then
     */
    private record Held(long from, long next, ByteBuffer batches, long at, List<Shown> records) {
    }

    /** @param patience how long it may learn later what was aborted of that which it was given, in ms */
    CommittedReader(Random random, long patience) {
        this.random = random;
        this.patience = patience;
    }

    /** What it is given from the log's start on. */
    List<Shown> shown(PartitionLog log, long stable) {
        List<Shown> shown = new ArrayList<>();
        long next = log.logStartOffset();
        while (next < stable) {
            long from = next;
            ByteBuffer read = log.read(from, stable, 200 + random.nextInt(1_000));
            next = Math.max(endOf(read, from), log.passEmpty(endOf(read, from), stable));
            assertThat(next).as("behind what is read at %d", from).isGreaterThan(from);
            add(read, log, from, next, shown);
        }
        return shown;
    }

    private static long endOf(ByteBuffer batches, long from) {
        long end = from;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            end = batch.lastOffset() + 1;
        }
        return end;
    }

    private static void add(ByteBuffer read, PartitionLog log, long from, long next, List<Shown> shown) {
        AbortedBatches aborted = new AbortedBatches(log.transactions().aborted(from, next));
        for (RecordBatch batch : RecordBatch.in(aborted.leaveOut(read))) {
            batch.records().forEachRemaining(each -> {
                if (each.offset() >= from) {
                    shown.add(new Shown(each.offset(), Compacted.text(each.key()), Compacted.text(each.value())));
                }
            });
        }
    }

    /** The log is not the one that it has read, or was cut. */
    void forget() {
        held = null;
    }

    /** Reads something, or finds out of what it read earlier which records are committed: no others than were then. */
    void readOn(PartitionLog log, TransactionModel model, long now) {
        if (held == null) {
            held = read(log, model, now);
        } else if (held.from < log.logStartOffset() || now - held.at >= patience) {
            held = null;
        } else if (random.nextInt(4) == 0) {
            List<Shown> shown = new ArrayList<>();
            add(held.batches, log, held.from, held.next, shown);
            assertThat(held.records).as("seen by a slow reader").containsAll(shown);
            held = null;
        }
    }

    private Held read(PartitionLog log, TransactionModel model, long now) {
        long start = log.logStartOffset();
        long stable = log.transactions().lastStableOffset();
        if (stable == start) {
            return null;
        }
        long from = start + random.nextInt((int) (stable - start));
        ByteBuffer batches = log.read(from, stable, 1_000);
        long next = endOf(batches, from);
        return new Held(from, next, batches, now, model.shown(from, next));
    }
}
