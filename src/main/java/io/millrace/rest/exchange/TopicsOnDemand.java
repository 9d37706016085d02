package io.millrace.rest.exchange;

import io.millrace.group.membership.Subscription;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.Topics;
import io.millrace.rest.access.BrokerAccess;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Creates topics that are not there once somebody writes to them or wants to read them, where the server is set to do so, with
 * the server's defaults. Servers may do so at the same time: one of them is first. Thread-safe.
 */
public final class TopicsOnDemand {
    private final boolean enabled;
    private final BrokerAccess access;
    private final Executor workers;

    /** @param workers create topics that somebody wants to read, which blocks */
    public TopicsOnDemand(boolean enabled, BrokerAccess access, Executor workers) {
        this.enabled = enabled;
        this.access = access;
        this.workers = workers;
    }

    /**
     * Somebody writes to a topic. Blocks while it is created.
     *
     * @param creatable which topics they may create; others stay unknown
     * @throws BrokerException as {@link Topics#create}, but not TOPIC_EXISTS
     */
    public void require(String topic, Predicate<String> creatable) {
        if (enabled && !TopicName.isInternal(topic)) {
            Topics topics = access.broker().topics();
            if (!isThere(topic, topics) && creatable.test(topic)) {
                create(topic, topics);
            }
        }
    }

    /** Somebody wants to read that. @return completes when the topics that it names are there; fails as {@link #require(String, Predicate)} */
    public CompletableFuture<Void> require(Subscription wanted, Predicate<String> creatable) {
        Collection<String> named = wanted instanceof Subscription.Topics topics ? topics.names()
                : wanted instanceof Subscription.Assigned own
                ? own.partitions().stream().map(TopicPartition::topic).collect(Collectors.toSet()) : Set.of();
        return enabled && !named.isEmpty() ? CompletableFuture.runAsync(() -> named.forEach(topic -> require(topic, creatable)), workers)
                : CompletableFuture.completedFuture(null);
    }

    private static boolean isThere(String topic, Topics topics) {
        try {
            topics.get(topic);
            return true;
        } catch (BrokerException notThere) {
            if (notThere.kind() == ErrorKind.UNKNOWN_TOPIC) {
                return false;
            }
            throw notThere;
        }
    }

    private static void create(String topic, Topics topics) {
        try {
            topics.create(topic, null, null, Map.of());
        } catch (BrokerException failure) {
            if (failure.kind() != ErrorKind.TOPIC_EXISTS) { // else somebody else was faster
                throw failure;
            }
        }
    }
}
