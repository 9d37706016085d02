package io.millrace.rest;

import io.millrace.rest.access.RulesAccess;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.entry.UploadLimits;
import io.millrace.rest.entry.Uploads;
import io.millrace.rest.guard.Audit;
import io.millrace.rest.guard.Authority;
import io.millrace.rest.guard.EntryGuard;
import io.millrace.rest.routing.PollAnswers;
import io.millrace.security.Throttle;
import io.millrace.rest.stream.LineBodies;
import io.millrace.rest.stream.OpenStreams;
import io.millrace.rest.stream.StreamLimits;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** Hands the plain objects of this package to the container; one of each for the application. */
@ApplicationScoped
public class RestBeans {
    /** Consumers whose polls are passed on here, as far as they are kept in mind: some MiB. */
    private static final int CONSUMERS = 50_000;

    /** Callers whose use of their quotas is kept in mind: some MiB. */
    private static final int HELD_TO_QUOTAS = 10_000;

    @Produces
    @Singleton
    MemoryBudget memoryBudget(RestLimits limits) {
        return new MemoryBudget(limits.memoryBytes());
    }

    @Produces
    @Singleton
    OpenStreams openStreams(StreamLimits limits) {
        return new OpenStreams(limits.most(), "millrace.streams.max");
    }

    @Produces
    @Singleton
    LineBodies lineBodies(StreamLimits limits) {
        return new LineBodies(new OpenStreams(limits.mostBodies(), "millrace.stream.bodies.max"));
    }

    @Produces
    @Singleton
    Uploads uploads(UploadLimits limits) {
        return new Uploads(limits);
    }

    @Produces
    @Singleton
    Authority authority(RulesAccess access) {
        return new Authority(access);
    }

    @Produces
    @Singleton
    Audit audit() {
        return new Audit(System.getLogger(Audit.LOGGER), Clock.systemUTC());
    }

    @Produces
    @Singleton
    EntryGuard entryGuard(RulesAccess access, Audit audit) {
        return new EntryGuard(access, new Throttle(HELD_TO_QUOTAS, System::nanoTime), audit);
    }

    @Produces
    @Singleton
    PollAnswers pollAnswers() {
        return new PollAnswers(CONSUMERS);
    }

    @Produces
    @Singleton
    JsonBodies jsonBodies() {
        return new JsonBodies();
    }
}
