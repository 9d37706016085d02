package io.millrace.bench;

import java.util.Arrays;

/** Every single latency of one connection, in ns: exact percentiles cost less than thinking about buckets. One thread. */
final class Latencies {
    private long[] nanos = new long[4096];
    private int count;

    void add(long latency) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = latency;
    }

    void addAll(Latencies other) {
        if (nanos.length < count + other.count) {
            nanos = Arrays.copyOf(nanos, count + other.count);
        }
        System.arraycopy(other.nanos, 0, nanos, count, other.count);
        count += other.count;
    }

    int count() {
        return count;
    }

    /** In ms; each argument is a percentile, 0 to 100. Zeros when nothing was measured. */
    double[] percentiles(double... wanted) {
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        double[] result = new double[wanted.length];
        for (int i = 0; i < wanted.length && count > 0; i++) {
            int index = (int) Math.ceil(wanted[i] / 100 * count) - 1;
            result[i] = sorted[Math.max(0, index)] / 1e6;
        }
        return result;
    }
}
