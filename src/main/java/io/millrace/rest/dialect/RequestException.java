package io.millrace.rest.dialect;

import io.millrace.metadata.BrokerException;
import java.util.List;
import java.util.Optional;

/**
 * A request that HTTP alone refuses, before or beside the broker: the status and what the client is told. It carries no
 * stack trace: it tells of the client, not of this code.
 */
public final class RequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient List<String> validationErrors;
    private final transient RecordPlace record;

    private RequestException(int status, String message, List<String> validationErrors, Throwable cause) {
        this(status, message, validationErrors, null, cause);
    }

    private RequestException(int status, String message, List<String> validationErrors, RecordPlace record, Throwable cause) {
        super(message, cause, false, false);
        this.status = status;
        this.validationErrors = validationErrors;
        this.record = record;
    }

    /** What the broker refuses, where it is told outside of JAX-RS. */
    public static RequestException of(BrokerException refusal) {
        return new RequestException(ErrorStatus.of(refusal.kind()), refusal.getMessage(), List.of(), null);
    }

    /** 400: a parameter or header is wrong. */
    public static RequestException badRequest(String message) {
        return new RequestException(400, message, List.of(), null);
    }

    /** 400: the body is not JSON of the shape that the contract asks for. */
    public static RequestException invalidBody(String error) {
        return new RequestException(400, "the request body is not valid: " + error, List.of(error), null);
    }

    /** 401: who sends this is not who it says. */
    public static RequestException unauthorized(String message) {
        return new RequestException(401, message, List.of(), null);
    }

    /** 403: the caller may not do this, or nobody may from where the request comes from. */
    public static RequestException forbidden(String message) {
        return new RequestException(403, message, List.of(), null);
    }

    /** 421: the request is for another server than this one. */
    public static RequestException misdirected(String message) {
        return new RequestException(421, message, List.of(), null);
    }

    /** 404: what is meant is not there. */
    public static RequestException notFound(String message) {
        return new RequestException(404, message, List.of(), null);
    }

    /** 406: what is stored cannot be given in the form that was asked for. */
    public static RequestException notAcceptable(String message) {
        return new RequestException(406, message, List.of(), null);
    }

    /** 406: this record cannot be given in the form that was asked for. */
    public static RequestException notAcceptable(String message, RecordPlace record) {
        return new RequestException(406, message, List.of(), record, null);
    }

    /** 408: the body stopped coming. */
    public static RequestException timedOut(String message, Throwable cause) {
        return new RequestException(408, message, List.of(), cause);
    }

    /** 400: the connection failed while the body was read. */
    public static RequestException brokenOff(String message, Throwable cause) {
        return new RequestException(400, message, List.of(), cause);
    }

    /** 409: two things that were asked for exclude each other. */
    public static RequestException conflict(String message) {
        return new RequestException(409, message, List.of(), null);
    }

    /** 413: the request, or a record in it, is larger than allowed. */
    public static RequestException tooLarge(String message) {
        return new RequestException(413, message, List.of(), null);
    }

    /** 415: a media type that is not understood here. */
    public static RequestException unsupportedMediaType(String message) {
        return new RequestException(415, message, List.of(), null);
    }

    /** 422: well-formed, but its content cannot be used. */
    public static RequestException unprocessable(String message) {
        return new RequestException(422, message, List.of(), null);
    }

    /** 422: this record is not of a size that was asked for. */
    public static RequestException unprocessable(String message, RecordPlace record) {
        return new RequestException(422, message, List.of(), record, null);
    }

    /** 429: the caller has used up what it may do at present. */
    public static RequestException tooMany(String message) {
        return new RequestException(429, message, List.of(), null);
    }

    /** 503: no room or no time at present, try again. */
    public static RequestException overloaded(String message) {
        return new RequestException(503, message, List.of(), null);
    }

    /** The same, and more about it. */
    public RequestException with(String more) {
        return new RequestException(status, getMessage() + more, validationErrors(), record, this);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** What does not fit the contract, one sentence each; mostly empty. */
    public List<String> validationErrors() {
        return validationErrors == null ? List.of() : validationErrors;
    }

    /** The stored record that this is about; mostly none. */
    public Optional<RecordPlace> record() {
        return Optional.ofNullable(record);
    }
}
