package io.millrace.transaction.idempotency;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.Deadlines.Deadline;
import io.millrace.replica.hosting.Deadlines;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The way of one request with a key, at its coordinator: it waits for another one with its key, is looked up, begun if it is
 * new, carried out, answered and completed. One step at a time, on any thread; no thread is held in between.
 */
final class IdempotentProduce {
    private static final System.Logger LOG = System.getLogger(IdempotentProduce.class.getName());
    /** Most partitions are read in much less: then whoever asks is not told to ask again. */
    private static final long LOADING_MS = 1_000;
    private static final long LOADING_RETRY_MS = 20;
    private static final long NO_OFFSET = -1;

    private final KeyedRequest request;
    private final Surroundings around;
    private final CompletableFuture<KeyedAnswer> answer = new CompletableFuture<>();
    private final long begunAt;
    /** Of a request that is new, and where they go; null: they are not read. */
    private KeyedRecords records;
    private Layout layout;
    private boolean claimed;

    /**
     * What all requests share.
     *
     * @param workers  run what does not wait
     * @param blocking reads records, and waits for producer ids
     * @param waitMs   how long a request waits for another one, in ms
     * @param nanoTime a clock that never jumps, in ns
     */
    record Surroundings(KeyLedger ledger, KeysUnderWay underWay, ProducerIdSource ids, Executor workers, Executor blocking,
                        Deadlines deadlines, long waitMs, LongSupplier nanoTime) {
    }

    private IdempotentProduce(KeyedRequest request, Surroundings around) {
        this.request = request;
        this.around = around;
        this.begunAt = around.nanoTime().getAsLong();
    }

    static CompletableFuture<KeyedAnswer> run(KeyedRequest request, Surroundings around) {
        IdempotentProduce produce = new IdempotentProduce(request, around);
        produce.step(produce::claim);
        return produce.answer;
    }

    /** Whatever goes wrong is the request's answer, and its key is free. */
    private void step(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error failure) {
            giveUp(failure);
        }
    }

    private void claim() {
        Optional<CompletableFuture<Void>> other = around.underWay().claim(request.key());
        if (other.isPresent()) {
            await(other.get());
        } else {
            claimed = true;
            find();
        }
    }

    private void await(CompletableFuture<Void> other) {
        long leftMs = around.waitMs() - elapsedMs();
        if (leftMs <= 0) {
            throw KeysUnderWay.inUse(request.key());
        }
        Deadline patience = around.deadlines().add(leftMs, () -> other.completeExceptionally(KeysUnderWay.inUse(request.key())));
        other.whenComplete((over, tooLong) -> {
            around.deadlines().remove(patience);
            around.workers().execute(() -> step(() -> {
                if (tooLong != null) {
                    giveUp(tooLong);
                } else {
                    claim();
                }
            }));
        });
    }

    private long elapsedMs() {
        return TimeUnit.NANOSECONDS.toMillis(around.nanoTime().getAsLong() - begunAt);
    }

    private void find() {
        around.ledger().find(request).whenComplete((begun, failure) -> step(() -> {
            if (failure != null) {
                notBegun(this::find, failure);
            } else {
                goOn(begun);
            }
        }));
    }

    private void begin(Long producerId) {
        around.ledger().begin(request, layout, producerId).whenComplete((begun, failure) -> step(() -> {
            if (failure != null) {
                notBegun(() -> begin(producerId), failure);
            } else {
                goOn(begun);
            }
        }));
    }

    private void goOn(Begun begun) {
        if (begun instanceof Begun.Answered answered) {
            release();
            answer.complete(new KeyedAnswer(new KeptAnswer(answered.completed().layout(),
                    answered.completed().baseOffsets()), true));
        } else if (begun instanceof Begun.Execute execute) {
            execute(execute.prepared());
        } else if (begun instanceof Begun.New) {
            around.blocking().execute(() -> step(this::read));
        } else {
            around.blocking().execute(() -> step(() -> begin(around.ids().next())));
        }
    }

    private void read() {
        records = request.records();
        layout = records.layout();
        begin(null);
    }

    private void notBegun(Runnable again, Throwable failure) {
        boolean soon = BrokerErrors.outcome(failure) instanceof BrokerException known
                && known.kind() == ErrorKind.COORDINATOR_LOADING && elapsedMs() < LOADING_MS;
        if (soon) {
            around.deadlines().add(LOADING_RETRY_MS, () -> around.workers().execute(() -> step(again)));
        } else {
            giveUp(failure);
        }
    }

    private void execute(StoredValue.Prepared prepared) {
        if (prepared.layout().equals(layout)) {
            append(records, prepared);
        } else {
            around.blocking().execute(() -> step(() -> append(request.records(prepared.layout()), prepared)));
        }
    }

    private void append(KeyedRecords records, StoredValue.Prepared prepared) {
        records.append(prepared.producerId(), prepared.producerEpoch()).whenComplete((result, failure) -> step(() -> {
            if (failure != null) {
                giveUp(told(failure));
            } else {
                answer.complete(new KeyedAnswer(result, false)); // what is kept is for those who ask again
                complete(prepared, result);
            }
        }));
    }

    private Throwable told(Throwable failure) {
        Throwable outcome = BrokerErrors.outcome(failure);
        if (!(outcome instanceof BrokerException known)) {
            return outcome;
        }
        return switch (known.kind()) {
            case INVALID_PRODUCER_EPOCH -> new BrokerException(ErrorKind.NOT_COORDINATOR, "the request with " + request.key()
                    + " was carried out by another broker meanwhile: ask again to be told what came of it", known);
            case OUT_OF_ORDER_SEQUENCE -> new BrokerException(ErrorKind.OUT_OF_ORDER_SEQUENCE, "a part of the request with "
                    + request.key() + " is in the log, which does not know any more whether the rest is: look what is there, and"
                    + " send what is missing with another key", known);
            default -> known;
        };
    }

    /** Where a part failed it stays prepared, and whoever asks again has that part appended. */
    private void complete(StoredValue.Prepared prepared, ProduceResult result) {
        long[] baseOffsets = baseOffsets(prepared.layout(), result);
        if (baseOffsets == null) {
            release();
            return;
        }
        around.ledger().complete(request.key(), prepared, baseOffsets).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.log(Level.DEBUG, "the answer to {0} is not kept: asked again, the logs give it", request.key());
            }
            release();
        });
    }

    /** Of each partition of the layout, by slot; null: not all was appended. */
    private static long[] baseOffsets(Layout layout, ProduceResult result) {
        int[] slots = layout.slots();
        long[] baseOffsets = new long[layout.partitionCount()];
        Arrays.fill(baseOffsets, NO_OFFSET);
        for (int record = 0; record < slots.length; record++) {
            if (result.error(record) != null) {
                return null;
            } else if (baseOffsets[slots[record]] == NO_OFFSET) {
                baseOffsets[slots[record]] = result.offset(record);
            }
        }
        return baseOffsets;
    }

    private void giveUp(Throwable failure) {
        release();
        answer.completeExceptionally(BrokerErrors.outcome(failure));
    }

    private void release() {
        if (claimed) {
            claimed = false;
            around.underWay().release(request.key());
        }
    }
}
