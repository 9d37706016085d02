package io.millrace.log.segment;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

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
     * @param indexInterval bytes of batches between two entries of an index
     */
    public static SegmentRewrite begin(LogFolder folder, long baseOffset, int indexInterval) throws IOException {
        SegmentSwap swap = new SegmentSwap(folder, baseOffset);
        swap.discard(); // of one that was given up before, and could not be removed then
        return new SegmentRewrite(folder, swap, Segment.create(folder, baseOffset, LogFolder.REPLACEMENT_SUFFIX),
            indexInterval);
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

    private void flush() throws IOException {
        written.appendCopy(pending.flip());
        pending.clear();
    }

    public long sizeInBytes() {
        return position;
    }

    /** Makes what was written durable; afterwards it can be installed. */
    public void finish() throws IOException {
        flush();
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
     *
     * @param replaced ascending, the first with the same base offset
     */
    public Segment takePlace(List<Segment> replaced) throws IOException {
        swap.finish(replaced.stream().skip(1).map(Segment::baseOffset).toList());
        Segment segment = Segment.open(folder, replaced.get(0).baseOffset());
        segment.restoreMaxTimestamp();
        return segment;
    }
}
