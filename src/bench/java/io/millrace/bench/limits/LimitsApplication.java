package io.millrace.bench.limits;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Set;

/** The tiny application that shows what HTTP itself reaches on the server under test. */
@ApplicationPath("/")
public class LimitsApplication extends Application {
    @Override
    public Set<Class<?>> getClasses() {
        return Set.of(LimitsResource.class);
    }
}
