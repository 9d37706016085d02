package io.millrace.rest.errors;

import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** Errors that HTTP alone knows. */
@Provider
public class RequestExceptionMapper implements ExceptionMapper<RequestException> {
    @Override
    public Response toResponse(RequestException e) {
        return ErrorResponse.of(e.status(), e.getMessage(), e.validationErrors());
    }
}
