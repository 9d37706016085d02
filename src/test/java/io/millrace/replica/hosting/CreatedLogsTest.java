package io.millrace.replica.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.InMemoryNotes;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CreatedLogsTest {
    private static final UUID ORDERS = new UUID(1, 1);
    private static final UUID LATER = new UUID(1, 2);

    private final InMemoryNotes notes = new InMemoryNotes();
    private final CreatedLogs created = new CreatedLogs(notes);

    @Test
    void whatIsNotedIsKnownUntilItIsGivenUp() {
        created.add("orders", ORDERS, List.of(0, 1, 2));
        assertThat(created.has("orders", ORDERS, 1)).isTrue();
        assertThat(created.has("orders", ORDERS, 3)).isFalse();

        created.remove("orders", ORDERS, 1);
        assertThat(created.has("orders", ORDERS, 1)).isFalse();
        assertThat(created.has("orders", ORDERS, 2)).isTrue();

        created.remove("orders", ORDERS);
        assertThat(created.has("orders", ORDERS, 2)).isFalse();
        assertThat(created.idOf("orders")).isEmpty();
    }

    @Test
    void topicsThatAreAskedForInTurnAreNotTakenForEachOther() {
        created.add("orders", ORDERS, List.of(0));
        created.add("later", LATER, List.of(1));
        for (int turn = 0; turn < 2; turn++) {
            assertThat(created.has("orders", ORDERS, 0)).isTrue();
            assertThat(created.has("later", LATER, 0)).isFalse();
            assertThat(created.has("later", LATER, 1)).isTrue();
            assertThat(created.has("orders", LATER, 0)).isFalse();
        }
    }

    @Test
    void whatIsNotedOutlivesWhoNotedIt() {
        created.add("orders", ORDERS, List.of(4, 7));
        created.has("orders", ORDERS, 4);
        new CreatedLogs(notes).add("orders", ORDERS, List.of(9));

        assertThat(created.has("orders", ORDERS, 9)).isTrue();
        assertThat(new CreatedLogs(notes).has("orders", ORDERS, 7)).isTrue();
    }

    @Test
    void thatALogWasNeverMadeIsOnlySaidByNotesThatAreKnownToBeWhole() {
        assertThat(created.neverHad("orders", ORDERS, 0)).as("they may be new").isFalse();
        created.keep();
        assertThat(new CreatedLogs(notes).neverHad("orders", ORDERS, 0)).isTrue();
        created.add("orders", ORDERS, List.of(0));
        assertThat(created.neverHad("orders", ORDERS, 0)).isFalse();
    }
}
