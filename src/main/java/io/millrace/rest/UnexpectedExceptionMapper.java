package io.millrace.rest;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.UUID;

/** Everything else is a fault of the server: logged with an id, of which the client learns nothing but that id. */
@Provider
public class UnexpectedExceptionMapper implements ExceptionMapper<Throwable> {
    private static final System.Logger LOG = System.getLogger(UnexpectedExceptionMapper.class.getName());

    @Override
    public Response toResponse(Throwable fault) {
        if (fault instanceof OutOfMemoryError) {
            LOG.log(System.Logger.Level.ERROR, "a request was given up for want of memory", fault);
            return ErrorResponse.of(503, "the server ran out of memory on this request: ask for less at a time, or try again"
                    + " in a moment");
        }
        String id = UUID.randomUUID().toString();
        LOG.log(System.Logger.Level.ERROR, "request failed, fault " + id, fault);
        return ErrorResponse.of(500, "the server failed on this request; its log tells more under fault " + id);
    }
}
