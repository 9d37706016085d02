package io.millrace.agreement.steward;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A loss of journals as an operator is told of it, and names it in turn when he decides to go on with it.
 *
 * @param kept     ids of the brokers whose journals were in use before, and would be gone on with; sorted
 * @param replaced ids of the brokers whose journals are new, because they took the place of lost ones; sorted
 */
record Loss(Set<Integer> kept, Set<Integer> replaced) {
    Loss {
        kept = new TreeSet<>(kept);
        replaced = new TreeSet<>(replaced);
    }

    /** The request that says to go on. */
    String request() {
        return "POST /admin/cluster/recover with {\"kept\":%s,\"replaced\":%s}".formatted(json(kept), json(replaced));
    }

    private static String json(Set<Integer> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
    }
}
