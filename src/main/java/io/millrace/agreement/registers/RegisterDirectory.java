package io.millrace.agreement.registers;

import io.millrace.agreement.RegisterUnavailableException;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The names of all registers there ever were, one to a line, because CP cannot enumerate. Names are only added: were
 * they taken away, the removal after a deletion could hit the register that was created again meanwhile. It is not in
 * the journal, which knows its keys itself.
 */
public final class RegisterDirectory {
    static final String NAME = "directory";

    private final CpOperations cp;
    /** Lets this server's threads queue up here instead of defeating each other's compare-and-set. */
    private final ReentrantLock adding = new ReentrantLock();

    public RegisterDirectory(CpOperations cp) {
        this.cp = cp;
    }

    /** @throws RegisterUnavailableException when the keys may not be listed; to be called again */
    public void add(Collection<String> keys) {
        adding.lock();
        try {
            String found = cp.get(NAME);
            SortedSet<String> names = parse(found);
            while (names.addAll(keys) && !cp.compareAndSet(NAME, found, String.join("\n", names))) {
                found = cp.get(NAME);
                names = parse(found);
            }
        } finally {
            adding.unlock();
        }
    }

    /** Listed keys that begin with the prefix; their registers may be deleted, or not yet created. */
    public SortedSet<String> list(String prefix) {
        SortedSet<String> names = parse(cp.get(NAME));
        names.removeIf(name -> !name.startsWith(prefix));
        return names;
    }

    private static SortedSet<String> parse(String text) {
        return text == null ? new TreeSet<>() : new TreeSet<>(List.of(text.split("\n")));
    }
}
