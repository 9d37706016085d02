package io.millrace.replica.core;

import java.util.List;

/**
 * What an event makes of a replica.
 *
 * @param state   from now on
 * @param effects to be carried out in their order, after the state was taken over
 */
public record Transition(ReplicaState state, List<Effect> effects) {
    public Transition {
        effects = List.copyOf(effects);
    }
}
