package io.millrace.transaction.state;

import io.millrace.metadata.TopicPartition;
import java.util.Random;
import java.util.TreeSet;

/** Transactions of all kinds, from a seed. */
public final class RandomTransactions {
    private static final String[] TOPICS = {"orders", "bills", "größen", "__consumer_offsets", "t".repeat(249)};

    private final Random random;

    public RandomTransactions(long seed) {
        this.random = new Random(seed);
    }

    public Transaction next(TransactionState state) {
        TreeSet<TopicPartition> partitions = new TreeSet<>();
        for (int left = state.isResting() ? 0 : 1 + random.nextInt(20); left > 0; left--) {
            partitions.add(new TopicPartition(TOPICS[random.nextInt(TOPICS.length)], random.nextInt(1_000)));
        }
        return new Transaction(new ProducerIdAndEpoch(random.nextLong() >>> 1, (short) random.nextInt(Short.MAX_VALUE + 1)), idOrNone(),
            state.decided().isPresent() ? idOrNone() : Transaction.NONE, 1 + random.nextInt(Integer.MAX_VALUE), state, partitions,
            random.nextLong() >>> 1, random.nextBoolean() ? -1 : random.nextLong() >>> 1, xidOrNone(state));
    }

    private String xidOrNone(TransactionState state) {
        return state == TransactionState.EMPTY || state == TransactionState.ONGOING || random.nextBoolean() ? null
            : "ü".repeat(1 + random.nextInt(255));
    }

    private long idOrNone() {
        return random.nextBoolean() ? Transaction.NONE : random.nextLong() >>> 1;
    }
}
