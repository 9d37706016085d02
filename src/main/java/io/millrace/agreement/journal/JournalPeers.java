package io.millrace.agreement.journal;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The journals of the other brokers. Thread-safe. */
public interface JournalPeers {
    /** No other broker. */
    JournalPeers NONE = new JournalPeers() {
        @Override
        public Set<Integer> reachable() {
            return Set.of();
        }

        @Override
        public CompletableFuture<JournalReply> ask(int brokerId, JournalRequest request) {
            return CompletableFuture.failedFuture(new RegisterUnavailableException("there is no other broker", null));
        }
    };

    /** Ids of the other brokers that are in touch. */
    Set<Integer> reachable();

    /** Never throws, and is answered, with a failure at worst, within a few seconds. */
    CompletableFuture<JournalReply> ask(int brokerId, JournalRequest request);
}
