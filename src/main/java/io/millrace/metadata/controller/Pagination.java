package io.millrace.metadata.controller;

import io.millrace.metadata.brokers.PageReaders;
import io.millrace.metadata.registers.TopicRegisters;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.TopicCatalog;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What the controller does for topics of many registers: it brings those that an earlier version wrote into pages, once
 * no broker is of such a version any more, and removes what is left of topics whose creation or deletion was broken off.
 * Used by one thread at a time. Blocks.
 */
final class Pagination {
    private static final System.Logger LOG = System.getLogger(Pagination.class.getName());
    /** How long a claim stands unchanged until its owner counts as dead. A living one only has to begin anew. */
    private static final long ABANDONED_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final TopicRegisters registers;
    private final PageReaders readers;
    private final TopicCatalog catalog;
    private final LongSupplier nanoTime;
    private final Map<String, Seen> claims = new HashMap<>();

    /**
     * A claim that was met.
     *
     * @param version of its register
     * @param at      since when, in ns
     */
    private record Seen(long version, long at) {
    }

    Pagination(TopicRegisters registers, PageReaders readers, TopicCatalog catalog, LongSupplier nanoTime) {
        this.registers = registers;
        this.readers = readers;
        this.catalog = catalog;
        this.nanoTime = nanoTime;
    }

    /** Brings one topic into pages, if that is to be done and can be. */
    void advance(CachedTopic topic) {
        if (!registers.isTooLarge(topic.stored()) || !readers.areAll()) {
            return;
        }
        if (registers.paginate(topic.stored())) {
            LOG.log(Level.INFO, "the {0} partitions of topic {1} are in pages now", Integer.toString(topic.partitionCount()),
                    topic.name());
        }
        catalog.refresh(topic.name());
    }

    /** Looks at names that are claimed. What cannot be read or removed now is tried again in the next pass. */
    void clearAbandoned() {
        Set<String> unformed = catalog.unformed();
        claims.keySet().retainAll(unformed);
        for (String name : unformed) {
            try {
                clearIfAbandoned(name);
            } catch (RuntimeException broken) {
                LOG.log(Level.DEBUG, "the register of '" + name + "' is no claim, or could not be removed now", broken);
            }
        }
    }

    private void clearIfAbandoned(String name) {
        OptionalLong claimed = registers.claimed(name);
        long now = nanoTime.getAsLong();
        Seen seen = claims.get(name);
        if (claimed.isEmpty()) {
            claims.remove(name);
        } else if (seen == null || seen.version() != claimed.getAsLong()) {
            claims.put(name, new Seen(claimed.getAsLong(), now));
        } else if (now - seen.at() >= ABANDONED_NANOS) {
            registers.clear(name, seen.version());
            LOG.log(Level.INFO, "what was left of topic {0}, which was not created or is deleted, was removed", name);
        }
    }
}
