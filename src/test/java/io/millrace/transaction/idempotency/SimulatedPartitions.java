package io.millrace.transaction.idempotency;

import io.millrace.broker.SimulatedTime;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * The partitions of a topic, whose leaders know the last batches of each producer (KIP-98), take what they have already for
 * done, and refuse older epochs. A leader that dies takes what is not committed with it, or a part of that.
 */
final class SimulatedPartitions {
    private static final int REMEMBERED_BATCHES = 5;

    private final int maxProducers;
    private final SimulatedTime time;
    private final Random random;
    /** Whether a new leader forgets the producers: a planted bug. */
    private final BooleanSupplier forgetful;
    private final List<Partition> partitions = new ArrayList<>();

    /** Of one append. */
    private record Batch(long producerId, short epoch, long baseOffset, List<String> records, CompletableFuture<Long> committed) {
    }

    /** @param maxProducers that each keeps in mind; beyond them the one that was silent for longest is forgotten */
    SimulatedPartitions(int count, int maxProducers, SimulatedTime time, Random random, BooleanSupplier forgetful) {
        this.maxProducers = maxProducers;
        this.time = time;
        this.random = random;
        this.forgetful = forgetful;
        for (int partition = 0; partition < count; partition++) {
            partitions.add(new Partition());
        }
    }

    int count() {
        return partitions.size();
    }

    /** What has come to the leader is appended there. @return completes with the first offset once that is committed */
    CompletableFuture<Long> append(int partition, List<String> records, long producerId, short epoch) {
        return partitions.get(partition).append(records, producerId, epoch);
    }

    /** Another one leads a partition. */
    void elect(int partition) {
        partitions.get(partition).elect();
    }

    /** From now on a partition takes nothing, or does again. */
    void setOffline(int partition, boolean offline) {
        partitions.get(partition).offline = offline;
    }

    /** How often each record is there. */
    Map<String, Integer> occurrences() {
        Map<String, Integer> all = new HashMap<>();
        partitions.forEach(each -> each.log.forEach(batch -> batch.records().forEach(record -> all.merge(record, 1, Integer::sum))));
        return all;
    }

    /** The record at an offset, or null. */
    String at(int partition, long offset) {
        for (Batch batch : partitions.get(partition).log) {
            if (offset >= batch.baseOffset() && offset < batch.baseOffset() + batch.records().size()) {
                return batch.records().get((int) (offset - batch.baseOffset()));
            }
        }
        return null;
    }

    /** How many producers a partition knows at most. */
    int producers() {
        return partitions.stream().mapToInt(each -> (int) each.log.stream().map(Batch::producerId).distinct().count()).max().orElse(0);
    }

    private final class Partition {
        private final List<Batch> log = new ArrayList<>();
        private int committedBatches;
        /** Batches before are those of leaders whose producers were forgotten. */
        private int rememberedFrom;
        /** By producer, the one that was silent for longest first: batches before are not known. */
        private final Map<Long, Integer> remembered = new LinkedHashMap<>();
        private int generation;
        private boolean offline;

        private CompletableFuture<Long> append(List<String> records, long producerId, short epoch) {
            if (offline) {
                return CompletableFuture.failedFuture(new BrokerException(ErrorKind.NOT_LEADER, "nobody leads it"));
            }
            List<Batch> known = log.subList(rememberedFrom(producerId), log.size()).stream().filter(each -> each.producerId() == producerId).toList();
            short newest = known.isEmpty() ? -1 : known.get(known.size() - 1).epoch();
            if (newest > epoch) {
                return CompletableFuture.failedFuture(new BrokerException(ErrorKind.INVALID_PRODUCER_EPOCH, "fenced"));
            } else if (newest == epoch) {
                return known.subList(Math.max(0, known.size() - REMEMBERED_BATCHES), known.size()).stream()
                        .filter(each -> each.epoch() == epoch && each.records().size() == records.size()).findAny()
                        .map(Batch::committed).orElseGet(() -> CompletableFuture.failedFuture(
                                new BrokerException(ErrorKind.OUT_OF_ORDER_SEQUENCE, "others are there")));
            }
            Batch batch = new Batch(producerId, epoch, end(), List.copyOf(records), new CompletableFuture<>());
            log.add(batch);
            remember(producerId);
            int of = generation;
            time.soon(random.nextInt(20) == 0 ? 3_000_000 : 3_000, () -> commit(of, batch));
            return batch.committed();
        }

        private int rememberedFrom(long producerId) {
            return Math.min(log.size(), Math.max(rememberedFrom, remembered.getOrDefault(producerId, log.size())));
        }

        private void remember(long producerId) {
            Integer from = remembered.remove(producerId);
            remembered.put(producerId, from == null ? log.size() - 1 : from);
            if (remembered.size() > maxProducers) {
                remembered.remove(remembered.keySet().iterator().next());
            }
        }

        private long end() {
            return log.isEmpty() ? 0 : log.get(log.size() - 1).baseOffset() + log.get(log.size() - 1).records().size();
        }

        /** With all that come before it. */
        private void commit(int of, Batch batch) {
            while (of == generation && log.indexOf(batch) >= committedBatches) {
                Batch next = log.get(committedBatches++);
                next.committed().complete(next.baseOffset());
            }
        }

        private void elect() {
            generation++;
            int kept = committedBatches + random.nextInt(log.size() - committedBatches + 1);
            List<Batch> lost = log.subList(kept, log.size());
            List<Batch> gone = List.copyOf(lost);
            lost.clear();
            gone.forEach(each -> each.committed().completeExceptionally(new BrokerException(ErrorKind.NOT_COMMITTED, "lost")));
            while (committedBatches < log.size()) {
                Batch next = log.get(committedBatches++);
                next.committed().complete(next.baseOffset());
            }
            if (forgetful.getAsBoolean()) {
                rememberedFrom = log.size();
            }
        }
    }
}
