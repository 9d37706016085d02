package io.millrace.log;

/** What the end of a log may be cut back to. */
public enum Truncation {
    /** Not below the high watermark: what is committed stays. */
    CLEAN,
    /** Anywhere: after an unclean election, whose leader may lack what was committed. */
    UNCLEAN
}
