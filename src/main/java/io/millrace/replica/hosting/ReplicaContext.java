package io.millrace.replica.hosting;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;

/** What a partition needs of the broker around it. Calls return at once. */
public interface ReplicaContext {
    int brokerId();

    /** For measuring, in ns. */
    long nanoTime();

    /** These followers are to be told of a partition with their next answers. */
    void mark(TopicPartition id, Collection<Integer> followers);

    /** Something new is there in a partition for these followers. */
    void wake(TopicPartition id, Collection<Integer> followers);

    /** The session of a broker that is ready, or null: only in that one it may come to count as in sync. */
    String session(int brokerId);

    /** Whether this broker is about to stop: that followers do not reach it says nothing about them. */
    boolean isLeaving();

    /** The ISR differs from what it should be: the register is to be changed. */
    void proposeIsr(Partition partition);

    /** Asks for {@link Partition#confirmed}: the register is to be read. */
    void confirm(Partition partition);

    /** What the registers say of a partition is to be read again: another broker knows a newer epoch. */
    void refresh(TopicPartition id);

    /** This broker began to lead a partition, or ceased to: look at its state, which may have changed again since. */
    void leadershipChanged(TopicPartition id);

    /** A stored batch is damaged; the replica is to be healed from another one: see {@link Partition#beginHealing}. */
    void damaged(Partition partition);

    /**
     * What acks other than all, and reads, lean on: this broker was in touch with the agreement not long ago.
     *
     * @throws BrokerException UNAVAILABLE
     */
    void requireLease();

    /** Whether there are no other brokers, so that nobody can take a leadership over. */
    boolean isAlone();
}
