package io.millrace.group.delivery;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.offsets.GroupLog;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.replica.hosting.ReadMemory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a poll awaits, of the log or of the group's register: one thing at a time. What comes of something that was given up is
 * not told. Guarded by the group's lock.
 */
final class PollFetch {
    private final GroupLock lock;
    private final GroupLog log;
    private final ReadMemory memory;
    /** Tells a result that is late from the one that is awaited. */
    private int attempt;
    private CompletableFuture<FetchAllResult> pending;

    /** @param memory for what is read */
    PollFetch(GroupLock lock, GroupLog log, ReadMemory memory) {
        this.lock = lock;
        this.log = log;
        this.memory = memory;
    }

    void giveUp() {
        attempt++;
        CompletableFuture<FetchAllResult> awaited = pending;
        pending = null;
        if (awaited != null && !awaited.isDone()) {
            lock.afterwards(() -> awaited.cancel(false));
        }
    }

    /**
     * @param asked      the partitions of the request, in its order
     * @param understood is told what came, in that order, with the lock held
     * @param failed     is told why nothing came, or why that was not understood
     */
    void send(FetchAllRequest request, List<TopicIdPartition> asked,
              Consumer<LinkedHashMap<TopicIdPartition, FetchAllResult.Part>> understood, Consumer<Throwable> failed) {
        int awaited = ++attempt;
        lock.afterwards(() -> {
            ReadMemory counted = memory.part();
            CompletableFuture<FetchAllResult> sent = sent(request, counted);
            lock.hold(() -> {
                if (awaited == attempt) {
                    pending = sent;
                } else {
                    lock.afterwards(() -> sent.cancel(false));
                }
            });
            sent.whenComplete((result, failure) -> lock.hold(() -> {
                if (awaited != attempt) {
                    counted.release();
                    return;
                }
                pending = null;
                if (failure != null) {
                    failed.accept(failure);
                    return;
                }
                try {
                    understood.accept(parts(asked, result));
                } catch (RuntimeException | Error fault) {
                    failed.accept(fault); // nobody else would answer
                }
            }));
        });
    }

    private CompletableFuture<FetchAllResult> sent(FetchAllRequest request, ReadMemory counted) {
        try {
            return log.fetch(request, counted);
        } catch (RuntimeException | Error fault) {
            return CompletableFuture.failedFuture(fault);
        }
    }

    private static LinkedHashMap<TopicIdPartition, FetchAllResult.Part> parts(List<TopicIdPartition> asked,
                                                                              FetchAllResult result) {
        LinkedHashMap<TopicIdPartition, FetchAllResult.Part> parts = new LinkedHashMap<>();
        for (int i = 0; i < asked.size(); i++) {
            parts.put(asked.get(i), result.parts().get(i));
        }
        return parts;
    }

    /**
     * @param begins is called when the lock is free
     * @param done   is told that what it began is over, with the lock held
     */
    void await(Supplier<CompletableFuture<?>> begins, Runnable done, Consumer<Throwable> failed) {
        int awaited = attempt;
        lock.afterwards(() -> begun(begins).whenComplete((result, failure) -> lock.hold(() -> {
            if (awaited != attempt) {
                return;
            }
            if (failure != null) {
                failed.accept(failure);
                return;
            }
            try {
                done.run();
            } catch (RuntimeException | Error fault) {
                failed.accept(fault); // nobody else would answer
            }
        })));
    }

    private static CompletableFuture<?> begun(Supplier<CompletableFuture<?>> begins) {
        try {
            return begins.get();
        } catch (RuntimeException | Error fault) {
            return CompletableFuture.failedFuture(fault);
        }
    }
}
