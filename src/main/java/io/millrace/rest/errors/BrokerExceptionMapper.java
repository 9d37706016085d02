package io.millrace.rest.errors;

import io.millrace.metadata.BrokerException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** The broker's errors, whose messages are made for the client. */
@Provider
public class BrokerExceptionMapper implements ExceptionMapper<BrokerException> {
    @Override
    public Response toResponse(BrokerException e) {
        return ErrorResponse.of(e);
    }
}
