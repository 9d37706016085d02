package io.millrace.rest.cluster;

import java.util.Comparator;

/**
 * One run of a broker's server.
 *
 * @param brokerId  from 0
 * @param session   as its {@link io.millrace.agreement.Member} has it: visible characters of ASCII, never the same again
 * @param startedMs by its own clock; orders the runs of one broker
 */
public record BrokerRun(int brokerId, String session, long startedMs) implements Comparable<BrokerRun> {
    private static final Comparator<BrokerRun> ORDER =
            Comparator.comparingLong(BrokerRun::startedMs).thenComparing(BrokerRun::session).thenComparing(BrokerRun::brokerId);

    @Override
    public int compareTo(BrokerRun other) {
        return ORDER.compare(this, other);
    }
}
