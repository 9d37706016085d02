package io.millrace.log;

/** What the end of a log may be cut back to. */
public enum Truncation {
    /** Not below the high watermark: what is committed stays. */
    CLEAN,
    /**
     * To where nothing can be read up to the high watermark: as {@link #CLEAN}, but what is committed and damaged goes with
     * what is not known to be committed behind it. A log that begins anew because of damage gives up everything. Only where
     * another replica has it.
     */
    DAMAGED,
    /** Anywhere: after an unclean election, whose leader may lack what was committed. */
    UNCLEAN
}
