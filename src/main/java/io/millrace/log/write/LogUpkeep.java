package io.millrace.log.write;

/** What the replicas of a partition have agreed on that the upkeep of this one's log goes by; set and read by any thread. */
public final class LogUpkeep {
    private volatile boolean retentionByLeader;
    private volatile boolean tombstonesKept;

    /** @param replicated whether there may be other replicas: until it is said that all have what is deleted here */
    LogUpkeep(boolean replicated) {
        this.tombstonesKept = replicated;
    }

    /**
     * Whether retention deletes nothing here, as another replica leads, decides for all, and has its log start taken over
     * by {@link LogDirectory#advanceLogStart}; false at first. From the next pass on.
     */
    public void leaveRetentionToLeader(boolean left) {
        this.retentionByLeader = left;
    }

    boolean leavesRetentionToLeader() {
        return retentionByLeader;
    }

    /**
     * Whether compaction leaves tombstones and markers of transactions, however old, because a replica that is not in sync may
     * lack them: it would keep what they delete, and hold open what they end, for ever, also where it leads. From the next pass on.
     */
    public void keepTombstones(boolean kept) {
        this.tombstonesKept = kept;
    }

    boolean keepsTombstones() {
        return tombstonesKept;
    }
}
