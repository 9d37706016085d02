package io.millrace.rest;

import io.millrace.broker.Deadlines;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Hands the plain objects of this package to the container; one of each for the application. */
@ApplicationScoped
public class RestBeans {
    /** Consumers whose polls are passed on here, as far as they are kept in mind: some MiB. */
    private static final int CONSUMERS = 50_000;

    @Produces
    @Singleton
    MemoryBudget memoryBudget(RestLimits limits) {
        return new MemoryBudget(limits.memoryBytes());
    }

    @Produces
    @Singleton
    AnswerDeadlines answerDeadlines(Deadlines deadlines, Peers peers) {
        return new AnswerDeadlines(deadlines, peers.answers());
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
