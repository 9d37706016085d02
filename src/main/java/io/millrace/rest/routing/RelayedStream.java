package io.millrace.rest.routing;

import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.ErrorBody;
import io.millrace.rest.dialect.ErrorStatus;
import io.millrace.rest.dialect.StreamForm;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;

/** A stream that another broker answers with, of which each piece is let out as it comes. Used by one thread after the other. */
final class RelayedStream {
    /** The end of an element is shorter. */
    private static final int KEPT_BYTES = 4;

    private final StreamForm form;
    private final boolean compressed;
    private final PassedBytes passed;
    private byte[] last = new byte[0];

    private RelayedStream(StreamForm form, boolean compressed, PassedBytes passed) {
        this.form = form;
        this.compressed = compressed;
        this.passed = passed;
    }

    /** @return null: it is none */
    static RelayedStream of(RelayedAnswer answer) {
        StreamForm form = StreamForm.of(answer.header("Content-Type"));
        return form == null ? null : new RelayedStream(form, answer.header("Content-Encoding") != null, answer.passed());
    }

    /** So much more was written. */
    void wrote(byte[] piece) {
        byte[] told = Arrays.copyOf(last, last.length + Math.min(KEPT_BYTES, piece.length));
        int added = told.length - last.length;
        System.arraycopy(piece, piece.length - added, told, last.length, added);
        last = Arrays.copyOfRange(told, Math.max(0, told.length - KEPT_BYTES), told.length);
    }

    /** So much of that was let out. */
    void letOut(long bytes) {
        passed.add(bytes);
    }

    /**
     * The other broker is gone: the client is told, where that can be. In the middle of an element, or of what is compressed, the end
     * alone says that it is not whole.
     */
    void brokeOff(HttpServletResponse response) throws IOException {
        if (!compressed && form.isBetween(last)) {
            response.getOutputStream().write(form.error(new ErrorBody(ErrorStatus.of(ErrorKind.UNAVAILABLE),
                    "the broker that this stream came from, or by, is gone: go on from where you are")));
            response.flushBuffer();
        }
    }
}
