package io.millrace.agreement.journal;

import java.nio.file.Path;

/** The journal on disk is not what was written: nothing is restored from it, the server must not start. */
public final class DamagedJournalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DamagedJournalException(Path root, String reason, Throwable cause) {
        super(("the journal of the registers in %s is damaged: %s. Starting without it would silently lose topics and"
            + " their configuration. Put back a copy of the whole folder, or move the folder away to begin with no"
            + " registers at all").formatted(root, reason), cause);
    }
}
