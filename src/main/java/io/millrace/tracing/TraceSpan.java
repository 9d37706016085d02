package io.millrace.tracing;

import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/** A stretch of a request's way, from when it is made until it ends. Thread-safe. */
public interface TraceSpan {
    /** Of a request that nobody follows; so are all that begin of it. */
    TraceSpan NONE = new NoSpan();

    /** Whether what it is told is kept: where it takes time to find that out, it need not be told. */
    boolean isRecorded();

    /**
     * The request is passed on.
     *
     * @param url of the broker that it goes to
     */
    TraceSpan relay(String method, int brokerId, String url);

    /** Records are brought to a partition's log. @param acks how that is acknowledged, in words */
    TraceSpan append(String topic, int partition, String acks);

    /** Records of a partition are read, or waited for. */
    TraceSpan fetch(String topic, int partition);

    /** A consumer of a group is given records, or waits for them. */
    TraceSpan poll(String group);

    /** Tells the headers by which another server goes on with it, each with its value. */
    void carry(BiConsumer<String, String> headers);

    /** How many records it is about. */
    void records(long count);

    /** @param status of HTTP */
    void answered(int status);

    /** Does nothing when it has ended. */
    void end();

    /** As above, and it did not do what it was for. */
    void fail(Throwable failure);

    /** Ends it with a future. */
    default void endWith(CompletableFuture<?> done) {
        if (this != NONE) {
            done.whenComplete((result, failure) -> {
                if (failure == null) {
                    end();
                } else {
                    fail(failure);
                }
            });
        }
    }
}
