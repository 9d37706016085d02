package io.millrace.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;

/** The limit of an append: bytes written to files of the same sizes by FileChannel.write, and nothing else. One thread. */
final class BareLog implements AutoCloseable {
    private final BenchFolder folder;
    private final Deque<Path> files = new ArrayDeque<>();
    private FileChannel channel;
    private long written;
    private long sequence;

    BareLog(BenchFolder folder) throws IOException {
        this.folder = folder;
        roll();
    }

    void write(ByteBuffer bytes) throws IOException {
        if (written + bytes.remaining() > BenchLog.SEGMENT_BYTES) {
            roll();
        }
        ByteBuffer view = bytes.duplicate();
        written += view.remaining();
        while (view.hasRemaining()) {
            channel.write(view);
        }
    }

    void force() throws IOException {
        channel.force(false);
    }

    private void roll() throws IOException {
        if (channel != null) {
            channel.close();
        }
        Path file = folder.path().resolve("%020d.log".formatted(sequence++));
        channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        files.add(file);
        written = 0;
        while (files.size() * BenchLog.SEGMENT_BYTES > BenchLog.RETENTION_BYTES + BenchLog.SEGMENT_BYTES) {
            Files.delete(files.remove());
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        folder.close();
    }
}
