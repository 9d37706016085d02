package io.millrace.replica.core;

/** What a replica does in the present leader epoch. */
public sealed interface Role permits Leading, Role.Following, Role.Bystander, Role.Retired {
    /** It fetches from a leader. */
    record Following(int leader, int epoch) implements Role {
    }

    /** Nobody leads, nothing was assigned yet, or it is about to lead, once the change of its log that is under way is over. */
    record Bystander() implements Role {
    }

    /** It serves nothing any more. */
    record Retired() implements Role {
    }
}
