package io.millrace.rest.entry;

import io.millrace.rest.dialect.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A compressed body as it was before. The JDK's own streams pass over what follows the compressed data, and leave a body that was
 * cut off to whoever reads it; here the whole body must be what its Content-Encoding says, to its last byte, or it is refused with 400.
 */
final class InflatedStream extends InputStream {
    private static final int BUFFER_BYTES = 8 * 1024;
    private static final int GZIP_MAGIC = 0x8b1f;
    private static final int DEFLATED = 8;
    private static final int HAS_HEADER_CHECK = 2;
    private static final int HAS_EXTRA = 4;
    private static final int HAS_NAME = 8;
    private static final int HAS_COMMENT = 16;
    private static final int RESERVED = 0xe0;
    /** Time, a hint on the compression, and the system. */
    private static final int BYTES_PASSED_OVER = 6;

    private final InputStream in;
    private final boolean gzip;
    private final Inflater inflater;
    private final CRC32 check = new CRC32();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int end;
    private boolean begun;
    private boolean ended;

    /** @param coding GZIP or DEFLATE */
    InflatedStream(InputStream in, ContentCoding coding) {
        this.in = in;
        this.gzip = coding == ContentCoding.GZIP;
        this.inflater = new Inflater(gzip);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int wanted) throws IOException {
        if (wanted == 0) {
            return 0;
        }
        if (!begun) {
            begun = true;
            if (!fill()) {
                // nothing at all, which no compression makes, but clients that have nothing to send
                ended = true;
            } else if (gzip) {
                readHeader();
            }
        }
        try {
            while (!ended) {
                int n = inflater.inflate(into, from, wanted);
                if (n > 0) {
                    check.update(into, from, n);
                    return n;
                }
                if (inflater.finished()) {
                    endMember();
                } else if (inflater.needsDictionary()) {
                    throw malformed("it needs a dictionary");
                } else if (inflater.needsInput()) {
                    if (at == end && !fill()) {
                        throw cutOff();
                    }
                    inflater.setInput(buffer, at, end - at);
                    at = end;
                }
            }
        } catch (DataFormatException e) {
            throw malformed(e.getMessage());
        }
        return -1;
    }

    private void endMember() throws IOException {
        at = end - inflater.getRemaining();
        if (gzip) {
            if (readInt() != (int) check.getValue()) {
                throw malformed("its checksum is wrong");
            }
            if (readInt() != (int) inflater.getBytesWritten()) {
                throw malformed("its length is wrong");
            }
        }
        if (at == end && !fill()) {
            ended = true;
        } else if (gzip) {
            // several of them, one after the other, are one
            readHeader();
            inflater.reset();
            check.reset();
        } else {
            throw malformed("something follows its end");
        }
    }

    private void readHeader() throws IOException {
        if (readByte() + (readByte() << 8) != GZIP_MAGIC || readByte() != DEFLATED) {
            throw malformed("it does not begin like that, or something follows its end (or the server inflated it before, unless its"
                    + " httpOptions say AutoDecompression=\"false\")");
        }
        int flags = readByte();
        if ((flags & RESERVED) != 0) {
            throw malformed("its header has unknown flags");
        }
        skip(BYTES_PASSED_OVER);
        if ((flags & HAS_EXTRA) != 0) {
            skip(readByte() + (readByte() << 8));
        }
        if ((flags & HAS_NAME) != 0) {
            skipText();
        }
        if ((flags & HAS_COMMENT) != 0) {
            skipText();
        }
        if ((flags & HAS_HEADER_CHECK) != 0) {
            skip(2);
        }
    }

    private void skip(int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) {
            readByte();
        }
    }

    private void skipText() throws IOException {
        while (readByte() != 0) {
            continue;
        }
    }

    private int readInt() throws IOException {
        return readByte() | readByte() << 8 | readByte() << 16 | readByte() << 24;
    }

    private int readByte() throws IOException {
        if (at == end && !fill()) {
            throw cutOff();
        }
        return buffer[at++] & 0xff;
    }

    private boolean fill() throws IOException {
        int n = in.read(buffer, 0, buffer.length);
        at = 0;
        end = Math.max(0, n);
        return n > 0;
    }

    private RequestException cutOff() {
        return malformed("it ends too early");
    }

    private RequestException malformed(String why) {
        return RequestException.badRequest("the request body is not " + (gzip ? "gzip" : "deflate")
                + ", as the header Content-Encoding says: " + why);
    }

    /** Nothing more comes. */
    boolean hasEnded() {
        return ended;
    }

    /** Gives back what the inflater holds outside of the heap. */
    @Override
    public void close() {
        inflater.end();
        ended = true;
    }
}
