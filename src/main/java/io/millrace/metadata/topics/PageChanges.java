package io.millrace.metadata.topics;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.registers.TopicStore.PageChange;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/** Changes the assignments of many partitions of a topic, and takes over what came of it. Thread-safe. */
public final class PageChanges {
    private final TopicStore store;
    private final TopicCatalog catalog;

    public PageChanges(TopicStore store, TopicCatalog catalog) {
        this.store = store;
        this.catalog = catalog;
    }

    /**
     * As {@link TopicStore#changeAll}. Blocks.
     *
     * @throws BrokerException UNAVAILABLE when the outcome of one page is not known; others may have been changed
     */
    public List<PageChange> changeAll(String topic, UUID id, Collection<Integer> partitions, TopicStore.PageEdit edit) {
        List<PageChange> changes = store.changeAll(topic, id, partitions, edit,
                some -> some.forEach(change -> catalog.take(change.after())));
        if (!partitions.stream().allMatch(number -> changes.stream().anyMatch(change -> change.after().has(number)))) {
            catalog.refresh(topic);
        }
        return changes;
    }
}
