package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.TransactionDescription;
import io.millrace.transaction.coordinator.TransactionFigures;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransactionWatchTest {
    /** Held, or the handler would be forgotten. */
    private static final Logger LOGGER = Logger.getLogger(TransactionWatch.class.getName());
    private static final long BEGUN_MS = 1_000_000;
    private static final int TIMEOUT_MS = 60_000;

    /** The test looks itself, sooner than these do. */
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final List<String> warnings = new ArrayList<>();
    private final Handler warned = new Handler() {
        @Override
        public void publish(LogRecord logged) {
            if (logged.getLevel() == java.util.logging.Level.WARNING) {
                warnings.add(logged.getMessage());
            }
        }

        @Override
        public void flush() {
        }

        @Override
        public void close() {
        }
    };
    private final List<CompletableFuture<TransactionFigures>> asked = new ArrayList<>();
    /** Thrown where figures are asked for, or null. */
    private Error thrown;
    private final TransactionWatch watch = new TransactionWatch(() -> {
        if (thrown != null) {
            throw thrown;
        }
        asked.add(new CompletableFuture<>());
        return asked.get(asked.size() - 1);
    }, timers);

    @BeforeEach
    void listen() {
        LOGGER.addHandler(warned);
        LOGGER.setUseParentHandlers(false);
    }

    @AfterEach
    void end() {
        watch.close();
        timers.shutdownNow();
        LOGGER.removeHandler(warned);
        LOGGER.setUseParentHandlers(true);
    }

    private static TransactionDescription transaction(TransactionState state, int partitions, int unmarked) {
        return new TransactionDescription("till-1", state, new ProducerIdAndEpoch(7, (short) 3), TIMEOUT_MS, BEGUN_MS, BEGUN_MS,
                orders(partitions), orders(unmarked), state == TransactionState.PREPARED ? "branch-9" : null, 0);
    }

    private static TreeSet<TopicPartition> orders(int partitions) {
        TreeSet<TopicPartition> orders = new TreeSet<>();
        IntStream.range(0, partitions).forEach(each -> orders.add(new TopicPartition("orders", each)));
        return orders;
    }

    private void find(long afterMs, TransactionDescription... hanging) {
        watch.look();
        asked.get(asked.size() - 1).complete(new TransactionFigures(BEGUN_MS + afterMs, Map.of(), 0, hanging.length, List.of(hanging)));
    }

    @Test
    void healthSaysWhatHoldsReadersBackForHowLongAndWhere() {
        find(95_000, transaction(TransactionState.PREPARED, 2, 0), transaction(TransactionState.ONGOING, 7, 0),
                transaction(TransactionState.PREPARE_COMMIT, 7, 1));

        assertThat(watch.notes()).containsExactly(
                "the transaction of till-1 (producer 7, epoch 3) has waited 95 s for its decision as xid branch-9 and holds back"
                        + " orders-0, orders-1",
                "the transaction of till-1 (producer 7, epoch 3) should have ended 35 s ago and holds back orders-0, orders-1, orders-2,"
                        + " orders-3, orders-4 and 2 more",
                "the transaction of till-1 (producer 7, epoch 3) was decided 95 s ago (PrepareCommit) and holds back orders-0");
        find(100_000);
        assertThat(watch.notes()).isEmpty();
    }

    @Test
    void whatNoCoordinatorKnowsIsNamedWithItsPlaceAndWarnedOfOnce() {
        OpenTransaction open = new OpenTransaction(new TopicPartition("orders", 3), 9, (short) 4, 17, 960_000);
        for (int i = 0; i < 2; i++) {
            watch.look();
            asked.get(asked.size() - 1).complete(TransactionFigures.none(BEGUN_MS).with(List.of(open)));
        }
        assertThat(watch.notes()).singleElement().asString().contains("producer 9, epoch 4", "no coordinator knows", "960 s",
                "orders-3 at offset 17");
        assertThat(warnings).hasSize(1);
        assertThat(watch.seen().allHanging()).isEqualTo(1);
        find(100_000);
        assertThat(watch.notes()).isEmpty();
    }

    @Test
    void theLogHasAWarningOnceWhenItTakesAMinuteAndAgainWhenItHangsOtherwise() {
        TransactionDescription prepared = transaction(TransactionState.PREPARED, 1, 0);
        find(59_000, prepared);
        assertThat(warnings).isEmpty();
        find(60_000, prepared);
        find(65_000, prepared);
        assertThat(warnings).hasSize(1);
        assertThat(warnings.get(0)).contains("till-1", "60 s", "branch-9", "orders-0");

        find(130_000, transaction(TransactionState.PREPARE_ABORT, 1, 1));
        assertThat(warnings).hasSize(2);
        find(140_000);
        find(150_000, prepared);
        assertThat(warnings).as("of what was gone meanwhile").hasSize(3);
    }

    @Test
    void nothingIsAskedWhileTheLastAnswerIsNotThere() {
        watch.look();
        watch.look();
        assertThat(asked).hasSize(1);
        asked.get(0).complete(TransactionFigures.none(BEGUN_MS));
        watch.look();
        assertThat(asked).hasSize(2);
    }

    @Test
    void whatIsKnownStaysWhileNothingNewCanBeKnown() {
        find(95_000, transaction(TransactionState.PREPARED, 2, 0));
        watch.look();
        asked.get(1).completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "for the test"));
        assertThat(watch.notes()).hasSize(1);
        watch.look();
        assertThat(asked).as("that failed, and the next one is asked").hasSize(3);
    }

    @Test
    void itGoesOnAfterAnError() {
        thrown = new NoClassDefFoundError("for the test");
        watch.look();
        thrown = null;
        watch.look();
        assertThat(asked).hasSize(1);
        asked.get(0).completeExceptionally(new NoClassDefFoundError("for the test"));
        find(95_000, transaction(TransactionState.PREPARED, 2, 0));
        assertThat(watch.notes()).hasSize(1);
        assertThat(warnings).as("the errors, and what hangs").hasSize(3);
    }
}
