package io.millrace.rest.cluster;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Takes the frames of {@link BodySeal} as they come, and gives nothing that is not proven to be what the broker sent. Not thread-safe. */
public final class FrameReader {
    private final BodySeal seal;
    private byte[] frame = new byte[BodySeal.LENGTH_BYTES + BodySeal.CODE_BYTES];
    private int came;
    private int needed = BodySeal.LENGTH_BYTES;
    private boolean headed;
    /** Of the proven bytes of the frame. */
    private int next;
    private int end;
    private boolean last;

    private FrameReader(BodySeal seal) {
        this.seal = seal;
    }

    static FrameReader of(BodySeal seal) {
        return new FrameReader(seal);
    }

    /** Of a request without a body. */
    static FrameReader ofNothing() {
        FrameReader none = new FrameReader(null);
        none.last = true;
        return none;
    }

    /** Where bytes of the frame are to be put that come next. */
    public byte[] buffer() {
        return frame;
    }

    /** As above: the index of the first. */
    public int position() {
        return came;
    }

    /** How many bytes are to come next, 1 or more. */
    public int wanted() {
        return needed - came;
    }

    /**
     * To be told of the bytes that were put there.
     *
     * @throws ForgedRequestException when the frame is whole, and is not the next one
     */
    public void came(int count) {
        came += count;
        if (came < needed) {
            return;
        }
        if (!headed) {
            int length = BodySeal.length(ByteBuffer.wrap(frame).getInt());
            if (length > BodySeal.MAX_FRAME_BYTES) {
                throw forged();
            }
            headed = true;
            needed = BodySeal.LENGTH_BYTES + length + BodySeal.CODE_BYTES;
            frame = frame.length < needed ? Arrays.copyOf(frame, needed) : frame;
            return;
        }
        if (!seal.isNext(frame, needed)) {
            throw forged();
        }
        next = BodySeal.LENGTH_BYTES;
        end = needed - BodySeal.CODE_BYTES;
        last = BodySeal.isLast(ByteBuffer.wrap(frame).getInt());
        came = 0;
        needed = BodySeal.LENGTH_BYTES;
        headed = false;
    }

    /** For what comes after the last frame. */
    public ForgedRequestException forged() {
        return new ForgedRequestException("the request body is not what a broker of this cluster has sent");
    }

    /** How many bytes can be taken. While there are some, nothing more is to be put into the buffer. */
    public int available() {
        return end - next;
    }

    /** @return how many bytes were taken, as many as are available at most */
    public int take(byte[] into, int from, int wanted) {
        int count = Math.min(wanted, available());
        System.arraycopy(frame, next, into, from, count);
        next += count;
        return count;
    }

    /** Whether no further frame comes. */
    public boolean isLast() {
        return last;
    }
}
