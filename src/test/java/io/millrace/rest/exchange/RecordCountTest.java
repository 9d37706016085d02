package io.millrace.rest.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class RecordCountTest {
    private static final int HEADER_BYTES = 61;

    /** Of headers alone, with some bytes after each. */
    private static ByteBuffer batches(int... counts) {
        ByteBuffer all = ByteBuffer.allocate(counts.length * (HEADER_BYTES + 5));
        for (int i = 0; i < counts.length; i++) {
            int at = i * (HEADER_BYTES + 5);
            all.putInt(at + 8, HEADER_BYTES + 5 - 12);
            all.putInt(at + 57, counts[i]);
        }
        return all;
    }

    @Test
    void theRecordsOfAllBatchesCount() {
        assertThat(RecordCount.in(batches(3, 4))).isEqualTo(7);
        assertThat(RecordCount.in(batches(3, 4).position(HEADER_BYTES + 5).slice())).isEqualTo(4);
        assertThat(RecordCount.in(ByteBuffer.allocate(0))).isZero();
    }

    @Test
    void whatCannotBeBatchesEndsTheCount() {
        ByteBuffer broken = batches(3, 4);
        broken.limit(broken.limit() - 1);
        assertThat(RecordCount.in(broken)).isEqualTo(3);
        assertThat(RecordCount.in(batches(3, -4))).isEqualTo(3);
        assertThat(RecordCount.in(ByteBuffer.allocate(200))).isZero();
        assertThat(RecordCount.in(batches(3, 4).putInt(8, Integer.MAX_VALUE))).isZero();
    }
}
