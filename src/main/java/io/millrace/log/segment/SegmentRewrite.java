package io.millrace.log.segment;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;

/**
 * A segment that is written beside one or more successive ones, whose place it is to take: all of their offsets are in its
 * batches. Until {@link #commit()} the log is as it was. Written by one thread, installed by the log writer.
 */
public final class SegmentRewrite {
    private static final int CHUNK = 1 << 20;

    private final LogFolder folder;
    private final SegmentSwap swap;
    private final Segment written;
    private final int indexInterval;
    private final ByteBuffer pending = ByteBuffer.allocate(CHUNK);
    /** Of the segment that is copied; null before the first. */
    private AbortedCopy aborted;
    private long position;
    private boolean finished;
    /** Set by the log writer, before it tells how that ended. */
    private volatile boolean committed;

    private SegmentRewrite(LogFolder folder, SegmentSwap swap, Segment written, int indexInterval) {
        this.folder = folder;
        this.swap = swap;
        this.written = written;
        this.indexInterval = indexInterval;
    }

    /**
     * @param baseOffset    of the first segment that is to be replaced
     * @param endOffset     exclusive bound of the offsets of the last one
     * @param indexInterval bytes of batches between two entries of an index
     */
    public static SegmentRewrite begin(LogFolder folder, long baseOffset, long endOffset, int indexInterval)
            throws IOException {
        SegmentSwap swap = new SegmentSwap(folder, baseOffset, endOffset);
        return new SegmentRewrite(folder, swap, Segment.create(folder, baseOffset, swap.writtenSuffix()), indexInterval);
    }

    /** Writes a batch behind those before; its bytes are not needed any more afterwards. */
    public void add(RecordBatch batch) throws IOException {
        if (position + batch.sizeInBytes() > Integer.MAX_VALUE) {
            throw new IOException("the segment " + written.file().path() + " would be larger than 2 GiB");
        }
        written.noteBatch(batch.lastOffset(), position, batch.sizeInBytes(), batch.maxTimestamp(), indexInterval);
        position += batch.sizeInBytes();
        if (batch.sizeInBytes() > pending.remaining()) {
            flush();
        }
        if (batch.sizeInBytes() > pending.capacity()) {
            written.appendCopy(batch.buffer());
        } else {
            pending.put(batch.buffer());
        }
    }

    /**
     * Takes over which transactions were aborted in a segment that is replaced; in their order.
     *
     * @return is to be told of the markers that go, before the next segment comes, or the end
     */
    public AbortedCopy copyAborted(Segment replaced) throws IOException {
        finishAborted();
        aborted = new AbortedCopy(replaced.transactionIndex(), written.transactionIndex());
        return aborted;
    }

    private void finishAborted() throws IOException {
        if (aborted != null) {
            aborted.finish();
        }
    }

    private void flush() throws IOException {
        written.appendCopy(pending.flip());
        pending.clear();
    }

    /**
     * Makes what was written durable; afterwards it can be installed.
     *
     * @param lastModified when the records of the old segments were last written, in ms since the epoch
     */
    public void finish(long lastModified) throws IOException {
        flush();
        finishAborted();
        Files.setLastModifiedTime(written.file().path(), FileTime.fromMillis(lastModified));
        written.force();
        written.forceIndexes();
        close();
    }

    /** Removes what was written, whether it was finished or not, unless it counts already. */
    public void discard() throws IOException {
        if (committed) {
            return;
        }
        if (!finished) {
            close();
        }
        swap.discard();
    }

    private void close() throws IOException {
        finished = true;
        written.closeForWriting();
        written.release();
    }

    /**
     * The log writer: from when this returns, the new segment counts, whatever crashes.
     *
     * @throws IOException the old ones count
     */
    public void commit() throws IOException {
        swap.commit();
        committed = true;
    }

    /**
     * The log writer: the new segment takes the place of the old ones, which readers in flight keep. After
     * {@link #commit()}; when it throws, it is to be called again.
     */
    public Segment takePlace() throws IOException {
        swap.finish();
        Segment segment = Segment.open(folder, written.baseOffset());
        if (segment.sizeInBytes() != position) {
            segment.release();
            throw new IOException(segment.file().path() + " has " + segment.sizeInBytes() + " bytes, and " + position
                + " were written: another program has changed it");
        }
        segment.restoreMaxTimestamp();
        return segment;
    }
}
