package io.millrace.broker;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.Decision;
import io.millrace.coordinator.VerificationGuard;
import io.millrace.record.EndTransactionMarker.Type;
import io.millrace.record.EndTransactionMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A producer that writes the ledger of its own key in transactions, one after the other: what it decides it says to whoever leads
 * until that is answered.
 */
final class SimulatedLedgerWriter {
    /** What it is given, and tells of. */
    interface World {
        /** Has the next server that may lead the partition do something, when it gets to it; may be lost. */
        void ask(int partition, Consumer<CoordinatorRuntime<String, List<Long>, Ledgers>> what);

        long nextNumber();

        /** A change is not to be seen by anybody, ever. */
        void aborted(String key, long number);

        /** A change is to be seen by everybody from now on. */
        void committed(String key, long number);

        int random(int bound);
    }

    private final World world;
    private final String key;
    private final int partition;
    private final long producerId;
    private short epoch;
    private List<Long> history = List.of();
    /** Of the transaction that is open, or being ended; 0: there is none. */
    private long number;
    /** Null while it is not decided. */
    private Type decision;
    /** Counts what it asks for: what comes of an earlier question is not heard. */
    private int asked;

    SimulatedLedgerWriter(World world, String key, int partition, long producerId) {
        this.world = world;
        this.key = key;
        this.partition = partition;
        this.producerId = producerId;
    }

    boolean isIdle() {
        return number == 0;
    }

    /** Does what comes next, or does it again when nothing came of it. */
    void act() {
        if (number == 0) {
            number = world.nextNumber();
            write();
        } else if (decision == null) {
            decide(Type.ABORT); // who wrote cannot know
        } else {
            end();
        }
    }

    private void write() {
        List<Long> next = new ArrayList<>(history);
        next.add(number);
        int question = ++asked;
        short in = epoch;
        world.ask(partition, runtime -> {
            VerificationGuard guard = runtime.guard(partition, producerId, in);
            if (in != epoch || decision != null) {
                guard.close(); // it would not be verified
                return;
            }
            CompletableFuture<Long> answer = runtime.changeInTransaction(partition, guard, ledgers -> {
                ledgers.setDeaf(false);
                return new Decision<>(List.of(new Change<>(key, List.copyOf(next))), 0L);
            });
            answer.whenComplete((done, failure) -> {
                guard.close();
                if (question == asked) {
                    decide(failure == null && world.random(3) > 0 ? Type.COMMIT : Type.ABORT);
                }
            });
        });
    }

    private void decide(Type outcome) {
        decision = outcome;
        if (outcome == Type.COMMIT) {
            List<Long> next = new ArrayList<>(history);
            next.add(number);
            history = List.copyOf(next);
        } else {
            world.aborted(key, number);
        }
        end();
    }

    private void end() {
        int question = ++asked;
        short marked = (short) (epoch + 1);
        Type outcome = decision;
        world.ask(partition, runtime -> runtime.endTransaction(partition, producerId, marked, new EndTransactionMarker(outcome, 0))
                .whenComplete((done, failure) -> {
                    if (failure == null && question == asked) {
                        ended(marked, outcome);
                    }
                }));
    }

    private void ended(short marked, Type outcome) {
        long done = number;
        epoch = marked;
        number = 0;
        decision = null;
        if (outcome == Type.COMMIT) {
            world.committed(key, done);
        }
    }
}
