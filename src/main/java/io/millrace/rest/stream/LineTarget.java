package io.millrace.rest.stream;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import java.util.concurrent.CompletableFuture;

/** Where records go that came in lines: the broker. */
public interface LineTarget {
    /** For some of them. @throws io.millrace.metadata.BrokerException when the topic is not there any more, or another */
    RecordAccumulator accumulator();

    /** Writes them; those of different partitions may fail on their own. */
    CompletableFuture<ProduceResult> produce(RecordAccumulator records);
}
