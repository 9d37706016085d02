package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * What waits for another broker's journal: one request is under way, and what came meanwhile goes in the next, as much
 * of it as one message holds.
 */
final class PeerQueue {
    private record Waiting(long incarnation, SortedMap<String, RegisterState> states,
                           CompletableFuture<Boolean> answer) {
    }

    private final JournalPeers peers;
    private final int brokerId;
    /** Guarded by this. */
    private List<Waiting> waiting = new ArrayList<>();
    private boolean underWay;

    PeerQueue(JournalPeers peers, int brokerId) {
        this.peers = peers;
        this.brokerId = brokerId;
    }

    /** @return whether the journal took the states */
    CompletableFuture<Boolean> store(long incarnation, SortedMap<String, RegisterState> states) {
        Waiting one = new Waiting(incarnation, states, new CompletableFuture<>());
        synchronized (this) {
            waiting.add(one);
            if (underWay) {
                return one.answer();
            }
            underWay = true;
        }
        sendNext();
        return one.answer();
    }

    /** What waits longest, and what fits into one message with it. Under this. */
    private List<Waiting> takeBatch() {
        long incarnation = waiting.get(0).incarnation();
        List<Waiting> batch = new ArrayList<>();
        List<Waiting> rest = new ArrayList<>();
        int size = 0;
        for (Waiting one : waiting) {
            if (one.incarnation() == incarnation && size < StatePages.SIZE) {
                batch.add(one);
                size += StatePages.size(one.states());
            } else {
                rest.add(one);
            }
        }
        waiting = rest;
        return batch;
    }

    private void sendNext() {
        List<Waiting> batch;
        synchronized (this) {
            if (waiting.isEmpty()) {
                underWay = false;
                return;
            }
            batch = takeBatch();
        }
        SortedMap<String, RegisterState> states = new TreeMap<>();
        batch.forEach(one -> one.states().forEach((key, state) ->
            states.merge(key, state, (held, now) -> now.isNewerThan(held) ? now : held)));
        peers.ask(brokerId, new JournalRequest(JournalRequest.Kind.STORE, batch.get(0).incarnation(), "", states))
            .whenComplete((reply, failure) -> {
                boolean taken = failure == null && reply.accepted();
                batch.forEach(one -> one.answer().complete(taken));
                sendNext();
            });
    }
}
