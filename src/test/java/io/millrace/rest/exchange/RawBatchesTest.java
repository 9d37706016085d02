package io.millrace.rest.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AbortedTransaction;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.hosting.FetchResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RawBatchesTest {
    private static ByteBuffer batches(long... producers) {
        List<ByteBuffer> batches = new ArrayList<>();
        for (int i = 0; i < producers.length; i++) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
            if (producers[i] >= 0) {
                builder.producer(producers[i], (short) 0, i).transactional();
            }
            builder.append(1, null, ByteBuffer.allocate(1), List.of());
            batches.add(builder.build());
            RecordBatch.at(batches.get(i)).assign(i, i);
        }
        ByteBuffer bytes = ByteBuffer.allocate(batches.stream().mapToInt(ByteBuffer::remaining).sum());
        batches.forEach(bytes::put);
        return bytes.flip();
    }

    private static FetchResult result(ByteBuffer batches, int count, List<AbortedTransaction> aborted) {
        return new FetchResult(0, count, count, count, 0, count - 1, batches, aborted);
    }

    @Test
    void theTransactionsThatHaveBatchesHereAreNamedOnce() {
        FetchResult read = result(batches(7, -1, 7, 8), 4, List.of(new AbortedTransaction(9, 0, 5, 1),
                new AbortedTransaction(7, 0, 6, 1), new AbortedTransaction(8, 2, 9, 10)));

        RawBatches raw = RawBatches.of(read);

        assertThat(raw.aborted()).isEqualTo("7:0,8:2");
        assertThat(raw.result()).isSameAs(read);
    }

    @Test
    void withoutAbortedTransactionsThereIsNoHeader() {
        assertThat(RawBatches.of(result(batches(7, -1), 2, List.of())).aborted()).isEmpty();
    }

    @Test
    void whereTheHeaderIsFullTheBatchesEndAndTheNextReadGoesOn() {
        int count = 2_000;
        long[] producers = new long[count];
        List<AbortedTransaction> aborted = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            producers[i] = 1_000_000 + i;
            aborted.add(new AbortedTransaction(producers[i], i, count + i, count));
        }
        ByteBuffer all = batches(producers);

        RawBatches raw = RawBatches.of(result(all, count, aborted));

        int named = raw.aborted().split(",").length;
        assertThat(raw.aborted().length()).isLessThanOrEqualTo(RawBatches.MAX_HEADER_CHARS)
                .isGreaterThan(RawBatches.MAX_HEADER_CHARS - 20);
        assertThat(raw.result().nextOffset()).isEqualTo(named);
        assertThat(raw.result().leaderEpoch()).isEqualTo(named - 1);
        List<Long> offsets = new ArrayList<>();
        RecordBatch.in(raw.result().batches()).forEach(batch -> offsets.add(batch.baseOffset()));
        assertThat(offsets).hasSize(named).last().isEqualTo(named - 1L);
    }
}
