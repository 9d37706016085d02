package io.millrace.ops;

import io.millrace.transaction.coordinator.TransactionFigures;
import io.millrace.transaction.state.TransactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/** Gauges of the transactional ids that this broker coordinates; they show what {@link #refresh} was given last. */
final class TransactionGauges implements AutoCloseable {
    private final List<Instruments> all = new ArrayList<>();
    /** Replaced by each refresh; read by whoever reads a gauge. */
    private volatile TransactionFigures seen = TransactionFigures.none(0);

    TransactionGauges(MetricRegistry registry) {
        for (TransactionState state : TransactionState.values()) {
            Instruments of = new Instruments(registry, new Tag("state", state.name().toLowerCase(Locale.ROOT)));
            of.gauge("millrace_transactions", "Transactional ids that this broker coordinates, by the state of their transaction",
                    () -> seen.byState().getOrDefault(state, 0L));
            all.add(of);
        }
        Instruments ofBroker = new Instruments(registry);
        ofBroker.gauge("millrace_hanging_transactions", "Transactions that hold readers back for longer than they should",
                () -> seen.allHanging());
        ofBroker.gauge("millrace_transaction_prepared_seconds", "For how long the oldest prepared transaction has waited for its"
                + " decision", () -> TimeUnit.MILLISECONDS.toSeconds(seen.preparedMs()));
        all.add(ofBroker);
    }

    void refresh(TransactionFigures now) {
        seen = now;
    }

    @Override
    public void close() {
        all.forEach(Instruments::close);
    }
}
