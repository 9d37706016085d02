package io.millrace.rest;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Hands the plain objects of this package to the container; one of each for the application. */
@ApplicationScoped
public class RestBeans {
    @Produces
    @Singleton
    MemoryBudget memoryBudget(RestLimits limits) {
        return new MemoryBudget(limits.memoryBytes());
    }

    @Produces
    @Singleton
    JsonBodies jsonBodies() {
        return new JsonBodies();
    }
}
