package io.millrace.metadata.access;

/** More permissions or quotas than the cluster keeps. */
public final class AccessLimitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private AccessLimitException(String message) {
        super(message);
    }

    static AccessLimitException of(String what, int most) {
        return new AccessLimitException("there would be too many " + what + ": the cluster keeps " + most + " of ordinary length;"
                + " delete some, or use groups, prefixes or the defaults instead of one by one");
    }
}
