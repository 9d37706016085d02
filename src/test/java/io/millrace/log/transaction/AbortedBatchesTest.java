package io.millrace.log.transaction;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AbortedBatchesTest {
    private static final AbortedTransaction ABORTED = new AbortedTransaction(7, 10, 20, 21);

    private static RecordBatch batch(long producerId, boolean transactional, long offset, int records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(producerId, (short) 0, 0);
        if (transactional) {
            builder.transactional();
        }
        for (int i = 0; i < records; i++) {
            builder.append(1, null, ByteBuffer.allocate(1), List.of());
        }
        RecordBatch batch = RecordBatch.at(builder.build());
        batch.assign(offset, 1);
        return batch;
    }

    @Test
    void onlyTransactionalBatchesOfTheProducerWithinTheTransactionAreAborted() {
        AbortedBatches aborted = new AbortedBatches(List.of(new AbortedTransaction(7, 2, 5, 6), ABORTED));
        assertThat(aborted.transactionOf(batch(7, true, 10, 3))).contains(ABORTED);
        assertThat(aborted.transactionOf(batch(7, true, 19, 1))).contains(ABORTED);
        assertThat(aborted.transactionOf(batch(7, true, 6, 4))).as("committed before").isEmpty();
        assertThat(aborted.transactionOf(batch(7, true, 21, 1))).as("after the marker").isEmpty();
        assertThat(aborted.transactionOf(batch(8, true, 12, 1))).as("another producer").isEmpty();
        assertThat(aborted.transactionOf(batch(7, false, 12, 1))).as("in no transaction").isEmpty();
        RecordBatch marker = RecordBatch.at(new EndTransactionMarker(EndTransactionMarker.Type.ABORT, 1).batch(7, (short) 0, 1));
        marker.assign(20, 1);
        assertThat(aborted.transactionOf(marker)).as("the marker").isEmpty();
    }

    @Test
    void whereNothingIsLeftOutTheBytesAreThoseThatWereRead() {
        ByteBuffer read = batch(7, true, 21, 2).buffer();
        assertThat(new AbortedBatches(List.of(ABORTED)).leaveOut(read)).isEqualTo(read);
        assertThat(new AbortedBatches(List.of(ABORTED)).leaveOut(ByteBuffer.allocate(0).asReadOnlyBuffer()).remaining()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void readersOfCommittedRecordsAreGivenThoseOfTheModel(long seed) {
        Random random = new Random(seed);
        SimulatedTransactions log = new SimulatedTransactions(random);
        for (int i = 0; i < 2_000; i++) {
            log.step();
        }
        long stable = log.stableBelow(log.end);
        List<String> expected = new ArrayList<>();
        log.records.stream().filter(each -> each.offset < stable && !each.isAborted()).forEach(each -> expected.add(each.value));
        List<String> shown = new ArrayList<>();
        long position = 0;
        while (position < stable) {
            long to = Math.min(stable, position + 1 + random.nextInt(60));
            long from = position;
            ByteBuffer read = log.read(from, to);
            for (RecordBatch batch : RecordBatch.in(read)) {
                position = batch.lastOffset() + 1;
            }
            long next = position;
            List<AbortedTransaction> overlapping = log.aborted.stream()
                .filter(each -> each.lastOffset() >= from && each.firstOffset() < next).toList();
            for (RecordBatch batch : RecordBatch.in(new AbortedBatches(overlapping).leaveOut(read))) {
                assertThat(batch.checksumMatches()).isTrue();
                batch.records().forEachRemaining(record ->
                    shown.add(StandardCharsets.UTF_8.decode(record.value()).toString()));
            }
        }
        assertThat(shown).isEqualTo(expected);
        assertThat(shown.size()).as("of the records are committed").isBetween(log.records.size() / 5, log.records.size() * 4 / 5);
    }
}
