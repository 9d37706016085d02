package io.millrace.agreement.steward;

import io.millrace.agreement.Majority;
import io.millrace.agreement.journal.JournalReply;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the journals of the brokers in touch say of themselves. One that took the place of a lost disk is no witness of
 * what was acknowledged, nor of what was promised; one that was complete once, or empty together with all others when
 * the cluster began, is.
 *
 * @param replies by broker
 */
record Census(Majority majority, Map<Integer, JournalReply> replies) {
    /** Identities of the journals with which the cluster began, as far as any of these knows them. */
    SortedSet<String> founders() {
        return replies.values().stream().flatMap(reply -> reply.origin().founders().stream())
            .collect(Collectors.toCollection(TreeSet::new));
    }

    SortedSet<String> identities() {
        return replies.values().stream().map(reply -> reply.origin().journal())
            .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The brokers whose journals are witnesses. */
    Set<Integer> witnesses() {
        Set<String> founders = founders();
        Set<Integer> witnesses = new TreeSet<>();
        replies.forEach((broker, reply) -> {
            if (reply.standing().active() > 0 || founders.contains(reply.origin().journal())) {
                witnesses.add(broker);
            }
        });
        return witnesses;
    }

    /** Whether these journals together hold everything that was acknowledged. */
    boolean suffices() {
        return majority.isReachedBy(witnesses().size()) || majority.configured() == 1;
    }

    /**
     * Whether all journals there are were never part of a cluster: they can begin one. Once seen twice in a row with the
     * same identities, they all were at one moment, and nothing can have been acknowledged before it.
     */
    boolean isBeginning() {
        return replies.size() == majority.configured() && witnesses().isEmpty() && founders().isEmpty()
            && identities().size() == replies.size() && !identities().contains("");
    }

    /** What is lost when these are gone on with. */
    Loss loss() {
        Set<Integer> witnesses = witnesses();
        Set<Integer> fresh = new TreeSet<>(replies.keySet());
        fresh.removeAll(witnesses);
        return new Loss(witnesses, fresh);
    }

    /** What an operator is told when these do not suffice. */
    String question() {
        Set<Integer> witnesses = loss().kept();
        Set<Integer> fresh = loss().replaced();
        String found = witnesses.isEmpty()
            ? "the journals of brokers " + fresh + " are new: a cluster of " + majority.configured() + " brokers begins"
                + " when all of them are there"
            : "the registers are not restored yet: the journals of brokers " + witnesses + " were in use before, "
                + (fresh.isEmpty() ? "" : "those of " + fresh + " are new, ")
                + majority.needed() + " of " + majority.configured() + " that were in use before are needed";
        return found + ". Start the others, with their disks"
            + (majority.isReachedBy(replies.size()) ? ". When those are lost for good, " + loss().request()
            + " goes on with what is there, without what only they had" : "");
    }
}
