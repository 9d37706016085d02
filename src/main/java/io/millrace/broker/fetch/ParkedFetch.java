package io.millrace.broker.fetch;

import io.millrace.metadata.BrokerException;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.Parked;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.PartitionRead;
import io.millrace.replica.hosting.ReadMemory;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A fetch that waits for more bytes, holding no thread. Over as soon as its result is done, whoever did that. */
final class ParkedFetch implements Parked {
    private final Partition partition;
    private final long offset;
    private final int needed;
    private final FetchRequest request;
    private final ReadMemory memory;
    private final Consumer<ParkedFetch> resume;
    private final CompletableFuture<FetchResult> result = new CompletableFuture<>();

    /**
     * @param needed bytes that it waits for
     * @param memory for what it reads
     * @param resume what to do when they seem to be there
     */
    ParkedFetch(Partition partition, long offset, int needed, FetchRequest request, ReadMemory memory,
                Consumer<ParkedFetch> resume) {
        this.partition = partition;
        this.offset = offset;
        this.needed = needed;
        this.request = request;
        this.memory = memory;
        this.resume = resume;
    }

    Partition partition() {
        return partition;
    }

    PartitionRead read() {
        PartitionRead read = partition.reads().read(offset, request.maxBytes(), request.lastEpoch(), request.isolation(), memory);
        return request.whole() ? read : read.shown();
    }

    void park(long wakeAt) {
        partition.parked(request.isolation()).add(this, wakeAt);
    }

    /** Nobody needs to wake it any more. */
    void leave() {
        partition.parked(request.isolation()).remove(this);
    }

    ReadMemory memory() {
        return memory;
    }

    int needed() {
        return needed;
    }

    CompletableFuture<FetchResult> result() {
        return result;
    }

    @Override
    public boolean isOver() {
        return result.isDone();
    }

    @Override
    public void resume() {
        resume.accept(this);
    }

    @Override
    public void expel(BrokerException reason) {
        result.completeExceptionally(reason);
    }
}
