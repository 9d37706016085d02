package io.millrace.bench;

import java.nio.ByteBuffer;

/** Reads a partition from a place to its end, then again from its beginning. One thread. */
final class SequentialFetch implements Workload {
    private static final int OUT_OF_RANGE = 416;

    private final HttpRequests requests;
    private final String path;
    private final String accept;
    private final String parameters;
    private long offset;
    private boolean fromBeginning;

    /** @param parameters further query parameters, beginning with {@code &}, or empty */
    SequentialFetch(HttpRequests requests, String topic, String accept, String parameters, long offset) {
        this.requests = requests;
        this.path = "/topics/" + topic + "/partitions/0/records?offset=";
        this.accept = accept;
        this.parameters = parameters;
        this.offset = offset;
    }

    @Override
    public ByteBuffer next() {
        return requests.get(path + (fromBeginning ? "earliest" : Long.toString(offset)) + parameters, accept);
    }

    @Override
    public long accept(HttpAnswer answer) {
        if (answer.nextOffset() < 0) {
            throw new IllegalStateException("a fetch without a Millrace-Next-Offset header");
        }
        long records = answer.nextOffset() - (fromBeginning ? answer.offset() : offset);
        fromBeginning = !fromBeginning && records == 0;
        offset = answer.nextOffset();
        return records;
    }

    /** Retention took the place away: go on where the log begins now. */
    @Override
    public boolean survives(HttpAnswer answer) {
        fromBeginning = answer.status() == OUT_OF_RANGE;
        return fromBeginning;
    }
}
