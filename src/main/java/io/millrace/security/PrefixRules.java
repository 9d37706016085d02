package io.millrace.security;

import java.util.Arrays;
import java.util.SortedMap;

/**
 * The rules of all prefixes of a name. In sorted order the longest prefix of a name that is here is the last one that is not behind
 * the name, or one that this begins with; each knows the longest other one that it begins with. Immutable.
 */
final class PrefixRules {
    private static final int NONE = -1;

    private final String[] prefixes;
    private final Rules[] rules;
    /** Of each the longest other prefix that it begins with. */
    private final int[] parents;

    PrefixRules(SortedMap<String, Rules> byPrefix) {
        this.prefixes = byPrefix.keySet().toArray(String[]::new);
        this.rules = byPrefix.values().toArray(Rules[]::new);
        this.parents = new int[prefixes.length];
        for (int i = 0; i < prefixes.length; i++) {
            int parent = i - 1;
            while (parent != NONE && !prefixes[i].startsWith(prefixes[parent])) {
                parent = parents[parent];
            }
            parents[i] = parent;
        }
    }

    /** What those say, together, that the name begins with. */
    long of(Caller caller, String name) {
        int at = Arrays.binarySearch(prefixes, name);
        int last = at >= 0 ? at : -at - 2;
        while (last != NONE && !name.startsWith(prefixes[last])) {
            last = parents[last];
        }
        long bits = 0;
        for (; last != NONE; last = parents[last]) {
            bits |= rules[last].of(caller);
        }
        return bits;
    }
}
