package io.millrace.metadata.topics;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.registers.TopicPage;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.registers.TopicStore.PageChange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;

/** Changes the assignments of many partitions of a topic, several pages at once. Thread-safe. */
public final class PageChanges {
    private final TopicStore store;
    private final TopicCatalog catalog;

    public PageChanges(TopicStore store, TopicCatalog catalog) {
        this.store = store;
        this.catalog = catalog;
    }

    /**
     * Changes each page that one of these partitions is on, and takes over what came of it. Blocks.
     *
     * @param change as for {@link TopicStore#changeAll}
     * @return of the pages that are (still) there
     * @throws BrokerException UNAVAILABLE when the outcome of one is not known; others may have been changed
     */
    public List<PageChange> changeAll(String topic, UUID id, Collection<Integer> partitions,
                                      Function<TopicPage, Optional<TopicPage>> change) {
        List<PageChange> all = new ArrayList<>();
        TreeSet<Integer> left = new TreeSet<>(partitions);
        while (!left.isEmpty()) {
            // What is known of the pages may be old: then some partitions are on other ones, and are left for another turn.
            List<Integer> some = catalog.find(topic).filter(known -> known.id().equals(id))
                    .map(known -> known.stored().byPages(left).get(0)).orElseGet(() -> List.of(left.first()));
            List<PageChange> changes = store.changeAll(topic, id, some, change);
            some.forEach(left::remove);
            changes.forEach(page -> {
                left.subSet(page.after().first(), page.after().end()).clear();
                catalog.take(page.after());
            });
            if (changes.size() < some.size()) {
                catalog.refresh(topic);
            }
            all.addAll(changes);
        }
        return all;
    }
}
