package io.millrace.metadata;

import io.millrace.agreement.RegisterUnavailableException;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls of the agreement, each of which may block for seconds, on threads of their own: so that an agreement that does
 * not answer holds up nothing else. A call has a key, that of the register for example, and two with the same key never
 * run at once: one that has not begun is shared by all who ask for it, and while one runs, one more waits. So there are
 * never more calls than keys, and never more threads than were allowed. Thread-safe.
 */
public final class AgreementCalls implements AutoCloseable {
    private static final int LONGER = 10;
    private static final System.Logger LOG = System.getLogger(AgreementCalls.class.getName());

    private final Executor threads;
    private final int maxThreads;
    private final int maxWaiting;
    private final long patienceMs;

    /** Those that have not begun, in the order in which they came. Guarded by this, with the three below. */
    private final Map<String, Call> waiting = new LinkedHashMap<>();
    private final Set<String> running = new HashSet<>();
    /** How many threads run a call, or were asked for to do so. */
    private int begun;
    private boolean closed;
    /** Whether the last that was heard of the agreement is an answer. */
    private volatile boolean answers = true;

    private record Call(String key, Runnable task, CompletableFuture<Void> done) {
    }

    /**
     * @param threads    run one call at a time each
     * @param maxThreads how many of them are used at once, 1 or more
     * @param maxWaiting how many calls may wait for one, 1 or more
     * @param patienceMs for how long {@link #await} waits, in ms; 0: not at all
     */
    public AgreementCalls(Executor threads, int maxThreads, int maxWaiting, long patienceMs) {
        this.threads = threads;
        this.maxThreads = maxThreads;
        this.maxWaiting = maxWaiting;
        this.patienceMs = patienceMs;
    }

    /** Others beside these, which wait for none of these: with one more thread. */
    public AgreementCalls beside() {
        return new AgreementCalls(threads, 1, maxWaiting, patienceMs);
    }

    /**
     * Runs a task soon, or counts on one of the same key that has not begun yet: both must have the same effect.
     *
     * @param task blocks while it waits for the agreement, and throws what went wrong
     * @return completes after the task; fails with what it threw, or with UNAVAILABLE when too many wait, or these are closed
     */
    public CompletableFuture<Void> call(String key, Runnable task) {
        Call call;
        synchronized (this) {
            Call earlier = waiting.get(key);
            if (closed) {
                return CompletableFuture.failedFuture(BrokerErrors.closed());
            } else if (earlier != null) {
                call = earlier;
            } else if (waiting.size() >= maxWaiting) {
                return CompletableFuture.failedFuture(new BrokerException(ErrorKind.UNAVAILABLE, "too many calls wait for"
                        + " the agreement of the cluster: try again in a moment"));
            } else {
                call = new Call(key, task, new CompletableFuture<>());
                waiting.put(key, call);
            }
        }
        begin();
        return call.done();
    }

    /**
     * As {@link #call}, and waits until it is done: not for long, and not at all while the agreement does not answer.
     * For threads that have other work to do.
     *
     * @throws BrokerException UNAVAILABLE, or what the task threw
     */
    public void await(String key, Runnable task) {
        try {
            await(key, task, patienceMs);
        } catch (TimeoutException silence) {
            answers = patienceMs == 0;
            throw unanswered(silence);
        }
    }

    /**
     * As above, for what takes long by itself: it waits ten times as long, and when that is over says nothing about whether
     * the agreement answers.
     */
    public void awaitLonger(String key, Runnable task) {
        try {
            await(key, task, LONGER * patienceMs);
        } catch (TimeoutException silence) {
            throw unanswered(silence);
        }
    }

    private void await(String key, Runnable task, long millis) throws TimeoutException {
        if (!answers && isBusy()) {
            throw unanswered(null); // clients that ask again and again must not fill the queue meanwhile
        }
        CompletableFuture<Void> done = call(key, task);
        if (!done.isDone() && !answers) {
            throw unanswered(null);
        }
        try {
            done.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException failure) {
            throw BrokerErrors.translate(failure.getCause());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw unanswered(stopped);
        }
    }

    private synchronized boolean isBusy() {
        return !waiting.isEmpty();
    }

    private static BrokerException unanswered(Throwable cause) {
        return new BrokerException(ErrorKind.UNAVAILABLE, "the agreement of the cluster has not answered yet: try again in a"
                + " moment", cause);
    }

    /** Calls that have not begun fail, as those do that come; what runs goes on. */
    @Override
    public void close() {
        List<Call> refused;
        synchronized (this) {
            closed = true;
            refused = List.copyOf(waiting.values());
            waiting.clear();
        }
        refused.forEach(call -> call.done().completeExceptionally(BrokerErrors.closed()));
    }

    /** Asks for threads, as many as there is work for. */
    private void begin() {
        while (reserve()) {
            try {
                threads.execute(this::run);
            } catch (RejectedExecutionException | IllegalStateException | OutOfMemoryError refused) {
                // The server stops, or no thread can be made now: then the next call tries it again.
                synchronized (this) {
                    begun--;
                }
                LOG.log(Level.DEBUG, "calls of the agreement wait, because there is no thread for them", refused);
                return;
            }
        }
    }

    private synchronized boolean reserve() {
        long ready = waiting.size() - running.stream().filter(waiting::containsKey).count();
        if (begun >= maxThreads || begun - running.size() >= ready) {
            return false;
        }
        begun++;
        return true;
    }

    /** One call, so that a thread comes back to its owner in between. */
    private void run() {
        Call call = next();
        if (call != null) {
            try {
                carryOut(call);
            } finally {
                synchronized (this) {
                    running.remove(call.key());
                    begun--;
                }
                begin();
            }
        }
    }

    private synchronized Call next() {
        for (Call call : waiting.values()) {
            if (!running.contains(call.key())) {
                waiting.remove(call.key());
                running.add(call.key());
                return call;
            }
        }
        begun--;
        return null;
    }

    private void carryOut(Call call) {
        try {
            call.task().run();
            answers = true;
            call.done().complete(null);
        } catch (RuntimeException | Error failure) {
            boolean silent = isSilence(failure);
            if (silent) {
                // The first of many says it; what is behind it is in the status of the agreement.
                LOG.log(answers ? Level.WARNING : Level.DEBUG, "the agreement did not answer, {0}: {1}", call.key(),
                        failure.getMessage());
            } else {
                LOG.log(Level.WARNING, "a call of the agreement failed, " + call.key(), failure);
            }
            answers &= !silent;
            call.done().completeExceptionally(failure);
        }
    }

    private static boolean isSilence(Throwable failure) {
        return failure instanceof RegisterUnavailableException
                || failure instanceof BrokerException known && known.kind() == ErrorKind.UNAVAILABLE;
    }
}
