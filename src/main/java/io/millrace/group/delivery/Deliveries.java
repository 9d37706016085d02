package io.millrace.group.delivery;

import io.millrace.agreement.Member;
import java.util.concurrent.CompletableFuture;

/**
 * Whether answers of polls that were passed on by other brokers have reached the consumers. A broker that dies with an answer
 * in its hands must not make its records look read.
 */
public interface Deliveries {
    /**
     * Asks the broker that passed a poll on.
     *
     * @param entry  that broker
     * @param answer to the poll
     * @return completes with false when the answer was not written to the consumer, and when that broker knows nothing of
     *         it; fails when it does not answer; completes in some seconds in any case, of a part of a stream when
     *         that was written, or the stream is over
     */
    CompletableFuture<Boolean> wasWritten(Member entry, String group, String consumer, HandedOn answer);
}
