package io.millrace.rest.stream;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.dialect.ListLimits;
import io.millrace.rest.dialect.RecordFormat;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.AsyncContext;
import jakarta.ws.rs.container.AsyncResponse;

/** What all streams have around them, and where they begin. */
@ApplicationScoped
public class Streams {
    @Inject
    StreamLimits limits;
    @Inject
    OpenStreams open;
    @Inject
    RestLimits restLimits;
    @Inject
    MemoryBudget budget;
    @Inject
    AnswerDeadlines deadlines;
    @Inject
    ClientAnswers answers;

    /**
     * Begins a stream of a partition's records, on the request's thread.
     *
     * @param request  the first fetch; it is not waited for
     * @param format   of keys and values
     * @param response what goes wrong before the stream begins is told by it; then nothing is
     * @throws io.millrace.rest.dialect.RequestException 503 when as many streams are open as may be
     */
    public void fetch(Asked asked, FetchRequest request, RecordFormat format, FetchSource.Fetching broker, AsyncContext async,
                      AsyncResponse response) {
        new RecordStream(asked, this, new FetchSource(broker, request, format), response).start(async);
    }

    /**
     * Begins a stream of a consumer's records, as above.
     *
     * @param records of that consumer
     */
    public void poll(Asked asked, PollSource records, AsyncContext async, AsyncResponse response) {
        new RecordStream(asked, this, records, response).start(async);
    }

    StreamLimits limits() {
        return limits;
    }

    OpenStreams open() {
        return open;
    }

    MemoryBudget budget() {
        return budget;
    }

    AnswerDeadlines deadlines() {
        return deadlines;
    }

    ClientAnswers answers() {
        return answers;
    }

    long answerTimeoutMs() {
        return restLimits.answerTimeoutMs();
    }

    /** Of a turn's records as they are written, in bytes. */
    long largestPart(int maxBytes) {
        return ListLimits.of(maxBytes, restLimits.maxFetchBytes(), Integer.MAX_VALUE).maxBodyBytes();
    }
}
