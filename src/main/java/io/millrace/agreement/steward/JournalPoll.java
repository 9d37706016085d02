package io.millrace.agreement.steward;

import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalPeers;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.journal.JournalRequest;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks the journals of several brokers at once, this broker's own like any other. */
final class JournalPoll {
    private static final System.Logger LOGGER = System.getLogger(JournalPoll.class.getName());
    private static final long ANSWER_SECONDS = 6;

    private final JournalGuard own;
    private final int brokerId;
    private final JournalPeers peers;

    JournalPoll(JournalGuard own, int brokerId, JournalPeers peers) {
        this.own = own;
        this.brokerId = brokerId;
        this.peers = peers;
    }

    /** Ids of the brokers in touch, this one included. */
    Set<Integer> everyone() {
        Set<Integer> everyone = new TreeSet<>(peers.reachable());
        everyone.add(brokerId);
        return everyone;
    }

    /**
     * @return the replies of those that accepted
     * @throws io.millrace.agreement.RegisterUnavailableException when the own journal cannot be written
     */
    Map<Integer, JournalReply> ask(Set<Integer> brokers, JournalRequest request) {
        Map<Integer, CompletableFuture<JournalReply>> asked = new TreeMap<>();
        brokers.stream().filter(id -> id != brokerId).forEach(id -> asked.put(id, peers.ask(id, request)));
        Map<Integer, JournalReply> accepted = new TreeMap<>();
        if (brokers.contains(brokerId)) {
            accept(accepted, brokerId, own.handle(request));
        }
        asked.forEach((id, answer) -> accept(accepted, id, answer(answer)));
        return accepted;
    }

    private static void accept(Map<Integer, JournalReply> accepted, int id, JournalReply reply) {
        if (reply != null && reply.accepted()) {
            accepted.put(id, reply);
        }
    }

    private static JournalReply answer(CompletableFuture<JournalReply> answer) {
        try {
            return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "a broker's journal gave no answer", e);
            return null;
        }
    }
}
