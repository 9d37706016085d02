package io.millrace.rest.entry;

import io.millrace.tracing.TraceSpan;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A request from its arrival to the end of its answer, for whoever follows it: its span ends once, be it answered, refused, given up
 * by the client or by the container, and on whichever thread.
 */
final class Followed implements AsyncListener {
    /** Nobody follows it. */
    static final Followed NOT = new Followed(TraceSpan.NONE, null);

    private final TraceSpan span;
    private final HttpServletResponse response;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean goesOn;

    Followed(TraceSpan span, HttpServletResponse response) {
        this.span = span;
        this.response = response;
    }

    TraceSpan span() {
        return span;
    }

    /** The answer is not there when the request's thread comes back. To be told on the thread that began this. */
    void goesOn(AsyncContext async) {
        if (this != NOT) {
            goesOn = true;
            async.addListener(this);
        }
    }

    /** The request's thread has come back. @param failure that nobody answered, or null */
    void returned(Throwable failure) {
        if (!goesOn || failure != null) {
            end(failure);
        }
    }

    private void end(Throwable failure) {
        if (this == NOT || !ended.compareAndSet(false, true)) {
            return;
        }
        if (failure == null) {
            span.answered(response.getStatus());
            span.end();
        } else {
            span.fail(failure);
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        end(null);
    }

    @Override
    public void onTimeout(AsyncEvent event) {
        end(new TimeoutException());
    }

    @Override
    public void onError(AsyncEvent event) {
        end(event.getThrowable());
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        event.getAsyncContext().addListener(this); // it went to a resource, which does not answer at once either
    }
}
