package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.InvalidProducerEpochException;
import io.millrace.log.InvalidTxnStateException;
import io.millrace.record.Codec;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a leader's log takes of transactions: whatever is late is refused, and markers raise the epoch (KIP-890). */
class TransactionalAppendTest {
    private static final long PRODUCER = 7;

    @TempDir
    Path root;

    private TestDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void open() {
        directory = new TestDirectory(root);
        log = directory.log();
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private AppendResult write(int epoch, int... records) {
        return directory.append(log, uncounted(epoch, records));
    }

    private static ByteBuffer[] uncounted(int epoch, int... records) {
        ByteBuffer[] batches = new ByteBuffer[records.length];
        for (int i = 0; i < records.length; i++) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE)
                .producer(PRODUCER, (short) epoch, RecordBatch.NO_SEQUENCE).transactional();
            for (int record = 0; record < records[i]; record++) {
                builder.append(1, null, StandardCharsets.UTF_8.encode("value"), List.of());
            }
            batches[i] = builder.build();
        }
        return batches;
    }

    private AppendResult end(int epoch) {
        ByteBuffer marker = new EndTransactionMarker(EndTransactionMarker.Type.COMMIT, 0).batch(PRODUCER, (short) epoch, 1);
        return directory.directory.appendMarker(log, marker, -1).join();
    }

    private List<Integer> sequences() {
        List<Integer> sequences = new ArrayList<>();
        RecordBatch.in(log.read(0, log.logEndOffset(), 1 << 20)).forEach(batch -> {
            assertThat(batch.checksumMatches()).isTrue();
            sequences.add(batch.baseSequence());
        });
        return sequences;
    }

    @Test
    void recordsThatTheirProducerDoesNotCountAreCountedByTheLog() {
        write(0, 2, 3);
        write(0, 1);
        end(1);
        write(1, 1);
        write(1, 1);
        assertThat(sequences()).containsExactly(0, 2, 5, RecordBatch.NO_SEQUENCE, 0, 1);
    }

    @Test
    void aProducerMayBeginToCountInTheMiddle() {
        write(0, 2);
        directory.append(log, counted(2));
        assertThat(directory.append(log, counted(2)).baseOffset()).as("sent again").isEqualTo(2);
        assertThat(sequences()).containsExactly(0, 2);
    }

    private static ByteBuffer counted(int sequence) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE).producer(PRODUCER, (short) 0, sequence).transactional();
        builder.append(1, null, StandardCharsets.UTF_8.encode("value"), List.of());
        return builder.build();
    }

    @Test
    void aMarkerIsWrittenOnce() {
        write(0, 1);
        assertThat(end(1).lastOffset()).isEqualTo(1);
        write(1, 1);
        assertThat(end(1).lastOffset()).as("it waits for all that is there by now").isEqualTo(2);
        assertThat(log.logEndOffset()).isEqualTo(3);
        assertThat(log.transactions().lastStableOffset()).as("the next transaction goes on").isEqualTo(2);
        assertThat(end(2).lastOffset()).isEqualTo(3);
        assertThat(log.transactions().lastStableOffset()).isEqualTo(4);
    }

    @Test
    void whatComesAfterTheMarkerIsRefusedAlsoWhereTheTransactionHadNoRecords() {
        end(1);
        assertThatThrownBy(() -> write(0, 1)).hasCauseInstanceOf(InvalidProducerEpochException.class);
        assertThat(log.logEndOffset()).isEqualTo(1);
    }

    @Test
    void noTransactionBeginsBeforeTheOneBeforeIsEnded() {
        write(0, 1);
        assertThatThrownBy(() -> write(1, 1)).hasCauseInstanceOf(InvalidTxnStateException.class).hasMessageContaining("epoch 1")
            .hasMessageContaining("/admin/transactions/abort");
        assertThat(log.logEndOffset()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, Short.MAX_VALUE - 2})
    void theMarkerOfALaterTransactionDoesNotEndAnEarlierOneAndItsOwnDoes(int epoch) {
        write(epoch, 1);
        assertThat(end(epoch + 2).lastOffset()).as("there is nothing to end").isZero();
        assertThat(log.logEndOffset()).isEqualTo(1);
        assertThat(log.transactions().lastStableOffset()).isZero();
        assertThat(log.transactions().openOf(PRODUCER)).hasValueSatisfying(open -> assertThat(open.epoch()).isEqualTo((short) epoch));

        end(epoch + 1);
        assertThat(log.transactions().lastStableOffset()).isEqualTo(2);
        assertThat(log.transactions().openOf(PRODUCER)).isEmpty();
        end(epoch + 2);
        assertThat(log.logEndOffset()).as("as where it has no records").isEqualTo(3);
    }

    @Test
    void aProducerThatIsInATransactionWritesNothingBesideIt() {
        write(0, 1);
        assertThatThrownBy(() -> directory.append(log, Sequenced.batch(PRODUCER, 0, 1, 1)))
            .hasCauseInstanceOf(InvalidTxnStateException.class);
        end(1);
        directory.append(log, Sequenced.batch(PRODUCER, 1, 0, 1));
        assertThat(log.logEndOffset()).isEqualTo(3);
    }
}
