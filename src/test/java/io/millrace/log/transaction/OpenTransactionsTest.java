package io.millrace.log.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.TransactionStart;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenTransactionsTest {
    private final OpenTransactions open = new OpenTransactions();
    private long nowMs = 1_000;

    private void begin(long producerId, long firstOffset) {
        open.begin(producerId, (short) 0, firstOffset, nowMs);
    }

    @Test
    void withoutTransactionsAllThatIsCommittedIsStable() {
        assertThat(open.lastStableOffset(12)).isEqualTo(12);
    }

    @Test
    void theFirstOpenTransactionHoldsTheLastStableOffset() {
        begin(1, 10);
        begin(2, 20);
        begin(1, 30);
        assertThat(open.lastStableOffset(100)).isEqualTo(10);
        assertThat(open.lastStableOffset(5)).as("not beyond the high watermark").isEqualTo(5);
        open.end(1, 40);
        assertThat(open.lastStableOffset(100)).isEqualTo(20);
    }

    @Test
    void aTransactionHoldsItUntilItsMarkerIsCommitted() {
        begin(1, 10);
        open.end(1, 40);
        assertThat(open.lastStableOffset(40)).isEqualTo(10);
        assertThat(open.lastStableOffset(41)).isEqualTo(41);
    }

    @Test
    void anAbortTellsWhereWhatIsAbortedLaterBegins() {
        begin(1, 10);
        begin(2, 20);
        begin(3, 25);
        assertThat(open.end(2, 40)).isEqualTo(new AbortedTransaction(2, 20, 40, 10));
        assertThat(open.end(1, 41)).isEqualTo(new AbortedTransaction(1, 10, 41, 25));
        assertThat(open.end(3, 42)).isEqualTo(new AbortedTransaction(3, 25, 42, 43));
    }

    @Test
    void aMarkerWithoutRecordsEndsNothing() {
        assertThat(open.end(1, 40)).isNull();
        assertThat(open.lastStableOffset(100)).isEqualTo(100);
    }

    @Test
    void aCutOpensAgainWhatEndedBehindIt() {
        begin(1, 10);
        begin(2, 20);
        open.end(1, 30);
        begin(1, 40);

        assertThat(open.truncateTo(30)).isTrue();

        assertThat(open.lastStableOffset(30)).isEqualTo(10);
        assertThat(open.end(1, 30)).isEqualTo(new AbortedTransaction(1, 10, 30, 20));
        assertThat(open.end(2, 31)).isEqualTo(new AbortedTransaction(2, 20, 31, 32));
    }

    @Test
    void aCutBelowWhatWasForgottenIsNotAnswered() {
        begin(1, 10);
        open.end(1, 30);
        open.committed(31);
        assertThat(open.truncateTo(31)).isTrue();
        assertThat(open.truncateTo(30)).isFalse();
    }

    @Test
    void whoBeginsAnewAtAnOffsetKnowsWhatIsOpenThereAndNothingOfWhatEndedBefore() {
        begin(1, 5);
        begin(2, 10);
        open.end(2, 30);
        open.beginAt(20, List.of(new TransactionStart(2, (short) 0, 10, 900)));
        assertThat(open.lastStableOffset(20)).isEqualTo(10);
        assertThat(open.truncateTo(20)).isTrue();
        assertThat(open.truncateTo(19)).isFalse();
        assertThat(open.end(1, 20)).isNull();
        assertThat(open.end(2, 21)).isEqualTo(new AbortedTransaction(2, 10, 21, 22));
    }

    @Test
    void theyAreToldByHowLongTheyHaveBeenOpenHere() {
        begin(1, 10);
        nowMs = 2_000;
        begin(2, 20);
        nowMs = 3_000;
        begin(1, 30);
        assertThat(open.openSince(999)).isEmpty();
        assertThat(open.openSince(1_000)).containsExactly(new TransactionStart(1, (short) 0, 10, 1_000));
        assertThat(open.openSince(2_500)).extracting(TransactionStart::producerId).containsExactly(1L, 2L);

        open.end(1, 40);
        assertThat(open.openSince(3_000)).extracting(TransactionStart::producerId).containsExactly(2L);
    }

    @Test
    void whatACutOpensAgainHasBeenOpenAllTheTime() {
        begin(1, 10);
        open.end(1, 20);
        nowMs = 5_000;
        assertThat(open.truncateTo(20)).isTrue();
        assertThat(open.openSince(1_000)).containsExactly(new TransactionStart(1, (short) 0, 10, 1_000));

        open.beginAt(15, List.of(new TransactionStart(1, (short) 0, 10, nowMs)));
        assertThat(open.openSince(1_000)).as("also where the log is read anew").containsExactly(new TransactionStart(1, (short) 0, 10, 1_000));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theLastStableOffsetIsThatOfTheModel(long seed) {
        Random random = new Random(seed);
        SimulatedTransactions log = new SimulatedTransactions(random);
        long highWatermark = 0;
        for (int i = 0; i < 3_000; i++) {
            log.step();
            if (random.nextInt(50) == 0) {
                long cut = log.batches.get(random.nextInt(log.batches.size())).baseOffset();
                if (cut >= highWatermark) {
                    log.cut(cut);
                    assertThat(log.open.truncateTo(cut)).isTrue();
                }
            }
            highWatermark += random.nextInt((int) (log.end - highWatermark) + 1);
            assertThat(log.open.lastStableOffset(highWatermark)).as("step %d", i).isEqualTo(log.stableBelow(highWatermark));
            if (random.nextInt(3) == 0) {
                log.open.committed(highWatermark);
                assertThat(log.open.lastStableOffset(highWatermark)).isEqualTo(log.stableBelow(highWatermark));
            }
        }
    }
}
