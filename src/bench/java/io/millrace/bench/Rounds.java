package io.millrace.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures variants in turn, A B A B ..., so that a slow minute of the machine falls on all of them. */
final class Rounds<T> {
    /** One slice of one variant. */
    @FunctionalInterface
    interface Slice<T> {
        T measure() throws Exception;
    }

    private final Map<String, Slice<T>> variants = new LinkedHashMap<>();

    Rounds<T> variant(String name, Slice<T> slice) {
        variants.put(name, slice);
        return this;
    }

    /** The results of each variant, in the order of the rounds. */
    Map<String, List<T>> run(int rounds, Progress progress) throws Exception {
        Map<String, List<T>> results = new LinkedHashMap<>();
        variants.keySet().forEach(name -> results.put(name, new ArrayList<>()));
        for (int round = 1; round <= rounds; round++) {
            for (Map.Entry<String, Slice<T>> variant : variants.entrySet()) {
                T result = variant.getValue().measure();
                results.get(variant.getKey()).add(result);
                progress.say("round " + round + ", " + variant.getKey() + ": " + result);
            }
        }
        return results;
    }
}
