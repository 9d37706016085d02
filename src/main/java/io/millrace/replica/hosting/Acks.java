package io.millrace.replica.hosting;

/**
 * When a produce is answered: NONE once it is queued, LEADER once the leader's flush policy holds, ALL once every
 * in-sync replica has it.
 */
public enum Acks {
    NONE, LEADER, ALL
}
