package io.millrace.rest.cluster;

import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;

/**
 * What is remembered of those that asked: of each broker its newest runs, with their keys and the numbers of their requests. Only who has
 * proven to be a broker gets in. A run that was forgotten, and any before it, is refused for ever. Thread-safe.
 */
final class SenderRuns {
    /** Of one broker: far more than there are at a time, as a run ends before the next one begins. */
    static final int MOST_RUNS = 8;

    private final ConcurrentHashMap<Integer, Runs> brokers = new ConcurrentHashMap<>();

    /** One run. */
    static final class Run {
        private final List<Mac> keys;
        /** Guarded by this. */
        private final ReplayWindow window = new ReplayWindow();

        Run(List<Mac> keys) {
            this.keys = keys;
        }

        /** To be cloned. */
        List<Mac> keys() {
            return keys;
        }

        /** @return false: a request with this number came before, or may have */
        synchronized boolean take(long number) {
            return window.take(number);
        }
    }

    /** Of one broker; guarded by this. */
    private static final class Runs {
        private final TreeMap<BrokerRun, Run> newest = new TreeMap<>();
        private BrokerRun forgotten;

        synchronized Run find(BrokerRun run) {
            return newest.get(run);
        }

        synchronized Run enter(BrokerRun run, Run entering) {
            Run known = newest.get(run);
            if (known != null || forgotten != null && run.compareTo(forgotten) <= 0) {
                return known;
            }
            newest.put(run, entering);
            if (newest.size() > MOST_RUNS) {
                forgotten = newest.pollFirstEntry().getKey();
            }
            return newest.get(run);
        }
    }

    /** What is known of a run, or null. */
    Run find(BrokerRun run) {
        Runs runs = brokers.get(run.brokerId());
        return runs == null ? null : runs.find(run);
    }

    /**
     * Remembers a run that has proven to be one.
     *
     * @return what is known of it by now; null: it is older than what is remembered
     */
    Run enter(BrokerRun run, Run entering) {
        return brokers.computeIfAbsent(run.brokerId(), id -> new Runs()).enter(run, entering);
    }
}
