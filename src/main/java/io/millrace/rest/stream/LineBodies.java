package io.millrace.rest.stream;

/** The bodies of lines that are being taken, which are bounded as {@link OpenStreams} are. Thread-safe. */
public final class LineBodies {
    private final OpenStreams open;

    public LineBodies(OpenStreams open) {
        this.open = open;
    }

    OpenStreams open() {
        return open;
    }

    /** Ends those that are open after their next records, and those yet to come. */
    public void end() {
        open.end();
    }
}
