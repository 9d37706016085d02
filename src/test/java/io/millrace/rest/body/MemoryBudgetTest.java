package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryBudgetTest {
    private final MemoryBudget budget = new MemoryBudget(100);

    @Test
    void whatIsReservedIsGivenBackOnClose() {
        try (MemoryBudget.Reservation all = budget.reserve(100)) {
            assertThat(all.held()).isEqualTo(100);
            assertThat(budget.bytesInUse()).isEqualTo(100);
        }
        assertThat(budget.bytesInUse()).isZero();
    }

    @Test
    void whatDoesNotFitIsRefusedAndTakesNothing() {
        budget.reserve(60);

        RequestException e = catchThrowableOfType(RequestException.class, () -> budget.reserve(41));

        assertThat(e.status()).isEqualTo(503);
        assertThat(budget.bytesInUse()).isEqualTo(60);
    }

    @Test
    void aReservationGrowsAndShrinks() {
        MemoryBudget.Reservation reservation = budget.reserve(10);
        reservation.growTo(50);
        reservation.growTo(20);
        assertThat(budget.bytesInUse()).isEqualTo(50);
        reservation.resize(5);
        assertThat(budget.bytesInUse()).isEqualTo(5);
        assertThat(catchThrowableOfType(RequestException.class, () -> reservation.growTo(101))).isNotNull();
        assertThat(reservation.held()).isEqualTo(5);
        reservation.close();
        assertThat(budget.bytesInUse()).isZero();
    }

    @Test
    void closingTwiceGivesBackOnceAndAClosedOneTakesNothing() {
        MemoryBudget.Reservation reservation = budget.reserve(10);
        reservation.close();
        reservation.close();
        reservation.resize(30);

        assertThat(budget.bytesInUse()).isZero();
    }

    @Test
    void manyThreadsNeverPassTheLimitAndLeaveNothingBehind() {
        List<CompletableFuture<Void>> threads = IntStream.range(0, 8)
                .mapToObj(thread -> CompletableFuture.runAsync(() -> takeAndGiveBack(thread)))
                .toList();

        threads.forEach(CompletableFuture::join);
        assertThat(budget.bytesInUse()).isZero();
    }

    private void takeAndGiveBack(int thread) {
        for (int i = 0; i < 10_000; i++) {
            try (MemoryBudget.Reservation reservation = budget.reserve((i + thread) % 40)) {
                reservation.resize((i * 7 + thread) % 40);
                assertThat(budget.bytesInUse()).isBetween(0L, 100L);
            } catch (RequestException e) {
                assertThat(e.status()).isEqualTo(503);
            }
        }
    }

    @Test
    void oneCallersRequestsLeaveHalfToTheOthers() {
        MemoryBudget.Reservation first = budget.reserve("a", 25);
        budget.reserve("a", 25);

        assertThat(catchThrowableOfType(RequestException.class, () -> budget.reserve("a", 1)).status()).isEqualTo(503);
        try (MemoryBudget.Reservation other = budget.reserve("b", 50)) {
            assertThat(other.held()).isEqualTo(50);
        }
        first.close();
        assertThat(budget.reserve("a", 1).held()).isOne();
    }

    @Test
    void aRequestThatIsLargeAloneIsTakenBesideSmallOnesButNeverAllOfTheMemory() {
        budget.reserve("a", 5);
        MemoryBudget.Reservation large = budget.reserve("a", 80);

        assertThat(catchThrowableOfType(RequestException.class, () -> large.resize(84)).status()).isEqualTo(503);
        assertThat(budget.reserve("b", 10).held()).isEqualTo(10);
        assertThat(catchThrowableOfType(RequestException.class, () -> budget.reserve("c", 90)).status()).isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void callersThatComeAndGoKeepTheirSharesAndLeaveNothingBehind(long seed) {
        List<CompletableFuture<Void>> threads = IntStream.range(0, 8)
                .mapToObj(thread -> CompletableFuture.runAsync(() -> takeAndGiveBack("caller " + thread % 3, new Random(seed + thread))))
                .toList();

        threads.forEach(CompletableFuture::join);
        assertThat(budget.bytesInUse()).isZero();
        assertThat(budget.callers()).isZero();
    }

    private void takeAndGiveBack(String caller, Random random) {
        for (int i = 0; i < 10_000; i++) {
            try (MemoryBudget.Reservation reservation = budget.reserve(caller, random.nextInt(30))) {
                reservation.resize(random.nextInt(60));
                reservation.add(random.nextInt(20) - 10);
                assertThat(budget.bytesInUse()).isBetween(0L, 100L);
            } catch (RequestException e) {
                assertThat(e.status()).isEqualTo(503);
            }
        }
    }
}
