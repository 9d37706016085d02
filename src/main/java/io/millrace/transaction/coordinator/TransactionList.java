package io.millrace.transaction.coordinator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Transactional ids in their order, up to as many as an answer holds.
 *
 * @param truncated whether there are more, all of them behind the last one
 */
public record TransactionList(List<TransactionDescription> transactions, boolean truncated) {
    /** What a list may take, in bytes, roughly: a single transaction may have that many partitions. */
    public static final long MOST_BYTES = 4 << 20;
    /** What a transaction takes beside its names and partitions, and a partition beside its topic's, as JSON. */
    private static final int BYTES = 300;
    private static final int PARTITION_BYTES = 40;

    private static final Comparator<TransactionDescription> BY_ID = Comparator.comparing(TransactionDescription::transactionalId);

    public TransactionList {
        transactions = List.copyOf(transactions);
    }

    /** As many as fit; the first always does. @param sorted by id @param limit how many at most, from 1 */
    public static TransactionList of(List<TransactionDescription> sorted, int limit) {
        int count = 0;
        long bytes = 0;
        while (count < Math.min(limit, sorted.size())) {
            bytes += bytes(sorted.get(count));
            if (count > 0 && bytes > MOST_BYTES) {
                break;
            }
            count++;
        }
        return new TransactionList(sorted.subList(0, count), count < sorted.size());
    }

    private static long bytes(TransactionDescription each) {
        long partitions = each.partitions().stream().mapToLong(one -> one.topic().length() + PARTITION_BYTES).sum()
                + each.unmarked().stream().mapToLong(one -> one.topic().length() + PARTITION_BYTES).sum();
        return BYTES + each.transactionalId().length() + (each.xid() == null ? 0 : each.xid().length()) + partitions;
    }

    /** Those of several brokers: none behind the last one that a broker told which has more. */
    public static TransactionList merged(List<TransactionList> lists, int limit) {
        Optional<TransactionDescription> end = lists.stream().filter(TransactionList::truncated).map(TransactionList::last).min(BY_ID);
        List<TransactionDescription> all = new ArrayList<>();
        lists.forEach(each -> all.addAll(each.transactions));
        all.removeIf(each -> end.isPresent() && BY_ID.compare(each, end.get()) > 0);
        all.sort(BY_ID);
        TransactionList fitting = of(all, limit);
        return new TransactionList(fitting.transactions, fitting.truncated || end.isPresent());
    }

    private TransactionDescription last() {
        return transactions.get(transactions.size() - 1);
    }
}
