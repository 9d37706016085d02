package io.millrace.log.transaction;

import io.millrace.log.AbortedTransaction;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * A log in memory that several producers write at the same time, in transactions and outside of them, beside a model that
 * knows what became of each record: nothing in it looks at a batch.
 */
final class SimulatedTransactions {
    private static final int PRODUCERS = 4;

    /** What is known of a record: its outcome is that of its transaction. */
    static final class Fate {
        final long offset;
        final String value;
        /** Null: it is in no transaction. */
        final Transaction transaction;

        private Fate(long offset, String value, Transaction transaction) {
            this.offset = offset;
            this.value = value;
            this.transaction = transaction;
        }

        boolean isAborted() {
            return transaction != null && transaction.outcome == EndTransactionMarker.Type.ABORT;
        }
    }

    /** A producer's; no outcome while it is open. */
    static final class Transaction {
        private final long producerId;
        private final long firstOffset;
        EndTransactionMarker.Type outcome;
        long marker = -1;

        private Transaction(long producerId, long firstOffset) {
            this.producerId = producerId;
            this.firstOffset = firstOffset;
        }
    }

    private final Random random;
    final OpenTransactions open = new OpenTransactions();
    final List<RecordBatch> batches = new ArrayList<>();
    final List<Fate> records = new ArrayList<>();
    final List<AbortedTransaction> aborted = new ArrayList<>();
    private final List<Transaction> transactions = new ArrayList<>();
    private final TreeMap<Long, Transaction> current = new TreeMap<>();
    long end;

    SimulatedTransactions(Random random) {
        this.random = random;
    }

    void step() {
        long producer = random.nextInt(PRODUCERS);
        Transaction mine = current.get(producer);
        int choice = random.nextInt(10);
        if (choice < 2) {
            write(RecordBatch.NO_PRODUCER_ID, null);
        } else if (choice < 3 && mine == null) {
            write(producer, null);
        } else if (choice < 7 || mine == null) {
            if (mine == null) {
                mine = new Transaction(producer, end);
                transactions.add(mine);
                current.put(producer, mine);
            }
            open.begin(producer, (short) 0, end, 0);
            write(producer, mine);
        } else {
            finish(mine, EndTransactionMarker.Type.values()[random.nextInt(2)]);
        }
    }

    private void write(long producer, Transaction transaction) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
        if (producer != RecordBatch.NO_PRODUCER_ID) {
            batch.producer(producer, (short) 0, 0);
        }
        if (transaction != null) {
            batch.transactional();
        }
        long offset = end;
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            String value = "r" + offset;
            batch.append(offset, null, StandardCharsets.UTF_8.encode(value), List.of());
            records.add(new Fate(offset++, value, transaction));
        }
        add(batch.build());
    }

    private void finish(Transaction transaction, EndTransactionMarker.Type outcome) {
        transaction.outcome = outcome;
        transaction.marker = end;
        current.remove(transaction.producerId);
        AbortedTransaction noted = open.end(transaction.producerId, end);
        if (outcome == EndTransactionMarker.Type.ABORT) {
            aborted.add(noted);
        }
        add(new EndTransactionMarker(outcome, 1).batch(transaction.producerId, (short) 0, end));
    }

    private void add(ByteBuffer bytes) {
        RecordBatch batch = RecordBatch.at(bytes);
        batch.assign(end, 1);
        batches.add(batch);
        end = batch.lastOffset() + 1;
    }

    /** Where the first record stands whose transaction has no marker below the high watermark; else that. */
    long stableBelow(long highWatermark) {
        return transactions.stream().filter(each -> each.outcome == null || each.marker >= highWatermark)
            .mapToLong(each -> each.firstOffset).filter(first -> first < highWatermark).min().orElse(highWatermark);
    }

    /** Cuts the log at a batch's first offset: what came later did not happen. */
    void cut(long offset) {
        batches.removeIf(batch -> batch.baseOffset() >= offset);
        records.removeIf(each -> each.offset >= offset);
        aborted.removeIf(each -> each.lastOffset() >= offset);
        transactions.removeIf(each -> each.firstOffset >= offset);
        current.values().removeIf(each -> each.firstOffset >= offset);
        for (Transaction each : transactions) {
            if (each.marker >= offset) {
                each.outcome = null;
                each.marker = -1;
                current.put(each.producerId, each);
            }
        }
        end = offset;
    }

    /** The batches from one that begins at an offset on, in a buffer of their own, as a read would give them. */
    ByteBuffer read(long from, long to) {
        List<ByteBuffer> found = batches.stream()
            .filter(batch -> batch.lastOffset() >= from && batch.lastOffset() < to).map(RecordBatch::buffer).toList();
        int before = random.nextInt(3); // a position of its own
        ByteBuffer bytes = ByteBuffer.allocate(before + found.stream().mapToInt(ByteBuffer::remaining).sum()).position(before);
        found.forEach(bytes::put);
        return bytes.flip().position(before);
    }
}
