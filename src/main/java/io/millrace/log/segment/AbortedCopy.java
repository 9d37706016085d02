package io.millrace.log.segment;

import io.millrace.log.AbortedTransaction;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;

/**
 * Takes over the entries of a segment's transaction index into that of one which takes its place, in the order of their markers,
 * without those of markers that go. For one thread.
 */
public final class AbortedCopy {
    private final TransactionIndex source;
    private final TransactionIndex target;
    /** How many entries were read. */
    private int read;
    private Iterator<AbortedTransaction> block = List.<AbortedTransaction>of().iterator();
    /** The entry that comes next, or null: there is none, or it was not read yet. */
    private AbortedTransaction next;

    /** Where the source has a file the target gets one, which takes the other's place even if all entries go. */
    AbortedCopy(TransactionIndex source, TransactionIndex target) throws IOException {
        this.source = source;
        this.target = target;
        if (source.hasFile()) {
            target.makeFile();
        }
    }

    /** The marker at an offset goes, which is higher than all before: what it ended is not known any more. */
    public void leaveOut(long marker) throws IOException {
        takeOver(marker);
        if (peek() && next.lastOffset() == marker) {
            next = null;
        }
    }

    /** Takes over what is left. */
    void finish() throws IOException {
        takeOver(Long.MAX_VALUE);
    }

    private void takeOver(long before) throws IOException {
        while (peek() && next.lastOffset() < before) {
            target.append(next);
            next = null;
        }
    }

    private boolean peek() throws IOException {
        if (next == null) {
            if (!block.hasNext()) {
                List<AbortedTransaction> entries = source.entriesFrom(read);
                read += entries.size();
                block = entries.iterator();
            }
            next = block.hasNext() ? block.next() : null;
        }
        return next != null;
    }
}
