package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterJournal;
import io.millrace.agreement.registers.RegisterState;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;

/** A journal that also keeps what it has agreed to. */
public interface StandingJournal extends RegisterJournal {
    /** As {@link #ensure}, without the wait: the state, or a newer one, is among {@link #states} when it returns. */
    CompletableFuture<Void> begin(String key, RegisterState state);

    /** Waits for what {@link #begin} began; throws as {@link #ensure}. */
    void await(String key, CompletableFuture<Void> written);

    /** The first states after this key, about as many as fit into one message: none when there are no more. */
    SortedMap<String, RegisterState> page(String after);

    JournalOrigin origin();

    /** Takes note of the founders; returns once that is durable. */
    void found(SortedSet<String> founders);

    /** What this journal has agreed to. */
    Standing standing();

    /** Returns once it is durable; one call at a time. */
    void stand(Standing standing);
}
