package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.ReadMemory;
import org.junit.jupiter.api.Test;

class ReservedReadMemoryTest {
    private final MemoryBudget budget = new MemoryBudget(100);
    private final MemoryBudget.Reservation reservation = budget.reserve(0);
    private final ReservedReadMemory memory = new ReservedReadMemory(reservation);

    private static ErrorKind refusal(ReadMemory memory, long bytes) {
        return catchThrowableOfType(BrokerException.class, () -> memory.take(bytes)).kind();
    }

    @Test
    void whatIsTakenIsReservedUntilItIsReleased() {
        memory.take(30);
        memory.take(20);
        assertThat(budget.bytesInUse()).isEqualTo(50);
        memory.release();
        assertThat(budget.bytesInUse()).isZero();
    }

    @Test
    void whatIsNotFreeNowIsRefusedForNowAndWhatNeverCanBeForGood() {
        budget.reserve(60);
        assertThat(refusal(memory, 41)).isEqualTo(ErrorKind.OVERLOADED);
        assertThat(refusal(memory, 101)).isEqualTo(ErrorKind.RECORD_TOO_LARGE);
        assertThat(budget.bytesInUse()).isEqualTo(60);
    }

    @Test
    void aPartIsReleasedAlone() {
        memory.take(10);
        ReadMemory part = memory.part();
        part.take(30);
        part.part().take(5);
        part.release();
        assertThat(budget.bytesInUse()).isEqualTo(10);
    }

    @Test
    void nothingIsGivenBackTwice() {
        ReadMemory part = memory.part();
        part.take(30);
        memory.release();
        budget.reserve(40);
        part.release();
        assertThat(budget.bytesInUse()).isEqualTo(40);

        part.take(20);
        memory.settle(7);
        part.release();
        memory.release();
        assertThat(budget.bytesInUse()).isEqualTo(47);
    }
}
