package io.millrace.log.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.ProducerLimits;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProducerStateTest {
    private static final ProducerLimits LIMITS = new ProducerLimits(1_000, 3);

    private static SequencedBatch batch(long producerId, int epoch, int sequence, long baseOffset, int records) {
        return new SequencedBatch(producerId, (short) epoch, sequence, false, baseOffset, baseOffset + records - 1, 5_000);
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
            assertThat(state.ending(2 * i + 1, 2)).get().extracting(ProducerState.Written::lastOffset)
                .isEqualTo(101L + 10 * i);
        }
        assertThat(state.ending(3, 2)).isEmpty();
        assertThat(state.ending(1, 2)).isEmpty();
        assertThat(state.ending(5, 3)).as("one record before the batch is somewhere else in the log").isEmpty();
        assertThat(state.ending(4, 1)).as("it ends within a batch").isEmpty();
        assertThat(state.nextSequence()).isEqualTo(14);
    }

    @Test
    void anAppendOfManyBatchesIsKnownAsAWhole() {
        ProducerState state = ProducerState.first(batch(7, 0, 0, 50, 1), 1);
        for (int i = 0; i < 20; i++) {
            state = state.with(batch(7, 0, 1 + 3 * i, 100 + 3 * i, 3), 1);
        }

        assertThat(state.ending(60, 60)).get().extracting(ProducerState.Written::lastOffset).isEqualTo(159L);
        assertThat(state.ending(60, 61)).as("the one before is not next to it in the log").isEmpty();
    }

    @Test
    void sequencesGoOnWithZeroBehindTheLargest() {
        int last = Integer.MAX_VALUE;
        ProducerState state = after(batch(7, 0, last - 1, 0, 2), batch(7, 0, 0, 2, 2));

        assertThat(state.nextSequence()).isEqualTo(2);
        assertThat(state.ending(last, 2)).get().extracting(ProducerState.Written::lastOffset).isEqualTo(1L);
        assertThat(state.ending(1, 4)).get().extracting(ProducerState.Written::lastOffset).isEqualTo(3L);
        assertThat(after(batch(7, 0, last - 1, 0, 5)).nextSequence()).as("a batch over the end").isEqualTo(3);
    }

    @Test
    void aNewEpochForgetsTheBatchesOfTheOneBefore() {
        ProducerState state = after(batch(7, 0, 0, 0, 5), batch(7, 1, 0, 5, 1));

        assertThat(state.epoch()).isEqualTo((short) 1);
        assertThat(state.ending(4, 5)).isEmpty();
        assertThat(state.ending(0, 1)).isPresent();
        assertThat(state.nextSequence()).isEqualTo(1);
    }

    @Test
    void aMarkerRaisesTheEpochAndCountsForNothing() {
        SequencedBatch marker = new SequencedBatch(7, (short) 2, -1, true, 9, 9, 6_000);
        ProducerState state = after(batch(7, 1, 0, 0, 5), marker);

        assertThat(state.epoch()).isEqualTo((short) 2);
        assertThat(state.written()).isEmpty();
        assertThat(state.nextSequence()).isZero();
        assertThat(after(batch(7, 2, 0, 0, 5), marker).nextSequence()).isEqualTo(5);
    }

    @Test
    void whatIsWrittenToASnapshotIsReadFromIt() throws Exception {
        ProducerState one = after(batch(7, 3, 0, 0, 5), batch(7, 3, 5, 10, 2));
        ProducerState other = after(new SequencedBatch(8, (short) 2, -1, true, 9, 9, 6_000));

        List<ProducerState> read = SnapshotFormat.decode(SnapshotFormat.encode(List.of(one, other)), 77);

        assertThat(read).containsExactly(
            new ProducerState(7, (short) 3, List.of(new ProducerState.Written(6, 11, 1, 5_000)), 0, 5_000, 77, -1, -1),
            new ProducerState(8, (short) 2, List.of(), 0, 6_000, 77, -1, -1));
    }

    @Test
    void aSnapshotWithAnyByteWrongIsRefused() {
        ByteBuffer bytes = SnapshotFormat.encode(List.of(after(batch(7, 3, 0, 0, 5)), after(batch(8, 3, 0, 5, 5))));
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
    void whatASnapshotLacksIsRecalledOnlyWhereTheLastBatchIsTheSame() throws Exception {
        ProducerState whole = after(batch(7, 3, 0, 0, 5), batch(7, 3, 5, 10, 2));
        ProducerState read = SnapshotFormat.decode(SnapshotFormat.encode(List.of(whole)), 77).get(0);

        assertThat(read.recalled(whole).written()).isEqualTo(whole.written());
        assertThat(read.recalled(whole).seen()).isEqualTo(77);
        assertThat(read.recalled(whole.with(batch(7, 3, 7, 20, 1), 1))).isEqualTo(read);
        assertThat(read.recalled(after(batch(7, 4, 0, 0, 5)))).isEqualTo(read);
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
                assertThat(states.all()).containsExactlyInAnyOrderElementsOf(before);
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
    void whoWasSilentForTooLongIsForgottenWhateverTheTimestampsSay() {
        ProducerStates states = new ProducerStates(LIMITS);
        states.note(batch(1, 0, 0, 0, 1), 10_000);
        states.note(batch(2, 0, 0, 1, 1), 10_500);

        assertThat(states.expire(11_000)).isZero();
        assertThat(states.expire(11_001)).isEqualTo(1);
        assertThat(states.all()).extracting(ProducerState::producerId).containsExactly(2L);
    }
}
