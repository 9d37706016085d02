package io.millrace.rest.body;

import jakarta.ws.rs.container.AsyncResponse;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Resumes a suspended request with what a future completes with; exceptions go to the mappers. Whatever fails on the way,
 * errors included, is what the client is told: a request that nobody resumes is never answered.
 */
public final class Answer {
    private static final System.Logger LOG = System.getLogger(Answer.class.getName());

    private Answer() {
    }

    /** @param render makes the response or its entity; runs on the thread that completes the future */
    public static <T> BiConsumer<T, Throwable> to(AsyncResponse response, Function<T, Object> render) {
        return to(response, render, () -> { });
    }

    /**
     * As above.
     *
     * @param broken what is to be done, beside the response's own callbacks, when not even an error can be answered
     */
    public static <T> BiConsumer<T, Throwable> to(AsyncResponse response, Function<T, Object> render, Runnable broken) {
        return (result, failure) -> {
            Object answer;
            try {
                answer = failure != null ? cause(failure) : render.apply(result);
            } catch (RuntimeException | Error e) {
                answer = e;
            }
            resume(response, answer, broken);
        };
    }

    private static void resume(AsyncResponse response, Object answer, Runnable broken) {
        try {
            if (answer instanceof Throwable failure) {
                response.resume(failure);
            } else {
                response.resume(answer);
            }
        } catch (RuntimeException | Error e) {
            broken.run();
            // It is told here or nowhere: the future that this hangs on keeps it to itself.
            LOG.log(Level.ERROR, "an answer could not be written", e);
            if (!response.isDone()) {
                response.resume(e);
            }
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
