package io.millrace.transaction.idempotency;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.idempotency.SimulatedIdempotency.Limits;
import io.millrace.transaction.idempotency.SimulatedIdempotency.PlantedBug;
import io.millrace.transaction.idempotency.SimulatedIdempotency.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A partition of two that cannot be written to for long, while clients send requests for both, ten a second, and keep for later
 * what failed in part, and some that were refused. Once it can be written to they repeat these: each record must be there once.
 */
final class SimulatedOutage {
    private static final int PER_SECOND = 10;
    private static final int REPEATED_AT_A_TIME = 20;
    /** Of those that were refused. */
    private static final int REPEATED_IN_ALL = 2_000;

    private final SimulatedIdempotency world;
    private final List<Request> left = new ArrayList<>();
    int failedInPart;
    int refused;

    SimulatedOutage(long seed, Limits limits) {
        this.world = new SimulatedIdempotency(seed, false, PlantedBug.NONE, limits, 0);
    }

    void run(int seconds) {
        world.start();
        world.advance(5_000);
        world.partitions.setOffline(1, true);
        for (int request = 0; request < seconds * PER_SECOND; request++) {
            String body = "r" + request;
            send(new Request(new IdempotencyKey("orders", RecordAccumulator.ANY_PARTITION, body), body, new int[] {0, 1}));
            world.advance(1_000 / PER_SECOND);
        }
        world.advance(60_000);
        int all = left.size();
        world.partitions.setOffline(1, false);
        while (!left.isEmpty()) {
            List<Request> next = left.subList(0, Math.min(left.size(), REPEATED_AT_A_TIME));
            List<Request> some = List.copyOf(next);
            next.clear();
            some.forEach(this::send);
            world.advance(5_000);
        }
        Map<String, Integer> there = world.partitions.occurrences();
        there.forEach((record, count) -> world.require(count == 1, record + " is there " + count + " times"));
        world.require(there.size() == 2 * all, "of %d requests there are %d records".formatted(all, there.size()));
        world.advance(0);
    }

    private void send(Request request) {
        world.ask(request).whenComplete((answer, failure) -> {
            if (failure == null && answer.result().error(0) == null && answer.result().error(1) == null) {
                world.answered(request, answer);
                return;
            }
            if (failure == null) {
                failedInPart++;
                left.add(request);
            } else {
                refused++;
                if (left.size() < REPEATED_IN_ALL) {
                    left.add(request);
                }
                world.require(((BrokerException) BrokerErrors.outcome(failure)).kind() == ErrorKind.OVERLOADED, "refused: " + failure);
            }
        });
    }
}
