package io.millrace.rest.errors;

import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.ErrorStatus;
import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** Errors that HTTP alone knows. One with 503 has the kind that says that nothing was begun: a proxy's has none. */
@Provider
public class RequestExceptionMapper implements ExceptionMapper<RequestException> {
    @Override
    public Response toResponse(RequestException e) {
        return e.status() == ErrorStatus.of(ErrorKind.OVERLOADED) ? ErrorResponse.of(ErrorKind.OVERLOADED, e.getMessage())
                : ErrorResponse.of(e);
    }
}
