package io.millrace.transaction.coordinator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What coordinators know of transactions that are open in partitions.
 *
 * @param partitions       of the coordinators' topic, whose transactional ids were looked through
 * @param transactionalIds of each open transaction, in their order: who has it under way; empty: none of those
 */
public record Owners(Set<Integer> partitions, List<String> transactionalIds) {
    /** Of a transaction that none of those who were asked has under way. */
    private static final String NOBODY = "";

    public Owners {
        partitions = Set.copyOf(partitions);
        transactionalIds = List.copyOf(transactionalIds);
    }

    /** Of so many transactions, before anybody was asked. */
    public static Owners none(int count) {
        return new Owners(Set.of(), Collections.nCopies(count, NOBODY));
    }

    /** Both together. @param other of the same transactions */
    public Owners plus(Owners other) {
        Set<Integer> both = new HashSet<>(partitions);
        both.addAll(other.partitions);
        List<String> ids = new ArrayList<>(transactionalIds);
        for (int i = 0; i < ids.size(); i++) {
            if (!isOwned(i)) {
                ids.set(i, other.transactionalIds.get(i));
            }
        }
        return new Owners(both, ids);
    }

    /** Whether anybody has a transaction under way. @param index of the transaction */
    public boolean isOwned(int index) {
        return !transactionalIds.get(index).isEmpty();
    }
}
