package io.millrace.agreement;

import java.util.Optional;

/**
 * What this server's journal keeps for the server itself: in no other journal, and no register. Small texts by key, as
 * durable as registers are. Thread-safe.
 */
public interface LocalNotes {
    Optional<String> read(String key);

    /**
     * Durable when it returns.
     *
     * @param text not empty
     * @throws RegisterUnavailableException when the journal cannot be written
     */
    void write(String key, String text);
}
