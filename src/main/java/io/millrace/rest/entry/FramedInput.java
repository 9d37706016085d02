package io.millrace.rest.entry;

import io.millrace.rest.cluster.ForgedRequestException;
import io.millrace.rest.cluster.FrameReader;
import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.EOFException;
import java.io.IOException;

/**
 * The body of a broker's request without its frames: nobody sees a byte of it that is not known to be the broker's. Read by one thread
 * at a time, as bodies are.
 */
final class FramedInput extends ServletInputStream {
    private final ServletInputStream in;
    private final FrameReader frames;
    /** Found while it was only asked whether there is something, and told when that is read. */
    private IOException broken;
    private ForgedRequestException forged;

    FramedInput(ServletInputStream in, FrameReader frames) {
        this.in = in;
        this.frames = frames;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** @throws RequestException 401 for what is not the broker's */
    @Override
    public int read(byte[] into, int from, int wanted) throws IOException {
        if (wanted == 0) {
            return 0;
        }
        while (!isAtHand()) {
            take();
        }
        if (broken != null) {
            throw broken;
        }
        if (forged == null && frames.available() > 0) {
            return frames.take(into, from, wanted);
        }
        if (forged == null && in.read(new byte[1], 0, 1) < 0) {
            return -1;
        }
        throw RequestException.unauthorized((forged == null ? frames.forged() : forged).getMessage());
    }

    /** Whether the next read needs no further frame. */
    private boolean isAtHand() {
        return forged != null || broken != null || frames.available() > 0 || frames.isLast();
    }

    /** Reads, waiting for it where nothing is there. */
    private void take() {
        try {
            take(frames.wanted());
        } catch (IOException e) {
            broken = e;
        }
    }

    private void take(int most) throws IOException {
        int count = in.read(frames.buffer(), frames.position(), most);
        if (count < 0) {
            throw new EOFException("the request body ended before its last frame");
        }
        try {
            frames.came(count);
        } catch (ForgedRequestException e) {
            forged = e;
        }
    }

    /** As far as that is known without waiting. */
    @Override
    public int available() throws IOException {
        while (!isAtHand()) {
            int there = in.available();
            if (there == 0) {
                return 0;
            }
            take(Math.min(there, frames.wanted()));
        }
        return frames.available();
    }

    @Override
    public boolean isFinished() {
        return frames.isLast() && frames.available() == 0 && in.isFinished();
    }

    /** Takes what is there until something can be read. */
    @Override
    public boolean isReady() {
        while (!isAtHand()) {
            if (!in.isReady()) {
                return false;
            }
            take();
        }
        return !frames.isLast() || frames.available() > 0 || in.isReady();
    }

    @Override
    public void setReadListener(ReadListener listener) {
        in.setReadListener(listener);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
