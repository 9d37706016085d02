package io.millrace.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a slice of load reached.
 *
 * @param seconds  how long it was
 * @param requests answered 2xx
 * @param refused  answered 503, to be tried again
 * @param records  in those requests or answers
 * @param sent     bytes, heads included
 * @param received bytes of bodies
 * @param p50      of the latency, in ms, as are the others
 */
record LoadResult(double seconds, long requests, long refused, long records, long sent, long received,
                  double p50, double p99, double p999, double max) {
    static LoadResult of(double seconds, long requests, long refused, long records, long sent, long received,
                         Latencies latencies) {
        double[] percentiles = latencies.percentiles(50, 99, 99.9, 100);
        return new LoadResult(seconds, requests, refused, records, sent, received,
                percentiles[0], percentiles[1], percentiles[2], percentiles[3]);
    }

    double requestsPerSecond() {
        return requests / seconds;
    }

    double recordsPerSecond() {
        return records / seconds;
    }

    double sentMibPerSecond() {
        return sent / seconds / (1 << 20);
    }

    double receivedMibPerSecond() {
        return received / seconds / (1 << 20);
    }

    Map<String, Double> latencies() {
        Map<String, Double> latencies = new LinkedHashMap<>();
        latencies.put("p50 ms", p50);
        latencies.put("p99 ms", p99);
        latencies.put("p99.9 ms", p999);
        latencies.put("max ms", max);
        latencies.put("refused", (double) refused);
        return latencies;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT,
                "%,.0f requests/s, %,.0f records/s, out %.0f in %.0f MiB/s, p50 %.2f p99 %.2f max %.1f ms, %d refused",
                requestsPerSecond(), recordsPerSecond(), sentMibPerSecond(), receivedMibPerSecond(), p50, p99, max,
                refused);
    }
}
