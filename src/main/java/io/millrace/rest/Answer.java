package io.millrace.rest;

import jakarta.ws.rs.container.AsyncResponse;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Resumes a suspended request with what a future completes with; exceptions go to the mappers. */
public final class Answer {
    private Answer() {
    }

    /** @param render makes the response or its entity; runs on the thread that completes the future */
    public static <T> BiConsumer<T, Throwable> to(AsyncResponse response, Function<T, Object> render) {
        return (result, failure) -> {
            if (failure != null) {
                response.resume(cause(failure));
                return;
            }
            Object entity;
            try {
                entity = render.apply(result);
            } catch (RuntimeException | Error e) {
                response.resume(e);
                return;
            }
            response.resume(entity);
        };
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
