package io.millrace.group;

import io.millrace.broker.SimulatedTime;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One run of a simulated server as clients see it: what is asked of it is answered by its {@link Groups} or passed on to
 * those that coordinate the group, and it knows which answers it has handed to its clients.
 */
final class SimulatedEntry {
    /** So long it waits for what it passed on, in ms: longer than a poll does. */
    private static final int PASSED_MS = 5_000;
    /** And for what another one knows of an answer. */
    private static final int KNOWN_MS = 5_000;

    /** The server that it is a part of, in this run. */
    interface Host {
        int id();

        /** @return the server that coordinates the group, as this one sees it; fails with a {@link BrokerException} */
        int coordinator();

        /** Runs something on this server, unless this run of it is over by then. */
        void run(Runnable task);

        /** Carries a message to another server, or loses it; it may come twice. */
        void send(int to, Runnable message);

        /** Another server, if it takes messages, or null. */
        SimulatedEntry at(int server);

        /** Whether each answer counts as arrived: a fault. */
        boolean trustsDeliveries();

        /** It gives records. */
        default void gave() {
        }

        /** It gives records to who asked another server, which has to hand them over. */
        default void gaveThrough(int entry) {
        }

        void note(String what);
    }

    /** A call of a consumer, at the server that coordinates. */
    interface Call<T> {
        CompletableFuture<T> on(Groups groups, PollRequest.Source source);
    }

    private final Host host;
    private final SimulatedTime time;
    /** What became of the answers that were passed on here. */
    private final Map<Long, Boolean> written = new HashMap<>();
    private final Map<String, Long> vouched = new HashMap<>();
    /** How many requests of a consumer are being passed on here. */
    private final Map<String, Integer> passing = new HashMap<>();
    /** Who waits for an answer from here; in this order. */
    private final Set<CompletableFuture<?>> connections = new LinkedHashSet<>();
    private Groups groups;

    SimulatedEntry(Host host, SimulatedTime time) {
        this.host = host;
        this.time = time;
    }

    /** Before it is asked anything. */
    void serve(Groups here) {
        groups = here;
    }

    Groups groups() {
        return groups;
    }

    /** Asks another one what became of an answer, as {@link io.millrace.group.delivery.Deliveries} does. */
    CompletableFuture<Boolean> wasWritten(int by, String consumer, long poll) {
        if (host.trustsDeliveries()) {
            return CompletableFuture.completedFuture(true);
        }
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        host.send(by, () -> {
            SimulatedEntry other = host.at(by);
            if (other != null) {
                CompletableFuture<Boolean> there = new CompletableFuture<>();
                there.thenAccept(known -> other.host.send(host.id(), () -> host.run(() -> answer.complete(known))));
                other.host.run(() -> other.tell(consumer, poll, answer, there));
            }
        });
        time.after(KNOWN_MS, () -> answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "no answer in time")));
        return answer;
    }

    /**
     * What became of an answer, once it is known: it may be on its way.
     *
     * @param asked done once nobody waits for that any more
     */
    private void tell(String consumer, long poll, CompletableFuture<?> asked, CompletableFuture<Boolean> known) {
        if (written.containsKey(poll)) {
            known.complete(written.get(poll));
        } else if (passing.getOrDefault(consumer, 0) == 0) {
            known.complete(false);
        } else if (!asked.isDone()) {
            time.after(1, () -> host.run(() -> tell(consumer, poll, asked, known)));
        }
    }

    /** As {@link GroupWorld#ask}. */
    <T> void ask(String consumer, Long received, Call<T> call, CompletableFuture<T> answer) {
        connections.add(answer);
        answer.whenComplete((result, failure) -> connections.remove(answer));
        host.run(() -> {
            PollRequest.Source source = new PollRequest.Source(host.id(), received, vouched.get(consumer));
            int coordinator;
            try {
                coordinator = host.coordinator();
            } catch (BrokerException nobody) {
                complete(null, nobody, answer);
                return;
            }
            if (coordinator == host.id()) {
                call.on(groups, source).whenComplete((result, failure) -> out(consumer, result, failure, answer));
            } else {
                passOn(coordinator, consumer, source, call, answer);
            }
        });
    }

    /** It is gone, and whoever waits for an answer notices. */
    void disconnect() {
        List.copyOf(connections).forEach(each -> time.soon(1000, () -> each.completeExceptionally(
                new BrokerException(ErrorKind.UNAVAILABLE, "connection reset"))));
    }

    private <T> void passOn(int coordinator, String consumer, PollRequest.Source source, Call<T> call, CompletableFuture<T> answer) {
        passing.merge(consumer, 1, Integer::sum);
        CompletableFuture<T> back = new CompletableFuture<>();
        back.whenComplete((result, failure) -> back(consumer, result, failure, answer));
        time.after(PASSED_MS, () -> host.run(() -> back.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE,
                "server " + coordinator + " does not answer"))));
        CompletableFuture<Void> arrived = new CompletableFuture<>();
        arrived.thenRun(() -> {
            SimulatedEntry other = host.at(coordinator);
            if (other == null) {
                host.run(() -> back.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "connection refused")));
                return;
            }
            other.host.run(() -> call.on(other.groups, source).whenComplete((result, failure) ->
                    other.answer(consumer, host, result, failure, back)));
        });
        host.send(coordinator, () -> arrived.complete(null));
    }

    /** Answers what another one passed on to here. */
    private <T> void answer(String consumer, Host entry, T result, Throwable failure, CompletableFuture<T> back) {
        Runnable answered = () -> host.send(entry.id(), () -> entry.run(() -> settle(result, failure, back)));
        if (!(result instanceof Polled polled)) {
            answered.run();
            return;
        }
        gave(consumer, polled, entry.id());
        host.gaveThrough(entry.id());
        time.soon(1000, () -> host.run(() -> {
            polled.delivered(SimulatedConsumer.next(polled));
            answered.run();
            time.soon(2000, () -> host.run(() -> polled.written(true)));
        }));
    }

    private <T> void back(String consumer, T result, Throwable failure, CompletableFuture<T> answer) {
        passing.merge(consumer, -1, Integer::sum);
        if (result instanceof Polled polled && !polled.parts().isEmpty()) {
            boolean there = !answer.isDone();
            written.put(polled.number(), there);
            vouched.put(consumer, there ? polled.number() : PollRequest.Source.NONE);
        }
        complete(result, failure, answer);
    }

    private <T> void out(String consumer, T result, Throwable failure, CompletableFuture<T> answer) {
        if (result instanceof Polled polled) {
            gave(consumer, polled, host.id());
            time.soon(1000, () -> host.run(() -> {
                polled.delivered(SimulatedConsumer.next(polled));
                boolean there = !answer.isDone();
                complete(result, failure, answer);
                time.soon(1000, () -> host.run(() -> polled.written(there)));
            }));
            return;
        }
        complete(result, failure, answer);
    }

    private void gave(String consumer, Polled polled, int through) {
        if (!polled.parts().isEmpty()) {
            host.note("server " + host.id() + " gives " + consumer + " poll " + polled.number() + " "
                    + SimulatedConsumer.next(polled) + " through " + through);
            host.gave();
        }
    }

    private <T> void complete(T result, Throwable failure, CompletableFuture<T> answer) {
        time.soon(1000, () -> settle(result, failure, answer));
    }

    private static <T> void settle(T result, Throwable failure, CompletableFuture<T> answer) {
        if (failure == null) {
            answer.complete(result);
        } else {
            answer.completeExceptionally(failure);
        }
    }
}
