package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.transaction.coordinator.SimulatedPartition.Entry;
import io.millrace.transaction.coordinator.SimulatedPartition.Write;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionResult;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What was promised to applications, held against what is in the partitions. */
final class TransactionPromises {
    private static final Comparator<ProducerIdAndEpoch> LATER =
        Comparator.comparingLong(ProducerIdAndEpoch::producerId).thenComparingInt(ProducerIdAndEpoch::epoch);

    /** One transaction of an application, which has a producer's epoch for itself. */
    static final class Told {
        final ProducerIdAndEpoch producer;
        final Set<Long> sent = new HashSet<>();
        final Set<Long> acknowledged = new HashSet<>();
        /** Null: it was not told, or somebody else decides. */
        TransactionResult result;

        Told(ProducerIdAndEpoch producer) {
            this.producer = producer;
        }
    }

    private final Map<ProducerIdAndEpoch, Told> transactions = new HashMap<>();
    private final Map<Long, Told> byRecord = new HashMap<>();
    /** The newest producer that an init was answered with. */
    private final Map<String, ProducerIdAndEpoch> newest = new HashMap<>();
    /** What was seen where nobody would hear of an error; null: nothing. */
    String violation;
    int committed;
    int aborted;

    Told begins(ProducerIdAndEpoch producer) {
        Told told = new Told(producer);
        assertThat(transactions.put(producer, told)).as("two transactions of " + producer).isNull();
        return told;
    }

    void sends(Told told, long record) {
        told.sent.add(record);
        byRecord.put(record, told);
    }

    void initialized(String transactionalId, ProducerIdAndEpoch producer) {
        newest.merge(transactionalId, producer, (one, other) -> LATER.compare(one, other) >= 0 ? one : other);
    }

    /** A record gets into a partition. */
    void written(Write write) {
        ProducerIdAndEpoch present = newest.get(write.transactionalId());
        if (present != null && LATER.compare(write.producer(), present) < 0 && violation == null) {
            violation = write.producer() + " writes, though " + present + " has begun";
        }
    }

    void told(Told told, TransactionResult result) {
        assertThat(told.result == null || told.result == result).as(told.producer + " was told " + told.result + " before").isTrue();
        if (told.result == null) {
            if (result == TransactionResult.COMMIT) {
                committed++;
            } else {
                aborted++;
            }
        }
        told.result = result;
    }

    /** At the end, when everything had time to come to its end. */
    void check(List<SimulatedPartition> partitions) {
        Map<ProducerIdAndEpoch, Set<TransactionResult>> results = new HashMap<>();
        Set<Long> seen = new HashSet<>();
        for (SimulatedPartition partition : partitions) {
            for (Entry entry : partition.entries) {
                Told told = byRecord.get(entry.write.record());
                assertThat(entry.result).as("what became of a record of %s in %s", told.producer, partition.id).isNotNull();
                assertThat(entry.write.producer()).as("a record is in its own transaction").isEqualTo(told.producer);
                assertThat(seen.add(entry.write.record())).as("a record is there once").isTrue();
                assertThat(told.result == null || told.result == entry.result).as("%s was told %s, and %s has %s", told.producer,
                    told.result, partition.id, entry.result).isTrue();
                results.computeIfAbsent(told.producer, added -> new HashSet<>()).add(entry.result);
            }
        }
        results.forEach((producer, all) -> assertThat(all).as("all of " + producer + " is committed, or nothing").hasSize(1));
        assertThat(transactions.values()).as("what is acknowledged is there").allMatch(told -> seen.containsAll(told.acknowledged));
    }
}
