package io.millrace.transaction.idempotency;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A client that repeats each request until all of it is answered, and asks for some answers once more later. */
final class SimulatedKeyClient {
    private final SimulatedIdempotency world;
    private final int id;
    private final List<SimulatedIdempotency.Request> done = new ArrayList<>();
    private int keys;
    private SimulatedIdempotency.Request present;
    private boolean finishing;

    SimulatedKeyClient(SimulatedIdempotency world, int id) {
        this.world = world;
        this.id = id;
    }

    /** Goes on with another request, or an old one. */
    void begin() {
        if (finishing) {
            present = null;
            return;
        }
        if (!done.isEmpty() && world.random.nextInt(3) == 0) {
            present = done.get(world.random.nextInt(done.size()));
        } else {
            String body = "c" + id + "k" + ++keys;
            int[] partitions = new int[1 + world.random.nextInt(5)];
            for (int record = 0; record < partitions.length; record++) {
                partitions[record] = world.random.nextInt(world.partitions.count() + 1) - 1;
            }
            present = new SimulatedIdempotency.Request(new IdempotencyKey("orders", RecordAccumulator.ANY_PARTITION, body), body,
                    partitions);
        }
        send();
    }

    /** Comes to an end when the present request is answered. */
    void finish() {
        finishing = true;
    }

    boolean isDone() {
        return present == null;
    }

    /** The records of all that was answered. */
    List<String> sent() {
        List<String> sent = new ArrayList<>();
        done.forEach(request -> {
            for (int record = 0; record < request.partitions().length; record++) {
                sent.add(request.body() + "-" + record);
            }
        });
        return sent;
    }

    private void send() {
        SimulatedIdempotency.Request request = present;
        int luck = world.random.nextInt(20);
        if (luck == 0 && done.contains(request)) {
            sendAnother(request);
        }
        CompletableFuture<KeyedAnswer> answer = world.ask(request);
        if (luck == 1) {
            world.ask(request).whenComplete((given, failure) -> {
                if (failure == null && isWhole(given)) {
                    world.answered(request, given);
                }
            });
        }
        answer.whenComplete((given, failure) -> {
            if (failure == null && isWhole(given)) {
                world.answered(request, given);
                if (!done.contains(request)) {
                    done.add(request);
                }
                world.time.after(world.random.nextInt(100), this::begin);
            } else {
                requireTransient(failure);
                world.time.after(50 + world.random.nextInt(1000), this::send);
            }
        });
    }

    /** A key that was answered is refused to another body. */
    private void sendAnother(SimulatedIdempotency.Request known) {
        world.ask(new SimulatedIdempotency.Request(known.key(), known.body() + "x", known.partitions())).whenComplete(
                (given, failure) -> world.require(failure != null, known.key() + " is answered to another body"));
    }

    private static boolean isWhole(KeyedAnswer answer) {
        for (int record = 0; record < answer.result().recordCount(); record++) {
            if (answer.result().error(record) != null) {
                return false;
            }
        }
        return true;
    }

    private void requireTransient(Throwable failure) {
        world.require(failure == null || BrokerErrors.outcome(failure) instanceof BrokerException known
                && known.kind() != ErrorKind.IDEMPOTENCY_KEY_REUSED && known.kind() != ErrorKind.OUT_OF_ORDER_SEQUENCE,
                present.key() + " is refused: " + failure);
    }

    @Override
    public String toString() {
        return "client " + id + " with " + present;
    }
}
