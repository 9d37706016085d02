package io.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * How long commits take, and whole transactions, from the first request of one to the answer of its commit.
 *
 * @param commitP50 in ms, as are the others
 */
record CommitLatencies(double commitP50, double commitP99, double wholeP50, long commits) {
    /** One transaction after the other on one connection; while the last one's markers are written, the next one's first record is refused. */
    static CommitLatencies measure(InetSocketAddress server, TransactionWorkload transactions, Duration duration) throws IOException {
        Latencies commits = new Latencies();
        Latencies whole = new Latencies();
        try (HttpConnection connection = new HttpConnection(server)) {
            connection.keepBodies();
            long end = System.nanoTime() + duration.toNanos();
            long first = System.nanoTime();
            while (System.nanoTime() < end) {
                boolean commit = transactions.commitsNext();
                long begun = System.nanoTime();
                HttpAnswer answer = connection.exchange(transactions.next());
                long done = System.nanoTime();
                if (answer.status() == 503) {
                    LockSupport.parkNanos(transactions.pauseWhenRefused().toNanos());
                } else if (!answer.successful()) {
                    throw new IOException("answer " + answer.status() + ": " + answer.bodyStart());
                } else {
                    transactions.accept(answer);
                    if (commit) {
                        commits.add(done - begun);
                        whole.add(done - first);
                        first = done;
                    }
                }
            }
        }
        double[] ofCommits = commits.percentiles(50, 99);
        return new CommitLatencies(ofCommits[0], ofCommits[1], whole.percentiles(50)[0], commits.count());
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%d commits, p50 %.2f p99 %.2f ms, whole transactions p50 %.2f ms", commits, commitP50,
                commitP99, wholeP50);
    }
}
