package io.millrace.rest.body;

import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.WriterInterceptor;
import jakarta.ws.rs.ext.WriterInterceptorContext;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Compresses answers for clients that want it: JSON of some size. Batches are stored compressed, where that is worth it, and are
 * given as they are. Brokers do not ask for it.
 */
@Provider
@ApplicationScoped
@Priority(Priorities.ENTITY_CODER)
public class CompressedAnswers implements ContainerRequestFilter, WriterInterceptor {
    private static final System.Logger LOG = System.getLogger(CompressedAnswers.class.getName());
    private static final String ACCEPTED = CompressedAnswers.class.getName();

    @Inject
    AnswerCoding coding;
    @Inject
    MemoryBudget budget;

    /** The answer may be written on a thread that does not know the request. */
    @Override
    public void filter(ContainerRequestContext request) {
        List<String> accepted = request.getHeaders().get(HttpHeaders.ACCEPT_ENCODING);
        if (accepted != null) {
            request.setProperty(ACCEPTED, List.copyOf(accepted));
        }
    }

    @Override
    public void aroundWriteTo(WriterInterceptorContext context) throws IOException {
        MultivaluedMap<String, Object> headers = context.getHeaders();
        if (!coding.enabled() || !isJson(context) || headers.containsKey(HttpHeaders.CONTENT_ENCODING)) {
            context.proceed();
            return;
        }
        headers.add(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
        if (!coding.prefersGzip(accepted(context), length(context))) {
            context.proceed();
            return;
        }
        MemoryBudget.Reservation memory;
        try {
            memory = budget.reserve(GzipStream.BYTES_IN_MEMORY);
        } catch (RequestException full) {
            LOG.log(Level.DEBUG, "an answer is not compressed", full);
            context.proceed();
            return;
        }
        try (memory) {
            compress(context);
        }
    }

    private static void compress(WriterInterceptorContext context) throws IOException {
        // before anything is written, as the stream does when it begins
        context.getHeaders().remove(HttpHeaders.CONTENT_LENGTH);
        context.getHeaders().putSingle(HttpHeaders.CONTENT_ENCODING, "gzip");
        GzipStream compressed = new GzipStream(context.getOutputStream());
        try {
            context.setOutputStream(compressed);
            context.proceed();
            compressed.finish();
        } finally {
            compressed.giveUp();
        }
    }

    private static boolean isJson(WriterInterceptorContext context) {
        return context.getMediaType() != null && !context.getMediaType().toString().startsWith(MediaTypes.BATCH)
                && (context.getMediaType().getSubtype().endsWith("json") || context.getMediaType().toString().startsWith(MediaTypes.LINES));
    }

    private static List<String> accepted(WriterInterceptorContext context) {
        return context.getProperty(ACCEPTED) instanceof List<?> values ? values.stream().map(Object::toString).toList() : null;
    }

    /** In bytes; what is not known is taken for large. */
    private static long length(WriterInterceptorContext context) {
        if (context.getEntity() instanceof byte[] bytes) {
            return bytes.length;
        }
        Object told = context.getHeaders().getFirst(HttpHeaders.CONTENT_LENGTH);
        return told == null ? Long.MAX_VALUE : Long.parseLong(told.toString());
    }
}
