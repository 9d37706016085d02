package io.millrace.agreement.journal;

import io.millrace.agreement.Majority;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.RegisterJournal;
import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A register's version counts as durable when a majority of the brokers' journals holds it, this broker's among them.
 */
public final class MajorityJournal implements RegisterJournal {
    public static final long ANSWER_MILLIS = 5_000;
    private static final long PAUSE_MILLIS = 100;

    private final RegisterJournal journal;
    private final JournalGuard own;
    private final JournalPeers peers;
    private final Majority majority;
    private final long answerMillis;
    private final Map<Integer, PeerQueue> queues = new ConcurrentHashMap<>();
    /** By key, the newest version that a majority is known to hold. */
    private final Map<String, RegisterState> durable = new ConcurrentHashMap<>();

    /** @param answerMillis for how long a call tries to reach a majority, in ms */
    public MajorityJournal(RegisterJournal journal, JournalGuard own, JournalPeers peers, Majority majority,
                    long answerMillis) {
        this.journal = journal;
        this.own = own;
        this.peers = peers;
        this.majority = majority;
        this.answerMillis = answerMillis;
    }

    @Override
    public void ensure(String key, RegisterState state) {
        ensureAll(Map.of(key, state));
    }

    /** {@inheritDoc} All of them are of one incarnation. */
    @Override
    public void ensureAll(Map<String, RegisterState> states) {
        SortedMap<String, RegisterState> missing = new TreeMap<>(states);
        missing.entrySet().removeIf(entry -> isDurable(entry.getKey(), entry.getValue()));
        StatePages.of(missing).forEach(this::ensurePage);
    }

    private void ensurePage(SortedMap<String, RegisterState> missing) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(answerMillis);
        while (!attempt(missing, deadline)) {
            if (System.nanoTime() - deadline > 0) {
                throw new RegisterUnavailableException("fewer than " + majority.needed() + " of "
                    + majority.configured() + " brokers hold " + missing.firstKey() + " in their journals", null);
            }
            pause();
        }
        noteDurable(missing);
    }

    /** Takes note that a majority holds these. */
    public void noteDurable(Map<String, RegisterState> states) {
        states.forEach((key, state) ->
            durable.merge(key, state, (known, now) -> now.isNewerThan(known) ? now : known));
    }

    /** Within one incarnation only: versions of another one were agreed elsewhere, and stand in other journals. */
    private boolean isDurable(String key, RegisterState state) {
        RegisterState known = durable.get(key);
        return known != null && known.incarnation() == state.incarnation() && known.version() >= state.version();
    }

    private boolean attempt(SortedMap<String, RegisterState> states, long deadline) {
        long incarnation = states.get(states.firstKey()).incarnation();
        JournalRequest request =
            new JournalRequest(JournalRequest.Kind.STORE, incarnation, "", states);
        List<CompletableFuture<Boolean>> asked = new ArrayList<>();
        for (int broker : peers.reachable()) {
            asked.add(queues.computeIfAbsent(broker, id -> new PeerQueue(peers, id)).store(incarnation, states));
        }
        CompletableFuture<Boolean> others = majorityOf(asked, majority.needed() - 1);
        JournalReply reply = own.handle(request);
        if (!reply.accepted() && reply.standing().promise() > incarnation) {
            throw new RegisterUnavailableException("incarnation " + incarnation + " of the agreement is over: read"
                + " again", null);
        }
        return await(others, deadline) && reply.accepted();
    }

    @Override
    public void confirm(long incarnation) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(answerMillis);
        JournalRequest request = JournalRequest.of(JournalRequest.Kind.INSPECT, incarnation, "");
        List<CompletableFuture<Boolean>> asked = peers.reachable().stream()
            .map(broker -> peers.ask(broker, request).thenApply(reply -> reply.standing().promise() == incarnation))
            .toList();
        boolean others = await(majorityOf(asked, majority.needed() - 1), deadline);
        if (!others || own.standing().promise() != incarnation) {
            throw new RegisterUnavailableException("fewer than " + majority.needed() + " of " + majority.configured()
                + " brokers say that their journals take part in incarnation " + incarnation, null);
        }
    }

    /** Completes as soon as so many have accepted, or all have answered. */
    private static CompletableFuture<Boolean> majorityOf(List<CompletableFuture<Boolean>> asked, int needed) {
        CompletableFuture<Boolean> reached = new CompletableFuture<>();
        if (needed == 0 || asked.size() < needed) {
            reached.complete(needed == 0);
            return reached;
        }
        AtomicInteger accepted = new AtomicInteger();
        AtomicInteger open = new AtomicInteger(asked.size());
        asked.forEach(answer -> answer.whenComplete((yes, failure) -> {
            if (failure == null && yes && accepted.incrementAndGet() == needed) {
                reached.complete(true);
            }
            if (open.decrementAndGet() == 0) {
                reached.complete(false);
            }
        }));
        return reached;
    }

    private static boolean await(CompletableFuture<Boolean> reached, long deadline) {
        try {
            return reached.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegisterUnavailableException("the wait for the other brokers' journals was interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegisterUnavailableException("the wait for the other brokers' journals was interrupted", e);
        }
    }

    @Override
    public void requireWritable() {
        journal.requireWritable();
    }
}
