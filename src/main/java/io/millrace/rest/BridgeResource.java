package io.millrace.rest;

import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.model.BridgeInfo;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** What answers here, as the dialect tells it. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/")
@ApplicationScoped
@Produces({MediaTypes.JSON, MediaTypes.DIALECT})
public class BridgeResource {
    private static final String VERSION = readVersion();

    @Inject
    JsonBodies json;

    @Operation(operationId = "getVersion", summary = "What answers here")
    @APIResponse(responseCode = "200", ref = "Version")
    @GET
    public byte[] info() {
        return json.write(new BridgeInfo(VERSION));
    }

    /** The build writes the version into a file beside this class. */
    private static String readVersion() {
        try (InputStream in = BridgeResource.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException("version.properties cannot be read", e);
        }
    }
}
