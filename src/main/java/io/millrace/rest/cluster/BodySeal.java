package io.millrace.rest.cluster;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Iterator;
import java.util.NoSuchElementException;
import javax.crypto.Mac;
import javax.crypto.ShortBufferException;

/**
 * Puts the body of a signed request into frames, and says whether a frame is the next one of it: four bytes of length, of which the
 * highest bit tells that it is the last one, the bytes, and a code of these, which goes on from that of the frame before; the first goes on
 * from the request's signature. So no byte can be changed, nor a frame left out, put elsewhere, or taken from another request, and the end
 * is known as such. For one body, in its order; not thread-safe.
 */
public final class BodySeal {
    /** Of one frame, without its length and code. */
    public static final int MAX_FRAME_BYTES = 16 * 1024;

    static final int LENGTH_BYTES = Integer.BYTES;
    static final int CODE_BYTES = 32;

    private static final int LAST = 1 << 31;
    private static final byte PURPOSE = 'f';

    private final Mac mac;
    private final byte[] before;
    private boolean over;

    /**
     * @param mac       of the session, for this body only
     * @param signature of the request
     */
    BodySeal(Mac mac, byte[] signature) {
        this.mac = mac;
        this.before = signature.clone();
    }

    /** All frames of a body that is at hand, which are together as long as {@link #framedLength} says. */
    public byte[] whole(ByteBuffer body) {
        ByteBuffer framed = ByteBuffer.allocate(framedLength(body.remaining()));
        frames(body).forEach(framed::put);
        return framed.array();
    }

    /** As above, each made when it is asked for: a large body is not there twice. To be gone through once. */
    public Iterable<byte[]> frames(ByteBuffer body) {
        ByteBuffer rest = body.duplicate();
        return () -> new Iterator<>() {
            @Override
            public boolean hasNext() {
                return !over;
            }

            @Override
            public byte[] next() {
                if (over) {
                    throw new NoSuchElementException("that was the last frame");
                }
                ByteBuffer piece = rest.slice(rest.position(), Math.min(MAX_FRAME_BYTES, rest.remaining()));
                rest.position(rest.position() + piece.remaining());
                return frame(piece, !rest.hasRemaining()).array();
            }
        };
    }

    /** @param bytes of a body that is at hand */
    public static int framedLength(int bytes) {
        return bytes + Math.max(1, (bytes + MAX_FRAME_BYTES - 1) / MAX_FRAME_BYTES) * (LENGTH_BYTES + CODE_BYTES);
    }

    /**
     * The next frame of a body that is on its way.
     *
     * @param piece at most {@link #MAX_FRAME_BYTES}, none where it is the last one
     */
    public ByteBuffer frame(ByteBuffer piece, boolean last) {
        int length = piece.remaining();
        if (over || length > MAX_FRAME_BYTES) {
            throw new IllegalStateException("no frame of " + length + " bytes fits here");
        }
        ByteBuffer framed = ByteBuffer.allocate(LENGTH_BYTES + length + CODE_BYTES);
        framed.putInt(last ? length | LAST : length).put(piece.duplicate());
        code(framed.array(), 0, framed.position());
        over = last;
        return framed.put(before).flip();
    }

    /** Whether the length that a frame begins with is that of a last one. */
    static boolean isLast(int length) {
        return (length & LAST) != 0;
    }

    /** @return that of the bytes; beyond {@link #MAX_FRAME_BYTES} for what is no frame */
    static int length(int length) {
        return length & ~LAST;
    }

    /** Whether a frame is the next one. @param length of all of it, with its code at the end */
    boolean isNext(byte[] frame, int length) {
        int end = length - CODE_BYTES;
        code(frame, 0, end);
        byte[] claimed = new byte[CODE_BYTES];
        System.arraycopy(frame, end, claimed, 0, CODE_BYTES);
        return MessageDigest.isEqual(before, claimed);
    }

    private void code(byte[] bytes, int from, int length) {
        mac.update(PURPOSE);
        mac.update(before);
        mac.update(bytes, from, length);
        try {
            mac.doFinal(before, 0);
        } catch (ShortBufferException e) {
            throw new IllegalStateException("a code of HMAC-SHA256 has 32 bytes", e);
        }
    }
}
