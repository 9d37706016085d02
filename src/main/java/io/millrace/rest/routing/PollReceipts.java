package io.millrace.rest.routing;

import io.millrace.rest.cluster.BrokerHeaders;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What is told and kept of a consumer's request that is passed on: its coordinator asks what became of the answers to its polls. */
record PollReceipts(Route.Owned route, PollAnswers answers) {
    private Route.GroupCoordinator ofAConsumer() {
        return route instanceof Route.GroupCoordinator coordinator && coordinator.consumer() != null ? coordinator : null;
    }

    /** Headers for the coordinator. */
    Map<String, String> told() {
        Route.GroupCoordinator of = ofAConsumer();
        Long vouched = of == null ? null : answers.vouched(of.group(), of.consumer());
        return vouched == null ? Map.of() : Map.of(BrokerHeaders.ANSWERED, vouched.toString());
    }

    /**
     * It is about to be passed on.
     *
     * @return to be run once it is over, after its answer has {@link #begun}
     */
    Runnable passing() {
        Route.GroupCoordinator of = ofAConsumer();
        return of == null || !of.polls() ? () -> { } : answers.passing(of.group(), of.consumer());
    }

    /** Its answer is about to be written. @return to be completed with whether the whole of it was */
    CompletableFuture<Boolean> begun(RelayedAnswer answer) {
        Route.GroupCoordinator of = ofAConsumer();
        String stream = of == null ? null : answer.header(BrokerHeaders.STREAM);
        if (stream != null) {
            return answers.begun(of.group(), of.consumer(), Long.parseLong(stream), answer.passed());
        }
        String poll = of == null ? null : answer.header(ConsumerRequests.POLL_HEADER);
        return poll == null ? new CompletableFuture<>() : answers.begun(of.group(), of.consumer(), Long.parseLong(poll));
    }
}
