package io.millrace.replica.core;

import java.util.Set;
import java.util.TreeSet;

/**
 * How a leader wants the ISR changed, in the epoch in which it leads.
 *
 * @param wanted the ISR as it should be
 * @param in     who comes in
 * @param out    who goes out
 */
public record IsrProposal(int leaderEpoch, Set<Integer> wanted, Set<Integer> in, Set<Integer> out) {
    static IsrProposal of(int leaderEpoch, Set<Integer> isr, Set<Integer> wanted) {
        Set<Integer> in = new TreeSet<>(wanted);
        in.removeAll(isr);
        Set<Integer> out = new TreeSet<>(isr);
        out.removeAll(wanted);
        return new IsrProposal(leaderEpoch, wanted, in, out);
    }
}
