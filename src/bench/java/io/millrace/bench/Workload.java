package io.millrace.bench;

import java.nio.ByteBuffer;

/** The requests of one connection; used by one thread. */
interface Workload {
    /** The next request, position to limit. */
    ByteBuffer next();

    /** Looks at a 2xx answer. @return records that it carried or confirmed */
    long accept(HttpAnswer answer);

    /** Looks at an answer that is neither 2xx nor 503. @return whether the load can go on */
    default boolean survives(HttpAnswer answer) {
        return false;
    }

    /** Makes the workload of each connection. */
    @FunctionalInterface
    interface Factory {
        Workload forConnection(int connection);
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
}
