package io.millrace.rest.errors;

import io.millrace.metadata.ErrorKind;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.util.UUID;

/**
 * Everything else is a fault of the server: logged with an id, of which the client learns nothing but that id. Not so what a
 * client did that went away before it had its answer.
 */
@Provider
public class UnexpectedExceptionMapper implements ExceptionMapper<Throwable> {
    private static final System.Logger LOG = System.getLogger(UnexpectedExceptionMapper.class.getName());

    @Override
    public Response toResponse(Throwable fault) {
        if (fault instanceof OutOfMemoryError) {
            LOG.log(System.Logger.Level.ERROR, "a request was given up for want of memory", fault);
            return ErrorResponse.of(ErrorKind.UNAVAILABLE, "the server ran out of memory on this request: ask for less at a time, or try again"
                    + " in a moment");
        }
        if (fault instanceof IOException) {
            // bodies and files have exceptions of their own: what is left is an answer that nobody takes any more
            LOG.log(System.Logger.Level.INFO, "an answer could not be written, its client is gone: {0}", fault.getMessage());
            return Response.status(503).build();
        }
        String id = UUID.randomUUID().toString();
        LOG.log(System.Logger.Level.ERROR, "request failed, fault " + id, fault);
        return ErrorResponse.of(500, "the server failed on this request; its log tells more under fault " + id);
    }
}
