package io.millrace.rest;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** The HTTP interface, at the root of the server. */
@ApplicationPath("/")
public class RestApplication extends Application {
}
