package io.millrace.replica.hosting;

/** Who holds the lock of a partition's state, for tests that let others in where nobody does. */
public final class PartitionLocks {
    private PartitionLocks() {
    }

    public static boolean isHeldHere(Partition partition) {
        return Thread.holdsLock(partition.replica());
    }
}
