package io.millrace.transaction.routing;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.MarkerWriter;
import io.millrace.transaction.state.TransactionMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * Brings markers to the leaders of their partitions: those for another broker together, one call at a time, so that under load
 * many go with each. What waits is bounded by the partitions of the transactions that are being ended. Thread-safe.
 */
final class TransactionMarkers implements MarkerWriter {
    private final Function<TopicPartition, Optional<Member>> leader;
    private final MarkerTarget here;
    private final TransactionTransport transport;
    private final Executor blocking;
    /** By the broker's id; as many as there were brokers. */
    private final Map<Integer, Outbox> outboxes = new ConcurrentHashMap<>();
    /** The same, for the partitions of which the last marker was late: those must not hold up the others of each call. */
    private final Map<Integer, Outbox> lateOutboxes = new ConcurrentHashMap<>();
    /** As many at most as partitions have markers waiting, here or at a coordinator that came after this one. */
    private final Set<TopicPartition> late = ConcurrentHashMap.newKeySet();

    /**
     * @param leader   finds another broker that leads a partition, or empty: this one does; may block for a moment, and fails with
     *                 UNKNOWN_TOPIC or UNKNOWN_PARTITION when it is certain that there is no such partition
     * @param blocking runs that
     */
    TransactionMarkers(Function<TopicPartition, Optional<Member>> leader, MarkerTarget here, TransactionTransport transport,
                       Executor blocking) {
        this.leader = leader;
        this.here = here;
        this.transport = transport;
        this.blocking = blocking;
    }

    private record Sent(TransactionMarker marker, CompletableFuture<Void> written) {
    }

    @Override
    public CompletableFuture<?> write(TransactionMarker marker) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        try {
            blocking.execute(() -> bring(new Sent(marker, written)));
        } catch (RuntimeException | Error failure) {
            settle(written, failure);
        }
        return written;
    }

    /** An error is settled like any other failure: where nobody heard of it, the transaction would stay open. */
    private void bring(Sent sent) {
        try {
            Optional<Member> remote = leader.apply(sent.marker().partition());
            if (remote.isPresent()) {
                (late.contains(sent.marker().partition()) ? lateOutboxes : outboxes)
                        .computeIfAbsent(remote.get().brokerId(), id -> new Outbox()).add(remote.get(), sent);
            } else {
                here.write(sent.marker()).whenComplete((done, failure) -> settle(sent.written(), failure));
            }
        } catch (RuntimeException | Error failure) {
            settle(sent.written(), failure);
        }
    }

    private static void settle(CompletableFuture<Void> written, Throwable failure) {
        Throwable outcome = failure == null ? null : BrokerErrors.outcome(failure);
        if (outcome == null || outcome instanceof BrokerException known && isGone(known.kind())) {
            written.complete(null);
        } else {
            written.completeExceptionally(outcome);
        }
    }

    private static boolean isGone(ErrorKind kind) {
        return kind == ErrorKind.UNKNOWN_TOPIC || kind == ErrorKind.UNKNOWN_PARTITION;
    }

    /** What is to go to one broker. */
    private final class Outbox {
        /** Guarded by this. */
        private List<Sent> waiting = new ArrayList<>();
        private boolean sending;

        private void add(Member to, Sent sent) {
            synchronized (this) {
                waiting.add(sent);
                if (sending) {
                    return;
                }
                sending = true;
            }
            send(to);
        }

        private void send(Member to) {
            List<Sent> batch = List.of();
            try {
                batch = next();
                if (!batch.isEmpty()) {
                    List<Sent> sent = batch;
                    transport.writeMarkers(to, sent.stream().map(Sent::marker).toList()).whenComplete((failures, failure) -> {
                        settle(sent, failures, failure);
                        goOn(to);
                    });
                }
            } catch (RuntimeException | Error failure) {
                settle(batch, null, failure);
                stop(failure);
            }
        }

        /** What is to be sent now; empty: nothing waits, and nothing is sent any more. */
        private synchronized List<Sent> next() {
            int count = Math.min(waiting.size(), TransactionTransport.MOST_MARKERS);
            List<Sent> batch = List.copyOf(waiting.subList(0, count));
            waiting = new ArrayList<>(waiting.subList(count, waiting.size()));
            sending = count > 0;
            return batch;
        }

        private void settle(List<Sent> batch, List<BrokerException> failures, Throwable failure) {
            for (int i = 0; i < batch.size(); i++) {
                Sent sent = batch.get(i);
                if (failure == null) {
                    note(sent.marker().partition(), failures.get(i));
                }
                TransactionMarkers.settle(sent.written(), failure != null ? failure : failures.get(i));
            }
        }

        private void note(TopicPartition partition, BrokerException failure) {
            if (failure != null && failure.kind() == ErrorKind.NOT_COMMITTED) {
                late.add(partition);
            } else {
                late.remove(partition);
            }
        }

        /** On another thread, so that answers that are there at once make no deep stack. */
        private void goOn(Member to) {
            try {
                blocking.execute(() -> send(to));
            } catch (RuntimeException | Error failure) {
                stop(failure);
            }
        }

        /** What waits is asked for again by whoever sent it. */
        private void stop(Throwable failure) {
            List<Sent> left;
            synchronized (this) {
                left = waiting;
                waiting = new ArrayList<>();
                sending = false;
            }
            settle(left, null, failure);
        }
    }
}
