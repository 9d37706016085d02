package io.millrace.log.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What the log does with an open file; every position is the caller's. */
public interface LogFile extends Closeable {
    /** @return bytes read, or -1 at the file's end */
    int read(ByteBuffer target, long position) throws IOException;

    /** @return bytes written, maybe fewer than there are */
    int write(ByteBuffer source, long position) throws IOException;

    long size() throws IOException;

    void truncate(long size) throws IOException;

    void force(boolean metadata) throws IOException;
}
