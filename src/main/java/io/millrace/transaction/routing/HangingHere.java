package io.millrace.transaction.routing;

import io.millrace.transaction.state.OpenTransaction;
import java.util.List;

/**
 * The transactions that no coordinator knows in the partitions that one broker leads.
 *
 * @param transactions longest first
 * @param truncated    whether there are more, or may be
 */
public record HangingHere(List<OpenTransaction> transactions, boolean truncated) {
    public HangingHere {
        transactions = List.copyOf(transactions);
    }
}
