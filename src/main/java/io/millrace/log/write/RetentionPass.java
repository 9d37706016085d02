package io.millrace.log.write;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;

/**
 * Applies retention to every open log of a directory, a task for the writer each: between these it does what came meanwhile,
 * as the forces of many logs in a row would hold up all appends. For one pass.
 */
final class RetentionPass {
    private static final Logger LOG = System.getLogger(RetentionPass.class.getName());

    private final LogDirectory directory;
    private final LogRemoval removal;

    RetentionPass(LogDirectory directory, LogRemoval removal) {
        this.directory = directory;
        this.removal = removal;
    }

    /** Completes when all logs had their turn. */
    CompletableFuture<Void> start() {
        return directory.queue(LogTask.freeing(() -> {
            removal.finishDeletions();
            return directory.logs().iterator();
        })).thenCompose(this::next);
    }

    private CompletableFuture<Void> next(Iterator<PartitionLog> left) {
        if (!left.hasNext()) {
            return CompletableFuture.completedFuture(null);
        }
        PartitionLog log = left.next();
        return directory.queue(LogTask.freeing(() -> {
            apply(log);
            return null;
        })).thenCompose(done -> next(left));
    }

    private void apply(PartitionLog log) throws IOException {
        try {
            log.writable().settle();
            log.writable().applyRetention();
            log.writable().checkpoint();
        } catch (IOException e) {
            if (!directory.waitsForSpace() || !directory.space().isShortage(e)) {
                throw e;
            }
            LOG.log(Level.DEBUG, () -> "retention of " + log.name() + " waits for space", e);
        }
    }
}
