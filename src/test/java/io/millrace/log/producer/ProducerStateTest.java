package io.millrace.log.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.ProducerLimits;
import io.millrace.log.TransactionStart;
import io.millrace.record.EndTransactionMarker;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ProducerStateTest {
    private static final ProducerLimits LIMITS = new ProducerLimits(1_000, 3);

    private static SequencedBatch batch(long producerId, int epoch, int sequence, long baseOffset, int records) {
        return new SequencedBatch(producerId, (short) epoch, sequence, false, false, Optional.empty(), baseOffset,
            baseOffset + records - 1, 5_000);
    }

    private static ProducerState after(SequencedBatch... batches) {
        ProducerState state = ProducerState.first(batches[0], 1);
        for (int i = 1; i < batches.length; i++) {
            state = state.with(batches[i], 1);
        }
        return state;
    }

    @Test
    void eachOfTheLastFiveBatchesIsKnownAndNoEarlierOne() {
        ProducerState state = ProducerState.first(batch(7, 0, 0, 100, 2), 1);
        for (int i = 1; i < 7; i++) {
            state = state.with(batch(7, 0, 2 * i, 100 + 10 * i, 2), 1);
        }

        for (int i = 2; i < 7; i++) {
            assertThat(state.find(2 * i, 2 * i + 1)).get().extracting(ProducerState.Written::lastOffset)
                .isEqualTo(101L + 10 * i);
        }
        assertThat(state.find(2, 3)).isEmpty();
        assertThat(state.find(0, 1)).isEmpty();
        assertThat(state.find(3, 5)).as("it begins within another batch").isEmpty();
        assertThat(state.find(4, 4)).as("it ends within a batch").isEmpty();
        assertThat(state.find(4, 7)).as("these are two").isEmpty();
        assertThat(state.nextSequence()).isEqualTo(14);
    }

    @Test
    void sequencesGoOnWithZeroBehindTheLargest() {
        int last = Integer.MAX_VALUE;
        ProducerState state = after(batch(7, 0, last - 1, 0, 2), batch(7, 0, 0, 2, 2));

        assertThat(state.nextSequence()).isEqualTo(2);
        assertThat(state.find(last - 1, last)).get().extracting(ProducerState.Written::lastOffset).isEqualTo(1L);
        ProducerState over = after(batch(7, 0, last - 1, 0, 5));
        assertThat(over.find(last - 1, 2)).get().extracting(ProducerState.Written::baseOffset).isEqualTo(0L);
        assertThat(over.nextSequence()).as("a batch over the end").isEqualTo(3);
    }

    @Test
    void aNewEpochForgetsTheBatchesOfTheOneBefore() {
        ProducerState state = after(batch(7, 0, 0, 0, 5), batch(7, 1, 0, 5, 1));

        assertThat(state.epoch()).isEqualTo((short) 1);
        assertThat(state.find(0, 4)).isEmpty();
        assertThat(state.find(0, 0)).isPresent();
        assertThat(state.nextSequence()).isEqualTo(1);
    }

    @Test
    void aMarkerRaisesTheEpochAndCountsForNothing() {
        SequencedBatch marker = new SequencedBatch(7, (short) 2, -1, true, true, Optional.empty(), 9, 9, 6_000);
        ProducerState state = after(batch(7, 1, 0, 0, 5), marker);

        assertThat(state.epoch()).isEqualTo((short) 2);
        assertThat(state.written()).isEmpty();
        assertThat(state.nextSequence()).isZero();
        assertThat(after(batch(7, 2, 0, 0, 5), marker).nextSequence()).isEqualTo(5);
    }

    @Test
    void aTransactionBeginsWithItsFirstBatchAndEndsWithAMarker() {
        ProducerState open = after(batch(7, 1, 0, 0, 5), transactional(5, 5), transactional(6, 8));
        assertThat(open.transactionStart()).isEqualTo(5);
        assertThat(open.coordinatorEpoch()).isEqualTo(-1);

        ProducerState over = open.with(marker(EndTransactionMarker.Type.COMMIT, 4, 9), 1);
        assertThat(over.isInTransaction()).isFalse();
        assertThat(over.coordinatorEpoch()).isEqualTo(4);
        assertThat(over.nextSequence()).isEqualTo(7);
        assertThat(over.with(transactional(7, 10), 1).transactionStart()).isEqualTo(10);
    }

    @Test
    void aControlBatchThatIsNoMarkerEndsNothing() {
        SequencedBatch unknown = new SequencedBatch(7, (short) 1, -1, true, true, Optional.empty(), 9, 9, 6_000);
        assertThat(after(transactional(0, 5), unknown).transactionStart()).isEqualTo(5);
    }

    @Test
    void whoIsInATransactionIsNotForgotten() {
        ProducerStates producers = new ProducerStates(new ProducerLimits(100, 2));
        producers.note(transactional(0, 0), 0);
        producers.note(batch(8, 0, 0, 1, 1), 0);
        producers.note(batch(9, 0, 0, 2, 1), 0);
        assertThat(producers.of(7)).isPresent();
        assertThat(producers.of(8)).isEmpty();
        assertThat(producers.expire(1_000)).isEqualTo(1);
        assertThat(producers.openTransactions()).containsExactly(new TransactionStart(7, (short) 1, 0, 0));

        producers.published();
        producers.note(marker(EndTransactionMarker.Type.ABORT, 0, 3), 1_000);
        assertThat(producers.openTransactions()).isEmpty();
        producers.rollBack();
        assertThat(producers.openTransactions()).as("the marker did not come to be").containsExactly(new TransactionStart(7, (short) 1, 0, 0));
    }

    private static SequencedBatch transactional(int sequence, long offset) {
        return new SequencedBatch(7, (short) 1, sequence, true, false, Optional.empty(), offset, offset, 5_000);
    }

    private static SequencedBatch marker(EndTransactionMarker.Type type, int coordinatorEpoch, long offset) {
        return new SequencedBatch(7, (short) 1, -1, true, true, Optional.of(new EndTransactionMarker(type, coordinatorEpoch)),
            offset, offset, 6_000);
    }

    @Test
    void whatIsWrittenToASnapshotIsReadFromIt() throws Exception {
        ProducerState one = after(batch(7, 3, 0, 0, 5), batch(7, 3, 5, 10, 2), batch(7, 3, 7, 12, 1));
        ProducerState other = after(new SequencedBatch(8, (short) 2, -1, true, true, Optional.empty(), 9, 9, 6_000));
        ProducerState third = after(marker(EndTransactionMarker.Type.COMMIT, 6, 12), transactional(0, 13));

        List<ProducerState> read = SnapshotFormat.decode(SnapshotFormat.encode(List.of(one, other, third), Optional.empty()), 77);

        assertThat(read).containsExactly(
            new ProducerState(7, (short) 3, one.written(), 5_000, 77, -1, -1),
            new ProducerState(8, (short) 2, List.of(), 6_000, 77, -1, -1),
            new ProducerState(7, (short) 1, List.of(new ProducerState.Written(0, 13, 0, 5_000)), 5_000, 77, 6, 13));
    }

    @Test
    void whatIsUndecidedIsInASnapshotUntilTheLogBeginsBehindIt() throws Exception {
        ProducerStates states = new ProducerStates(LIMITS);
        states.damaged(3, 4);
        assertThat(states.undecided()).as("nobody has transactions here").isEmpty();
        states.note(transactional(0, 5), 1);
        states.damaged(7, 9);
        assertThat(states.undecided()).contains(new Undecided(3, 3, 9));
        assertThat(states.openTransactions()).isEmpty();

        ByteBuffer bytes = SnapshotFormat.encode(states.all(), states.undecided());
        ProducerStates read = new ProducerStates(LIMITS);
        read.load(SnapshotFormat.decode(bytes, 1), SnapshotFormat.undecided(bytes));
        assertThat(read.undecided()).isEqualTo(states.undecided());
        assertThat(read.beginsAt(8)).isFalse();
        assertThat(read.beginsAt(9)).isTrue();
        assertThat(read.undecided()).isEmpty();
    }

    @Test
    void aSnapshotWithAnyByteWrongIsRefused() {
        ByteBuffer bytes = SnapshotFormat.encode(List.of(after(batch(7, 3, 0, 0, 5)), after(batch(8, 3, 0, 5, 5))),
            Optional.of(new Undecided(1, 2, 3)));
        for (int i = 0; i < bytes.limit(); i++) {
            ByteBuffer damaged = ByteBuffer.allocate(bytes.limit()).put(bytes.duplicate()).flip();
            damaged.put(i, (byte) (damaged.get(i) ^ 4));
            assertThatThrownBy(() -> SnapshotFormat.decode(damaged, 1)).as("byte " + i)
                .isInstanceOf(CorruptSnapshotException.class);
        }
        for (int i = 0; i < bytes.limit(); i++) {
            ByteBuffer shorter = bytes.duplicate().limit(i);
            assertThatThrownBy(() -> SnapshotFormat.decode(shorter, 1)).as(i + " bytes")
                .isInstanceOf(CorruptSnapshotException.class);
        }
    }

    @Test
    void aSnapshotOfTheFieldsTellsOfTheLastBatchOnly() throws Exception {
        ByteBuffer whole = SnapshotFormat.encode(List.of(after(batch(7, 3, 0, 0, 5), batch(7, 3, 5, 10, 2))), Optional.empty());
        ByteBuffer fields = ByteBuffer.allocate(10 + 46).put(whole.duplicate().limit(10 + 46)).flip();
        CRC32C crc = new CRC32C();
        crc.update(fields.duplicate().position(6));
        fields.putInt(2, (int) crc.getValue());

        assertThat(SnapshotFormat.decode(fields, 77)).containsExactly(
            new ProducerState(7, (short) 3, List.of(new ProducerState.Written(6, 11, 1, 5_000)), 5_000, 77, -1, -1));
    }

    @Test
    void whatWasNotPublishedIsRolledBack() {
        Random random = new Random(4);
        ProducerStates states = new ProducerStates(LIMITS);
        for (int round = 0; round < 200; round++) {
            List<ProducerState> before = List.copyOf(states.all());
            for (int i = random.nextInt(6); i > 0; i--) {
                states.note(batch(random.nextInt(6), random.nextInt(2), 0, round * 10 + i, 1), 1);
            }
            if (random.nextBoolean()) {
                states.published();
            } else {
                states.rollBack();
                assertThat(states.all()).as("in the order in which they wrote").containsExactlyElementsOf(before);
            }
            assertThat(states.all()).hasSizeLessThanOrEqualTo(3);
        }
    }

    @Test
    void ofTooManyTheOneGoesThatWasSilentForLongest() {
        ProducerStates states = new ProducerStates(LIMITS);
        for (int producer : new int[] {1, 2, 3, 1, 4}) {
            states.note(batch(producer, 0, 0, producer, 1), 1);
        }

        assertThat(states.all()).extracting(ProducerState::producerId).containsExactly(3L, 1L, 4L);
        assertThat(states.crowdedOut()).isEqualTo(1);
    }

    @Test
    void whoWritesIsKnownHoweverManyOthersAreInATransaction() {
        ProducerStates states = new ProducerStates(new ProducerLimits(1_000, 2));
        for (int producer = 1; producer <= 2; producer++) {
            states.note(new SequencedBatch(producer, (short) 0, 0, true, false, Optional.empty(), producer, producer, 1), 1);
        }
        states.note(batch(3, 0, 5, 3, 1), 1);
        assertThat(states.of(3)).isPresent();
        states.note(batch(4, 0, 0, 4, 1), 1);
        assertThat(states.all()).extracting(ProducerState::producerId).containsExactly(1L, 2L, 4L);
    }

    /** Else one after the other would look at all of those: billions of steps here. */
    @Test
    @Timeout(8)
    void howManyAreInATransactionDoesNotSlowDownWhoCrowdsOutOthers() {
        int open = 50_000;
        ProducerStates states = new ProducerStates(new ProducerLimits(1_000, 2));
        for (int producer = 0; producer < open; producer++) {
            states.note(new SequencedBatch(producer, (short) 0, 0, true, false, Optional.empty(), producer, producer, 1), 1);
            states.published();
        }
        for (int producer = open; producer < 2 * open; producer++) {
            states.note(batch(producer, 0, 0, producer, 1), 1);
            states.published();
        }
        assertThat(states.openTransactions()).hasSize(open);
        assertThat(states.all()).hasSize(open + 1);
    }

    @Test
    void whoWasSilentForTooLongIsForgottenWhateverTheTimestampsSay() {
        ProducerStates states = new ProducerStates(LIMITS);
        states.note(batch(1, 0, 0, 0, 1), 10_000);
        states.note(batch(2, 0, 0, 1, 1), 10_500);

        assertThat(states.expire(11_000)).isZero();
        assertThat(states.expire(11_001)).isEqualTo(1);
        assertThat(states.all()).extracting(ProducerState::producerId).containsExactly(2L);
    }
}
