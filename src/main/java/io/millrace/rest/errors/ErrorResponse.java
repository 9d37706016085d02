package io.millrace.rest.errors;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.ErrorBody;
import io.millrace.rest.dialect.ErrorStatus;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** Every error's response: the dialect's body, whatever the client accepts; 503 says when to try again. */
public final class ErrorResponse {
    private static final int RETRY_AFTER_SECONDS = 1;

    private ErrorResponse() {
    }

    public static Response of(int status, String message) {
        return of(status, message, List.of());
    }

    static Response of(BrokerException e) {
        return of(e.kind(), e.getMessage());
    }

    static Response of(ErrorKind kind, String message) {
        int status = ErrorStatus.of(kind);
        return with(Response.status(status).header(ErrorStatus.KIND_HEADER, kind.name()), status, message, List.of());
    }

    static Response of(RequestException e) {
        return with(Response.status(e.status()), new ErrorBody(e.status(), e.getMessage(), e.validationErrors(), e.record().orElse(null)));
    }

    private static Response of(int status, String message, List<String> validationErrors) {
        return with(Response.status(status), status, message, validationErrors);
    }

    /** Completes a response that already carries its status and headers of its own. */
    static Response with(Response.ResponseBuilder response, int status, String message, List<String> validationErrors) {
        return with(response, new ErrorBody(status, message, validationErrors));
    }

    private static Response with(Response.ResponseBuilder response, ErrorBody body) {
        if (body.errorCode() == 503) {
            response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        return response.type(MediaTypes.DIALECT).entity(body.toJson()).build();
    }
}
