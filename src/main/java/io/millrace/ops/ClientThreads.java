package io.millrace.ops;

import io.millrace.rest.body.ClientAnswers;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The threads that write answers to clients that may block: a client that reads slowly holds one of these, and nothing else. A
 * thread begins when there is more to write than threads are idle, and ends after some seconds without work. One caller has at most
 * half of them at a time; what it asks for beyond waits, and leaves the others theirs. Managed threads, for the reason that
 * {@link AnswerThreads} has.
 *
 * <p>After the end answers are written by whoever has them, as there.
 */
final class ClientThreads implements ClientAnswers, AutoCloseable {
    /** Answers that may wait for each thread: many polls that waited for the same record are answered at once. */
    private static final int WAITING_FOR_EACH = 32;
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final ThreadFactory factory;
    private final int most;
    /** Guarded by this, as all below; only callers with something to write. */
    private final Map<String, Caller> callers = new HashMap<>();
    /** Whose next answer may be written, the one whose turn it is first. */
    private final Queue<Caller> ready = new ArrayDeque<>();
    private int threads;
    private int idle;
    private int waiting;
    /** Whether a thread has begun that has not looked for work yet. */
    private boolean beginning;
    private boolean closed;

    /** One caller's answers. Guarded by the pool, as it is part of it. */
    private static final class Caller {
        private final String name;
        private final Queue<Runnable> waiting = new ArrayDeque<>();
        private int writing;

        private Caller(String name) {
            this.name = name;
        }
    }

    /** An answer whose turn has come. */
    private record Turn(Caller caller, Runnable answer) {
    }

    /** @param most threads at a time, 2 or more */
    ClientThreads(ThreadFactory factory, int most) {
        this.factory = factory;
        this.most = most;
    }

    @Override
    public void write(String caller, Runnable answer) {
        if (!add(caller, answer)) {
            answer.run();
        }
    }

    /** @return false after the end */
    private synchronized boolean add(String name, Runnable answer) {
        if (closed) {
            return false;
        }
        if (waiting >= (long) most * WAITING_FOR_EACH) {
            throw new RejectedExecutionException(waiting + " answers wait for a thread");
        }
        Caller caller = callers.computeIfAbsent(name, Caller::new);
        caller.waiting.add(answer);
        waiting++;
        if (mayWrite(caller) && caller.waiting.size() == 1) {
            ready.add(caller);
        }
        try {
            beginThreads();
        } catch (RuntimeException | Error noThread) {
            callers.remove(name);
            ready.remove(caller);
            waiting--;
            throw new RejectedExecutionException("no thread can be begun", noThread);
        }
        return true;
    }

    private boolean mayWrite(Caller caller) {
        return caller.writing < Math.max(1, most / 2) && !caller.waiting.isEmpty();
    }

    /**
     * One for what has its turn now: whoever takes that sees to the next.
     *
     * @throws RuntimeException when there is no thread, and none can be begun; what waits is the one answer that just came
     */
    private void beginThreads() {
        if (ready.isEmpty() || beginning) {
            return;
        }
        if (idle > 0) {
            notify();
        } else if (threads < most) {
            threads++;
            beginning = true;
            try {
                factory.newThread(this::work).start();
            } catch (RuntimeException | Error e) {
                threads--;
                beginning = false;
                if (threads == 0) { // else those that run come to it
                    throw e;
                }
            }
        }
    }

    private void work() {
        for (Turn turn = next(null); turn != null; turn = next(turn.caller())) {
            try {
                turn.answer().run();
            } catch (RuntimeException | Error e) {
                failed(turn.caller());
                throw e;
            }
        }
    }

    private synchronized void failed(Caller caller) {
        written(caller);
        threads--;
        beginThreads();
    }

    private void written(Caller caller) {
        boolean full = !mayWrite(caller);
        caller.writing--;
        if (full && mayWrite(caller)) {
            ready.add(caller);
        }
        if (caller.writing == 0 && caller.waiting.isEmpty()) {
            callers.remove(caller.name);
        }
    }

    /**
     * @param last whose answer this thread wrote; null: none yet
     * @return null: this thread ends
     */
    private synchronized Turn next(Caller last) {
        if (last == null) {
            beginning = false;
        } else {
            written(last);
        }
        long deadline = System.nanoTime() + IDLE_NANOS;
        while (ready.isEmpty()) {
            long left = deadline - System.nanoTime();
            if (closed || left <= 0 || !awaitWork(left)) {
                threads--;
                beginThreads(); // an interrupted one may have been meant for what came
                return null;
            }
        }
        Caller caller = ready.remove();
        Runnable answer = caller.waiting.remove();
        waiting--;
        caller.writing++;
        if (mayWrite(caller)) {
            ready.add(caller);
        }
        beginThreads();
        return new Turn(caller, answer);
    }

    private boolean awaitWork(long nanos) {
        idle++;
        try {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, nanos));
            return true;
        } catch (InterruptedException ending) {
            return false;
        } finally {
            idle--;
        }
    }

    /** Threads that there are now. */
    synchronized int threads() {
        return threads;
    }

    /** Answers that wait for a thread. */
    synchronized int waiting() {
        return waiting;
    }

    /** Callers that are kept in mind. */
    synchronized int callers() {
        return callers.size();
    }

    /** What waits is written all the same. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
