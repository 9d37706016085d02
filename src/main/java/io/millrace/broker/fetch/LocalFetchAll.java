package io.millrace.broker.fetch;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.Parked;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.PartitionRead;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.replica.hosting.Watermark;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One reading of several partitions of this broker: at once, or after it has waited in each of them until enough has
 * come in all or its time is over. Thread-safe; holds no thread while it waits.
 */
final class LocalFetchAll {
    private final List<Part> parts = new ArrayList<>();
    private final FetchAllRequest request;
    private final int needed;
    private final ReadMemory memory;
    private final BrokerObserver observer;
    private final CompletableFuture<FetchAllResult> answer = new CompletableFuture<>();

    /** @param memory of this fetch alone */
    LocalFetchAll(FetchAllRequest request, ReadMemory memory, BrokerObserver observer) {
        this.request = request;
        this.memory = memory;
        // Not more than max_bytes can ever be there at once.
        this.needed = Math.min(request.minBytes(), Math.max(1, request.maxBytes()));
        this.observer = observer;
    }

    /** One partition of it. What changes is guarded by the fetch. */
    private final class Part implements Parked {
        private final TopicPartition id;
        private final FetchPosition from;
        private final Partition partition;
        private BrokerException failure;
        /** Only from a read until it is known whether that is enough: what waits keeps nothing that was read. */
        private PartitionRead read;
        /** Where to read from, how many bytes and records there were, and up to where: as of the last read, if there was one. */
        private long offset;
        private int had;
        private long records;
        private Watermark seen;
        /** The partition's readable bytes when it was last looked at whether enough has come. */
        private long counted;
        private boolean parked;

        private Part(TopicPartition id, FetchPosition from, Partition partition, BrokerException failure) {
            this.id = id;
            this.from = from;
            this.partition = partition;
            this.failure = failure;
        }

        @Override
        public boolean isOver() {
            return answer.isDone();
        }

        @Override
        public void resume() {
            synchronized (LocalFetchAll.this) {
                parked = false;
            }
            tryComplete(false);
        }

        @Override
        public void expel(BrokerException reason) {
            synchronized (LocalFetchAll.this) {
                parked = false;
                failure = reason;
            }
            tryComplete(false);
        }

        /** @return how many bytes it took of what may be read, also for records that are not shown */
        private int read(int maxBytes) {
            if (failure != null) {
                return 0;
            }
            try {
                offset = seen == null ? partition.reads().resolve(from, request.isolation()) : offset;
                int lastEpoch = from instanceof FetchPosition.AtOffset at ? at.lastEpoch() : -1;
                PartitionRead whole = maxBytes > 0
                        ? partition.reads().read(offset, maxBytes, lastEpoch, request.isolation(), memory)
                        : partition.reads().peek(offset, lastEpoch, request.isolation());
                int took = whole.bytes();
                read = whole.shown();
                had = read.bytes();
                records = read.records();
                seen = read.seen();
                return took;
            } catch (RuntimeException refused) {
                failure = BrokerErrors.asBrokerException("the fetch", refused);
                return 0;
            }
        }

        private FetchAllResult.Part result() {
            return failure != null ? FetchAllResult.Part.failed(id, failure)
                    : FetchAllResult.Part.read(id, read.result());
        }
    }

    /** To be called for every partition of the request, in its order, before anything else. */
    void add(TopicPartition id, FetchPosition from, Partition partition) {
        parts.add(new Part(id, from, partition, null));
    }

    /** As {@link #add}, for one that cannot be read here. */
    void addFailed(TopicPartition id, FetchPosition from, BrokerException failure) {
        parts.add(new Part(id, from, null, failure));
    }

    /**
     * Reads; what cannot be answered yet waits from now on, until {@link #timeIsOver()}. Cancel the future to give it
     * up.
     */
    CompletableFuture<FetchAllResult> start() {
        answer.whenComplete((result, failure) -> leave());
        answer.exceptionally(failure -> {
            memory.release();
            return null;
        });
        tryComplete(request.maxWaitMs() == 0 || request.maxBytes() == 0);
        return answer;
    }

    /** Answers with what there is. */
    void timeIsOver() {
        tryComplete(true);
    }

    /** Whatever goes wrong is the answer: nobody else would give one. */
    private void tryComplete(boolean timeIsOver) {
        try {
            readOrPark(timeIsOver);
        } catch (RuntimeException | Error failure) {
            answer.completeExceptionally(BrokerErrors.outcome(failure));
        }
    }

    private void readOrPark(boolean timeIsOver) {
        FetchAllResult done = null;
        List<Part> toPark = List.of();
        long missing;
        synchronized (this) {
            if (answer.isDone()) {
                return;
            }
            missing = missing();
            if (timeIsOver || missing <= 0) {
                boolean enough = read();
                done = timeIsOver || enough ? result() : null;
                missing = missing();
                letGo(done == null);
            }
            if (done == null) {
                toPark = parts.stream().filter(part -> !part.parked).toList();
                toPark.forEach(part -> part.parked = true);
            }
        }
        if (done != null) {
            answer(done);
        }
        for (Part part : toPark) {
            // A lone partition must bring all that is missing; of several, any may bring the last byte. What came since the
            // read is looked at at once.
            long awaited = parts.size() == 1 ? missing : Math.min(1, missing);
            part.partition.parked(request.isolation()).add(part, part.counted + awaited);
        }
    }

    /** How many bytes are yet to come, as the partitions count what can be read; none when it is time to read. */
    private long missing() {
        long missing = needed;
        for (Part part : parts) {
            if (part.failure != null || part.seen == null) {
                return 0;
            }
            part.counted = part.partition.readableBytes(request.isolation());
            missing -= part.had + part.counted - part.seen.bytes(request.isolation());
        }
        return missing;
    }

    /** @return whether it is enough for an answer */
    private boolean read() {
        int left = request.maxBytes();
        int bytes = 0;
        boolean more = false;
        for (Part part : parts) {
            left -= part.read(left);
            bytes += part.failure == null ? part.had : 0;
            more |= part.failure != null || !part.read.reachedEnd();
        }
        return more || bytes >= needed;
    }

    /** @param unused whether it is not in the answer, so that its memory is free */
    private void letGo(boolean unused) {
        parts.forEach(part -> part.read = null);
        if (unused) {
            memory.release();
        }
    }

    private FetchAllResult result() {
        return new FetchAllResult(parts.stream().map(Part::result).toList());
    }

    private void answer(FetchAllResult done) {
        if (!answer.complete(done)) {
            return;
        }
        for (Part part : parts) {
            if (part.failure == null && part.records > 0) {
                observer.fetched(part.id.topic(), part.records, part.had);
            }
        }
    }

    /** Answered, failed or cancelled: nothing of it is kept. */
    private void leave() {
        for (Part part : parts) {
            if (part.partition != null) {
                part.partition.parked(request.isolation()).remove(part);
            }
        }
    }
}
