package io.millrace.rest.model;

import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;

/**
 * A loss of journals with which the cluster is to go on, as health names it.
 *
 * @param kept     ids of the brokers whose journals were in use before
 * @param replaced ids of the brokers whose journals are new, because they took the place of lost ones
 */
@JsonbPropertyOrder({"kept", "replaced"})
public record LostJournals(List<Integer> kept, List<Integer> replaced) {
}
