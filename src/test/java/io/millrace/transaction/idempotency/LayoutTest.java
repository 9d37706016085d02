package io.millrace.transaction.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LayoutTest {
    private static final int ROUNDS = 2_000;

    private static int[] partitions(Layout layout) {
        return Arrays.stream(layout.slots()).map(layout::partition).toArray();
    }

    @Test
    void itSaysOfEachRecordWhereItGoesAlsoAfterItWasWritten() {
        Random random = new Random(1);
        for (int round = 0; round < ROUNDS; round++) {
            int[] partitions = new int[1 + random.nextInt(200)];
            int most = 1 + random.nextInt(round % 2 == 0 ? 3 : 10_000);
            for (int record = 0; record < partitions.length; record++) {
                partitions[record] = record > 0 && random.nextInt(3) > 0 ? partitions[record - 1] : random.nextInt(most);
            }
            Layout layout = Layout.of(partitions.length, record -> partitions[record]);
            Layout read = Layout.read(layout.bytes().clone());

            assertThat(partitions(layout)).as("round " + round).isEqualTo(partitions);
            assertThat(partitions(read)).as("round " + round).isEqualTo(partitions);
            assertThat(read).isEqualTo(layout).hasSameHashCodeAs(layout);
            assertThat(read.recordCount()).isEqualTo(partitions.length);
        }
    }

    @Test
    void anyNumberOfRecordsOfOnePartitionIsSmall() {
        Layout layout = Layout.of(5_000_000, record -> 999);

        assertThat(layout.bytes()).hasSizeLessThan(8);
        assertThat(layout.recordCount()).isEqualTo(5_000_000);
        assertThat(layout.slots()).hasSize(5_000_000).containsOnly(0);
    }

    @Test
    void recordsThatAlternateAmongSixteenPartitionsTakeAByteEach() {
        assertThat(Layout.of(10_000, record -> record % 16).bytes()).hasSizeLessThan(10_020);
    }

    @Test
    void whatTakesTooManyBytesIsRefused() {
        Layout.of(16_000, record -> record % 16);

        assertThatThrownBy(() -> Layout.of(17_000, record -> record % 16)).isInstanceOf(BrokerException.class)
                .satisfies(e -> assertThat(((BrokerException) e).kind()).isEqualTo(ErrorKind.RECORD_TOO_LARGE))
                .hasMessageContaining("16384 bytes").hasMessageContaining("fewer records");
        // one record in each of many partitions: their offsets count, too
        assertThatThrownBy(() -> Layout.of(2_000, record -> record)).isInstanceOf(BrokerException.class);
    }

    @Test
    void bytesThatEndTooEarlyAreRefused() {
        byte[] bytes = Layout.of(3, record -> 300 + record).bytes();
        for (int length = 0; length < 7; length++) { // without the runs there are no records, which can be read
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatIllegalStateException().as("%d bytes", length).isThrownBy(() -> Layout.read(cut));
        }
        assertThatIllegalStateException().isThrownBy(() -> Layout.read(new byte[] {0, 1})).withMessageContaining("too early");
    }
}
