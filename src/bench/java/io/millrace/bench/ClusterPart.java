package io.millrace.bench;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The parts of the cluster's suite, in the order in which they are run; the servers are started for any of them. */
enum ClusterPart {
    START, IDLE, THROUGHPUT, LATENCY, PARTITIONS, REGISTERS, KILL, PAUSE, RESTART, LINKS;

    /** @throws IllegalArgumentException when one of the names, separated by commas, is no part's */
    static Set<ClusterPart> named(String names) {
        if (names.equals("all")) {
            return Collections.unmodifiableSet(EnumSet.allOf(ClusterPart.class));
        }
        Set<ClusterPart> parts = EnumSet.noneOf(ClusterPart.class);
        for (String name : names.split(",")) {
            parts.add(Arrays.stream(values()).filter(part -> part.name().equalsIgnoreCase(name)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("the cluster's parts are all or some of "
                            + Arrays.toString(values()).toLowerCase(Locale.ROOT) + ", found '" + name + "'")));
        }
        return Collections.unmodifiableSet(parts);
    }
}
