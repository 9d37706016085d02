package io.millrace.transaction.routing;

import io.millrace.transaction.coordinator.TransactionDescription;
import io.millrace.transaction.state.OpenTransaction;
import java.util.List;

/**
 * What holds readers of committed records back in the cluster for longer than it should.
 *
 * @param transactions that coordinators know, sorted by id
 * @param uncoordinated that none knows, longest first
 * @param truncated    whether there are more of either
 * @param unanswered   ids of the brokers that did not tell all of theirs, sorted
 */
public record Hanging(List<TransactionDescription> transactions, List<OpenTransaction> uncoordinated, boolean truncated,
                      List<Integer> unanswered) {
}
