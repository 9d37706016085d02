package io.millrace.rest.entry;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.ErrorBody;
import io.millrace.rest.dialect.ErrorStatus;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.guard.Meter;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;

/** Errors that are told outside of JAX-RS, or by JAX-RS to the container, which would make a page of them: in the dialect's shape. */
public final class ErrorAnswers extends HttpServletResponseWrapper {
    private static final String RETRY_AFTER_SECONDS = "1";

    private Meter meter;
    private ServletOutputStream counted;

    /** @param response that of the container */
    public ErrorAnswers(HttpServletResponse response) {
        super(response);
    }

    /** @param by counts what is answered from now on; null: nobody does */
    void countBy(Meter by) {
        this.meter = by;
    }

    /** How long who is answered on and on is over its quota yet, in ms; 0: it is not. */
    public long pauseMs() {
        return meter == null ? 0 : meter.pauseMs();
    }

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
        if (meter == null) {
            return super.getOutputStream();
        }
        if (counted == null) {
            counted = new MeteredOutput(super.getOutputStream(), meter);
        }
        return counted;
    }

    /** Tells a client that its request is refused; nothing when something was answered already. */
    public void send(RequestException refusal) throws IOException {
        if (refusal.status() == ErrorStatus.of(ErrorKind.OVERLOADED) && !isCommitted()) {
            setHeader(ErrorStatus.KIND_HEADER, ErrorKind.OVERLOADED.name());
        }
        write(refusal.status(), refusal.getMessage());
    }

    /** As above. */
    public void send(BrokerException refusal) throws IOException {
        if (!isCommitted()) {
            setHeader(ErrorStatus.KIND_HEADER, refusal.kind().name());
        }
        write(ErrorStatus.of(refusal.kind()), refusal.getMessage());
    }

    @Override
    public void sendError(int status) throws IOException {
        sendError(status, null);
    }

    /** @param message is for the container's page, and tells of its insides */
    @Override
    public void sendError(int status, String message) throws IOException {
        write(status, status >= 500 ? "the server failed on this request; its log tells more"
                : "the request was refused: its path, its query or a header cannot be understood");
    }

    private void write(int status, String message) throws IOException {
        if (isCommitted()) {
            return;
        }
        byte[] body = new ErrorBody(status, message).toJson();
        setStatus(status);
        setContentType(MediaTypes.DIALECT);
        setContentLength(body.length);
        if (status == 503) {
            setHeader("Retry-After", RETRY_AFTER_SECONDS);
        }
        getOutputStream().write(body);
        flushBuffer();
    }
}
