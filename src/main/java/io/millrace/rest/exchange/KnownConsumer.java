package io.millrace.rest.exchange;

import io.millrace.group.Groups;
import io.millrace.group.membership.ConsumerId;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What a consumer asks for, once it is known that there is one. */
public final class KnownConsumer {
    private KnownConsumer() {
    }

    /**
     * Reads a request on this thread, and tells that there is no such consumer before anything is found fault with in it.
     *
     * @param read what is asked for; may throw
     * @return fails with UNKNOWN_CONSUMER and the others of {@link Groups#requireKnown}, and else with what was thrown
     */
    public static <T> CompletableFuture<T> asked(Groups groups, String group, ConsumerId consumer, Supplier<T> read) {
        CompletableFuture<T> asked = new CompletableFuture<>();
        try {
            asked.complete(read.get());
        } catch (RuntimeException refused) {
            asked.completeExceptionally(refused);
        }
        return groups.requireKnown(group, consumer).thenCompose(known -> asked);
    }
}
