package io.millrace.rest.errors;

import io.millrace.rest.dialect.MediaTypes;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.List;

/** What JAX-RS itself refuses (path, method, media types), in the dialect's shape and in words of ours. */
@Provider
public class WebApplicationExceptionMapper implements ExceptionMapper<WebApplicationException> {
    @Override
    public Response toResponse(WebApplicationException e) {
        Response response = e.getResponse();
        int status = response.getStatus();
        if (status < 400) {
            // not an error: the answer to OPTIONS comes this way
            return response;
        }
        // keeps what JAX-RS says in headers, Allow above all
        return ErrorResponse.with(Response.fromResponse(response), status, message(status), List.of());
    }

    private static String message(int status) {
        return switch (status) {
            case 404 -> "there is nothing at this path; /openapi lists what there is";
            case 405 -> "this path does not take this method; the header Allow lists those it takes";
            case 406 -> "the response cannot be given in any of the types that the header Accept names; accept "
                    + MediaTypes.DIALECT + ", and for records one of those that /openapi lists";
            case 415 -> "the request's Content-Type is not taken here; send records as "
                    + MediaTypes.JSON_RECORDS + ", "
                    + MediaTypes.BINARY_RECORDS + " or " + MediaTypes.TEXT_RECORDS + ", and other bodies as "
                    + MediaTypes.JSON;
            default -> Response.Status.fromStatusCode(status) == null
                    ? "the request was refused"
                    : "the request was refused: " + Response.Status.fromStatusCode(status).getReasonPhrase();
        };
    }
}
