package io.millrace.bench;

import java.util.Map;

/**
 * One line of the report.
 *
 * @param name      what was measured
 * @param unit      of {@code reached} and {@code limit}
 * @param reached   round by round
 * @param limitName what the limit is, or null without one
 * @param limit     measured in the same rounds, or null
 * @param target    what is demanded
 * @param details   further numbers, such as latency percentiles: name with unit, and value
 */
record Figure(String name, String unit, Samples reached, String limitName, Samples limit, Target target,
              Map<String, Double> details) {

    static Figure against(String name, String unit, Samples reached, String limitName, Samples limit, Target target) {
        return new Figure(name, unit, reached, limitName, limit, target, Map.of());
    }

    static Figure alone(String name, String unit, Samples reached, Target target) {
        return new Figure(name, unit, reached, null, null, target, Map.of());
    }

    Figure with(Map<String, Double> moreDetails) {
        return new Figure(name, unit, reached, limitName, limit, target, moreDetails);
    }

    /** Of each round, or null without a limit. */
    Samples ratio() {
        return limit == null ? null : reached.dividedBy(limit);
    }

    boolean met() {
        return target.metBy(this);
    }
}
