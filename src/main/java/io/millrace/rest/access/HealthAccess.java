package io.millrace.rest.access;

/** How this server judges itself. */
public interface HealthAccess {
    /** Whether a restart would mend nothing. */
    boolean isLive();

    /** Whether it takes requests. */
    boolean isReady();
}
