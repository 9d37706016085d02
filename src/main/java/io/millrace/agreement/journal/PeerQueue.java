package io.millrace.agreement.journal;

import io.millrace.agreement.registers.RegisterState;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** What waits for another broker's journal: one request is under way, and all that came meanwhile goes in the next. */
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

    private void sendNext() {
        List<Waiting> batch;
        synchronized (this) {
            if (waiting.isEmpty()) {
                underWay = false;
                return;
            }
            long incarnation = waiting.get(0).incarnation();
            batch = waiting.stream().filter(one -> one.incarnation() == incarnation).toList();
            waiting = new ArrayList<>(waiting.stream().filter(one -> one.incarnation() != incarnation).toList());
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
