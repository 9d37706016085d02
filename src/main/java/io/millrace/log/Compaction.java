package io.millrace.log;

/**
 * When and how a log is compacted, so that the newest record of each key stays and older ones go.
 *
 * @param minDirtyRatio         a log is due when so much of what can be cleaned was not cleaned yet: 0 to 1
 * @param minLagMillis          records stay for so long, whatever comes after them, in ms: 0 and above
 * @param maxLagMillis          a log whose oldest record that was not cleaned is older is due whatever the ratio, in ms: 1
 *                              and above
 * @param deleteRetentionMillis how long a tombstone stays after all that is older was cleaned, in ms: 0 and above
 */
public record Compaction(double minDirtyRatio, long minLagMillis, long maxLagMillis, long deleteRetentionMillis) {
    /** @throws IllegalArgumentException when a value is out of its range */
    public Compaction {
        if (!(minDirtyRatio >= 0 && minDirtyRatio <= 1)) {
            throw new IllegalArgumentException("minimum dirty ratio: found " + minDirtyRatio + ", allowed 0 to 1");
        }
        LogConfig.check("minimum compaction lag", minLagMillis, 0, Long.MAX_VALUE);
        LogConfig.check("maximum compaction lag", maxLagMillis, 1, Long.MAX_VALUE);
        LogConfig.check("delete retention", deleteRetentionMillis, 0, Long.MAX_VALUE);
    }
}
