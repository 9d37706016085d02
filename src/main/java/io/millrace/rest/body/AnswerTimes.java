package io.millrace.rest.body;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.WriterInterceptor;
import jakarta.ws.rs.ext.WriterInterceptorContext;
import java.io.IOException;

/**
 * Cuts clients off that take too long over an answer. What looks at the clock between two pieces does not see the one that blocks:
 * that the application server gives up, as its own configuration says.
 */
@Provider
@ApplicationScoped
public class AnswerTimes implements WriterInterceptor {
    /** Property of a request whose answer may take its time, as another broker's may. */
    public static final String UNBOUNDED = AnswerTimes.class.getName() + ".unbounded";

    @Inject
    RestLimits limits;

    @Override
    public void aroundWriteTo(WriterInterceptorContext context) throws IOException {
        if (context.getProperty(UNBOUNDED) == null) {
            context.setOutputStream(new PacedStream(context.getOutputStream(), limits.answerTimeoutMs(), System::nanoTime));
        }
        context.proceed();
    }
}
