package io.millrace.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** The requests of one connection; used by one thread. */
interface Workload {
    /** The next request, position to limit. */
    ByteBuffer next();

    /** Looks at a 2xx answer. @return records that it carried or confirmed */
    long accept(HttpAnswer answer);

    /** How long it waits after an answer 503. */
    default Duration pauseWhenRefused() {
        return Duration.ofMillis(50);
    }

    /** Whether {@link #accept} needs the beginning of the body. */
    default boolean readsBodies() {
        return false;
    }

    /** Looks at an answer that is neither 2xx nor 503. @return whether the load can go on */
    default boolean survives(HttpAnswer answer) {
        return false;
    }

    /** Makes the workload of each connection. */
    @FunctionalInterface
    interface Factory {
        Workload forConnection(int connection);
    }

    /** As {@link #repeat}, one each so often, as far as the answers come in time. */
    static Workload paced(ByteBuffer request, long records, Duration every) {
        return new Workload() {
            private long next = System.nanoTime();

            @Override
            public ByteBuffer next() {
                LockSupport.parkNanos(next - System.nanoTime());
                next += every.toNanos();
                return request;
            }

            @Override
            public long accept(HttpAnswer answer) {
                return records;
            }
        };
    }

    /** The same request for ever, each good for so many records. */
    static Workload repeat(ByteBuffer request, long records) {
        return new Workload() {
            @Override
            public ByteBuffer next() {
                return request;
            }

            @Override
            public long accept(HttpAnswer answer) {
                return records;
            }
        };
    }

    /** The requests in turn, for ever, each good for so many records. */
    static Workload inTurn(List<ByteBuffer> requests, int first, long records) {
        return new Workload() {
            private int next = first;

            @Override
            public ByteBuffer next() {
                return requests.get(next++ % requests.size());
            }

            @Override
            public long accept(HttpAnswer answer) {
                return records;
            }
        };
    }
}
