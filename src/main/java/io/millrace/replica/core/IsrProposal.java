package io.millrace.replica.core;

import java.util.Set;

/**
 * How a leader wants the ISR changed, in the epoch in which it leads.
 *
 * @param wanted the ISR as it should be
 * @param in     who comes in
 * @param out    who goes out
 */
public record IsrProposal(int leaderEpoch, Set<Integer> wanted, Set<Integer> in, Set<Integer> out) {
}
