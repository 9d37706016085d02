package io.millrace.rest.body;

import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.container.AsyncResponse;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;

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

    /**
     * As above, for an answer whose client may keep the writer waiting: rendered and written by {@link ClientAnswers}. An error, or
     * another answer of some hundred bytes, is written at once: that much the system takes whether it is read or not.
     *
     * @param small whether the answer to this is that small
     */
    public static <T> BiConsumer<T, Throwable> apart(ClientAnswers answers, String caller, AsyncResponse response, Predicate<T> small,
                                                     Function<T, Object> render, Runnable broken) {
        BiConsumer<T, Throwable> writing = to(response, render, broken);
        return (result, failure) -> {
            if (failure != null || small.test(result)) {
                writing.accept(result, failure);
                return;
            }
            try {
                answers.write(caller, () -> writing.accept(result, null));
            } catch (RejectedExecutionException full) {
                LOG.log(Level.DEBUG, "an answer is refused", full);
                writing.accept(null, RequestException.overloaded("as many answers are being written, and wait for that, as may"
                        + " (millrace.answer.threads.max); try again in a moment"));
            }
        };
    }

    /** As above, for a list or the like, which may be large. */
    public static <T> BiConsumer<T, Throwable> apart(ClientAnswers answers, String caller, AsyncResponse response,
                                                     Function<T, Object> render) {
        return apart(answers, caller, response, result -> false, render, () -> { });
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
