package io.millrace.metadata.registers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.RegisterStore;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DeletedTopicsTest {
    private final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    private final DeletedTopics first = new DeletedTopics(registers, 1);
    private final DeletedTopics second = new DeletedTopics(registers, 2);

    @Test
    void aDeletionStaysUntilEachBrokerHasRemovedItsLogs() {
        UUID id = new UUID(1, 1);
        first.add(id, List.of(1, 2));
        first.remove(id);
        assertThat(first.ids()).isEmpty();
        assertThat(second.ids()).as("it may be down").containsExactly(id);
        second.remove(id);
        assertThat(second.ids()).isEmpty();
        assertThat(registers.read("topic-deletions").orElseThrow().value()).isEqualTo("[]");
    }

    @Test
    void whatAnEarlierVersionDeletedIsStillDeleted() {
        UUID id = new UUID(3, 3);
        registers.compareAndSet("deleted-topics", RegisterStore.ABSENT, "[\"" + id + "\"]");
        assertThat(second.ids()).containsExactly(id);
        second.remove(id);
        assertThat(second.ids()).isEmpty();
    }

    @Test
    void deletionsThatABrokerNeverComesBackForAreBounded() {
        for (int i = 0; i <= DeletedTopics.MOST; i++) {
            first.add(new UUID(0, i), List.of(7));
        }
        assertThat(new DeletedTopics(registers, 7).ids()).hasSize(DeletedTopics.MOST).doesNotContain(new UUID(0, 0));
    }
}
