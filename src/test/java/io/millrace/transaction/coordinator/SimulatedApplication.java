package io.millrace.transaction.coordinator;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.coordinator.SimulatedPartition.Write;
import io.millrace.transaction.coordinator.TransactionPromises.Told;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An application with a transactional id of its own, which it uses for one transaction after the other. It crashes, and begins anew;
 * or it stands still for a while, and another one is begun in its place.
 */
final class SimulatedApplication {
    static final int TIMEOUT_MS = 2_000;
    private static final Set<ErrorKind> FENCED = Set.of(ErrorKind.PRODUCER_FENCED, ErrorKind.INVALID_PRODUCER_EPOCH,
        ErrorKind.INVALID_PRODUCER_ID_MAPPING);

    private final SimulatedTransactions world;
    private final Random random;
    final String id;
    private Incarnation newest;

    SimulatedApplication(String id, SimulatedTransactions world) {
        this.id = id;
        this.world = world;
        this.random = world.random;
    }

    void begin() {
        newest = new Incarnation();
        newest.init();
    }

    /** It is gone, and what it knew. */
    void crash() {
        newest.dead = true;
        world.time.after(random.nextInt(300), this::begin);
    }

    /** It goes on later, and does not know that another one began meanwhile. */
    void pause() {
        newest.pausedUntil = world.time.nanoTime() + random.nextInt(4_000) * 1_000_000L;
        world.time.after(random.nextInt(300), this::begin);
    }

    private final class Incarnation {
        private ProducerIdAndEpoch producer;
        private Map<Integer, Integer> sequences = new HashMap<>();
        private Told transaction;
        private boolean dead;
        private long pausedUntil;

        private void later(int millis, Runnable next) {
            world.time.after(millis, () -> {
                if (dead) {
                    return;
                } else if (world.time.nanoTime() < pausedUntil) {
                    world.time.at(pausedUntil, () -> later(0, next));
                } else {
                    next.run();
                }
            });
        }

        /** Asks until there is an answer that is one. */
        private <T> void insist(Supplier<CompletableFuture<T>> request, Consumer<T> done, Consumer<ErrorKind> refused) {
            request.get().whenComplete((answer, failure) -> later(0, () -> {
                if (failure == null) {
                    done.accept(answer);
                    return;
                }
                Throwable outcome = BrokerErrors.outcome(failure);
                if (!(outcome instanceof BrokerException known)) {
                    throw new AssertionError("no outcome that anybody should see", outcome);
                }
                ErrorKind kind = known.kind();
                if (kind == ErrorKind.INVALID_TXN_STATE || FENCED.contains(kind)) {
                    refused.accept(kind);
                } else {
                    later(20 + random.nextInt(100), () -> insist(request, done, refused));
                }
            }));
        }

        private void init() {
            insist(() -> world.ask(coordinator -> coordinator.init(id, TIMEOUT_MS, world.in(500))), answer -> {
                world.promises.initialized(id, answer.producer());
                next(answer.producer());
            }, refused -> later(200, this::init)); // there is a prepared transaction
        }

        private void fenced() {
            dead = true;
            if (newest == this && !world.settling) {
                world.time.after(random.nextInt(100), SimulatedApplication.this::begin);
            }
        }

        private void next(ProducerIdAndEpoch next) {
            producer = next;
            sequences = new HashMap<>();
            if (world.settling) {
                return;
            }
            transaction = world.promises.begins(next);
            write(random.nextInt(5));
        }

        private void write(int left) {
            if (left == 0) {
                later(random.nextInt(100) < 3 ? TIMEOUT_MS + random.nextInt(2_000) : random.nextInt(20), this::end);
                return;
            }
            int partition = random.nextInt(world.partitions.size());
            int sequence = sequences.merge(partition, 0, (last, zero) -> last + 1);
            Write write = new Write(id, producer, sequence, world.records++);
            Told told = transaction;
            world.promises.sends(told, write.record());
            insist(() -> world.write(partition, write), done -> {
                told.acknowledged.add(write.record());
                later(random.nextInt(5), () -> write(left - 1));
            }, this::lost);
        }

        private void lost(ErrorKind kind) {
            if (kind == ErrorKind.INVALID_TXN_STATE) {
                throw new AssertionError("a transaction that was not prepared is");
            }
            abort(); // its time may be up
        }

        private void end() {
            int choice = random.nextInt(10);
            if (choice < 6) {
                decide(TransactionResult.COMMIT);
            } else if (choice < 8) {
                abort();
            } else {
                prepare();
            }
        }

        private void abort() {
            decide(TransactionResult.ABORT);
        }

        private void decide(TransactionResult result) {
            Told told = transaction;
            insist(() -> world.ask(coordinator -> coordinator.end(id, told.producer, result, world.in(500))), answer -> {
                world.promises.told(told, result);
                next(answer.producer());
            }, kind -> {
                if (kind == ErrorKind.INVALID_TXN_STATE) {
                    if (result == TransactionResult.ABORT) {
                        throw new AssertionError(told.producer + " was committed, and nobody had asked for that");
                    }
                    world.promises.told(told, TransactionResult.ABORT);
                    abort();
                } else {
                    fenced();
                }
            });
        }

        private void prepare() {
            Told told = transaction;
            insist(() -> world.ask(coordinator -> coordinator.prepare(id, told.producer, null, world.in(500))), answer -> {
                if (answer.state() != TransactionState.PREPARED) {
                    if (!told.sent.isEmpty()) {
                        throw new AssertionError(told.producer + " has records, and is " + answer.state());
                    }
                    world.promises.told(told, TransactionResult.COMMIT);
                    next(answer.producer());
                    return;
                }
                TransactionResult result = world.decided(told.producer, // and not forgotten, even if it crashes now
                    random.nextInt(3) > 0 ? TransactionResult.COMMIT : TransactionResult.ABORT);
                world.promises.told(told, result);
                later(random.nextInt(100) < 10 ? 2 * TIMEOUT_MS : 0, () -> decide(result));
            }, kind -> {
                if (kind == ErrorKind.INVALID_TXN_STATE) {
                    world.promises.told(told, TransactionResult.ABORT);
                    abort();
                } else {
                    fenced();
                }
            });
        }
    }
}
