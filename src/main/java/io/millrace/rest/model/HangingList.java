package io.millrace.rest.model;

import io.millrace.transaction.routing.Hanging;
import io.millrace.transaction.state.OpenTransaction;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;

/**
 * What holds readers of committed records back for longer than it should.
 *
 * @param transactions  that coordinators know
 * @param uncoordinated that none knows
 * @param truncated     whether there are more of either
 * @param unanswered    ids of the brokers that did not tell all of theirs
 */
@JsonbPropertyOrder({"transactions", "uncoordinated", "truncated", "unanswered"})
public record HangingList(List<TransactionDetails> transactions, List<Open> uncoordinated, boolean truncated, List<Integer> unanswered) {
    /**
     * A transaction that is open in a partition.
     *
     * @param firstOffset beyond which readers of committed records do not get
     * @param openMs      for how long its leader has known it, in ms
     */
    @JsonbPropertyOrder({"topic", "partition", "producerId", "producerEpoch", "firstOffset", "openMs"})
    public record Open(String topic, int partition, long producerId, int producerEpoch, long firstOffset, long openMs) {
        private static Open of(OpenTransaction each) {
            return new Open(each.partition().topic(), each.partition().partition(), each.producerId(), each.producerEpoch(),
                    each.firstOffset(), each.openMs());
        }
    }

    public static HangingList of(Hanging hanging) {
        return new HangingList(TransactionDetails.all(hanging.transactions()), hanging.uncoordinated().stream().map(Open::of).toList(),
                hanging.truncated(), hanging.unanswered());
    }
}
