package io.millrace.agreement;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Notes of a server whose journal is a map, for tests. */
public final class InMemoryNotes implements LocalNotes {
    private final Map<String, String> notes = new ConcurrentHashMap<>();

    @Override
    public Optional<String> read(String key) {
        return Optional.ofNullable(notes.get(key));
    }

    @Override
    public void write(String key, String text) {
        notes.put(key, text);
    }

    /** As if the journal were lost. */
    public void clear() {
        notes.clear();
    }
}
