package io.millrace.bench.limits;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The limits: read a body and drop it; answer a constant buffer. */
@Path("/")
public class LimitsResource {
    private static final int LARGEST = 16 << 20;
    private static final int READ_BYTES = 64 * 1024;
    private static final Map<Integer, byte[]> CONSTANTS = new ConcurrentHashMap<>();

    @POST
    @Path("discard")
    @Consumes(MediaType.WILDCARD)
    public Response discard(InputStream body) throws IOException {
        byte[] buffer = new byte[READ_BYTES];
        int read = 0;
        while (read >= 0) {
            read = body.read(buffer);
        }
        return Response.noContent().build();
    }

    @GET
    @Path("constant")
    @Produces(MediaType.WILDCARD)
    public Response constant(@QueryParam("bytes") @DefaultValue("1048576") int bytes) {
        if (bytes < 0 || bytes > LARGEST) {
            return Response.status(Response.Status.BAD_REQUEST).build();
        }
        return Response.ok(CONSTANTS.computeIfAbsent(bytes, byte[]::new), MediaType.APPLICATION_OCTET_STREAM).build();
    }
}
