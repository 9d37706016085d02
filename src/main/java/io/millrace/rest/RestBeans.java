package io.millrace.rest;

import io.millrace.rest.dialect.RecordParsers;
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
    RecordParsers recordParsers() {
        return new RecordParsers();
    }

    @Produces
    @Singleton
    JsonBodies jsonBodies() {
        return new JsonBodies();
    }
}
