package io.millrace.transaction.idempotency;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntUnaryOperator;

/**
 * A request with a key as it came to one server.
 *
 * @param body  names its content
 * @param named the partition that each record names, or -1: then it goes to any, and another time to another one
 */
record SimulatedList(SimulatedIdempotency world, SimulatedKeyServer.Life server, IdempotencyKey key, String body, int[] named,
                     int[] chosen) implements KeyedRequest {
    static final UUID TOPIC_ID = new UUID(7, 7);

    static SimulatedList come(SimulatedIdempotency world, SimulatedKeyServer.Life server, IdempotencyKey key, String body, int[] named) {
        int[] chosen = named.clone();
        for (int record = 0; record < chosen.length; record++) {
            if (chosen[record] < 0) {
                chosen[record] = world.random.nextInt(world.partitions.count());
            }
        }
        return new SimulatedList(world, server, key, body, named, chosen);
    }

    @Override
    public Fingerprint fingerprint() {
        return Fingerprint.of("json", body.getBytes());
    }

    @Override
    public UUID topicId() {
        return TOPIC_ID;
    }

    @Override
    public KeyedRecords records() {
        return new Records(record -> chosen[record]);
    }

    @Override
    public KeyedRecords records(Layout layout) {
        if (world.bug == SimulatedIdempotency.PlantedBug.FORGOTTEN_LAYOUT) {
            return records();
        }
        int[] slots = layout.slots();
        return new Records(record -> layout.partition(slots[record]));
    }

    private final class Records implements KeyedRecords {
        private final IntUnaryOperator partition;

        private Records(IntUnaryOperator partition) {
            this.partition = partition;
        }

        @Override
        public Layout layout() {
            return Layout.of(named.length, partition);
        }

        @Override
        public CompletableFuture<ProduceResult> append(long producerId, short producerEpoch) {
            CompletableFuture<ProduceResult> result = new CompletableFuture<>();
            server.mayCrash("before it is carried out");
            Map<Integer, List<Integer>> byPartition = new TreeMap<>();
            for (int record = 0; record < named.length; record++) {
                byPartition.computeIfAbsent(partition.applyAsInt(record), added -> new ArrayList<>()).add(record);
            }
            Outcome outcome = new Outcome(named.length, byPartition.size());
            byPartition.forEach((to, its) -> world.send(server, to, its.stream().map(record -> body + "-" + record).toList(),
                    world.idOf(producerId), world.epochOf(producerEpoch)).whenComplete((base, failure) -> {
                        if (outcome.told(to, its, base, failure)) {
                            server.mayCrash("after it was carried out");
                            server.run(() -> outcome.giveTo(result));
                        }
                    }));
            server.mayCrash("while it is carried out");
            return result;
        }
    }

    /** Where the records went. */
    private static final class Outcome implements ProduceResult {
        private final int[] partitions;
        private final long[] offsets;
        private final BrokerException[] errors;
        private int left;

        private Outcome(int records, int partitions) {
            this.partitions = new int[records];
            this.offsets = new long[records];
            this.errors = new BrokerException[records];
            this.left = partitions;
        }

        private boolean told(int partition, List<Integer> records, Long base, Throwable failure) {
            for (int i = 0; i < records.size(); i++) {
                int record = records.get(i);
                partitions[record] = partition;
                offsets[record] = failure == null ? base + i : -1;
                errors[record] = (BrokerException) failure;
            }
            return --left == 0;
        }

        private void giveTo(CompletableFuture<ProduceResult> result) {
            for (BrokerException error : errors) {
                if (error == null) {
                    result.complete(this);
                    return;
                }
            }
            result.completeExceptionally(errors[0]);
        }

        @Override
        public int recordCount() {
            return partitions.length;
        }

        @Override
        public int partition(int record) {
            return partitions[record];
        }

        @Override
        public long offset(int record) {
            return offsets[record];
        }

        @Override
        public BrokerException error(int record) {
            return errors[record];
        }
    }
}
