package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The states of registers in pieces, each of which travels in one message well within the time for an answer. */
public final class StatePages {
    /** A page ends with the state with which it has reached this size, in characters. */
    public static final int SIZE = 256 << 10;
    /** A guess at a state's framing, in characters. */
    private static final int OVERHEAD = 80;

    private StatePages() {
    }

    public static List<SortedMap<String, RegisterState>> of(SortedMap<String, RegisterState> states) {
        List<SortedMap<String, RegisterState>> pages = new ArrayList<>();
        Iterator<Map.Entry<String, RegisterState>> entries = states.entrySet().iterator();
        while (entries.hasNext()) {
            pages.add(next(entries));
        }
        return pages;
    }

    /** @return at least one entry where there is one */
    static SortedMap<String, RegisterState> next(Iterator<Map.Entry<String, RegisterState>> entries) {
        SortedMap<String, RegisterState> page = new TreeMap<>();
        for (int size = 0; size < SIZE && entries.hasNext(); ) {
            Map.Entry<String, RegisterState> entry = entries.next();
            page.put(entry.getKey(), entry.getValue());
            size += size(entry.getKey(), entry.getValue());
        }
        return page;
    }

    static int size(SortedMap<String, RegisterState> states) {
        return states.entrySet().stream().mapToInt(entry -> size(entry.getKey(), entry.getValue())).sum();
    }

    private static int size(String key, RegisterState state) {
        return OVERHEAD + key.length() + (state.value() == null ? 0 : state.value().length());
    }
}
