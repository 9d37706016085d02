package io.millrace.log.recovery;

import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;

/**
 * The leader epochs of a log's batches in their order, equal neighbours as one run. Tells which of them can have been
 * written: the largest number of batches whose epochs never go back. The others are damaged, and are of the epoch of
 * those before them.
 */
public final class LeaderEpochRuns {
    private static final class Run {
        private final int epoch;
        private final long startOffset;
        private long batches;
        /** The most batches that a row of epochs which never goes back can have up to here, and the run before in it. */
        private long best;
        private Run before;

        private Run(int epoch, long startOffset) {
            this.epoch = epoch;
            this.startOffset = startOffset;
        }
    }

    private final List<Run> runs = new ArrayList<>();

    /** The next batch; one without an epoch, -1, is no evidence. */
    void add(int epoch, long startOffset) {
        if (epoch == LeaderEpochEnd.NO_EPOCH) {
            return;
        }
        if (runs.isEmpty() || runs.get(runs.size() - 1).epoch != epoch) {
            runs.add(new Run(epoch, startOffset));
        }
        runs.get(runs.size() - 1).batches++;
    }

    /**
     * Where each epoch begins.
     *
     * @param maxEpoch what is above cannot be
     * @param noted    epochs that another witness knows, ascending: a single batch with any other one is damaged, and
     *                 batches of which none has an epoch that can be are of the last; empty: there is no such witness
     * @return ascending; empty when no batch has an epoch at all
     */
    public List<LeaderEpochCheckpoint.Entry> consistent(int maxEpoch, NavigableSet<Integer> noted) {
        List<LeaderEpochCheckpoint.Entry> entries = new ArrayList<>();
        if (runs.isEmpty()) {
            return entries;
        }
        for (Run run = last(maxEpoch, noted); run != null; run = run.before) {
            // What comes before the first that can be believed is of its epoch, for all that is known.
            long start = run.before == null ? runs.get(0).startOffset : run.startOffset;
            if (!entries.isEmpty() && entries.get(0).epoch() == run.epoch) {
                entries.remove(0);
            }
            entries.add(0, new LeaderEpochCheckpoint.Entry(run.epoch, start));
        }
        if (entries.isEmpty()) {
            entries.add(new LeaderEpochCheckpoint.Entry(noted.isEmpty() ? 0 : noted.last(), runs.get(0).startOffset));
        }
        return entries;
    }

    /** The last run of the best row; of equal ones the one that ends lower. */
    private Run last(int maxEpoch, Set<Integer> noted) {
        // By epoch: a row that ends higher is kept only when it has more batches than all that end lower.
        TreeMap<Integer, Run> rows = new TreeMap<>();
        for (Run run : runs) {
            boolean alone = run.batches == 1 && !noted.isEmpty() && !noted.contains(run.epoch);
            if (run.epoch < 0 || run.epoch > maxEpoch || alone) {
                continue;
            }
            Map.Entry<Integer, Run> lower = rows.floorEntry(run.epoch);
            run.before = lower == null ? null : lower.getValue();
            run.best = run.batches + (run.before == null ? 0 : run.before.best);
            rows.put(run.epoch, run);
            for (Map.Entry<Integer, Run> higher = rows.higherEntry(run.epoch);
                    higher != null && higher.getValue().best <= run.best; higher = rows.higherEntry(run.epoch)) {
                rows.remove(higher.getKey());
            }
        }
        return rows.isEmpty() ? null : rows.lastEntry().getValue();
    }
}
