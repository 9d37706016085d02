package io.millrace.process.orders;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** All resources of the application. */
@ApplicationPath("/")
public class OrdersApplication extends Application {
}
