package io.millrace.rest.cluster;

/** A request, or a part of its body, that no broker of this cluster made for this server, or that came before. */
public final class ForgedRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message may be shown to whoever sent it */
    ForgedRequestException(String message) {
        super(message, null, false, false);
    }
}
