package io.millrace.metadata.topics;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.registers.TopicStore.PageChange;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Changes the assignments of many partitions of a topic, and takes over what came of it. Thread-safe. */
public final class PageChanges {
    private final TopicStore store;
    private final TopicCatalog catalog;

    public PageChanges(TopicStore store, TopicCatalog catalog) {
        this.store = store;
        this.catalog = catalog;
    }

    /** As {@link #changeAll(String, UUID, Collection, TopicStore.PageEdit, Consumer)}, and nobody is told. */
    public List<PageChange> changeAll(String topic, UUID id, Collection<Integer> partitions, TopicStore.PageEdit edit) {
        return changeAll(topic, id, partitions, edit, some -> { });
    }

    /**
     * As {@link TopicStore#changeAll}. Blocks.
     *
     * @param told of the outcome of each step, before anything else can fail
     * @throws BrokerException when the outcome of one page is not known, or one could not be taken over; others may have been
     *                         changed
     */
    public List<PageChange> changeAll(String topic, UUID id, Collection<Integer> partitions, TopicStore.PageEdit edit,
                                      Consumer<List<PageChange>> told) {
        List<PageChange> changes = store.changeAll(topic, id, partitions, edit, some -> {
            told.accept(some);
            take(some);
        });
        if (!partitions.stream().allMatch(number -> changes.stream().anyMatch(change -> change.after().has(number)))) {
            catalog.refresh(topic);
        }
        return changes;
    }

    /** Each of them, whatever became of the others. */
    private void take(List<PageChange> changes) {
        RuntimeException failure = null;
        for (PageChange change : changes) {
            try {
                catalog.take(change.after());
            } catch (RuntimeException notTaken) {
                failure = failure == null ? notTaken : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
